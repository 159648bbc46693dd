"""Rows in groups: what brings each group's rows together, sums them, and says which have the largest remainders.

In go a group for each row (0 or more) and, where it matters, a rank or key; out come positions, sums and flags. The
order of the rows in the source never shows: it decides neither an answer nor a tie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.quantities.exact import Flags, Integers

Positions = NDArray[np.int64]
BLOCK_ROWS = 1 << 15  # a block's columns of work stay in a core's second-level cache
_COMPARED_MAX = 8  # up to this many rows a group is ranked pair by pair, which is faster than to sort


def gathered(groups: Positions, count: int) -> Positions | None:
    """The positions that bring each group's rows together; None where they are together already.

    >>> gathered(np.array([1, 0, 1]), 2), gathered(np.array([1, 1, 0]), 2)
    (array([1, 0, 2]), None)
    """
    starts = run_starts(groups)
    is_seen = np.zeros(count, dtype=bool)
    is_seen[groups[starts]] = True
    return None if np.count_nonzero(is_seen) == len(starts) else sorted_by((groups,))


def ordered(groups: Positions, order: Positions) -> Positions | None:
    """The positions that sort rows by group, then by `order`; None where they are sorted already.

    `order` must tell the rows of a group apart, which is asserted, for else the source's order would decide.

    >>> ordered(np.array([0, 1, 0]), np.array([9, 5, -3])), ordered(np.array([0, 0, 1]), np.array([1, 2, 1]))
    (array([2, 0, 1]), None)
    """
    if is_in_order(groups, order):
        return None
    return np.concatenate([rows for rows, _ in queues(groups, order)])


def queues(groups: Positions, order: Positions) -> Iterator[tuple[Positions, Positions]]:
    """The positions of the rows of some whole groups in their `order`, and how many rows each group has; block after
    block, each about as long as the cache holds, so that what is done with a block is done there.

    `order` must tell the rows of a group apart, which is asserted, for else the source's order would decide.

    >>> [(rows.tolist(), lengths.tolist()) for rows, lengths in queues(np.array([0, 1, 0]), np.array([9, 5, -3]))]
    [([2, 0, 1], [2, 1])]
    """
    positions = sorted_by((groups,))
    for part, lengths in group_blocks(groups[positions]):
        rows = positions[part]
        own, ranks = Runs.of(lengths).of_row, order[rows]
        places = sorted_by((own, ranks))
        assert is_in_order(own, ranks[places]), "an order tells the rows of a group apart"
        yield rows[places], lengths


def group_blocks(groups: Positions) -> Iterator[tuple[slice, Positions]]:
    """Slices of whole groups of rows that stand by group, and how many rows each of those groups has."""
    if not len(groups):
        return
    bounds = np.append(run_starts(groups), len(groups))
    starts = bounds[:-1]
    firsts = np.unique(np.searchsorted(starts, np.arange(0, len(groups), BLOCK_ROWS)))
    firsts = firsts[firsts < len(starts)]
    for first, last in zip(firsts.tolist(), [*firsts[1:].tolist(), len(starts)], strict=True):
        yield slice(int(bounds[first]), int(bounds[last])), np.diff(bounds[first : last + 1])


def is_in_order(groups: Positions, order: Positions) -> bool:
    """Whether rows stand by group and then by an order that tells them apart; most that do not show it early on."""
    for start in range(0, len(groups) - 1, BLOCK_ROWS):
        part = slice(start, start + BLOCK_ROWS + 1)
        own, ranks = groups[part], order[part]
        is_later = (own[1:] == own[:-1]) & (ranks[1:] > ranks[:-1])
        if not (is_later | (own[1:] > own[:-1])).all():
            return False
    return True


def sorted_by(columns: tuple[Positions, ...]) -> Positions:
    """The positions that sort rows by the columns, then by position: by all at once where they fit into one number,
    else by the last, then by the one before it."""
    rows = len(columns[0])
    if not rows:
        return np.empty(0, dtype=np.int64)
    lows = [int(column.min()) for column in columns]
    bits = [(int(column.max()) - low).bit_length() for column, low in zip(columns, lows, strict=True)]
    if sum(bits) + rows.bit_length() <= 63:
        joined = np.subtract(columns[0], lows[0], dtype=np.int64)
        for column, low, width in zip(columns[1:], lows[1:], bits[1:], strict=True):
            joined <<= width
            joined |= column - low
        return _argsort(joined, 0, sum(bits))
    positions = _argsort(columns[-1], lows[-1], bits[-1])
    for column, low, width in zip(columns[-2::-1], lows[-2::-1], bits[-2::-1], strict=True):
        positions = positions[_argsort(column[positions], low, width)]
    return positions


def run_starts(groups: Positions) -> Positions:
    """Where each run of equal groups starts, (runs,)."""
    is_start = np.ones(len(groups), dtype=bool)
    np.not_equal(groups[1:], groups[:-1], out=is_start[1:])
    return np.flatnonzero(is_start)


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Rows that stand together: `lengths` (runs,), each 1 or more, and which run each row is of, `of_row` (rows,)."""

    lengths: Positions
    of_row: Positions

    @classmethod
    def of(cls, lengths: Positions) -> Runs:
        """Runs of these lengths, one after the other."""
        return cls(lengths, np.repeat(np.arange(len(lengths)), lengths))

    def starts(self) -> Positions:
        """The first row of each run, (runs,)."""
        return np.cumsum(self.lengths) - self.lengths

    def sums(self, values: Integers) -> Integers:
        """The sum of each run: exact if each of those sums fits, for what wraps on the way unwraps again.

        >>> Runs.of(np.array([2, 1])).sums(np.array([3, 4, 5]))
        array([7, 5])
        """
        ends = np.cumsum(values)[np.cumsum(self.lengths) - 1]
        sums = ends.copy()
        sums[1:] -= ends[:-1]
        return sums


