"""The best schedule of each unit over its periods at prices of money, and a number that no schedule exceeds.

In: units' curves, bounds in each period, what is carried over, and a price for each spend. At prices the budget falls
apart into units. With the stock `a` of a period, what all periods bring less what they cost is a sum of functions of
one stock each, and only the way from one stock to the next couples them. Stocks are taken from a grid that decay maps
onto itself, so that a unit that gets nothing walks along it. Between two points of the grid a curve lies below a line:
a concave one below a tangent, a convex one below its chord. With such lines for curves the best way leads over points
of the grid (a way between them is a mean of ways over them: all stocks rounded up that lie above the same part of their
interval, down the others), so that the best way over the grid, by dynamic programming, bounds all ways. Where the most
or the least of a spend binds, ways over the grid may pass it by up to two points, which keeps the bound a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.linked.blend import Members
from scenarios.optimise.linked.carry import Carry

_SPAN = 1e-6  # of the largest stock: the first point of the grid above nothing
_POINTS, _POINTS_MIN, _POINTS_MAX = 400_000, 400, 8_000  # of all units together; of each
_BLOCK = 2_000_000  # numbers worked on at once
_TINY = 1e-9  # of the largest stock: a spend that is rounding
_EPS = float(np.finfo(np.float64).eps)
Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Units and their periods: `cells`, the place of each unit's periods, (units, periods); between what a spend in a
    period lies, `lower` and `upper`, and where `gated`, nothing as well; `rate` and `entering`, all (units,)."""

    cells: Rows
    lower: Floats
    upper: Floats
    gated: NDArray[np.bool_]
    rate: Floats
    entering: Floats

    def stock(self, spend: Floats) -> Floats:
        """What works in each period, (units, periods), of spends of the same shape."""
        found, left = np.empty_like(spend), self.entering
        for period in range(spend.shape[1]):
            found[:, period] = left + spend[:, period]
            left = self.rate * found[:, period]
        return found


def chains_of(carry: Carry, lower: Floats, upper: Floats, gated: NDArray[np.bool_]) -> Chains | None:
    """The chains of cells; None where they are not all of one length, or a unit's bounds change."""
    first = np.flatnonzero(carry.before < 0)
    after = np.full(len(carry.before), -1, dtype=np.int64)
    later = np.flatnonzero(carry.before >= 0)
    after[carry.before[later]] = later
    columns = [first]
    while bool((after[columns[-1]] >= 0).all()):
        columns.append(after[columns[-1]])
    cells = np.stack(columns, axis=1)
    is_same = all(bool((each[cells] == each[first][:, None]).all()) for each in (lower, upper, gated))
    if cells.size != len(carry.before) or not is_same:
        return None
    return Chains(cells, lower[first], upper[first], gated[first], carry.rate[cells[:, -1]], carry.entering[first])


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """Of each unit a best schedule, (units, periods), the places of its stocks on the grid, and what no schedule makes
    more than at these prices, (units,)."""

    spend: Floats
    place: Rows
    bound: Floats


