"""The run: who gets what, in lines, and the digests of all that determined it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

from engine.values.lines import LateLines, Lines
from rules.calendar import Period


@dataclass(frozen=True, slots=True)
class Input:
    """One source table of a run: its file, its digests, how many rows were accepted, and how many rejected.

    `rows` + `rejected` rows were read; `rejected_sha256` is over the keys and codes of the rejected ones.
    """

    table: str
    file: str
    raw_sha256: str
    rows_sha256: str
    rows: int
    rejected: int = 0
    rejected_sha256: str = ""

    @property
    def read(self) -> int:
        """How many rows the source had."""
        return self.rows + self.rejected


class PoolBooks(NamedTuple):
    """What a pool had, and what was not shared: shares + left = size + what the house added to reach floors."""

    size_minor: int
    left_minor: int
    house_adds_minor: int = 0


@dataclass(frozen=True, slots=True)
class Unscored:
    """The members of a pool that have no share, since what they weigh or claim is unknown: how many, the `first` of
    them by id, and what the house keeps as their share; None where the pool is shared among the others."""

    members: int
    first: tuple[str, ...]
    house_minor: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A settled run: who gets what, and the digests of all that determined it.

    `payouts_minor` (partners x components + 1): each partner's amount by component, and in the last column their sum.
    `unscored` tells, by pool, who of its members has no share; pools that scored all are not in it.
    """

    run_id: str
    title: str
    period: Period
    currency: str
    components: tuple[str, ...]
    partners: tuple[str, ...]
    payouts_minor: NDArray[Any]
    lines: Lines | LateLines
    pools: Mapping[str, PoolBooks]
    manifest: Mapping[str, object]
    unscored: Mapping[str, Unscored] = field(default_factory=dict)

    @property
    def total_minor(self) -> int:
        """The sum of all lines in minor units."""
        return self.lines.total_minor
