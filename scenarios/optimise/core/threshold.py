"""The price at which each group of units spends its target, for many groups at once.

In: what units spend at a price, the largest and the least of it. Out: the price of each group, and a split of its
target. Where best spends leap, the prices of the leaps are searched by halving their number, so that a group ends at a
leap's very price; between two leaps spending is continuous, and the root is bracketed and interpolated in the logarithm
of the price (regula falsi, Illinois).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.roofs import Flags, Roofs

Respond = Callable[[Floats], tuple[Floats, Floats]]
Totals = Callable[[Floats], Floats]
_STEPS_MAX = 400
_CLOSE = 4e-15
_LARGEST = 1e300  # price; the least is one over it
_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(slots=True)
class Split:
    """The most and the least that each unit spends at any price, (units,)."""

    most: Floats
    least: Floats


@dataclass(slots=True)
class _Bracket:
    """Prices between which each group's target lies: spends and what they miss the target by, at the left (too much)
    and at the right (too little); `weight_*` are the misses as regula falsi weighs them."""

    left: Floats
    right: Floats
    above: Floats
    below: Floats
    miss_left: Floats
    miss_right: Floats
    widened: Rows
    side: Rows


def threshold(
    respond: Respond,
    roofs: Roofs,
    of_unit: Rows,
    totals: Totals,
    target: Floats,
    active: Flags,
    ends: Split,
    known: tuple[float, ...] = (),
) -> tuple[Floats, Floats]:
    """The price of each group, (groups + 1,), and a split that meets the targets of the active groups, (units,).

    Prices that are known to be near, as those of a little more and a little less money, are tried first (one group).
    """
    close = _CLOSE * np.abs(target) + 1e-24 * totals(ends.most)
    most, least = respond(np.zeros(len(of_unit)))
    miss_most, miss_least = totals(most) - target, totals(least) - target
    sign = np.where(miss_least > close, 1.0, np.where(miss_most < -close, -1.0, 0.0))
    is_up, is_down = sign > 0, sign < 0
    bracket = _Bracket(
        np.where(is_down, -np.inf, 0.0),
        np.where(is_up, np.inf, 0.0),
        np.where(is_up[of_unit], least, np.where(is_down[of_unit], ends.most, most)),
        np.where(is_up[of_unit], ends.least, np.where(is_down[of_unit], most, least)),
        np.where(is_up, miss_least, totals(ends.most) - target),
        np.where(is_up, totals(ends.least) - target, miss_most),
        np.zeros(len(target), dtype=np.int64),
        np.zeros(len(target), dtype=np.int64),
    )
    live = active & (sign != 0)
    leaps = _Leaps.of(roofs, of_unit, len(target), sign)
    guess = _guess(roofs, totals, ends)
    for step in range(_STEPS_MAX):
        if not bool(live.any()):
            break
        at_leap = live & (leaps.first < leaps.last)
        if step < len(known):
            at_leap = live & False
            price = np.full(len(target), known[step])
        else:
            price = np.where(at_leap, leaps.middle(), _between(bracket, sign, guess, step))
        most, least = respond(price[of_unit])
        miss_most, miss_least = totals(most) - target, totals(least) - target
        much, little = live & (miss_least > close), live & (miss_most < -close)
        hit = live & ~much & ~little
        if step < len(known):
            leaps.cut(known[step], live & much, live & little)
        leaps.narrow(at_leap & much, at_leap & little)
        _narrow(bracket, price, much | hit, little | hit, (miss_least, miss_most))
        bracket.above = np.where(much[of_unit], least, np.where(hit[of_unit], most, bracket.above))
        bracket.below = np.where(little[of_unit], most, np.where(hit[of_unit], least, bracket.below))
        width = bracket.right - bracket.left
        ends_at = np.maximum(np.abs(bracket.left), np.abs(bracket.right))
        is_beyond = (np.minimum(np.abs(bracket.left), np.abs(bracket.right)) >= _LARGEST) | (ends_at <= 1 / _LARGEST)
        live = live & ~hit & ~is_beyond & ~(np.isfinite(ends_at) & (width <= 2 * _EPSILON * ends_at))
    price = np.where(np.isfinite(bracket.right), bracket.right, bracket.left)
    return price, _filled(bracket, roofs, of_unit, totals, target, active)


@dataclass(slots=True)
class _Leaps:
    """The prices of leaps by group, rising; those within the bracket are from `first` to before `last`."""

    prices: Floats
    first: Rows
    last: Rows

    @classmethod
    def of(cls, roofs: Roofs, of_unit: Rows, groups: int, sign: Floats) -> _Leaps:
        units, prices = roofs.breaks()
        group = of_unit[units]
        order = np.lexsort((prices, group))
        prices, group = prices[order], group[order]
        start = np.searchsorted(group, np.arange(groups + 1))
        below = np.bincount(group[prices < 0], minlength=groups)
        upto = np.bincount(group[prices <= 0], minlength=groups)
        first = np.where(sign > 0, start[:-1] + upto, start[:-1])
        last = np.where(sign > 0, start[1:], start[:-1] + below)
        return cls(np.append(prices, 0.0), first, last)

    def middle(self) -> Floats:
        """The price in the middle of each group's leaps."""
        return np.asarray(self.prices[np.minimum((self.first + self.last) // 2, len(self.prices) - 1)])

    def cut(self, price: float, to_right: Flags, to_left: Flags) -> None:
        """Keep the leaps on one side of a price."""
        for group in np.flatnonzero(to_right | to_left).tolist():
            within = self.prices[self.first[group] : self.last[group]]
            if to_right[group]:
                self.first[group] += int(np.searchsorted(within, price, side="right"))
            else:
                self.last[group] = self.first[group] + int(np.searchsorted(within, price, side="left"))

    def narrow(self, to_right: Flags, to_left: Flags) -> None:
        """Keep the leaps on one side of the middle."""
        middle = (self.first + self.last) // 2
        self.first = np.where(to_right, middle + 1, self.first)
        self.last = np.where(to_left, middle, self.last)


def _guess(roofs: Roofs, totals: Totals, ends: Split) -> Floats:
    """A price to start from: the average return of what can be spent."""
    gain = totals(roofs.curves.value(ends.most) - roofs.curves.value(ends.least))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.abs(gain) / totals(ends.most - ends.least)
    return np.asarray(np.where((found > 0) & np.isfinite(found), found, 1.0))


def _between(bracket: _Bracket, sign: Floats, guess: Floats, step: int) -> Floats:
    """The next price of each group: away from an open end, or between both ends."""
    near = np.where(sign > 0, bracket.left, -bracket.right)
    far = np.where(sign > 0, bracket.right, -bracket.left)
    miss_near = np.where(sign > 0, bracket.miss_left, bracket.miss_right)
    miss_far = np.where(sign > 0, bracket.miss_right, bracket.miss_left)
    reach = 2.0 ** np.minimum(2 ** np.minimum(bracket.widened + 1, 10), 600)
    open_near, open_far = near == 0, np.isinf(far)
    bracket.widened = bracket.widened + (open_near ^ open_far)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        left, right = np.log(near), np.log(far)
        middle = left + (right - left) / 2
        even = left + (right - left) * miss_near / (miss_near - miss_far)
        mixed = np.exp(np.where((even > left) & (even < right) & (step % 5 != 4), even, middle))
        mixed = np.where((mixed > near) & (mixed < far), mixed, near + (far - near) / 2)
        widest = np.where(open_near, np.where(open_far, guess, far / reach), near * reach)
    return np.asarray(sign * np.where(open_near | open_far, np.clip(widest, 1 / _LARGEST, _LARGEST), mixed))


def _narrow(bracket: _Bracket, price: Floats, to_left: Flags, to_right: Flags, misses: tuple[Floats, Floats]) -> None:
    """The price becomes an end; the end that stays twice weighs half (Illinois)."""
    left, right = misses
    stays_right = to_left & ~to_right & (bracket.side == -1)
    stays_left = to_right & ~to_left & (bracket.side == 1)
    bracket.left, bracket.right = np.where(to_left, price, bracket.left), np.where(to_right, price, bracket.right)
    bracket.miss_left = np.where(to_left, left, np.where(stays_left, bracket.miss_left / 2, bracket.miss_left))
    bracket.miss_right = np.where(to_right, right, np.where(stays_right, bracket.miss_right / 2, bracket.miss_right))
    bracket.side = np.where(to_left, -1, np.where(to_right, 1, bracket.side))


def _filled(bracket: _Bracket, roofs: Roofs, of_unit: Rows, totals: Totals, target: Floats, active: Flags) -> Floats:
    """A split of each target between both ends: units without a leap take evenly what is missing from the nearer end,
    else those that leap do so one after another, the largest first, and one goes part of the way."""
    above, below = bracket.above, bracket.below
    leap = roofs.leaps(above, below)
    smooth = np.where(leap, 0.0, above - below)
    room, over, under = totals(smooth), totals(above) - target, target - totals(below)
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.where(room > 0, np.clip(over / room, 0, 1), 0.0)
        up = np.where(room > 0, np.clip(under / room, 0, 1), 0.0)
    from_above = (over <= room) & ((over <= under) | (under > room))
    found = np.where(from_above[of_unit], above - smooth * down[of_unit], below + smooth * up[of_unit])
    left = under - room
    for group in np.flatnonzero(active & ~from_above & (left > _CLOSE * np.abs(target))).tolist():
        rows = np.flatnonzero(leap & (of_unit == group))
        _leap(found, rows, above[rows], float(left[group]))
    return np.asarray(found)


def _leap(found: Floats, rows: Rows, above: Floats, left: float) -> None:
    """Give what is left to units that leap: whole leaps while they fit, then a part of the shortest that does not."""
    lengths = above - found[rows]
    order = np.argsort(-lengths, kind="stable")
    last = -1
    for at in order.tolist():
        length = float(lengths[at])
        if length <= left * (1 + _CLOSE):
            found[rows[at]] = above[at]
            left -= length
        else:
            last = at
    if last >= 0 and left > 0:
        found[rows[last]] += left