def largest_first(remainders: Integers, runs: Runs, places: Positions, keys: Positions) -> Flags:
    """Which rows are among the `places` (runs,) largest remainders of their run; of equal ones the lower key is first.

    Keys must tell the rows of a run apart; where two of equal remainder have one key, that is asserted.

    >>> largest_first(np.array([5, 7, 7, 1]), Runs.of(np.array([3, 1])), np.array([1, 0]), np.array([3, 2, 1, 0]))
    array([False, False,  True, False])
    """
    chosen: Flags = (places == runs.lengths)[runs.of_row]
    is_contested = (places > 0) & (places < runs.lengths)
    is_short = runs.lengths <= _COMPARED_MAX
    for contested, ahead_of in ((is_contested & is_short, _ahead_by_pairs), (is_contested & ~is_short, _ahead)):
        if contested.any():
            rows = np.flatnonzero(contested[runs.of_row])
            part = Runs.of(runs.lengths[contested])
            chosen[rows] = ahead_of(remainders[rows], part, keys[rows]) < places[contested][part.of_row]
    return chosen


def _ahead_by_pairs(remainders: Integers, runs: Runs, keys: Positions) -> NDArray[np.int8]:
    """How many rows of its run are ahead of each: all pairs at a distance at once, one distance after the other."""
    ahead = np.zeros(len(keys), dtype=np.int8)
    for distance in range(1, int(runs.lengths.max())):
        one, other = slice(None, -distance), slice(distance, None)
        is_pair = runs.of_row[one] == runs.of_row[other]
        is_equal = is_pair & (remainders[one] == remainders[other])
        is_first = is_pair & (remainders[one] > remainders[other])
        if is_equal.any():
            assert not (is_equal & (keys[one] == keys[other])).any(), "keys tell the rows of a group apart"
            is_first |= is_equal & (keys[one] < keys[other])
        ahead[other] += is_first
        ahead[one] += is_pair ^ is_first
    return ahead


def _ahead(remainders: Integers, runs: Runs, keys: Positions) -> Positions:
    """The same by sorting, for runs of any length."""
    levels = np.unique(remainders, return_inverse=True)[1] if remainders.dtype == object else remainders
    queue = np.lexsort((keys, -levels, runs.of_row))
    levels, sorted_keys = levels[queue], keys[queue]
    is_double = (levels[1:] == levels[:-1]) & (sorted_keys[1:] == sorted_keys[:-1])
    assert not (is_double & (runs.of_row[1:] == runs.of_row[:-1])).any(), "keys tell the rows of a group apart"
    ahead = np.empty(len(keys), dtype=np.int64)
    ahead[queue] = np.arange(len(keys)) - runs.starts()[runs.of_row]
    return ahead


def _argsort(column: Positions, low: int, bits: int) -> Positions:
    """The positions that sort one column, then by position.

    With its position packed below it, a value is a plain number, and those are sorted many times faster than positions.
    """
    row_bits = len(column).bit_length()
    if bits + row_bits > 63:
        return np.argsort(column, kind="stable")
    packed = np.subtract(column, low, dtype=np.int64)
    packed <<= row_bits
    packed |= np.arange(len(column))
    packed.sort()
    packed &= (1 << row_bits) - 1
    return packed
