"""Rows that belong together, and exact sums over them: columns of codes go in, one group for each distinct tuple comes
out, in the order of the codes.

Shares go over one denominator where 64 bits hold that (thirds and halves are sixths), which makes all else quick. Where
they do not, sums stay in int64 group by group; the few groups beyond that are added up as fractions, with the same
answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm, prod

import numpy as np

from rules.crediting.candidates import Codes
from rules.quantities.exact import Exact, Flags, Integers, integers
from rules.quantities.groups import sorted_by
from rules.quantities.rounding import narrow

_LIMIT = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of n rows: `order` (n,) sorts them, `starts` (g,) are where the groups begin in that order, and `group`
    (n,) is each row's own."""

    order: Codes
    starts: Codes
    group: Codes

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def firsts(self) -> Codes:
        """A row of each group, (g,)."""
        return self.order[self.starts]

    @property
    def sizes(self) -> Codes:
        """How many rows each group has, (g,)."""
        return np.diff(self.starts, append=len(self.order))

    @property
    def places(self) -> Codes:
        """Each row's place within its group, (n,), 0 first."""
        places = np.empty_like(self.order)
        places[self.order] = np.arange(len(self.order)) - np.repeat(self.starts, self.sizes)
        return places

    def count(self, flags: Flags) -> Codes:
        """How many rows of each group a flag holds for, (g,)."""
        return self.total(flags.astype(np.int64))

    def total(self, values: Codes) -> Codes:
        """The sum of small whole numbers by group, (g,): the caller knows that 64 bits hold it."""
        return np.add.reduceat(values[self.order], self.starts) if len(self) else np.zeros(0, np.int64)


def grouped(codes: tuple[Codes, ...], within: tuple[Codes, ...] = ()) -> Groups:
    """The groups of rows with equal `codes` (none negative), each sorted by the columns `within`."""
    count = len(codes[0])
    order = _order((*codes, *within))
    is_new = np.zeros(count, dtype=bool)
    is_new[:1] = True
    for column in codes:
        sorted_ = column[order]
        is_new[1:] |= sorted_[1:] != sorted_[:-1]
    group = np.empty(count, dtype=np.int64)
    group[order] = np.cumsum(is_new) - 1
    return Groups(order, np.flatnonzero(is_new), group)


def _order(columns: tuple[Codes, ...]) -> Codes:
    """The order of rows by several columns, the first one first; one number per row where 64 bits hold it."""
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    lows = [int(column.min()) for column in columns]
    spans = [int(column.max()) - low + 1 for column, low in zip(columns, lows, strict=True)]
    if prod(spans) >= _LIMIT:
        return sorted_by(columns)
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column, low, span in zip(columns, lows, spans, strict=True):
        key = key * span + (column - low)
    if (key[1:] >= key[:-1]).all():
        return np.arange(len(key))
    return sorted_by((key,))


