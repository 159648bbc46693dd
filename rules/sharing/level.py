"""The level at which a pool is used up: each member gets weight x level, but no less than a floor and no more than a
cap, and the level is such that all of it adds up to the pool.

Whole numbers of any size go in; one exact level comes out, with who is held at a bound. What a level pays grows with it
along straight lines that bend where somebody leaves a floor or meets a cap. The bends are halved at their median until
few are left that the level may lie among, and those are sorted exactly; so there is no guess, and the work is that of
going through all members a few times.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.quantities.exact import LIMIT, Exact, Flags, Integers, total
from rules.quantities.rounding import multiply_floor, narrow

_KEY_BITS = 60
_SORTED_MAX = 4_096  # so many bends are sorted at once


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """The level, None where everybody is held at a cap or weighs nothing; who is held at a floor and at a cap, (n,);
    and the awards, (n,) exact."""

    value: Fraction | None
    is_floor: Flags
    is_cap: Flags
    awards: Exact


def find_level(
    weights: Integers,
    size: Fraction,
    floors: Integers | None = None,
    caps: Integers | None = None,
    is_capped: Flags | None = None,
) -> Level:
    """The level of a pool of `size`, which is at least the sum of floors; (n,) whole numbers, weights 0 or more.

    `floors` are 0 where None, `caps` hold where `is_capped` (all where None) and are nowhere below a floor. Who weighs
    nothing stays at the floor. Where the caps add up to less than the pool, the rest is left over.

    >>> found = find_level(np.array([1, 1, 1]), Fraction(200), caps=np.array([100, 200, 300]))
    >>> found.value, found.awards.fractions()
    (Fraction(200, 3), [Fraction(200, 3), Fraction(200, 3), Fraction(200, 3)])
    """
    rows = len(weights)
    low: Integers = np.zeros(rows, dtype=np.int64) if floors is None else floors
    high = low if caps is None else caps
    weighs = np.asarray(weights > 0, dtype=bool)
    is_lifted = weighs & np.asarray(low > 0, dtype=bool)
    is_cut = weighs & (caps is not None) & (True if is_capped is None else is_capped)
    lifts, cuts = _Bends.of(low, weights, is_lifted, -1), _Bends.of(high, weights, is_cut, 1)
    line = _Line(Fraction(0), total(low), total(weights[weighs & ~is_lifted]))
    _halve(lifts, cuts, line, size)
    _sort(lifts, cuts, line, size)
    value: Fraction | None = line.level
    if line.slope:
        value = (size - line.constant) / line.slope
    elif line.constant != size:
        assert line.constant < size, "floors add up to no more than the pool"
        value = None
    is_floor = ~weighs
    is_floor[lifts.rows] = ~lifts.is_passed
    is_cap = np.zeros(rows, dtype=bool)
    is_cap[cuts.rows] = cuts.is_passed
    return Level(value, is_floor, is_cap, _awards(weights, low, high, is_floor, is_cap, value))


@dataclass(slots=True, eq=False)
class _Bends:
    """Where members leave their floors (`sign` -1) or meet their caps (1): at level amount / weight, of `rows`.

    `keys` has them in units of 2**-shift, rounded down to `_KEY_BITS` bits; `open` are the positions, in these arrays,
    of those that the level may lie among, and `is_passed` says which it is known to lie beyond.
    """

    rows: NDArray[np.intp]
    amounts: Integers
    weights: Integers
    sign: int
    open: NDArray[np.intp]
    keys: NDArray[np.int64]
    is_passed: Flags

    @classmethod
    def of(cls, amounts: Integers, weights: Integers, is_bent: Flags, sign: int) -> _Bends:
        rows = np.flatnonzero(is_bent)
        own = (amounts, weights) if len(rows) == len(weights) else (amounts[rows], weights[rows])
        none = np.zeros(len(rows), dtype=np.int64)
        return cls(rows, *own, sign, np.arange(len(rows)), none, np.zeros(len(rows), dtype=bool))

    def changes(self, at: NDArray[np.intp]) -> tuple[int, int]:
        """How much the constant and the slope change beyond these bends."""
        whole = len(at) == len(self.rows)
        amounts, weights = (self.amounts, self.weights) if whole else (self.amounts[at], self.weights[at])
        return self.sign * total(amounts), -self.sign * total(weights)


@dataclass(slots=True)
class _Line:
    """What is paid from `level` on, up to the next bend: constant + slope x level."""

    level: Fraction
    constant: int
    slope: int


def _halve(lifts: _Bends, cuts: _Bends, line: _Line, size: Fraction) -> None:
    """Puts aside the bends on the other side of a median, again and again: each time about half of what is open."""
    if len(lifts.rows) + len(cuts.rows) <= _SORTED_MAX:
        return
    shift = _set_keys(lifts, cuts)
    while len(lifts.open) + len(cuts.open) > _SORTED_MAX:
        keys = np.concatenate((lifts.keys[lifts.open], cuts.keys[cuts.open]))
        edge = int(np.partition(keys, len(keys) // 2)[len(keys) // 2])
        edge += int(keys.min()) == edge
        if edge <= int(keys.max()):
            level = Fraction(edge) / Fraction(2) ** shift
            before = [np.asarray(bends.keys[bends.open] < edge, dtype=bool) for bends in (lifts, cuts)]
            _step(lifts, cuts, before, line, level, size)
        elif (common := _common_level(lifts, cuts)) is not None:
            everyone = [np.ones(len(bends.open), dtype=bool) for bends in (lifts, cuts)]
            _step(lifts, cuts, everyone, line, common, size)
            lifts.open = cuts.open = lifts.open[:0]
        else:
            return  # they are the same to 60 bits, and not beyond: sorting tells them apart


def _step(lifts: _Bends, cuts: _Bends, before: list[Flags], line: _Line, level: Fraction, size: Fraction) -> None:
    """Asks whether the pool is used up before `level`, and keeps open the bends on that side: `before` it, or not."""
    sides = [(bends, bends.open[flags], bends.open[~flags]) for bends, flags in zip((lifts, cuts), before, strict=True)]
    changes = [bends.changes(near) for bends, near, _ in sides]
    constant = line.constant + sum(each for each, _ in changes)
    slope = line.slope + sum(each for _, each in changes)
    is_beyond = constant + slope * level <= size
    if is_beyond:
        line.level, line.constant, line.slope = level, constant, slope
    for bends, near, far in sides:
        bends.open = far if is_beyond else near
        if is_beyond:
            bends.is_passed[near] = True


def _common_level(lifts: _Bends, cuts: _Bends) -> Fraction | None:
    """The level of all open bends where it is the same, as for equal weights under one cap."""
    first = next(bends for bends in (lifts, cuts) if len(bends.open))
    above, below = int(first.amounts[first.open[0]]), int(first.weights[first.open[0]])
    for bends in (lifts, cuts):
        amounts = Exact(bends.amounts[bends.open]) * Exact.constant(below, len(bends.open))
        if np.any(amounts.compare(Exact(bends.weights[bends.open]) * Exact.constant(above, len(bends.open)))):
            return None
    return Fraction(above, below)


def _set_keys(lifts: _Bends, cuts: _Bends) -> int:
    """Sets the keys of all bends and gives the shift of their unit; they have the bends' order but for ties."""
    filled = [bends for bends in (lifts, cuts) if len(bends.rows)]
    largest = max(int(bends.amounts.max()) for bends in filled)
    least = min(int(bends.weights.min()) for bends in filled)
    shift = _KEY_BITS - (largest.bit_length() - least.bit_length() + 1)
    for bends in filled:
        above: Any = bends.amounts
        if shift < 0 or bends.weights.dtype == object or above.dtype == object:
            above = above.astype(object) << shift if shift > 0 else above.astype(object) >> -shift
            bends.keys = (above // bends.weights).astype(np.int64)
        else:
            bends.keys = multiply_floor(above, 1 << shift, bends.weights)[0].astype(np.int64)
    return shift


def _sort(lifts: _Bends, cuts: _Bends, line: _Line, size: Fraction) -> None:
    """Sorts the bends that are open, exactly, and passes those that the level lies beyond.

    Two ratios are further apart than 2**-shift where that has twice the bits of their denominators: rounded down to it
    they are told apart, and equal only where they are.
    """
    found: list[tuple[int, int, int, int]] = []
    bits = [int(bends.weights[bends.open].max()).bit_length() for bends in (lifts, cuts) if len(bends.open)]
    for side, bends in enumerate((lifts, cuts)):
        pairs = zip(bends.amounts[bends.open].tolist(), bends.weights[bends.open].tolist(), strict=True)
        for at, (amount, weight) in enumerate(pairs):
            found.append(((amount << 2 * max(bits)) // weight, side, amount, at))
    found.sort(key=lambda each: each[0])
    sides = (lifts, cuts)
    weights = [int(sides[side].weights[sides[side].open[at]]) for _, side, _, at in found]
    signs = [sides[side].sign for _, side, _, _ in found]
    constants = list(accumulate((sign * each[2] for sign, each in zip(signs, found, strict=True)), initial=0))
    slopes = list(accumulate((-sign * each for sign, each in zip(signs, weights, strict=True)), initial=0))
    low, high = 0, len(found)
    while low < high:  # how many of them are passed: at the level of the last of them, no more than the pool is paid
        middle = (low + high + 1) // 2
        level = Fraction(found[middle - 1][2], weights[middle - 1])
        paid = line.constant + constants[middle] + (line.slope + slopes[middle]) * level
        low, high = (middle, high) if paid <= size else (low, middle - 1)
    if low:
        line.level = Fraction(found[low - 1][2], weights[low - 1])
    line.constant += constants[low]
    line.slope += slopes[low]
    for _, side, _, at in found[:low]:
        sides[side].is_passed[sides[side].open[at]] = True


def _awards(
    weights: Integers, low: Integers, high: Integers, is_floor: Flags, is_cap: Flags, level: Fraction | None
) -> Exact:
    above, below = (0, 1) if level is None else (level.numerator, level.denominator)
    sources = ((is_floor, low, below), (is_cap, high, below), (~(is_floor | is_cap), weights, above))
    parts = [(at, _scaled(column[at], factor)) for at, column, factor in sources]
    is_wide = any(part.dtype == object for _, part in parts)
    numerator: Integers = np.zeros(len(weights), dtype=object if is_wide else np.int64)
    for at, part in parts:
        numerator[at] = part
    return Exact(numerator, below)


def _scaled(values: Integers, factor: int) -> Integers:
    if not len(values):
        return values.astype(np.int64)
    if (
        factor < LIMIT
        and values.dtype != object
        and max(abs(int(values.max())), abs(int(values.min()))) * max(abs(factor), 1) < LIMIT
    ):
        return values * factor
    return narrow(values.astype(object) * factor)
