"""An old system's payouts held against a run: what matches, and why the rest does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.values.record import RunRecord

ROUNDING, RULE, DATA, MISSING, UNEXPLAINED = "rounding", "rule", "data", "missing row", "unexplained"
CAUSES = (ROUNDING, RULE, DATA, MISSING, UNEXPLAINED)


@dataclass(frozen=True, slots=True)
class OldRow:
    """A payout as the old system paid it, in minor units; `component`, `key` and `base_minor` where its file says."""

    partner: str
    component: str
    key: str
    amount_minor: int
    base_minor: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Matched:
    """What both pay one partner for one thing, None where only the other has it.

    `component` and `key` are empty where the old file does not say them. `cause` is one of CAUSES, empty where both pay
    the same; `words` explain it.
    """

    partner: str
    component: str
    key: str
    theirs_minor: int | None
    ours_minor: int | None
    cause: str
    words: str

    @property
    def difference_minor(self) -> int:
        """What we pay more, below zero where it is less."""
        return (self.ours_minor or 0) - (self.theirs_minor or 0)


@dataclass(frozen=True, slots=True)
class Parallel:
    """A run beside an old system's file: `grain` says by what both are added up, `rows` are in the order of their
    names. `fits` says how many of the rows that were tried a way to round brings to their amount."""

    record: RunRecord
    file: str
    grain: tuple[str, ...]
    rows: tuple[Matched, ...]
    old_rows: int
    titles: Mapping[str, str]
    names: Mapping[str, str]
    rounding: str
    fits: tuple[int, int]

    @property
    def differing(self) -> tuple[Matched, ...]:
        """The rows that do not match, the biggest difference first."""
        found = (row for row in self.rows if row.cause)
        return tuple(sorted(found, key=lambda row: (-abs(row.difference_minor), row.partner, row.component, row.key)))

    def of(self, cause: str) -> tuple[Matched, ...]:
        """The rows of one cause; of none (empty): those that match."""
        return tuple(row for row in self.rows if row.cause == cause)

    @property
    def theirs_minor(self) -> int:
        """What the old system pays in all."""
        return sum(row.theirs_minor or 0 for row in self.rows)

    @property
    def ours_minor(self) -> int:
        """What the run pays in all."""
        return sum(row.ours_minor or 0 for row in self.rows)

    @property
    def is_explained(self) -> bool:
        """Whether everything matches, or is told apart by its cause."""
        return not self.of(UNEXPLAINED)
