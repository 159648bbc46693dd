"""What is carried over from period to period: geometric adstock, a = x + rate times the a before.

The stock `a` of a unit (a partner in a period) is linear in its spends, so a program over stocks has the same limits as
one over spends, in other numbers; the response is separable in the stocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.linked.sides import Limits


@dataclass(frozen=True, slots=True, eq=False)
class Carry:
    """Of each unit the one before it (-1: none), the part of that one's stock that works on, and what is carried in
    from before the first, in units of spend (already decayed), all (units,)."""

    before: Rows
    rate: Floats
    entering: Floats

    def __post_init__(self) -> None:
        assert bool(((self.rate >= 0) & (self.rate < 1)).all() and (self.entering >= 0).all()), "a part is below one"

    def ordered(self, order: Rows) -> Carry:
        """The same, of units in another order."""
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        before = self.before[order]
        return Carry(np.where(before >= 0, rank[before], -1), self.rate[order], self.entering[order])

    def stock(self, spend: Floats) -> Floats:
        """What works in each unit: by going forward through the periods."""
        found = spend + self.entering
        for rows in self._periods()[1:]:
            found[rows] += self.rate[rows] * found[self.before[rows]]
        return found

    def spend(self, stock: Floats) -> Floats:
        """What is spent where these stocks work."""
        earlier = np.where(self.before >= 0, self.rate * stock[self.before], 0.0)
        return np.asarray(stock - earlier - self.entering)

    def transposed(self, values: Floats) -> Floats:
        """Numbers times spends as numbers times stocks (what is carried in makes a constant, left out)."""
        return np.asarray(self._matrix().T @ values)

    def transposed_stock(self, values: Floats) -> Floats:
        """Numbers times stocks as numbers times spends: each spend works in its period and all later ones."""
        found = values.copy()
        for rows in reversed(self._periods()[1:]):
            np.add.at(found, self.before[rows], self.rate[rows] * found[rows])
        return found

    def of_stock(self, limits: Limits) -> Limits:
        """Rows over spends as rows over stocks."""
        shift = limits.spend @ self.entering
        spend = csr_array(limits.spend @ self._matrix())
        return Limits(limits.names, spend, limits.response, limits.least + shift, limits.most + shift)

    def _matrix(self) -> csr_array:
        count, rows = len(self.before), np.flatnonzero(self.before >= 0)
        every = np.arange(count)
        return csr_array(
            (
                np.append(np.ones(count), -self.rate[rows]),
                (np.append(every, rows), np.append(every, self.before[rows])),
            ),
            shape=(count, count),
        )

    def _periods(self) -> list[Rows]:
        """Units by how many come before them."""
        depth = np.zeros(len(self.before), dtype=np.int64)
        rows = np.flatnonzero(self.before < 0)
        found = [rows]
        while len(rows):
            depth[rows] = len(found)
            rows = np.flatnonzero((self.before >= 0) & (depth == 0) & (depth[self.before] > 0))
            if len(rows):
                found.append(rows)
        return found
