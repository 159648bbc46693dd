"""The best schedules of units over periods: columns are whole schedules of units, so that few rows couple them.

In: the grids of units' schedules, rows over spends, and what a spend must bring. Out: the best split found, and a bound
that no split exceeds. The mix of schedules that is worth most is a linear program with a row for the budget and for
each group, not for each period of each unit; its prices ask each unit for a better schedule (Dantzig and Wolfe 1960).
No more units are mixed than there are rows (Shapley and Folkman), so that the gap shrinks with the number of units.
What is left of it is closed by whole choices of schedules, by moving spends a little, and by a small branch and bound
over the stock of a mixed unit in one period.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.program import silence
from scenarios.optimise.periods.moves import PENALTY, Timing, UnitRows, moved, responses
from scenarios.optimise.periods.schedules import Best, Schedules

_ROUNDS_MAX, _NODES_MAX, _WORK_MAX = 40, 400, 400_000_000  # points of grids times periods that are looked at
_MOVE = 200  # points that moving one spend once is counted as
_FINER = 3  # times as many points, with which the first bound is worked out again
_FIRST = (0.0, *(4.0**power for power in (-4, -2, -1, 0, 1, 2)))  # prices at first, of what a unit may bring
_LINEAR = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
_SHORT, _LOOSE = 0.05, 0.02  # of the budget, and of floors, that whole choices leave to be filled up
_WHOLE = {"node_limit": 40, "mip_rel_gap": 1e-7}


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """The best split found, of cells (None: none that keeps all rows), its value, the bound, and the rows' prices."""

    spend: Floats | None
    value: float
    bound: float
    prices: Floats
    nodes: int
    rounds: int


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    low: Rows
    high: Rows
    unit: int
    period: int
    place: int


@dataclass(frozen=True, slots=True, eq=False)
class _Mix:
    part: Floats
    columns: Rows
    prices: Floats
    value: float
    missed: float


def timed(timing: Timing, gap: float) -> Timed:
    """Best first: the node of the largest bound is split next, to a limit of counted work."""
    run = _Run(timing, gap)
    low, high = timing.schedules.everywhere()
    run.start(low, high)
    root, top = run.solve(low, high, np.inf)
    if root is None:
        return Timed(None, -np.inf, top, np.zeros(len(timing.limits.names)), 1, run.rounds)
    run.choose(root)
    run.keep(low, high, root, top)
    while run.heap and run.work < _WORK_MAX and run.nodes < _NODES_MAX and not run.is_close(-run.heap[0][0]):
        negative, _, node = heapq.heappop(run.heap)
        for side in (0, 1):
            ends = node.low.copy(), node.high.copy()
            ends[1 - side][node.unit, node.period] = node.place
            found, bound = run.solve(*ends, -negative)
            if found is not None:
                run.choose(found, run.nodes % 8 == 1)
                run.keep(*ends, found, bound)
            elif bound > -np.inf:
                run.closed = max(run.closed, bound)
    top = max(run.value, run.closed, -run.heap[0][0] if run.heap else -np.inf)
    return Timed(run.spend, run.value, top, run.prices, run.nodes, run.rounds)


