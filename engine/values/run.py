"""The run: who gets what, in lines, and the digests of all that determined it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.calendar import Period
from rules.quantities.exact import total


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


@dataclass(frozen=True, slots=True)
class Line:
    """One amount that a run pays one partner for one thing: a source row, or a share of a pool."""

    partner: str
    component: str
    table: str
    key: str
    amount_minor: int


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The lines of a run as columns, sorted by partner, component and key; all of shape (n,)."""

    partner: NDArray[Any]
    component: NDArray[Any]
    table: NDArray[Any]
    key: NDArray[Any]
    amount_minor: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.amount_minor)

    def line(self, row: int) -> Line:
        """One line as a record."""
        partner, component, table, key = (
            str(column[row]) for column in (self.partner, self.component, self.table, self.key)
        )
        return Line(partner, component, table, key, int(self.amount_minor[row]))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A settled run: who gets what, and the digests of all that determined it.

    `payouts_minor` (partners x components + 1): each partner's amount by component, and in the last column their sum.
    """

    run_id: str
    title: str
    period: Period
    currency: str
    components: tuple[str, ...]
    partners: tuple[str, ...]
    payouts_minor: NDArray[Any]
    lines: Lines
    pools: Mapping[str, tuple[int, int]]
    manifest: Mapping[str, object]

    @property
    def total_minor(self) -> int:
        """The sum of all lines in minor units."""
        return total(self.lines.amount_minor)
