"""A vector of exact rationals: one numerator per row, over one denominator for all rows or one for each.

In go integers (money in minor units, counts, rates with their decimals as denominator), out come integers. Nothing is
rounded here, but for what `scaled` and `sum` say of rows that share no handy denominator. NumPy's int64 wraps silently,
so every operation first bounds its result and moves to Python integers (object arrays) where 64 bits might not hold;
the answer is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[Any]  # int64, or object holding Python ints
Flags = NDArray[np.bool_]
LIMIT = 2**63
COMMON_BITS_MAX = 4096  # beyond it a column of a million rows would not fit into memory
_BILLION = 10**9


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """Exact rationals by row, unknown where `known` is false (`known` None: all are known).

    Shapes: `numerator` (n,); `denominator` a positive int, or (n,) positive; `known` (n,) bool. An unknown row
    holds 0/1.

    >>> prices = Exact.of([1999, 500])              # cents
    >>> (prices * Exact.constant(Fraction(3, 40), 2)).fraction(0)
    Fraction(5997, 40)
    """

    numerator: Integers
    denominator: int | Integers = 1
    known: Flags | None = None

    @classmethod
    def of(cls, values: Iterable[int | Fraction | None]) -> Exact:
        """A vector of the given values; None is unknown."""
        rows = list(values)
        known = np.array([value is not None for value in rows], dtype=bool)
        exact = [Fraction(0) if value is None else Fraction(value) for value in rows]
        numerator = integers([value.numerator for value in exact])
        denominators = {value.denominator for value in exact}
        denominator: int | Integers = (
            denominators.pop() if len(denominators) == 1 else integers([value.denominator for value in exact])
        )
        return cls(numerator, 1 if not rows else denominator, None if known.all() else known)

    @classmethod
    def constant(cls, value: Fraction | int, rows: int) -> Exact:
        """The same value in each of `rows` rows."""
        exact = Fraction(value)
        dtype = np.int64 if abs(exact.numerator) < LIMIT else object
        return cls(np.full(rows, exact.numerator, dtype=dtype), exact.denominator)

    def __len__(self) -> int:
        return len(self.numerator)

    def is_known(self) -> Flags:
        """Which rows are known, as a vector of flags."""
        return np.ones(len(self), dtype=bool) if self.known is None else self.known

    def fraction(self, row: int) -> Fraction | None:
        """The value of one row, or None where it is unknown."""
        if self.known is not None and not self.known[row]:
            return None
        below = self.denominator if isinstance(self.denominator, int) else self.denominator[row]
        return Fraction(int(self.numerator[row]), int(below))

    def fractions(self) -> list[Fraction | None]:
        """Every row as a fraction."""
        return [self.fraction(row) for row in range(len(self))]

    def take(self, rows: NDArray[np.int64] | Flags) -> Exact:
        """The rows at the given positions, or those that a mask keeps."""
        below = self.denominator if isinstance(self.denominator, int) else self.denominator[rows]
        return Exact(self.numerator[rows], below, None if self.known is None else self.known[rows])

    def part(self, start: int, end: int) -> Exact:
        """The rows from `start` to before `end`, as views."""
        below = self.denominator if isinstance(self.denominator, int) else self.denominator[start:end]
        return Exact(self.numerator[start:end], below, None if self.known is None else self.known[start:end])

    @classmethod
    def joined(cls, parts: Sequence[Exact]) -> Exact:
        """The rows of all parts, one part after the other.

        >>> Exact.joined([Exact.of([1, None]), Exact.of([Fraction(1, 2)])]).fractions()
        [Fraction(1, 1), None, Fraction(1, 2)]
        """
        above = np.concatenate([part.numerator for part in parts])
        belows = {part.denominator if isinstance(part.denominator, int) else 0 for part in parts}
        if len(belows) == 1 and 0 not in belows:
            below: int | Integers = belows.pop()
        else:
            below = np.concatenate([_broadcast(part.denominator, len(part)) for part in parts])
        if all(part.known is None for part in parts):
            return cls(above, below)
        return cls(above, below, np.concatenate([part.is_known() for part in parts]))

    def or_else(self, value: int) -> Exact:
        """The same vector with every unknown row set to a whole number."""
        if self.known is None:
            return self
        return self.where(self.known, Exact.constant(value, len(self)))

    def where(self, flags: Flags, other: Exact) -> Exact:
        """This value where `flags` holds, the other's value elsewhere."""
        mine, theirs, below = _common(self, other)
        known = np.where(flags, self.is_known(), other.is_known())
        return _clean(np.where(flags, mine, theirs), below, known)

    def __neg__(self) -> Exact:
        return Exact(_spread(self.numerator, LIMIT - 1) * -1, self.denominator, self.known)

    def __add__(self, other: Exact) -> Exact:
        return self._combine(other, lambda a, b: a + b)

    def __sub__(self, other: Exact) -> Exact:
        return self._combine(other, lambda a, b: a - b)

    def _combine(self, other: Exact, how: Callable[[Integers, Integers], Integers]) -> Exact:
        mine, theirs, below = _common(self, other)
        if _peak(mine) + _peak(theirs) >= LIMIT:
            mine, theirs = mine.astype(object), theirs.astype(object)
        return _clean(how(mine, theirs), below, _both(self, other))

    def __mul__(self, other: Exact) -> Exact:
        above = _times(self.numerator, other.numerator)
        return _clean(above, _below_times(self.denominator, other.denominator), _both(self, other))

    def __truediv__(self, other: Exact) -> Exact:
        """The quotient by row; unknown where the divisor is zero."""
        constant = _constant(other)
        if constant and isinstance(self.denominator, int):
            return self * Exact.constant(1 / constant, len(self))
        known = _both(self, other)
        nonzero = other.numerator != 0
        known = nonzero if known is None else known & nonzero
        divisor = np.where(nonzero, other.numerator, 1)
        sign = np.where(divisor < 0, -1, 1)
        above = _times(_times(self.numerator, sign), _broadcast(other.denominator, len(self)))
        below = _times(_broadcast(self.denominator, len(self)), _times(divisor, sign))
        return _clean(above, below, known)

    def compare(self, other: Exact) -> Integers:
        """The sign of self - other by row: -1, 0 or 1."""
        mine, theirs, _ = _common(self, other)
        return (mine > theirs).astype(np.int64) - (mine < theirs).astype(np.int64)

    def least(self, other: Exact) -> Exact:
        """The lesser of both values by row; unknown where one of them is.

        >>> Exact.of([3, 5]).least(Exact.constant(4, 2)).fractions()
        [Fraction(3, 1), Fraction(4, 1)]
        """
        mine, theirs, below = _common(self, other)
        return _clean(np.minimum(mine, theirs), below, _both(self, other))

    def dense_ranks(self) -> tuple[NDArray[np.int64], int]:
        """The place of every value among the distinct known ones, and how many of those there are.

        Gives ranks (n,), 0 for the least; equal values have the same, an unknown row has -1. The order is exact and
        needs no denominator that all rows share.

        >>> Exact.of([Fraction(1, 2), Fraction(1, 3), None, Fraction(2, 4)]).dense_ranks()
        (array([ 1,  0, -1,  1]), 2)
        """
        if self.known is not None:
            ranks = np.full(len(self), -1, dtype=np.int64)
            known = self.take(self.known)
            ranks[self.known], count = Exact(known.numerator, known.denominator).dense_ranks()
            return ranks, count
        if isinstance(self.denominator, int):
            distinct, level_of = np.unique(self.numerator, return_inverse=True)
            return level_of.astype(np.int64), len(distinct)
        return _ratio_ranks(*_lowest(self.numerator, self.denominator))

    def sum(self) -> Fraction:
        """The sum of the known rows: exact, or of the values at 9 decimals where `scaled` quantises them."""
        above, below = self.scaled()
        return Fraction(total(above), below)

    def scaled(self) -> tuple[Integers, int]:
        """Whole numbers and the one denominator that they share, for weights and sums: value = number / denominator.

        Exact while the common denominator of the values has at most 4,096 bits. Where it has more, each value is
        rounded once, half even at 9 decimals, for such numbers would fill terabytes: decision 0007.
        """
        if isinstance(self.denominator, int) and self.denominator.bit_length() <= COMMON_BITS_MAX:
            return self.numerator, self.denominator
        above, below = _lowest(self.numerator, _broadcast(self.denominator, len(self)))
        distinct, which = np.unique(below, return_inverse=True)
        common = 1
        for each in distinct.tolist():
            common = math.lcm(common, each)
            if common.bit_length() > COMMON_BITS_MAX:
                return _at_nine_decimals(above, below), _BILLION
        return _times(above, integers([common // each for each in distinct.tolist()])[which]), common


def integers(values: Sequence[int]) -> Integers:
    """Whole numbers as int64 where all of them fit, else as Python integers.

    >>> integers([1, 2]).dtype, integers([10**30]).dtype
    (dtype('int64'), dtype('O'))
    """
    if all(-LIMIT < value < LIMIT for value in values):
        return np.array(values, dtype=np.int64)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def total(values: Integers) -> int:
    """The exact sum of whole numbers, as a Python int of any size."""
    if values.dtype == object:
        return int(sum(values.tolist()))
    high, low = values >> 32, values & 0xFFFFFFFF  # 2**31 rows of 32 bits each still fit into 64
    return (int(high.sum()) << 32) + int(low.sum())


def group_total(values: Integers, groups: NDArray[np.int64], count: int) -> Integers:
    """Exact sums by group: `groups` (n,) holds each row's group, 0 to count - 1; gives (count,)."""
    if values.dtype == object:
        wide = np.zeros(count, dtype=object)
        np.add.at(wide, groups, values)
        return _narrow(wide)
    sums = np.zeros(count, dtype=np.int64)
    if _peak(values) * max(len(values), 1) < LIMIT:
        np.add.at(sums, groups, values)
        return sums
    low = np.zeros(count, dtype=np.int64)
    np.add.at(sums, groups, values >> 32)  # 2**31 rows of 32 bits each still fit into 64
    np.add.at(low, groups, values & 0xFFFFFFFF)
    if (_peak(sums) << 32) + _peak(low) < LIMIT:
        return (sums << 32) + low
    return _narrow((sums.astype(object) << 32) + low)


def _constant(values: Exact) -> Fraction | None:
    """The value that every row has; None where they differ, or are not known to be the same at a glance."""
    above, below = values.numerator, values.denominator
    if not len(values) or values.known is not None or not isinstance(below, int) or (above != above[0]).any():
        return None
    return Fraction(int(above[0]), below)


def _ratio_ranks(above: Integers, below: Integers) -> tuple[NDArray[np.int64], int]:
    """Dense ranks of ratios in lowest terms: sorted by floats, then put right wherever floats cannot tell."""
    near = _floats(above, below)
    if above.dtype != object and below.dtype != object:
        order = np.lexsort((below, above, near))
    else:
        rows = list(zip(near.tolist(), above.tolist(), below.tolist(), strict=True))
        order = np.array(sorted(range(len(rows)), key=rows.__getitem__), dtype=np.int64)
    above, below, near = above[order], below[order], near[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (above[1:] != above[:-1]) | (below[1:] != below[:-1])
    firsts = np.flatnonzero(is_new)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = _exact_places(above[firsts], below[firsts], near[firsts])[np.cumsum(is_new) - 1]
    return ranks, len(firsts)


def _floats(above: Integers, below: Integers) -> NDArray[np.float64]:
    """Each ratio within three roundings of a float; infinite or next to zero where a float ends."""
    if above.dtype != object and below.dtype != object:
        return above.astype(np.float64) / below.astype(np.float64)

    def near(a: int, b: int) -> float:
        try:
            return a / b
        except OverflowError:
            return math.inf if a > 0 else -math.inf

    return np.array([near(a, b) for a, b in zip(above.tolist(), below.tolist(), strict=True)], dtype=np.float64)


def _exact_places(above: Integers, below: Integers, near: NDArray[np.float64]) -> NDArray[np.int64]:
    """The places of distinct ratios that come in the order of their floats.

    Two floats of three roundings each are told apart by 2**-50 of the greater (2**-1000 where they lose digits near
    zero). Ratios that are closer go by floor(ratio x 2**k): with denominators below 2**(k/2) they are further apart
    than 2**-k, so the floors differ, and in their order.
    """
    places = np.arange(len(near))
    size = np.abs(near)
    with np.errstate(invalid="ignore"):  # two infinities have no distance: they are not told apart
        is_close = ~(np.diff(near) > np.maximum(size[1:], size[:-1]) * 2.0**-50 + 2.0**-1000)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_close, [False])).astype(np.int8)))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        tops, bottoms = above[first : last + 1].tolist(), below[first : last + 1].tolist()
        shift = 2 * max(bottoms).bit_length()
        floors = [(a << shift) // b for a, b in zip(tops, bottoms, strict=True)]
        places[first + np.array(sorted(range(len(floors)), key=floors.__getitem__))] = np.arange(first, last + 1)
    return places


def _at_nine_decimals(above: Integers, below: Integers) -> Integers:
    """Billionths of each ratio, half to even."""
    wide = _times(above, np.full(len(above), _BILLION, dtype=np.int64))
    whole, rest = wide // below, wide % below
    gap = below - rest
    goes_up = (rest > gap) | ((rest == gap) & (whole % 2 == 1))
    return _narrow(whole + goes_up.astype(np.int64))


def _lowest(above: Integers, below: Integers) -> tuple[Integers, Integers]:
    if not len(above):
        return above, below
    divisor = np.gcd(above, below)
    return _narrow(above // divisor), _narrow(below // divisor)


def _peak(values: int | Integers) -> int:
    if isinstance(values, int):
        return abs(values)
    if not len(values):
        return 0
    return max(abs(int(values.max())), abs(int(values.min())))


def _spread(values: Integers, limit: int) -> Integers:
    return values if values.dtype == object or _peak(values) <= limit else values.astype(object)


def _times(left: Integers, right: Integers) -> Integers:
    if left.dtype != object and right.dtype != object and _peak(left) * _peak(right) < LIMIT:
        return left * right
    return _narrow(left.astype(object) * right.astype(object))


def _below_times(left: int | Integers, right: int | Integers) -> int | Integers:
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    rows = len(left) if not isinstance(left, int) else len(cast(Integers, right))
    return _times(_broadcast(left, rows), _broadcast(right, rows))


def _broadcast(below: int | Integers, rows: int) -> Integers:
    if not isinstance(below, int):
        return below
    return np.full(rows, below, dtype=np.int64 if below < LIMIT else object)


def _common(left: Exact, right: Exact) -> tuple[Integers, Integers, int | Integers]:
    """Both numerators over one denominator (by row, or for all rows where both have one for all)."""
    a, b = left.denominator, right.denominator
    if isinstance(a, int) and isinstance(b, int):
        below = math.lcm(a, b)
        return _scale(left.numerator, below // a), _scale(right.numerator, below // b), below
    rows = len(left)
    wide_a, wide_b = _broadcast(a, rows), _broadcast(b, rows)
    return _times(left.numerator, wide_b), _times(right.numerator, wide_a), _times(wide_a, wide_b)


def _scale(values: Integers, factor: int) -> Integers:
    if factor == 1:
        return values
    if values.dtype != object and max(_peak(values), 1) * factor < LIMIT:
        return values * factor
    return values.astype(object) * factor


def _narrow(values: Integers) -> Integers:
    if values.dtype == object and _peak(values) < LIMIT:
        return values.astype(np.int64)
    return values


def _both(left: Exact, right: Exact) -> Flags | None:
    if left.known is None:
        return right.known
    return left.known if right.known is None else left.known & right.known


def _clean(above: Integers, below: int | Integers, known: Flags | None) -> Exact:
    """Drop the mask where all is known, hold 0/1 where it is not, and keep row denominators in lowest terms."""
    if known is not None and known.all():
        known = None
    if known is not None:
        above = np.where(known, above, 0)
        below = below if isinstance(below, int) else np.where(known, below, 1)
    if not isinstance(below, int) and len(above):
        above, below = _lowest(above, below)
    return Exact(above, below, known)
