"""Fair splits: a largest Gini coefficient, the four-fifths rule between groups, and a floor of an equal share.

A Gini coefficient is the greatest of linear functions, one for each order of those who get something, so that it is
kept by cuts: one for each order that turns up. It is exact in whole minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.problem import Group, Problem
from scenarios.optimise.linked.sides import Side

FOUR_FIFTHS = Fraction(4, 5)


def gini_of(amounts: Rows) -> Fraction:
    """The Gini coefficient of whole amounts: the mean difference of two of them as a part of twice their mean.

    Source: C. Gini (1914), in the form sum (2 i - n - 1) x_i / (n sum x) over amounts in their order.

    >>> gini_of(np.array([0, 0, 10])), gini_of(np.array([5, 5])), gini_of(np.array([0, 0]))
    (Fraction(2, 3), Fraction(0, 1), Fraction(0, 1))
    """
    rising = sorted(amounts.tolist())
    total, count = sum(rising), len(rising)
    if not total:
        return Fraction()
    return Fraction(sum((2 * place - count + 1) * amount for place, amount in enumerate(rising)), count * total)


@dataclass(frozen=True, slots=True, eq=False)
class Gini:
    """The Gini coefficient of what owners get is at most `limit`; `owner` of each unit (None: each its own)."""

    limit: Fraction
    owner: Rows | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", Fraction(self.limit))

    def ordered(self, order: Rows) -> Gini:
        """The same, of units in another order."""
        return self if self.owner is None else replace(self, owner=self.owner[order])

    def is_kept(self, minor: Rows) -> bool:
        """Whether a split in minor units keeps it."""
        return gini_of(self._totals(minor)) <= self.limit

    def count(self, units: int) -> int:
        """How many get something together or alone."""
        return units if self.owner is None else int(self.owner.max()) + 1

    def excess(self, spend: Floats) -> float:
        """By how much it is missed, as a part of what is spent."""
        total = float(spend.sum())
        return float(self._numbers(spend) @ spend) / (len(self._totals(spend)) * total) if total > 0 else 0.0

    def cut(self, spend: Floats, name: str = "Gini") -> Side:
        """The row of the order of a split."""
        return Side(name, self._exact(spend))

    def _totals(self, spend: Floats | Rows) -> Rows:
        if self.owner is None:
            return np.asarray(spend)
        found = np.zeros(int(self.owner.max()) + 1, dtype=spend.dtype)
        np.add.at(found, self.owner, spend)
        return np.asarray(found)

    def _places(self, spend: Floats) -> Rows:
        totals = self._totals(spend)
        place = np.empty(len(totals), dtype=np.int64)
        place[np.argsort(totals, kind="stable")] = np.arange(len(totals))
        return 2 * place - len(totals) + 1

    def _numbers(self, spend: Floats) -> Floats:
        places = self._places(spend)
        found: Floats = np.asarray(places - float(self.limit) * len(places), dtype=np.float64)
        return found if self.owner is None else found[self.owner]

    def _exact(self, spend: Floats) -> list[Fraction]:
        places = self._places(spend)
        level = self.limit * len(places)
        found = [place - level for place in places.tolist()]
        return found if self.owner is None else [found[owner] for owner in self.owner.tolist()]


def four_fifths(units: int, groups: Sequence[Group], part: Fraction = FOUR_FIFTHS) -> tuple[Side, ...]:
    """The mean spend of each group is at least four fifths of that of every other, the best one's among them.

    Source: Uniform Guidelines on Employee Selection Procedures (1978), 29 CFR 1607.4 D.
    """
    found = []
    for group in groups:
        for other in groups:
            if group is not other:
                spend = [Fraction()] * units
                for place in other.members.tolist():
                    spend[place] += Fraction(part) / len(other.members)
                for place in group.members.tolist():
                    spend[place] -= Fraction(1, len(group.members))
                found.append(Side(f"four fifths: {group.name} of {other.name}", spend))
    return tuple(found)


def floor_of_equal_share(problem: Problem, part: Fraction) -> tuple[Problem, tuple[Side, ...]]:
    """Each unit gets at least this part of an equal share of all that is spent: as bounds where the budget is spent
    whole, else as a side for each unit."""
    count, budget = len(problem.units), problem.budget
    if budget.least_minor == budget.most_minor:
        share = Fraction(part) * budget.most_minor / count
        least = -(-share.numerator // share.denominator)
        lower = np.maximum(np.maximum(problem.lower_minor, problem.minimums), least)
        return replace(problem, lower_minor=lower, minimum_minor=np.zeros(count, dtype=np.int64)), ()
    each = Fraction(part) / count
    sides = []
    for place, name in enumerate(problem.units):
        spend = [each] * count
        spend[place] -= 1
        sides.append(Side(f"equal share: {name}", spend))
    return problem, tuple(sides)
