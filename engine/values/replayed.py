"""A kept run that was worked out again: what was held against what, and what does not agree."""

from __future__ import annotations

from dataclasses import dataclass

from engine.values.record import RunRecord
from rules.problem import Problem


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked, in words, and what is wrong with it."""

    what: str
    words: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A run that was worked out again.

    `program_sha256` and `facts_sha256` are digests of what the run rests on (of the tables' rows, accepted and
    rejected), `engine_sha256` that of the engine that worked it out now.
    """

    record: RunRecord
    program_sha256: str
    facts_sha256: str
    engine_sha256: str
    engine: str
    checks: tuple[Check, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that does not agree."""
        return tuple(problem for check in self.checks for problem in check.problems)