class Schedules:
    """The grids of all units, (units, points), and how each place leads to others."""

    def __init__(self, chains: Chains, members: Members, most: float, finer: int = 1) -> None:
        self.chains, self.members, self.most = chains, members, most
        units, self.periods = chains.cells.shape
        is_held = bool((chains.upper * (1 - 1e-12) < most).any())
        points = min(max(_POINTS // (4 if is_held else 1) // units, _POINTS_MIN), _POINTS_MAX) * finer
        step = -np.log(_SPAN) / points
        top, left = np.zeros(units), chains.entering
        for _ in range(self.periods):
            left = np.minimum(left + chains.upper, chains.entering + most)
            top, left = np.maximum(top, left), left * chains.rate
        top = np.where(top > 0, top * (1 + 1e-12), 1.0)
        self.size = top
        with np.errstate(divide="ignore"):
            decay = -np.log(chains.rate)
        self.shift = np.where(chains.rate > 0, np.clip(np.round(decay / step), 1, points + 1), points + 1)
        self.shift = self.shift.astype(np.int64)
        ratio = np.where(chains.rate > 0, decay / self.shift, step)
        self.grid = np.concatenate(
            [np.zeros((units, 1)), top[:, None] * np.exp(-ratio[:, None] * np.arange(points - 1, -1, -1.0))], axis=1
        )
        self.height = _lines(members, chains.cells[:, 0], self.grid)
        self._lead()

    @property
    def points(self) -> int:
        """How many stocks a grid has."""
        return int(self.grid.shape[1])

    @property
    def work(self) -> int:
        """How much there is to do for one price: points times periods, more where they must be looked at in runs."""
        count: int = self.grid.shape[0] * self.points * self.periods
        return count if self.is_free else 12 * count

    def finer(self, times: int) -> Schedules:
        """The same with so many times as many points."""
        return Schedules(self.chains, self.members, self.most, times)

    def everywhere(self) -> tuple[Rows, Rows]:
        """The first and the last place of each unit and period, (units, periods)."""
        shape = self.chains.cells.shape
        return np.zeros(shape, dtype=np.int64), np.full(shape, self.points - 1)

    def best(self, weight: Floats, price: Floats, low: Rows, high: Rows) -> Best:
        """The best way of each unit over places between `low` and `high`, where a response counts `weight` and a spend
        costs `price`, all (units, periods)."""
        rate, at = self.chains.rate[:, None], np.arange(self.points)
        asked = price - rate * np.append(price[:, 1:], np.zeros_like(rate), axis=1)
        best: list[Floats] = [self.grid] * self.periods
        for period in range(self.periods - 1, -1, -1):
            worth = weight[:, period, None] * self.height - asked[:, period, None] * self.grid
            worth[(at < low[:, period, None]) | (at > high[:, period, None])] = -np.inf
            best[period] = worth if period == self.periods - 1 else worth + self._next(best[period + 1])
        place = np.empty_like(low)
        for period in range(self.periods):
            ways = self._start if period == 0 else tuple(self._from(each, place[:, period - 1]) for each in self._ways)
            place[:, period] = _highest(best[period], *ways)
        rows = np.arange(len(self.grid))
        bound = best[0][rows, place[:, 0]] + price[:, 0] * self.chains.entering
        size = (np.abs(weight) * self.height[:, -1:] + np.abs(price) * self.size[:, None]).sum(axis=1)
        return Best(self._spends(place), place, bound + 8 * _EPS * self.periods * size)

    def _spends(self, place: Rows) -> Floats:
        """Spends that are allowed, along a way over places."""
        chains, found = self.chains, np.empty(place.shape)
        left = chains.entering
        for period in range(self.periods):
            asked = np.take_along_axis(self.grid, place[:, period, None], axis=1)[:, 0] - left
            is_off = (chains.lower == 0) & (asked < _TINY * self.size)
            is_off |= chains.gated & (asked < chains.lower / 2)
            found[:, period] = np.where(is_off, 0.0, np.clip(asked, chains.lower, chains.upper))
            left = chains.rate * (left + found[:, period])
        return found

    def _lead(self) -> None:
        """The places that follow each place: after a spend those from `low` to `high`; after none `still`, to `rest`
        where that lies between nothing and the first point."""
        chains, points = self.chains, self.points
        at = np.arange(points)
        still = np.maximum(at - self.shift[:, None], 0)
        rest = np.where((at > 0) & (at <= self.shift[:, None]), 1, still)
        low, high = still.copy(), np.full_like(still, points - 1)
        first = [np.zeros(len(still), dtype=np.int64) for _ in range(4)]
        for unit in range(len(still)):
            grid, rate, least, most = self.grid[unit], chains.rate[unit], chains.lower[unit], chains.upper[unit]
            below, above = np.append(0.0, grid[:-1]) * rate, np.append(grid[1:], grid[-1]) * rate
            if least > 0:
                low[unit] = np.maximum(low[unit], np.searchsorted(grid, below + least, "right") - 1)
            high[unit] = np.minimum(np.searchsorted(grid, above + most, "left"), points - 1)
            start = float(chains.entering[unit])
            for place, stock, side in ((0, start, "right"), (1, start, "left"), (2, start + least, "right")):
                found = int(np.searchsorted(grid, stock, side))  # type: ignore[call-overload]
                first[place][unit] = found - 1 if side == "right" else found
            first[3][unit] = np.searchsorted(grid, start + most, "left")
        last = points - 1
        low, high = np.minimum(low, last), np.minimum(high, last)
        ends = [np.minimum(each, last) for each in first]
        self.is_free = bool((high == last).all())
        off = chains.gated
        # Where nothing is no choice, the way after none is the same as that after a spend.
        self._ways = (low, high, np.where(off[:, None], still, low), np.where(off[:, None], rest, high))
        self._start = (ends[2], ends[3], np.where(off, ends[0], ends[2]), np.where(off, ends[1], ends[3]))
        self.is_gated = bool(off.any())

    def _from(self, table: Rows, place: Rows) -> Rows:
        return np.asarray(np.take_along_axis(table, place[:, None], axis=1)[:, 0])

    def _next(self, best: Floats) -> Floats:
        """The best that follows each place."""
        low, high, still, rest = self._ways
        if self.is_free:
            top = np.maximum.accumulate(best[:, ::-1], axis=1)[:, ::-1]
            found = np.take_along_axis(top, low, axis=1)
        else:
            found = _most_between(best, low, high)
        if not self.is_gated:
            return np.asarray(found)
        either = np.maximum(np.take_along_axis(best, still, axis=1), np.take_along_axis(best, rest, axis=1))
        return np.asarray(np.where(self.chains.gated[:, None], np.maximum(found, either), found))


def _highest(best: Floats, low: Rows, high: Rows, still: Rows, rest: Rows) -> Rows:
    """The place of the best of each row, between two places or at two others."""
    at = np.arange(best.shape[1])
    is_open = (at >= low[:, None]) & (at <= high[:, None])
    np.put_along_axis(is_open, still[:, None], True, axis=1)
    np.put_along_axis(is_open, rest[:, None], True, axis=1)
    return np.asarray(np.where(is_open, best, -np.inf).argmax(axis=1))


def _most_between(values: Floats, low: Rows, high: Rows) -> Floats:
    """The largest value of each row between two places each, by tables of runs of 1, 2, 4 and so on."""
    run = np.maximum(high - low + 1, 1)
    level = np.frexp(run)[1] - 1
    found, table, width = np.full(low.shape, -np.inf), values, 1
    for each in range(int(level.max()) + 1):
        mine = level == each
        left, right = (
            np.take_along_axis(table, low, axis=1),
            np.take_along_axis(table, np.clip(high - width + 1, 0, None), axis=1),
        )
        found = np.where(mine, np.maximum(left, right), found)
        table = np.maximum(table, np.concatenate([table[:, width:], table[:, -width:]], axis=1))
        width *= 2
    return np.where(high >= low, found, -np.inf)


def _lines(members: Members, cell: Rows, grid: Floats) -> Floats:
    """At each point of the grids a height, (units, points), so that the mean response lies below the lines between."""
    factor, found = members.factor / members.draws, np.empty(grid.shape)
    block = max(_BLOCK // (len(factor) * grid.shape[1]), 1)
    for start in range(0, len(cell), block):
        rows = np.arange(start, min(start + block, len(cell)))
        found[rows] = _lines_of(members, factor, cell[rows], grid[rows])
    return found


def _lines_of(members: Members, factor: Floats, cell: Rows, grid: Floats) -> Floats:
    left, right = grid[:, :-1], grid[:, 1:]
    middle = left + (right - left) / 2
    shape = (len(factor), *middle.shape)
    many = np.repeat(cell, middle.shape[1])
    value = members.value(np.repeat(cell, grid.shape[1]), grid.ravel()).reshape(len(factor), *grid.shape)
    inside = members.value(many, middle.ravel()).reshape(shape)
    slope = members.slope(many, middle.ravel()).reshape(shape)
    low, high = value[:, :, :-1], value[:, :, 1:]
    bend, is_chord = members.bend[:, cell, None], members.is_chord[:, cell, None]
    is_concave = ~is_chord & (left >= bend)
    is_bent = ~is_chord & (left < bend) & (right > bend)
    steep = np.where(np.isfinite(members.steepest[:, cell, None]), members.steepest[:, cell, None], 0.0)
    start = np.where(is_concave, inside - slope * (middle - left), low)
    end = np.where(is_concave, inside + slope * (right - middle), high)
    end = np.where(is_bent, np.maximum(high, low + steep * (right - left)), end)
    begun = np.einsum("m,mup->up", factor, start)
    ended = np.einsum("m,mup->up", factor, end)
    for unit, each in enumerate(cell.tolist()):
        _lift(members, factor, each, grid[unit], value[:, unit], begun[unit], ended[unit])
    first, last = np.concatenate([begun, ended[:, -1:]], axis=1), np.concatenate([begun[:, :1], ended], axis=1)
    return np.asarray(np.maximum(first, last))


def _lift(
    members: Members, factor: Floats, cell: int, grid: Floats, value: Floats, begun: Floats, ended: Floats
) -> None:
    """Lift lines of pieces and steps over the knots between points."""
    knots = members.knots[cell]
    knots = knots[(knots > 0) & (knots < grid[-1])]
    if not len(knots):
        return
    place = np.searchsorted(grid, knots, "right") - 1
    part = (knots - grid[place]) / (grid[place + 1] - grid[place])
    chord = value[:, place] + part * (value[:, place + 1] - value[:, place])
    above = np.maximum(members.value(np.full(len(knots), cell), knots) - chord, 0) * members.is_chord[:, cell, None]
    lift = np.zeros(len(begun))
    np.maximum.at(lift, place, factor @ above)
    begun += lift
    ended += lift
