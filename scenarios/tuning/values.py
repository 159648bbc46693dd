"""What a choice of plan parameters is asked for, and what was found: values that the reader, the search and the reports
share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from rules.document.reader import Node, Scalar
from rules.problem import Place, Problem
from scenarios.outcomes.gate import Clause, Judged
from scenarios.outcomes.values import Simulated
from scenarios.overlays.paths import Steps
from scenarios.overlays.scenario import Edit

Aim = Literal["minimise", "maximise", "nearest"]
Told = Callable[[str, int, int], None]  # what is done, how much of it so far, and of how much
Picks = tuple[int, ...]  # which value of each parameter, from 0
Proof = Literal["all", "limit", "none"]
WEIGHTED = "weighted"  # the name of a goal of several quantities


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path of the program, and the values that it may take in the order of the grid; each as it is written."""

    path: str
    steps: Steps
    values: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Weight:
    """A quantity of a gate, and what one of it counts in a goal of several: one partner, a whole unit of money, all of
    a part."""

    quantity: str
    number: Fraction = Fraction(1)
    written: str = "1"


@dataclass(frozen=True, slots=True)
class Goal:
    """A quantity of a gate, or several by their weights, that is to be small or large; or one that is to be near a
    number (as it is written, "" for the other two)."""

    aim: Aim
    weights: tuple[Weight, ...]
    number: str
    place: Place

    @property
    def name(self) -> str:
        """The quantity; of several, that they are weighed."""
        return self.weights[0].quantity if len(self.weights) == 1 else WEIGHTED

    @property
    def said(self) -> str:
        """The goal in words.

        >>> Goal("nearest", (Weight("cost"),), "1_200_000", Place()).said
        'cost nearest to 1_200_000'
        >>> Goal("minimise", (Weight("losers"), Weight("cost", Fraction(1, 1000), "0.001")), "", Place()).said
        'least 1 x losers + 0.001 x cost'
        """
        if self.aim == "nearest":
            return f"{self.name} nearest to {self.number}"
        terms = " + ".join(f"{each.written} x {each.quantity}" for each in self.weights).replace("+ -", "- ")
        told = self.name if len(self.weights) == 1 else terms
        return f"{'least' if self.aim == 'minimise' else 'most'} {told}"


@dataclass(frozen=True, slots=True)
class Tuning:
    """A problem as it is written: the program (a file beside it) and its periods, the parameters, the goal, what has to
    hold (the texts of a gate, each with its place), and how many plans may be worked out.

    `by` is what the impact on groups is told by, `per` the KPI that pay is held against, `budget` what the cost is held
    against; "" for none.
    """

    name: Scalar
    file: str
    folder: Path
    program: str
    period: str
    parameters: tuple[Parameter, ...]
    goal: Goal
    holds: tuple[tuple[str, Place], ...]
    evaluations: int
    by: str
    per: str
    budget: str
    place: Place

    @property
    def hold(self) -> str:
        """All that has to hold, as one gate; "" for nothing."""
        return " and ".join(text for text, _ in self.holds)

    @property
    def points(self) -> int:
        """How many plans the grid has."""
        count = 1
        for each in self.parameters:
            count *= len(each.values)
        return count


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan that was worked out: the changes that make it, what its goal came to, every clause of the hold, and by how
    much it misses them in all.

    A goal is in minor units, partners or a part; of several quantities the sum by their weights. What is missed is 0
    where all holds, in parts of what the program as it is costs, or of its partners. Either is None where a value is
    unknown.
    """

    edits: tuple[Edit, ...]
    goal: Fraction | None
    held: tuple[Judged, ...]
    missed: Fraction | None

    @property
    def holds(self) -> bool:
        """Whether it keeps to all that has to hold."""
        return all(each.holds for each in self.held)


@dataclass(frozen=True, slots=True)
class Step:
    """The best plan so far, and how many were worked out until it was found."""

    evaluations: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Skipped:
    """Plans that can't be proposed for one reason: what is wrong with the first, its changes, and how many they are."""

    problem: Problem
    edits: tuple[Edit, ...]
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """What was found.

    `simulated` holds the program as it is, and the proposal as its one scenario (none where nothing holds, or nothing
    is better than what is in force). `in_force` is the text of each parameter in the program. `quantities` tells of
    each quantity of a gate what it is now and what it would be. `proof` is "all" where each plan of the grid was worked
    out, "limit" where the goal is at a limit that no plan can pass, "none" where neither: the best
    of those that were worked out, without a bound. `is_local` tells that no plan one step away, in one parameter or in
    two, is better.
    """

    tuning: Tuning
    simulated: Simulated
    goal: Clause
    now: Candidate
    best: Candidate | None
    in_force: tuple[str, ...]
    quantities: Mapping[str, tuple[Fraction | None, Fraction | None]]
    nearest: tuple[Candidate, ...]
    trail: tuple[Step, ...]
    skipped: tuple[Skipped, ...]
    evaluations: int
    proof: Proof
    is_local: bool
