"""Fairness of pay: how unequal it is, and whether a group is paid far less often than another.

The Gini coefficient of n amounts x1 <= ... <= xn is the sum of (2i - n - 1) xi over n times their total (C. Gini,
1912): 0 where all get the same, close to 1 where one gets all. The four-fifths rule of the US Uniform Guidelines on
Employee Selection Procedures (29 CFR 1607.4 D) calls a selection rate below 4/5 of the highest group's adverse impact;
here the rate is the part of a group's partners who are paid anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

FOUR_FIFTHS = Fraction(4, 5)


def gini(amounts: Iterable[int]) -> Fraction | None:
    """How unequal amounts are, 0 to 1; unknown where any is below zero or all are zero.

    >>> gini([0, 0, 0, 100]), gini([25, 25, 25, 25])
    (Fraction(3, 4), Fraction(0, 1))
    """
    ordered = sorted(amounts)
    total = sum(ordered)
    if not total or ordered[0] < 0:
        return None
    count = len(ordered)
    return Fraction(sum((2 * at - count - 1) * each for at, each in enumerate(ordered, start=1)), count * total)


@dataclass(frozen=True, slots=True)
class Impact:
    """A group: how many partners it has, how many are paid anything, and that part over the best group's, which is 1
    for that one and unknown where nobody is paid, or where the group is that of blanks ("")."""

    group: str
    partners: int
    paid: int
    ratio: Fraction | None

    @property
    def is_adverse(self) -> bool:
        """Whether it is paid less often than four fifths of the best group."""
        return self.ratio is not None and self.ratio < FOUR_FIFTHS


def impacts(paid_minor: Mapping[str, int], groups: Mapping[str, str]) -> tuple[Impact, ...]:
    """How often the partners of each group are paid, beside the group that is paid most often.

    >>> of = {"a": "N", "b": "N", "c": "S", "d": "S"}
    >>> [str(each.ratio) for each in impacts({"a": 5, "b": 5, "c": 0, "d": 1}, of)]
    ['1', '1/2']
    """
    members: dict[str, list[int]] = {}
    for partner, minor in paid_minor.items():
        members.setdefault(groups.get(partner, ""), []).append(minor)
    rates = {group: Fraction(sum(each > 0 for each in of), len(of)) for group, of in members.items()}
    best = max((rate for group, rate in rates.items() if group), default=Fraction(0))
    return tuple(
        Impact(group, len(of), sum(each > 0 for each in of), rates[group] / best if best and group else None)
        for group, of in sorted(members.items())
    )


def worst(found: Iterable[Impact]) -> Fraction | None:
    """The least ratio of any group."""
    return min((each.ratio for each in found if each.ratio is not None), default=None)
