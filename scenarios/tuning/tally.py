"""The tally of a search: the best plan so far and how it was come by, those that miss by least, and those left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules.problem import Problem
from scenarios.outcomes.values import Compared
from scenarios.overlays.scenario import Edit
from scenarios.tuning.merit import Rank
from scenarios.tuning.values import Candidate, Skipped, Step

_NEAREST = 3  # plans that are told where none holds


@dataclass(slots=True)
class Tally:
    """What a search has come to so far; the plan in force is the first that is taken down."""

    evaluations: int = 0
    best: tuple[Rank, Candidate, Compared] | None = None
    trail: list[Step] = field(default_factory=list)
    nearest: list[tuple[Rank, Candidate]] = field(default_factory=list)
    skipped: dict[str, Skipped] = field(default_factory=dict)

    def take(self, rank: Rank, candidate: Candidate, each: Compared) -> None:
        """Take a plan down that was worked out."""
        self.evaluations += 1
        if rank.state == 2:
            return
        if rank.state == 1:
            self.nearest = sorted([*self.nearest, (rank, candidate)], key=lambda of: of[0])[:_NEAREST]
        elif self.best is None or rank < self.best[0]:
            self.best = rank, candidate, each
            self.trail.append(Step(self.evaluations, candidate))

    def leave_out(self, problem: Problem, edits: tuple[Edit, ...]) -> None:
        """Take a plan down that can't be proposed: once for each reason, and counted."""
        self.evaluations += 1
        self.without(problem, edits)

    def without(self, problem: Problem, edits: tuple[Edit, ...]) -> None:
        """Count a plan that was worked out, and can't be proposed all the same."""
        known = self.skipped.get(problem.code)
        self.skipped[problem.code] = Skipped(
            known.problem if known else problem, known.edits if known else edits, known.count + 1 if known else 1
        )
