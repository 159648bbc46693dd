"""Lines that are rounded together: the dues of one source row go in, whole amounts that add up to its rounded sum come
out, and each of them is its due rounded up or down (controlled rounding).

`share_steps` is the law, one group at a time in fractions, as explanations state it; `round_together` is the same law
over whole columns and shares no code with it. The exact sum of a group is rounded once, by the mode to the step. Every
line gets its due rounded down, and the steps that are then missing go one each to the largest remainders, ties to the
lower key. A group whose sum is negative is the mirror image of the positive one, so that a clawback undoes its payout;
where the sum is zero, the sign of the line that is rounded and has the lowest key decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rules.quantities.exact import Exact, Flags, Integers, integers
from rules.quantities.groups import Positions, Runs, gathered, group_blocks, largest_first
from rules.quantities.rounding import (
    INT64_MAX,
    QuantityOverflow,
    Rounding,
    check_step,
    multiply_divide,
    multiply_floor,
    narrow,
    round_fraction,
)

_COMMON_BITS_MAX = 512  # with larger denominators a group at a time is faster than numbers that a whole block shares


def round_together(
    due: Exact, groups: Positions, count: int, keys: Positions, mode: Rounding = Rounding.HALF_UP, step: int = 1
) -> NDArray[np.int64]:
    """Rounds the lines of each group together: (n,) minor units that add up to the group's rounded exact sum.

    `due`: (n,) minor units; an unknown row takes no part and holds 0. `groups`: (n,), 0 to count - 1, in any order.
    `keys`: (n,), different within a group: who gets the step of a tie. A line is less than one step from its due; one
    alone in its group is rounded by the mode. An amount beyond int64 is a `QuantityOverflow` of the first such row.
    The law is that of Cox, A constructive procedure for unbiased controlled rounding, JASA 82 (1987), 520-524, in one
    dimension, with Hamilton's largest remainders for its chances.

    >>> thirds = Exact(np.array([10_000] * 3), 3)  # EUR 100.00 among three partners
    >>> round_together(thirds, np.zeros(3, dtype=np.int64), 1, np.array([2, 0, 1])).tolist()
    [3333, 3334, 3333]
    >>> round_together(-thirds, np.zeros(3, dtype=np.int64), 1, np.array([2, 0, 1])).tolist()
    [-3333, -3334, -3333]
    """
    check_step(step)
    assert len(due) == len(groups) == len(keys), "one group and key for each due"
    rows_count = len(due)
    rows: Positions | None = None  # where each row that takes part came from
    if due.known is not None:
        rows = np.flatnonzero(due.known)
        due, groups, keys = due.take(rows), groups[rows], keys[rows]
    positions = gathered(groups, count)
    if positions is not None:
        rows = positions if rows is None else rows[positions]
        due, groups, keys = due.take(positions), groups[positions], keys[positions]
    amounts, beyond = np.empty(len(due), dtype=np.int64), []
    for part, lengths in group_blocks(groups):
        below = due.denominator if isinstance(due.denominator, int) else due.denominator[part]
        found = narrow(_block(due.numerator[part], below, lengths, keys[part], mode, step))
        if found.dtype == object:
            beyond.append(np.flatnonzero((found > INT64_MAX) | (found < -INT64_MAX - 1)) + part.start)
        else:
            amounts[part] = found
    if beyond:
        at = np.concatenate(beyond)
        raise QuantityOverflow(int((at if rows is None else rows[at]).min()))
    if rows is None:
        return amounts
    spread = np.zeros(rows_count, dtype=np.int64)
    spread[rows] = amounts
    return spread


@dataclass(frozen=True, slots=True)
class TogetherReason:
    """Why one line that was rounded with others has its amount, all in minor units.

    `down` is what every line gets first, `units_left` the steps that were then missing in the group, and `place` the
    line's place in the queue for them, 1 first; 0 where its due is whole, for then it never gets one.
    """

    amount: int
    exact: Fraction
    down: int
    lines: int
    group_sum: Fraction
    group_amount: int
    units_left: int
    place: int
    words: str


def explain_together(
    dues: Sequence[Fraction | None],
    keys: Sequence[int],
    line: int,
    mode: Rounding = Rounding.HALF_UP,
    step: int = 1,
    money: Callable[[Fraction], str] = str,
) -> TogetherReason:
    r"""One known line of a group, worked out in fractions; `money` writes minor units in words.

    >>> print(explain_together([Fraction(100, 3)] * 3, [2, 0, 1], 1).words.replace(": ", ":\n"))
    exact 100/3, rounded with the 3 lines of this row, 100 together:
    1 of 1 steps left over by the largest remainder (place 1)
    """
    due = dues[line]
    assert due is not None, "an unknown line has no amount to explain"
    known = [(each, key) for each, key in zip(dues, keys, strict=True) if each is not None]
    own = [key for _, key in known].index(keys[line])
    steps = share_steps([each for each, _ in known], [key for _, key in known], mode, step)
    place = steps.queue.index(own) + 1 if own in steps.queue else 0
    whole = sum(steps.amounts)
    words = f"exact {money(due)}"
    if len(known) == 1:
        words += f", rounded {mode.value.replace('_', ' ')} to {money(Fraction(whole))}"
    else:
        words += f", rounded with the {len(known)} lines of this row, {money(Fraction(whole))} together: "
        given = int(0 < place <= steps.left)
        largest = f"{given} of {steps.left} steps left over by the largest remainder (place {place})"
        if steps.left == 0:
            words += "rounded down, and nothing is left over"
        else:
            words += largest if place else "it is whole"
    total = sum((each for each, _ in known), Fraction(0))
    return TogetherReason(steps.amounts[own], due, steps.down[own], len(known), total, whole, steps.left, place, words)


@dataclass(frozen=True, slots=True)
class Steps:
    """How one group was rounded: amounts in minor units, each line's due rounded down (toward minus infinity, or its
    mirror image), who queues for a step left over, by position, and how many of the queue got one."""

    amounts: list[int]
    down: list[int]
    queue: list[int]
    left: int


def share_steps(
    dues: Sequence[Fraction], keys: Sequence[int], mode: Rounding = Rounding.HALF_UP, step: int = 1
) -> Steps:
    """The law of one group, in fractions.

    >>> share_steps([Fraction(7, 2), Fraction(-1, 4), Fraction(3, 4)], [0, 1, 2])  # 4.00 together
    Steps(amounts=[3, 0, 1], down=[3, -1, 0], queue=[1, 2, 0], left=2)
    """
    total = sum(dues, Fraction(0))
    uneven = sorted((i for i in range(len(dues)) if (dues[i] / step).denominator > 1), key=lambda i: keys[i])
    decides = total or (dues[uneven[0]] if uneven else Fraction(1))
    sign = 1 if decides > 0 else -1
    down = [math.floor(sign * due / step) for due in dues]
    rest = [sign * due / step - each for due, each in zip(dues, down, strict=True)]
    queue = sorted(uneven, key=lambda i: -rest[i])
    left = sign * round_fraction(total, mode, step) // step - sum(down)
    assert 0 <= left <= len(queue), "there are never more steps left than lines that are rounded"
    unit, given = sign * step, set(queue[:left])
    amounts = [(each + (i in given)) * unit for i, each in enumerate(down)]
    return Steps(amounts, [each * unit for each in down], queue, left)


def _block(
    above: Integers, below: int | Integers, lengths: Positions, keys: Positions, mode: Rounding, step: int
) -> Integers:
    """The amounts of some whole groups, int64 or Python integers."""
    common = _common_denominator(below)
    if common is None:
        return _by_law(Exact(above, below), lengths, keys, mode, step)
    down, rest = multiply_floor(above, 1, below * step if isinstance(below, int) else _times(below, step))
    if rest.any():
        longest = int(lengths.max())
        if common * step * (longest + 1) >= 2**62:
            rest, below = rest.astype(object), below if isinstance(below, int) else below.astype(object)
        if not isinstance(below, int):
            rest = rest * (common // below)
        if down.dtype != object and (_peak(down) + 1) * longest >= 2**62:
            down = down.astype(object)
        down = down + _steps_up(down, rest, common * step, Runs.of(lengths), keys, mode)
    if down.dtype != object and _peak(down) * step > INT64_MAX:
        down = down.astype(object)
    return down * step


def _steps_up(down: Integers, rest: Integers, whole: int, runs: Runs, keys: Positions, mode: Rounding) -> Flags:
    """Which lines go up a step: as many of their group as its rounded sum takes, by the largest remainder.

    The mirror image of a negative group rounds the others down: largest remainders again, but ties to the higher key.
    """
    more = runs.sums(rest)
    carried = more // whole
    over = more - carried * whole
    sums = runs.sums(down) + carried
    is_mirrored: Flags = (sums < 0).astype(bool)
    is_zero = ((sums == 0) & (over == 0) & (more > 0)).astype(bool)
    if is_zero.any():
        is_mirrored |= is_zero & _is_first_negative(down, rest, runs, keys)
    if is_mirrored.any():
        keys = np.where(is_mirrored[runs.of_row], ~keys, keys)
    # Only the sign and the parity of a quotient matter to a mode, so a small one stands for it.
    small = ((sums & 1) - 2 * (sums < 0)).astype(np.int64)
    rounded = multiply_divide(small.astype(over.dtype) * whole + over, 1, whole, mode) - small
    return largest_first(rest, runs, (carried + rounded).astype(np.int64), keys)


def _is_first_negative(down: Integers, rest: Integers, runs: Runs, keys: Positions) -> Flags:
    """For each group whether the line of its lowest key, among those that are rounded, is negative."""
    is_open = (rest > 0).astype(bool)
    lowest = np.minimum.reduceat(np.where(is_open, keys, INT64_MAX), runs.starts())
    is_first = is_open & (keys == lowest[runs.of_row])
    return np.logical_or.reduceat(is_first & (down < 0).astype(bool), runs.starts())


def _common_denominator(below: int | Integers) -> int | None:
    """The denominator that a block's dues share, or None where that grows too large."""
    if isinstance(below, int):
        return below
    common = 1
    for each in np.unique(below).tolist():
        common = math.lcm(common, each)
        if common.bit_length() > _COMMON_BITS_MAX:
            return None
    return common


def _by_law(due: Exact, lengths: Positions, keys: Positions, mode: Rounding, step: int) -> Integers:
    """A group at a time, in fractions: for dues with so many denominators that no block could share one."""
    dues = [Fraction(0) if each is None else each for each in due.fractions()]
    amounts: list[int] = []
    for length in lengths.tolist():
        part = slice(len(amounts), len(amounts) + length)
        amounts += share_steps(dues[part], keys[part].tolist(), mode, step).amounts
    return integers(amounts)


def _times(below: Integers, step: int) -> Integers:
    fits = below.dtype != object and _peak(below) * step <= INT64_MAX
    return below * step if fits else below.astype(object) * step


def _peak(values: Integers) -> int:
    return max(abs(int(values.max())), abs(int(values.min())))
