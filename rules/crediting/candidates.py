"""Who may be credited for which row, and who is: the values that crediting takes and gives.

In: candidates, columns of codes (one row for each credit, touch or owner of a credited row). Out: shares, one row for
each credited row, partner, role and level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rules.quantities.exact import Exact, Flags

Codes: TypeAlias = NDArray[Any]  # whole numbers, of 64 bits or fewer: millions of candidates are held
RowFault: TypeAlias = tuple[int, str, str, str]  # row, code, message, hint

UNKNOWN_DAY = -1
SOURCED = "sourced"  # the role of a row's own partner, and the one that a registration protects
OWNER = "owner"  # the role of a row's own partner where nothing else says who earns
TOUCH = "touch"  # the role of those who are credited by touches
REMAINDER = "remainder"  # the role of what `remainder: equally` hands out
FAULTS_MAX = 100  # rows told of one fault: more nobody reads


@dataclass(frozen=True, slots=True, eq=False)
class CreditedRows:
    """The rows that are credited (deals, customers or projects), (rows,).

    `names` are their keys in words. Days are ordinals, -1 where unknown: `day` is the day that puts the row into a
    period, the other two are milestones on the way to it. `amount` is what a cap per row caps, in minor units.
    """

    names: Sequence[str]
    day: Codes
    lead_day: Codes
    opportunity_day: Codes
    amount: Exact | None = None

    def __post_init__(self) -> None:
        assert {len(self.day), len(self.lead_day), len(self.opportunity_day)} == {len(self.names)}

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Who may earn a share of a row, (n,), in any order.

    `row` and `partner` are positions in `rows` and `partners` (whose order is that of the ids), `role` one in `roles`.
    `key` orders credits or touches by their own key and is unique within a row. `share` is what the credit says,
    unknown where it is blank; `day` an ordinal, -1 where unknown; `way` the position of the way that was chosen for the
    row; `is_protected` tells a partner with a valid registration of the row.
    """

    rows: CreditedRows
    partners: Sequence[str]
    roles: tuple[str, ...]
    row: Codes
    partner: Codes
    role: Codes
    key: Codes
    share: Exact
    day: Codes
    way: Codes
    is_protected: Flags

    def __post_init__(self) -> None:
        columns = (self.partner, self.role, self.key, self.share, self.day, self.way, self.is_protected)
        assert {len(column) for column in columns} == {len(self.row)}, "one of each for each candidate"
        assert REMAINDER not in self.roles, "nobody holds the role of what is left over"

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: NDArray[np.int64] | Flags) -> Candidates:
        """The candidates at the given positions, or those that a mask keeps."""
        if which.dtype == np.bool_ and which.all():
            return self
        return replace(
            self,
            row=self.row[which],
            partner=self.partner[which],
            role=self.role[which],
            key=self.key[which],
            share=self.share.take(which),
            day=self.day[which],
            way=self.way[which],
            is_protected=self.is_protected[which],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Who earns which share of a row, (n,), in the order of row, partner, role and level; and `house`, (rows,), what
    nobody earns.

    `level` is 0 for whom the way credits and 1, 2, ... for those above them. The shares of a row that are not `beside`
    and its house add up to 1 exactly; beside the 100 % are overlay roles and overrides on top. `roles` are those of the
    candidates, and `remainder`.
    """

    roles: tuple[str, ...]
    row: Codes
    partner: Codes
    role: Codes
    level: Codes
    share: Exact
    beside: Flags
    house: Exact

    def __len__(self) -> int:
        return len(self.row)
