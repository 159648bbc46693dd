"""Divisor methods: units that can't be divided, such as seats or licences, in proportion to weights.

Units are given one after the other, each to whom it is due most: whose weight over the divisor of its next unit is
largest. The divisors make the method. All comparisons are of whole numbers; Huntington's and Hill's, which are square
roots, are compared by their squares. (Balinski and Young, Fair Representation, 1982; Pukelsheim, Proportional
Representation, 2017.)
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from rules.kinds.base import number
from rules.sharing.base import Step, Told, refusal

UNITS_MAX = 10_000_000


class Method(StrEnum):
    """Which divisor stands between k units and the next."""

    JEFFERSON = "jefferson"  # d'Hondt: k + 1; the large gain
    WEBSTER = "webster"  # Sainte-Lague: k + 1/2
    HILL = "hill"  # Huntington-Hill: the geometric mean of k and k + 1
    DEAN = "dean"  # the harmonic mean of k and k + 1
    ADAMS = "adams"  # k; the small gain


class Ties(StrEnum):
    """Who comes first where two have the same quotient for the last unit."""

    FIRST = "first"  # the first key
    LAST = "last"  # the last key
    BIGGEST = "biggest"  # the biggest weight, then the first key
    REFUSE = "refuse"  # nobody: the tie is refused


@dataclass(frozen=True, slots=True)
class Units:
    """How many units each key gets, and the keys that were tied for the last of them."""

    given: Mapping[str, int]
    tied: tuple[str, ...]


def divide_units(units: int, weights: Mapping[str, int], method: Method, ties: Ties = Ties.REFUSE) -> Units:
    """Gives `units` one after the other; weights are whole numbers, 0 or more, and 0 never gets a unit.

    Methods whose first divisor is 0 (Hill, Dean, Adams) give everybody a unit first, those of larger weight before the
    others where there are not enough. Refused: nobody with a weight (K109), units below 0 or beyond ten million
    (K220), and a tie at the last unit under `ties: refuse` (K221). Takes about three turns for each key.

    >>> divide_units(8, {"a": 100_000, "b": 80_000, "c": 30_000, "d": 20_000}, Method.JEFFERSON).given
    {'a': 4, 'b': 3, 'c': 1, 'd': 0}
    """
    if not 0 <= units <= UNITS_MAX:
        raise refusal("K220", f"{units:,} units", f"share between 0 and {UNITS_MAX:,} units")
    if units and not any(weight > 0 for weight in weights.values()):
        raise refusal(
            "K109", "every weight is 0, so nobody has a share", "name another basis, for example equal shares"
        )
    given = _certain(units, weights)
    keys = sorted(weights, reverse=ties is Ties.LAST)
    place = {key: at for at, key in enumerate(keys)}
    queue = [_Claim.of(key, weights[key], given[key], method, ties, place[key]) for key in keys if weights[key] > 0]
    heapq.heapify(queue)
    last: _Claim | None = None
    for _ in range(units - sum(given.values())):
        last = heapq.heappop(queue)
        given[last.key] += 1
        heapq.heappush(queue, _Claim.of(last.key, last.weight, given[last.key], method, ties, last.place))
    tied = _tied(last, queue)
    if tied and ties is Ties.REFUSE:
        message = f"the last unit is due to {' and '.join(tied)} alike"
        raise refusal("K221", message, "say ties: first, last or biggest, or share another number of units")
    return Units(given, tied)


def _certain(units: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Units that each key gets under every method, so that only the rest is given one by one.

    With n keys and a final divisor D, nobody gets less than weight / D rounded down or more than that + 1. So D is at
    most all weights / (units - n). One unit less leaves room for ties.
    """
    most = units - len(weights)
    if most <= 0:
        return dict.fromkeys(weights, 0)
    whole = sum(weights.values())
    return {key: max(weight * most // whole - 1, 0) for key, weight in weights.items()}


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a key has to say for its next unit: above / below, compared by cross multiplication; below 0 is infinite."""

    key: str
    weight: int
    place: int
    above: int
    below: int
    is_biggest_first: bool

    @classmethod
    def of(cls, key: str, weight: int, held: int, method: Method, ties: Ties, place: int) -> _Claim:
        above, below = _QUOTIENTS[method](weight, held)
        return cls(key, weight, place, above, below, ties is Ties.BIGGEST)

    def is_level(self, other: _Claim) -> bool:
        return self.above * other.below == other.above * self.below and (self.below == 0) == (other.below == 0)

    def __lt__(self, other: _Claim) -> bool:
        if self.below == 0 or other.below == 0:
            if (self.below == 0) != (other.below == 0):
                return self.below == 0
            if self.weight != other.weight:
                return self.weight > other.weight
            return self.place < other.place
        mine, theirs = self.above * other.below, other.above * self.below
        if mine != theirs:
            return mine > theirs
        if self.is_biggest_first and self.weight != other.weight:
            return self.weight > other.weight
        return self.place < other.place


_QUOTIENTS: Mapping[Method, Callable[[int, int], tuple[int, int]]] = {
    Method.JEFFERSON: lambda weight, held: (weight, held + 1),
    Method.WEBSTER: lambda weight, held: (2 * weight, 2 * held + 1),
    Method.HILL: lambda weight, held: (weight * weight, held * (held + 1)),  # the square of the quotient
    Method.DEAN: lambda weight, held: (weight * (2 * held + 1), 2 * held * (held + 1)),
    Method.ADAMS: lambda weight, held: (weight, held),
}


def _tied(last: _Claim | None, queue: Sequence[_Claim]) -> tuple[str, ...]:
    """The keys that have the claim of the last unit and did not get one for it, with the one that did."""
    if last is None:
        return ()
    level = [each.key for each in queue if each.is_level(last) and (last.below or each.weight == last.weight)]
    return tuple(sorted({last.key, *level})) if level else ()


def explain_units(
    units: int, weights: Mapping[str, int | Fraction], method: Method, key: str, ties: Ties = Ties.REFUSE
) -> Told:
    """One key's units: all quotients of everybody are listed, the largest of them get the units, and its own counted.

    Weights are as they stand, whole or not. The quotients of Huntington and Hill are given as squares.
    """
    listed: list[tuple[Fraction | None, int | Fraction, str]] = []
    for name, weight in weights.items():
        listed += [(_quotient(method, weight, held), weight, name) for held in range(units) if weight > 0]
    names = sorted(weights, reverse=ties is Ties.LAST)

    def first(each: tuple[Fraction | None, int | Fraction, str]) -> tuple[bool, Fraction, int | Fraction, int]:
        quotient, weight, name = each
        by_weight = weight if quotient is None or ties is Ties.BIGGEST else 0
        return quotient is not None, -(quotient or Fraction(0)), -by_weight, names.index(name)

    listed.sort(key=first)
    steps, got = [], 0
    for at, (quotient, _, name) in enumerate(listed[: units + 1], 1):
        if name == key:
            got += at <= units
            size = "before any quotient" if quotient is None else f"a quotient of {number(quotient)}"
            what = f"{size} is place {at} of {units}"
            steps.append(Step(f"unit {got}", Fraction(1), Fraction(at <= units), Fraction(max(units - at, 0)), what))
    squares = ", quotients squared" if method is Method.HILL else ""
    return Told(Fraction(got), f"{got} of {units} units by the method {method.value}{squares}", tuple(steps))


def _quotient(method: Method, weight: int | Fraction, held: int) -> Fraction | None:
    """The quotient for the unit after `held` ones, squared for Hill; None where it is infinite."""
    match method:
        case Method.JEFFERSON:
            return Fraction(weight) / (held + 1)
        case Method.WEBSTER:
            return weight / (held + Fraction(1, 2))
    if held == 0:
        return None
    if method is Method.HILL:
        return Fraction(weight) ** 2 / (held**2 + held)
    if method is Method.DEAN:
        return weight / (2 / (Fraction(1, held) + Fraction(1, held + 1)))
    return Fraction(weight) / held
