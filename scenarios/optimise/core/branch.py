"""The best split on the true curves: branch and bound over the units that end where a roof is not reached.

In: roofs, the tree, bounds and a tolerance. Out: the best split found and a bound that no split exceeds: that of
Lagrange, at any prices what each unit's true curve makes at most, plus what the prices make of floors and caps. With
many units the root is nearly exact (the gap shrinks as one over their number), so few or no nodes follow it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.pieces import Points, Steps
from scenarios.optimise.core.prices import Bounds, Relaxed, relax
from scenarios.optimise.core.roofs import Roofs, knots_of
from scenarios.optimise.core.tree import Tree
from scenarios.optimise.core.twins import narrowed, twins_of

NODES_MAX, _UNIT_NODES_MAX = 1_000, 50_000
_ROUNDED_UNITS_MAX = 1_000  # units up to which other nodes than the root try to round their splits: the first few,
_ROUNDED_FIRST, _ROUNDED_EVERY = 16, 8  # and then one of some
_SIDES_MAX, _DIVES_MAX, _DIVERS_MAX = 3, 6, 32
_CLOSE = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best split found (None: none keeps all constraints), its value, the bound, and the root's prices.

    `is_complete` says whether every split was covered; else the search ended at its limit.
    """

    spend: Floats | None
    value: float
    bound: float
    root: Relaxed | None
    nodes: int
    is_complete: bool


