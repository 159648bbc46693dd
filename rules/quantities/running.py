"""Running totals: what has been added up in a row's group before it, in a given order, exactly; and lines that are
rounded so that their running totals are the rounded ones.

The order is a rank for each row that tells the rows of a group apart, so the order of the source never shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from rules.quantities.exact import LIMIT, Exact, Integers, total
from rules.quantities.groups import Positions, Runs, group_blocks, is_in_order, queues
from rules.quantities.rounding import (
    INT64_MAX,
    QuantityOverflow,
    Rounding,
    check_step,
    multiply_divide,
    narrow,
    round_fraction,
)


def running_before(values: Exact, groups: Positions, order: Positions) -> Exact:
    """The sum of what comes before each row in its group, without the row itself: (n,), in the unit of `values`.

    `groups` and `order` are (n,); `order` tells the rows of a group apart. Behind an unknown value every total of its
    group is unknown: to leave such rows out, give `values.or_else(0)`. Exact, but for what `Exact.scaled` says of
    values with too many denominators to be added up.

    >>> sales = Exact(np.array([40_000, 30_000, 50_000]))  # the second row is the partner's first of the year
    >>> running_before(sales, np.array([7, 7, 7]), np.array([2, 1, 3])).numerator.tolist()
    [30000, 0, 70000]
    """
    assert len(values) == len(groups) == len(order), "one group and rank for each value"
    numbers, below = values.scaled()
    above, known = np.empty(len(values), dtype=np.int64), None
    if values.known is not None:
        known = np.empty(len(values), dtype=bool)
    for rows, lengths in _blocks(groups, order):
        before = _before(numbers[rows], lengths)
        if before.dtype == object and above.dtype != object:
            above = above.astype(object)
        above[rows] = before
        if known is not None and values.known is not None:
            known[rows] = _before((~values.known[rows]).astype(np.int64), lengths) == 0
    if known is None:
        return Exact(above, below)
    return Exact(np.where(known, above, 0), below, None if known.all() else known)


def round_cumulative(
    due: Exact, groups: Positions, order: Positions, mode: Rounding = Rounding.HALF_UP, step: int = 1
) -> NDArray[np.int64]:
    """Each row's part of the rounded running total, (n,) minor units: round(total with it) - round(total before it).

    However many rows a group has, what they add up to is its rounded exact sum. A row is at most one step from its due;
    below two where a mode that is not to the nearest takes the total across zero. An unknown row takes no part and
    holds 0. A running total or an amount beyond int64 is a `QuantityOverflow` of the first such row.

    >>> thirds = Exact(np.array([10, 10, 10]), 3)
    >>> round_cumulative(thirds, np.zeros(3, dtype=np.int64), np.array([0, 1, 2])).tolist()  # 3, 7, 10 so far
    [3, 4, 3]
    """
    check_step(step)
    due = due.or_else(0)
    before = running_before(due, groups, order)
    above, below = due.scaled()
    after = before + Exact(above, below)
    earlier = multiply_divide(before.numerator, 1, before.denominator, mode, step)
    later = multiply_divide(after.numerator, 1, after.denominator, mode, step)
    amounts = later - earlier
    wraps = np.flatnonzero(((later ^ earlier) & (later ^ amounts)) < 0)  # signs differ, and the difference lost its own
    if len(wraps):
        raise QuantityOverflow(int(wraps[0]))
    return amounts


@dataclass(frozen=True, slots=True)
class RunningReason:
    """Why one row of a running total has its amount, in minor units: before it, with it, and both rounded."""

    before: Fraction
    after: Fraction
    rounded_before: int
    rounded_after: int
    amount: int
    words: str


def explain_cumulative(
    dues: Sequence[Fraction | None],
    order: Sequence[int],
    row: int,
    mode: Rounding = Rounding.HALF_UP,
    step: int = 1,
    money: Callable[[Fraction], str] = str,
) -> RunningReason:
    """One known row of a group, added up in fractions; `money` writes minor units in words.

    >>> explain_cumulative([Fraction(10, 3)] * 3, [0, 1, 2], 1).words
    'with this row 20/3 so far, rounded 7, less 3 for the rows before it'
    """
    due = dues[row]
    assert due is not None, "an unknown row has no amount to explain"
    earlier = (each for each, rank in zip(dues, order, strict=True) if each is not None and rank < order[row])
    before = sum(earlier, Fraction(0))
    rounded_before, rounded_after = round_fraction(before, mode, step), round_fraction(before + due, mode, step)
    words = (
        f"with this row {money(before + due)} so far, rounded {money(Fraction(rounded_after))}, "
        f"less {money(Fraction(rounded_before))} for the rows before it"
    )
    return RunningReason(before, before + due, rounded_before, rounded_after, rounded_after - rounded_before, words)


def explain_running(values: Sequence[Fraction | None], order: Sequence[int], row: int) -> Fraction | None:
    """The twin of `running_before` for one row of a group, in fractions: None behind an unknown value.

    >>> explain_running([Fraction(1, 3), None, Fraction(1, 2)], [0, 2, 1], 1)
    Fraction(5, 6)
    """
    earlier = [each for each, rank in zip(values, order, strict=True) if rank < order[row]]
    return None if None in earlier else sum((each for each in earlier if each is not None), Fraction(0))


def running_sums(values: Integers, lengths: Positions) -> Integers:
    """Running totals with the row, for rows that stand in runs of these lengths and in order: (n,), exact.

    They are int64 where those of every run fit: what wraps in the sum over all runs unwraps within each.
    """
    if not len(values):
        return values
    if values.dtype != object and not _fits(values, lengths):
        values = values.astype(object)
    if values.dtype == object:
        sizes = [0, *np.cumsum(lengths).tolist()]
        parts = pairwise(sizes)
        return narrow(_objects([each for a, b in parts for each in accumulate(values[a:b].tolist())]))
    sums = np.cumsum(values)
    starts = np.cumsum(lengths) - lengths
    offsets = sums[starts] - values[starts]
    sums -= np.repeat(offsets, lengths)
    return sums


def _blocks(groups: Positions, order: Positions) -> Iterator[tuple[slice | Positions, Positions]]:
    """The rows of some whole groups in their order, block after block, and how many rows each group has."""
    yield from group_blocks(groups) if is_in_order(groups, order) else queues(groups, order)


def _before(numbers: Integers, lengths: Positions) -> Integers:
    """Exclusive running totals of rows in order, in runs of these lengths."""
    return narrow(running_sums(numbers, lengths) - numbers)  # one with the row may need more bits than the one before


def _fits(values: Integers, lengths: Positions) -> bool:
    """Whether every running total, with a row or before it, fits int64: no run's sizes add up to 2**63."""
    peak = max(abs(int(values.max())), abs(int(values.min())))
    if peak * int(lengths.max()) < LIMIT:
        return True
    if peak == LIMIT:  # the size of the least int64 is none
        return False
    sizes = np.abs(values)
    if total(sizes) < LIMIT:
        return True
    runs = Runs.of(lengths)
    high, low = runs.sums(sizes >> 32), runs.sums(sizes & 0xFFFFFFFF)  # 2**31 rows of 32 bits each still fit
    return (int(high.max()) << 32) + int(low.max()) <= INT64_MAX


def _objects(values: list[int]) -> Integers:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
