"""Who is measured against whom: rows with the same group code are peers, a row being a peer of itself.

`standings`, `peer_groups` and `at_rows` serve whole columns, `circle_of`, `peers_of` and `shared_denominator` one row
of an explanation; they share no code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rules.kinds.base import Peers
from rules.quantities.exact import Exact, Flags

Rows = NDArray[Any]  # positions
Counts = NDArray[np.int64]
First = Literal["lowest", "highest"]


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """Where each row stands among its peers; all (m,), by group and within it from the first value to the last.

    `ahead` and `equal` count peers with a value that comes before and with the same (the row itself included) among
    `count`; `levels_ahead` and `levels` count their distinct values. `starts` is the index, in these arrays, of the
    first of the row's peers: the k-th of them, from 0, is `rows[starts + k]`.
    """

    rows: Rows
    ahead: Counts
    equal: Counts
    count: Counts
    levels_ahead: Counts
    levels: Counts
    starts: Counts


def group_codes(groups: Exact | None, rows: int) -> tuple[Counts, int]:
    """A code from 0 up for the group of each row, (rows,), -1 where it is unknown, and how many groups there are."""
    return (np.zeros(rows, dtype=np.int64), 1) if groups is None else groups.dense_ranks()


def standings(values: Exact, groups: Exact | None, first: First) -> Standings:
    """The standings of the rows whose value and group are known, by exact order, the `first` values ahead.

    >>> found = standings(Exact.of([90, 80, None, 80]), None, "highest")
    >>> found.rows.tolist(), found.ahead.tolist(), found.equal.tolist()
    ([0, 1, 3], [0, 1, 1], [1, 2, 2])
    """
    levels, distinct = values.dense_ranks()
    codes, _ = group_codes(groups, len(values))
    rows = np.flatnonzero((levels >= 0) & (codes >= 0))
    level = levels[rows] if first == "lowest" else distinct - 1 - levels[rows]
    cells = codes[rows] * distinct + level  # below 2**62 for 2**31 rows
    order = np.argsort(cells, kind="stable")
    rows, cells = rows[order], cells[order]
    level_of, level_starts, level_sizes = _runs(cells)
    group_of, starts, sizes = _runs(codes[rows])
    first_levels = level_of[starts]
    levels_by_group = np.diff(np.append(first_levels, len(level_starts)))
    return Standings(
        rows,
        level_starts[level_of] - starts[group_of],
        level_sizes[level_of],
        sizes[group_of],
        level_of - first_levels[group_of],
        levels_by_group[group_of],
        starts[group_of],
    )


def _runs(ordered: Counts) -> tuple[Counts, Counts, Counts]:
    """The run of equal codes that each row is in, and the start and size of each run."""
    is_new = np.ones(len(ordered), dtype=bool)
    is_new[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_new)
    return np.cumsum(is_new) - 1, starts, np.diff(np.append(starts, len(ordered)))


def at_rows(rows: Rows, count: int, values: Exact) -> Exact:
    """The values (m,) at the given positions (m,) of a column of `count` rows that is unknown elsewhere."""
    kept = values.is_known()
    rows, values = rows[kept], values.take(kept)
    known = np.zeros(count, dtype=bool)
    known[rows] = True
    above, below = values.numerator, values.denominator
    if not isinstance(below, int) and len(below) and (below == below[0]).all():
        below = int(below[0])
    if isinstance(below, int):
        divisor = math.gcd(int(np.gcd.reduce(above)) if len(above) else 0, below)
        above, below = above // divisor, below // divisor
    else:
        bottoms = np.ones(count, dtype=below.dtype)
        bottoms[rows] = below
        below = bottoms
    tops = np.zeros(count, dtype=above.dtype)
    tops[rows] = above
    return Exact(tops, below, None if known.all() else known)


def weights_of_places(weights: tuple[Fraction, ...], start: Counts, end: Counts) -> Exact:
    """The mean weight of places start + 1 to end by row, (m,); places beyond the list weigh 0."""
    below = math.lcm(*(each.denominator for each in weights))
    sums = [0]
    for weight in weights:
        sums.append(sums[-1] + int(weight * below))
    table = Exact.of(sums)
    low, high = (table.take(np.minimum(each, len(weights))) for each in (start, end))
    return (high - low) / Exact((end - start).astype(np.int64)) * Exact.constant(Fraction(1, below), len(start))


def peer_groups(values: Exact, groups: Exact | None) -> Iterator[Rows]:
    """The positions of each group's rows with a known value, in ascending order; a row of no known group has none."""
    codes, _ = group_codes(groups, len(values))
    rows = np.flatnonzero(values.is_known() & (codes >= 0))
    rows = rows[np.argsort(codes[rows], kind="stable")]
    _, starts, _ = _runs(codes[rows])
    yield from (part for part in np.split(rows, starts[1:]) if len(part))


def circle_of(values: Exact, groups: Exact | None, row: int) -> tuple[list[Fraction | int], int]:
    """The known values in one row's group: whole numbers and the denominator of the column, or fractions and 1."""
    return _numbers(values, _alike(values, groups, row))


def peers_of(
    values: Exact, groups: Exact | None, row: int, unit: str = "number", near: tuple[int, ...] = ()
) -> Peers | None:
    """The same values in order, with whose they are; None where the row has no peers.

    `near`: the indices that a reason rests on, from 0 for the lowest; negative ones count from the highest.
    """
    alike = np.flatnonzero(_alike(values, groups, row))
    numbers, below = _numbers(values, alike)
    if not numbers:
        return None
    order = np.argsort(values.take(alike).dense_ranks()[0], kind="stable").tolist()  # equal values in order of rows
    rows = tuple(alike[order].tolist())
    marked = tuple(dict.fromkeys(index % len(rows) for index in near))
    at = rows.index(row) if row in rows else None
    return Peers(rows, tuple(numbers[index] for index in order), below, at, marked, unit)


def _alike(values: Exact, groups: Exact | None, row: int) -> Flags:
    """Which rows have a known value and are in one row's group."""
    alike = values.is_known()
    if groups is None:
        return alike
    code = groups.fraction(row)
    if code is None:
        return np.zeros(len(values), dtype=bool)
    here: Flags = alike & groups.is_known() & (groups.compare(Exact.constant(code, len(groups))) == 0)
    return here


def _numbers(values: Exact, alike: Rows) -> tuple[list[Fraction | int], int]:
    tops = values.numerator[alike].tolist()
    if isinstance(values.denominator, int):
        return tops, values.denominator
    return [Fraction(above, below) for above, below in zip(tops, values.denominator[alike].tolist(), strict=True)], 1


def shared_denominator(peers: Iterable[Fraction]) -> int:
    """What an explanation multiplies values by that are added up: their common denominator, exact, if it has at most
    4,096 bits, else a billion, to which the products are then rounded, half to even (decision 0007).
    """
    shared = 1
    for below in {each.denominator for each in peers}:
        shared = shared * below // math.gcd(shared, below)
        if shared >= 1 << 4096:
            return 10**9
    return shared