def search(
    roofs: Roofs, tree: Tree, bounds: Bounds, gap: float, aim: float | None = None, root: Relaxed | None = None
) -> Found:
    """Best first: the node of the largest bound is split next, until the best split is within `gap` of that bound; with
    an aim, until it is reached, or proved to be out of reach."""
    run = _Search(roofs, tree, bounds, gap, aim)
    root = root or relax(roofs, tree, bounds)
    if root is None:
        return Found(None, -np.inf, -np.inf, None, 1, True)
    run.visit(roofs, root, np.inf)
    if run.heap and not run.is_close(-run.heap[0][0]):
        run.twins = twins_of(roofs, tree.own)
    limit = min(NODES_MAX, _UNIT_NODES_MAX // len(roofs.lower))
    while run.heap and run.nodes < limit and not run.is_close(-run.heap[0][0]) and not run.has_reached():
        run.split()
    bound = max(run.value, run.closed, -run.heap[0][0] if run.heap else -np.inf)
    return Found(run.spend, run.value, bound, root, run.nodes, not run.heap)


def objective(roofs: Roofs, bounds: Bounds, spend: Floats) -> float:
    """The response of a split, less the hurdle."""
    return float((roofs.curves.value(spend) - bounds.hurdle * spend).sum())


def bound_of(roofs: Roofs, tree: Tree, bounds: Bounds, relaxed: Relaxed) -> float:
    """What no split within these roofs' domains exceeds, at the prices of a relaxed one.

    It is worked out as the value of that split and what each unit misses of its best, which are small numbers, and
    rounded up.
    """
    at, best, price, node_price = relaxed.spend, relaxed.best, relaxed.price, relaxed.node_price
    heights, tops = roofs.curves.value(at), roofs.curves.value(best)
    missed = (tops - heights) - price * (best - at)
    slack = 0.0
    for level in range(len(tree.above)):
        nodes = tree.at(level)
        totals = tree.totals(level, at)[nodes]
        over, under = np.maximum(node_price[nodes], 0), np.maximum(-node_price[nodes], 0)
        caps = np.where(over > 0, over * (bounds.cap[nodes] - totals), 0.0)
        slack += float((caps + under * (totals - bounds.floor[nodes])).sum())
    rounding = 4 * float(np.finfo(np.float64).eps) * float((np.abs(tops) + np.abs(price * (best - at))).sum())
    return float((heights - bounds.hurdle * at).sum() + missed.sum()) + slack + rounding


@dataclass(slots=True)
class _Node:
    roofs: Roofs
    relaxed: Relaxed
    unit: int


class _Search:
    """The best split so far, and the nodes to split, by their bounds; `closed` is the largest bound given up."""

    def __init__(self, roofs: Roofs, tree: Tree, bounds: Bounds, gap: float, aim: float | None) -> None:
        self.tree, self.bounds, self.gap, self.aim = tree, bounds, gap, aim
        self.twins: Rows = np.arange(len(roofs.lower))
        self.spend: Floats | None = None
        self.value, self.closed = -np.inf, -np.inf
        self.nodes = 0
        self.heap: list[tuple[float, int, _Node]] = []

    def is_close(self, bound: float) -> bool:
        """Whether the best split is within the tolerance of a bound, or the bound below what is aimed at."""
        if self.aim is not None and bound < self.aim:
            return True
        return self.spend is not None and bound - self.value <= self.gap * abs(self.value)

    def has_reached(self) -> bool:
        """Whether the best split is as good as is aimed at."""
        return self.aim is not None and self.value >= self.aim

    def visit(self, roofs: Roofs, relaxed: Relaxed, above: float) -> None:
        """Bound a node, try its split, and keep it for splitting where it may hold a better one."""
        self.nodes += 1
        bound = min(above, bound_of(roofs, self.tree, self.bounds, relaxed))
        if self.is_close(bound):
            self.closed = max(self.closed, bound)
            if self.spend is None:  # even where the aim is out of reach, a split says more than none
                self.offer(roofs, relaxed)
            return
        self.offer(roofs, relaxed)
        loss = _losses(roofs, relaxed.spend)
        is_turn = self.nodes <= _ROUNDED_FIRST or self.nodes % _ROUNDED_EVERY == 0
        if not self.is_close(bound) and (self.nodes == 1 or (is_turn and len(loss) <= _ROUNDED_UNITS_MAX)):
            self.round(roofs, relaxed, loss)
        unit = int(np.argmax(loss))
        if loss[unit] <= 0 or self.is_close(bound):
            self.closed = max(self.closed, bound)
            return
        heapq.heappush(self.heap, (-bound, self.nodes, _Node(roofs, relaxed, unit)))

    def split(self) -> None:
        """Visit both halves of the best node."""
        negative, _, node = heapq.heappop(self.heap)
        halves = list(_halves(node.roofs, node.unit, float(node.relaxed.spend[node.unit])))
        if not halves:
            self.closed = max(self.closed, -negative)
        for lower, upper in halves:
            roofs = narrowed(node.roofs, self.twins, node.unit, lower, upper)
            relaxed = None if roofs is None else relax(roofs, self.tree, self.bounds)
            if roofs is not None and relaxed is not None:
                self.visit(roofs, relaxed, -negative)

    def offer(self, roofs: Roofs, relaxed: Relaxed) -> None:
        """Take a split where it is allowed and better."""
        spend = relaxed.spend
        if bool((roofs.gated & (spend > 0) & (spend < roofs.lower)).any()):
            return
        value = objective(roofs, self.bounds, spend)
        if value > self.value:
            self.spend, self.value = spend, value

    def round(self, roofs: Roofs, relaxed: Relaxed, loss: Floats) -> None:
        """Put the units that lost most to either side of their leap, keep all others on theirs, and split again."""
        worst = _worst(loss, _SIDES_MAX)
        for sides in product((False, True), repeat=len(worst)):
            settled = _settled(roofs, relaxed.spend, worst, sides)
            again = relax(settled, self.tree, self.bounds)
            if again is not None:
                self.offer(settled, again)
        self.dive(roofs, relaxed)

    def dive(self, roofs: Roofs, relaxed: Relaxed) -> None:
        """Put all units that lose to the lower side, split what that frees, and again."""
        for _ in range(_DIVES_MAX):
            worst = _worst(_losses(roofs, relaxed.spend), _DIVERS_MAX)
            if not len(worst):
                break
            roofs = _settled(roofs, relaxed.spend, worst, (False,) * len(worst))
            again = relax(roofs, self.tree, self.bounds)
            if again is None:
                break
            self.offer(roofs, again)
            relaxed = again


def _worst(loss: Floats, most: int) -> Rows:
    """The units that lose most."""
    worst = np.argsort(-loss, kind="stable")[:most]
    return worst[loss[worst] > 0]


def _settled(roofs: Roofs, spend: Floats, units: Rows, sides: tuple[bool, ...]) -> Roofs:
    """The roofs with some units put to the lower or the upper side of their leap, and all others kept on theirs."""
    placed, narrow = spend.copy(), roofs
    for unit, up in zip(units.tolist(), sides, strict=True):
        halves = list(_halves(roofs, unit, float(spend[unit])))
        if halves:
            low, high = halves[up]
            narrow = narrow.with_unit(unit, low, high)
            placed[unit] = high if up else low
    return narrow.settled(placed)


def _losses(roofs: Roofs, spend: Floats) -> Floats:
    """What each unit's curve misses of its roof; zero where that is rounding."""
    heights, tops = roofs.value(spend), roofs.curves.value(spend)
    loss = heights - tops
    barred = roofs.gated & (spend > 0) & (spend < roofs.lower)
    loss = np.where(barred, np.maximum(loss, np.finfo(np.float64).tiny), loss)
    return np.where(barred | (loss > _CLOSE * np.abs(heights).max(initial=0.0)), loss, 0.0)


def _halves(roofs: Roofs, unit: int, spend: float) -> Iterator[tuple[float, float]]:
    """The two domains that a unit's is split into at a spend where its roof is not reached; none where it can't be."""
    low, high = float(roofs.lower[unit]), float(roofs.upper[unit])
    if roofs.gated[unit]:
        yield from ((0.0, 0.0), (low, high))
        return
    family, knots = knots_of(roofs.curves, unit)
    if knots is None:
        if low < spend < high:
            yield from ((low, spend), (spend, high))
        return
    inside = knots[(knots > low) & (knots <= high)]
    if isinstance(family, Steps):
        above = inside[inside > spend]
        if len(above):
            yield from ((low, float(np.nextafter(above[0], -np.inf))), (float(above[0]), high))
        return
    assert isinstance(family, Points)
    inside = inside[inside < high]
    if len(inside):
        knot = float(inside[np.argmin(np.abs(inside - spend))])
        yield from ((low, knot), (knot, high))