def settled(values: Exact) -> Exact:
    """The same values over one denominator, where 64 bits hold it; else each in lowest terms over its own."""
    if values.numerator.dtype == object or not len(values):
        return lowest(values)
    below = values.denominator
    if isinstance(below, int):
        shared = gcd(int(np.gcd.reduce(values.numerator)), below)
        return values if shared == 1 else Exact(values.numerator // shared, below // shared, values.known)
    if below.dtype == object:
        return lowest(values)
    common = _common(below)
    if common is None or _peak(values.numerator) * common >= _LIMIT:
        return lowest(values)
    return Exact(values.numerator * (common // below), common, values.known)


def lowest(values: Exact) -> Exact:
    """The same values in lowest terms, over a denominator for each row."""
    below = values.denominator
    if isinstance(below, int):
        below = np.full(len(values), below, dtype=np.int64 if below < 2**63 else object)
    divisor = np.gcd(values.numerator, below)
    return Exact(narrow(values.numerator // divisor), narrow(below // divisor), values.known)


def pick(flags: Flags, left: Exact, right: Exact) -> Exact:
    """The left value where `flags` holds, the right one elsewhere; both are known there."""
    left, right = _alike(left, right)
    if isinstance(left.denominator, int) or isinstance(right.denominator, int):
        return Exact(np.where(flags, left.numerator, right.numerator), left.denominator)
    above = np.where(flags, left.numerator, right.numerator)
    return Exact(above, np.where(flags, left.denominator, right.denominator))


def joined(left: Exact, right: Exact) -> Exact:
    """The values of one column and then those of another; all are known."""
    left, right = _alike(left, right)
    above = np.concatenate([left.numerator, right.numerator])
    if isinstance(left.denominator, int) or isinstance(right.denominator, int):
        return Exact(above, left.denominator)
    return Exact(above, np.concatenate([left.denominator, right.denominator]))


def spread(rows: Codes | Flags, values: Exact, count: int) -> Exact:
    """A column of `count` rows with values at some of them, and 0 at all others."""
    above = np.zeros(count, dtype=values.numerator.dtype)
    above[rows] = values.numerator
    if isinstance(values.denominator, int):
        return Exact(above, values.denominator)
    below = np.ones(count, dtype=values.denominator.dtype)
    below[rows] = values.denominator
    return Exact(above, below)


def ratio(above: Codes, below: Codes) -> Exact:
    """Small whole numbers over others, none of which is below 1."""
    return settled(Exact(above.astype(np.int64), below.astype(np.int64)))


def sum_by_group(values: Exact, groups: Groups) -> Exact:
    """The exact sum of the known values of each group, (g,)."""
    if not len(groups):
        return Exact(np.zeros(0, dtype=np.int64))
    values = settled(values)
    above, below = values.numerator[groups.order], values.denominator
    if isinstance(below, int):
        if _peak(above) * int(groups.sizes.max()) < _LIMIT:
            return settled(Exact(np.add.reduceat(above, groups.starts), below))
        below = np.full(len(values), below, dtype=np.int64 if below < 2**63 else object)
    else:
        below = below[groups.order]
    if above.dtype == object or below.dtype == object:
        sums, common = np.zeros(len(groups), np.int64), np.ones(len(groups), np.int64)
        return _mended(sums, common, np.ones(len(groups), dtype=bool), above, below, groups)
    sorted_group = groups.group[groups.order]
    with np.errstate(over="ignore"):
        common = np.lcm.reduceat(below, groups.starts)
    # What wrapped around is found by this: any positive number that all denominators divide serves as well.
    divides = (common > 0)[sorted_group] & (np.where(common > 0, common, 1)[sorted_group] % below == 0)
    holds = np.logical_and.reduceat(divides, groups.starts)
    common = np.where(holds, common, 1)
    factor = common[sorted_group] // below
    sizes = np.add.reduceat(np.abs(above).astype(np.float64) * factor, groups.starts)
    holds &= sizes < _LIMIT
    kept = holds[sorted_group]
    sums = np.add.reduceat(np.where(kept, above, 0) * np.where(kept, factor, 0), groups.starts)
    return _mended(sums, common, ~holds, above, below, groups)


def _mended(sums: Integers, common: Integers, wrong: Flags, above: Integers, below: Integers, groups: Groups) -> Exact:
    """The sums, those of the groups that 64 bits could not hold added up as fractions."""
    if not wrong.any():
        return lowest(Exact(sums, common))
    tops, bottoms = sums.astype(object), common.astype(object)
    ends = np.append(groups.starts[1:], len(groups.order))
    for group in np.flatnonzero(wrong).tolist():
        part = slice(groups.starts[group], ends[group])
        whole = sum(map(Fraction, above[part].tolist(), below[part].tolist()), Fraction(0))
        tops[group], bottoms[group] = whole.numerator, whole.denominator
    return lowest(Exact(integers(tops.tolist()), integers(bottoms.tolist())))


def _alike(left: Exact, right: Exact) -> tuple[Exact, Exact]:
    """Both over one denominator where 64 bits hold it, else both in lowest terms, each value over its own."""
    left, right = settled(left), settled(right)
    a, b = left.denominator, right.denominator
    if isinstance(a, int) and isinstance(b, int):
        common = lcm(a, b)
        if max(_peak(left.numerator) * (common // a), _peak(right.numerator) * (common // b), common) < _LIMIT:
            return Exact(left.numerator * (common // a), common), Exact(right.numerator * (common // b), common)
    return lowest(left), lowest(right)


def _common(below: Codes) -> int | None:
    """A number below 2^62 that all of these divide, if one is found; first tried on a few of them."""
    for some in (below[:1000], below):
        with np.errstate(over="ignore"):
            common = int(np.lcm.reduce(some))
        if not 0 < common < _LIMIT or (common % some).any():  # it wrapped around
            return None
    return common


def _peak(values: Integers) -> int:
    return max(abs(int(values.max())), abs(int(values.min()))) if len(values) else 0
