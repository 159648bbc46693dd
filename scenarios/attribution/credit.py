"""What a method found: the share of every partner in every won deal, and on what that rests.

Shares are exact fractions. Those of a deal add up to 1, but for `influenced`, where each who took part has all of it;
a deal in which nobody has a part has no shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from scenarios.attribution.paths import Path, once

Shares = Mapping[int, Mapping[int, Fraction]]  # by position of the deal, then of the partner
Negative = Literal["refuse", "keep", "zero_and_tell"]


@dataclass(frozen=True, slots=True)
class Attribution:
    """The shares of won deals by one method.

    `values` are what a method made of all journeys together, by partner, where it did; `errors` their standard errors,
    where they were sampled; `below_zero` in how many of the won deals each partner has a value below zero, which counts
    as zero where `is_zeroed`. `figures` say what the method rests on, as scripts read it; `notes` the same for people.
    """

    method: str
    shares: Shares
    values: Mapping[int, Fraction] = field(default_factory=dict)
    errors: Mapping[int, float] = field(default_factory=dict)
    below_zero: Mapping[int, int] = field(default_factory=dict)
    is_zeroed: bool = False
    figures: Mapping[str, int | str | bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_sampled(self) -> bool:
        """Whether another seed would give other shares."""
        return bool(self.errors)

    @property
    def may_exceed(self) -> bool:
        """Whether the shares of a deal may add up to more than all of it."""
        return any(sum(mine.values(), Fraction(0)) > 1 for mine in self.shares.values())


def by_value(values: Mapping[int, Fraction], paths: Mapping[int, Path], is_zeroed: bool = False) -> Shares:
    """The deals of `paths` shared in proportion to the values of the partners on each; where `is_zeroed`, values below
    zero count as zero, which the others pay for.

    A deal whose partners are worth nothing together, or less, has no shares: no proportion of that could be paid.
    """
    found: dict[int, dict[int, Fraction]] = {}
    for deal, path in paths.items():
        mine = {partner: values.get(partner, Fraction(0)) for partner in once(path)}
        if is_zeroed:
            mine = {partner: max(value, Fraction(0)) for partner, value in mine.items()}
        whole = sum(mine.values(), Fraction(0))
        if whole > 0:
            found[deal] = {partner: value / whole for partner, value in mine.items()}
    return found


def deals_below_zero(values: Mapping[int, Fraction], paths: Mapping[int, Path]) -> Mapping[int, int]:
    """In how many deals of `paths` each partner with a value below zero takes part."""
    found = Counter(partner for path in paths.values() for partner in once(path) if values.get(partner, 0) < 0)
    return dict(sorted(found.items()))


def normalised(shares: Shares) -> Shares:
    """The shares of each deal in their proportion, so that they add up to 1."""
    wholes = {deal: sum(mine.values(), Fraction(0)) for deal, mine in shares.items()}
    return {
        deal: {partner: share / wholes[deal] for partner, share in mine.items()}
        for deal, mine in shares.items()
        if wholes[deal] > 0
    }