class _Run:
    """Columns, each a schedule of a unit, the best split, and the nodes to split by their bounds."""

    def __init__(self, timing: Timing, gap: float) -> None:
        self.timing, self.gap = timing, gap
        schedules, limits = timing.schedules, timing.limits
        self.chains, self.cells = schedules.chains, schedules.chains.cells
        self.rows = UnitRows.of(timing)
        self.scale = self.rows.scale
        self.unit: Rows = np.zeros(0, dtype=np.int64)
        self.spends: Floats = np.zeros((0, schedules.periods))
        self.stocks: Floats = np.zeros((0, schedules.periods))
        self.values: Floats = np.zeros(0)
        self.totals: Floats = np.zeros((len(limits.names), 0))
        self.known: set[tuple[int, bytes]] = set()
        self.spend: Floats | None = None
        self.value, self.closed = -np.inf, -np.inf
        self.heap: list[tuple[float, int, _Node]] = []
        self.nodes, self.rounds, self.work = 0, 0, 0
        self.prices = np.zeros(len(limits.names))

    def is_close(self, top: float) -> bool:
        """Whether the best split is within the tolerance of a bound."""
        return self.spend is not None and top - self.value <= self.gap * abs(self.value)

    def start(self, low: Rows, high: Rows) -> None:
        """Schedules at some prices of the budget alone."""
        ref = self.timing.response_size / self.timing.spend_size
        for factor in _FIRST:
            prices = np.zeros(len(self.prices))
            prices[0] = factor * ref
            self.ask(prices, low, high)

    def ask(self, prices: Floats, low: Rows, high: Rows) -> tuple[float, bool]:
        """The bound at prices of rows, and whether it brought a new column."""
        bound, best = self.bound(self.timing.schedules, prices, low, high)
        return bound, best is not None and self.add(best.spend)

    def finer(self) -> float:
        """The bound of all schedules on finer grids."""
        schedules = self.timing.schedules.finer(_FINER)
        return self.bound(schedules, self.prices, *schedules.everywhere())[0]

    def bound(self, schedules: Schedules, prices: Floats, low: Rows, high: Rows) -> tuple[float, Best | None]:
        """The bound at prices of rows, and each unit's best schedule there."""
        self.work += schedules.work
        limits = self.timing.limits
        price = np.where(prices > 0, np.where(np.isfinite(limits.most), prices, 0.0), prices)
        price = np.where(price < 0, np.where(np.isfinite(limits.least), price, 0.0), price)
        asked = np.einsum("r,rut->ut", price, self.rows.spend) + self.timing.hurdle
        weight = 1.0 - np.einsum("r,rut->ut", price, self.rows.response)
        if bool((weight < 0).any()):
            return np.inf, None
        best = schedules.best(weight, asked, low, high)
        ends = np.where(price > 0, limits.most, np.where(price < 0, limits.least, 0.0))
        held = np.where(price != 0, price * ends, 0.0)
        size = float(np.abs(best.bound).sum() + np.abs(held).sum())
        return float(best.bound.sum() + held.sum()) + 1e-15 * size, best

    def add(self, spend: Floats) -> bool:
        """A column of each unit's schedule; whether any is new."""
        fresh = [
            unit for unit, each in enumerate(spend) if (unit, each.tobytes()) not in self.known
        ]  # fmt: skip
        if not fresh:
            return False
        stock = self.chains.stock(spend)
        response = responses(self.timing, stock)
        value = (response - self.timing.hurdle * spend).sum(axis=1)
        totals = self.rows.totals(spend, response)
        self.known |= {(unit, spend[unit].tobytes()) for unit in fresh}
        self.unit = np.append(self.unit, fresh)
        self.spends = np.concatenate([self.spends, spend[fresh]])
        self.stocks = np.concatenate([self.stocks, stock[fresh]])
        self.values = np.append(self.values, value[fresh])
        self.totals = np.concatenate([self.totals, totals[:, fresh]], axis=1)
        return True

    def within(self, low: Rows, high: Rows) -> Rows:
        """The columns whose stocks lie within windows."""
        grid = self.timing.schedules.grid
        least = np.take_along_axis(grid, low, axis=1)[self.unit]
        most = np.take_along_axis(grid, high, axis=1)[self.unit]
        slack = 1e-9 * self.timing.schedules.size[self.unit][:, None]
        return np.flatnonzero(((self.stocks >= least - slack) & (self.stocks <= most + slack)).all(axis=1))

    def solve(self, low: Rows, high: Rows, above: float) -> tuple[_Mix | None, float]:
        """The best mix within windows, and its bound."""
        self.nodes += 1
        top, mix, center = above, None, self.prices
        top = min(top, self.ask(center, low, high)[0])
        for turn in range(_ROUNDS_MAX):
            self.rounds += 1
            mix = self.mixed(self.within(low, high))
            if mix is None:
                return None, top  # a unit has no known schedule there
            size = max(abs(mix.value), 1e-3 * self.timing.response_size)
            between = mix.prices if turn % 2 else (mix.prices + center) / 2
            held, is_new = self.ask(between, low, high)
            if held < top:
                top, center = held, between
            if not is_new and between is not mix.prices:
                held, is_new = self.ask(mix.prices, low, high)
                if held < top:
                    top, center = held, mix.prices
            if self.is_close(top) or not is_new or top - mix.value <= 0.05 * self.gap * size or self.work > _WORK_MAX:
                break
        if mix is None or mix.missed > 1e-7:
            return None, top
        if self.nodes == 1:
            self.prices = center
            if top - mix.value > 0.2 * self.gap * abs(mix.value):
                top = min(top, self.finer())
        return mix, top

    def mixed(self, columns: Rows) -> _Mix | None:
        """The mix of columns that is worth most; a row may be missed at a high price."""
        timing, limits, units = self.timing, self.timing.limits, len(self.cells)
        have = np.bincount(self.unit[columns], minlength=units)
        if not bool(have.all()):
            return None
        rows = self.totals[:, columns] / self.scale[:, None]
        count, slacks = len(columns), len(self.scale)
        eye = np.eye(slacks)
        capped, floored = np.flatnonzero(np.isfinite(limits.most)), np.flatnonzero(np.isfinite(limits.least))
        above = np.concatenate([
            np.concatenate([rows[capped], -eye[capped]], axis=1),
            np.concatenate([-rows[floored], -eye[floored]], axis=1),
        ])  # fmt: skip
        most = np.concatenate([limits.most[capped] / self.scale[capped], -limits.least[floored] / self.scale[floored]])
        pick = csr_array((np.ones(count), (self.unit[columns], np.arange(count))), shape=(units, count + slacks))
        cost = np.append(-self.values[columns] / timing.response_size, np.full(slacks, PENALTY))
        with silence():
            found = linprog(cost, A_ub=csr_array(above), b_ub=most, A_eq=pick, b_eq=np.ones(units), method="highs",
                            options=_LINEAR)  # fmt: skip
        if found.x is None or found.ineqlin.marginals is None:
            return None
        prices, marginal = np.zeros(slacks), -np.asarray(found.ineqlin.marginals)
        np.add.at(prices, capped, marginal[: len(capped)])
        np.subtract.at(prices, floored, marginal[len(capped) :])
        missed = float(found.x[count:].sum())
        value = -float(cost[:count] @ found.x[:count]) * timing.response_size
        return _Mix(np.asarray(found.x[:count]), columns, prices * timing.response_size / self.scale, value, missed)

    def choose(self, mix: _Mix, is_whole: bool = True) -> None:
        """Splits near a mix: whole choices of its schedules, then moved a little."""
        lowest, fullest = self.spread(mix)
        tried = [lowest, fullest]
        if is_whole and (best := self.whole(mix)) is not None:
            tried.insert(0, best)
        for each in tried:
            self.move(each)

    def spread(self, mix: _Mix) -> tuple[Floats, Floats]:
        """Of each unit the schedule of its mix that spends least, and that with the largest part."""
        found = np.empty((2, *self.cells.shape))
        used = np.flatnonzero(mix.part > 1e-9)
        order = used[np.argsort(-self.spends[mix.columns[used]].sum(axis=1), kind="stable")]
        found[0, self.unit[mix.columns[order]]] = self.spends[mix.columns[order]]
        order = used[np.argsort(mix.part[used], kind="stable")]
        found[1, self.unit[mix.columns[order]]] = self.spends[mix.columns[order]]
        return found[0], found[1]

    def whole(self, mix: _Mix) -> Floats | None:
        """A schedule of each unit, worth most together, with a little of the budget left to be filled up."""
        limits, price = self.timing.limits, max(float(mix.prices[0]), 0.0)
        columns = self.near(mix)
        count, units = len(columns), len(self.cells)
        room = _SHORT * limits.most[0] if price > 0 else 0.0
        rows = np.concatenate([self.totals[:, columns], np.eye(len(limits.names))[:, :1]], axis=1) / self.scale[:, None]
        least = np.where(limits.least > 0, limits.least * (1 - _LOOSE), limits.least)
        least[0] = limits.least[0]
        least[0] = least[0] - (1e-9 * limits.most[0] if np.isfinite(least[0]) else 0.0)
        pick = csr_array((np.ones(count), (self.unit[columns], np.arange(count))), shape=(units, count + 1))
        worth = np.append(self.values[columns], 0.98 * price) / self.timing.response_size
        high = np.append(np.ones(count), room)
        with silence():
            found = milp(
                -worth,
                constraints=[
                    LinearConstraint(rows, least / self.scale, limits.most / self.scale),
                    LinearConstraint(pick, 1, 1),
                ],
                integrality=np.append(np.ones(count), 0),
                bounds=Bounds(0, high),
                options=_WHOLE,
            )
        if found is None or found.x is None:
            return None
        chosen = columns[np.asarray(found.x[:count]) > 0.5]
        if len(chosen) != units:
            return None
        result = np.empty(self.cells.shape)
        result[self.unit[chosen]] = self.spends[chosen]
        return result

    def near(self, mix: _Mix) -> Rows:
        """The columns that lose little at the prices of a mix: of each unit the best few."""
        columns = mix.columns
        lost = self.values[columns] - mix.prices @ self.totals[:, columns]
        order = np.lexsort((-lost, self.unit[columns]))
        place = np.arange(len(order)) - np.searchsorted(self.unit[columns][order], self.unit[columns][order])
        return np.asarray(columns[order][place < 12])

    def move(self, spend: Floats) -> None:
        """Move a split to the best one near it, and take that where it is better."""
        near, worth, moves = moved(self.timing, self.rows, spend)
        self.work += _MOVE * spend.size * moves
        if near is not None and worth > self.value:
            flat = np.empty(spend.size)
            flat[self.cells.ravel()] = near.ravel()
            self.spend, self.value = flat, worth

    def keep(self, low: Rows, high: Rows, mix: _Mix, top: float) -> None:
        """Keep a node for splitting at the stock in which a unit's mixed schedules differ most."""
        found = self.widest(low, high, mix)
        if self.is_close(top) or found is None:
            self.closed = max(self.closed, top)
            return
        heapq.heappush(self.heap, (-top, self.nodes, _Node(low, high, *found)))

    def widest(self, low: Rows, high: Rows, mix: _Mix) -> tuple[int, int, int] | None:
        """The unit, period and place at which to split; None where no unit is mixed."""
        used = np.flatnonzero(mix.part > 1e-7)
        columns, part = mix.columns[used], mix.part[used]
        grid, best, found = self.timing.schedules.grid, 0.0, None
        mean = np.zeros(self.cells.shape)
        np.add.at(mean, self.unit[columns], part[:, None] * self.stocks[columns])
        off = part[:, None] * np.abs(self.stocks[columns] - mean[self.unit[columns]])
        spread = np.zeros(self.cells.shape)
        np.add.at(spread, self.unit[columns], off)
        for flat in np.argsort(-spread.ravel(), kind="stable")[:20].tolist():
            unit, period = divmod(flat, len(spread[0]))
            place = int(np.searchsorted(grid[unit], mean[unit, period]))
            if low[unit, period] < place < high[unit, period] and spread[unit, period] > best:
                return unit, period, place
        return found
