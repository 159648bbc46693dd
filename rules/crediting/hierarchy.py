"""Who stands above whom on which day, and who is active: dated edges and spans, looked up for whole columns at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rules.crediting.base import Faults
from rules.crediting.candidates import FAULTS_MAX, UNKNOWN_DAY, Codes
from rules.quantities.exact import Flags

NOBODY = -1
_DAY_BITS = 23  # ordinals of dates end with 3,652,059


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Dated edges, (m,): `parent` stands above `child` on the days `start` <= day < `end`; and by partner, (p,), the
    days `active_from` <= day < `active_until` on which it is active.

    Partners are positions in the same ids as those of the candidates, a parent may be -1 (nobody); days are ordinals, 0
    and 2^22 for ever. `dated`, (p,), marks those of whom dated versions speak: on a day without one nothing is known.
    """

    child: Codes
    parent: Codes
    start: Codes
    end: Codes
    active_from: Codes
    active_until: Codes
    dated: Flags | None = None

    def above(self, partners: Codes, days: Codes) -> Codes:
        """Who stands above each partner on a day, (n,); -1 for nobody."""
        found = np.full(len(partners), NOBODY, dtype=np.int64)
        if not len(self.child):
            return found
        edge, holds = self._edges(partners, days)
        return np.where(holds, self.parent[edge], found)

    def is_uncovered(self, partners: Codes, days: Codes) -> Flags:
        """Whether a day lies in none of the versions that speak of a partner, (n,)."""
        if self.dated is None:
            return np.zeros(len(partners), dtype=bool)
        asked: Flags = self.dated[partners] & (days != UNKNOWN_DAY)
        return asked & ~self._edges(partners, days)[1] if len(self.child) else asked

    def _edges(self, partners: Codes, days: Codes) -> tuple[Codes, Flags]:
        """The last edge of each partner that began by a day, and whether it holds on it."""
        order, keys = self._index
        at = np.searchsorted(keys, partners.astype(np.int64) << _DAY_BITS | days, side="right") - 1
        edge = order[np.maximum(at, 0)]
        holds = (at >= 0) & (days != UNKNOWN_DAY) & (self.child[edge] == partners) & (days < self.end[edge])
        return edge, holds

    def is_active(self, partners: Codes, days: Codes) -> Flags:
        """Whether each partner is active on a day, (n,)."""
        active: Flags = (self.active_from[partners] <= days) & (days < self.active_until[partners])
        return active

    def faults(self, partners: Sequence[str]) -> Faults:
        """Those who have two above them on one day: (code, message, hint)."""
        order, _ = self._index
        child, parent, end = self.child[order], self.parent[order], self.end[order]
        wrong = np.flatnonzero((child[1:] == child[:-1]) & (self.start[order][1:] < end[:-1]))
        found: Faults = []
        for at in wrong[:FAULTS_MAX].tolist():
            above = " and ".join("nobody" if one == NOBODY else partners[one] for one in parent[at : at + 2].tolist())
            message = f"{partners[child[at]]} stands below {above} on one day"
            found.append(("C125", message, "end the first before the second begins (valid_to)"))
        return found

    @cached_property
    def _index(self) -> tuple[Codes, Codes]:
        keys = self.child << _DAY_BITS | np.maximum(self.start, 0)
        order = np.argsort(keys, kind="stable")
        return order, keys[order]
