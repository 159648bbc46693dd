"""Prices of money at which every group keeps its floor and cap: the dual of the split, and the split they lead to.

In: roofs and the tree of groups. Each node asks its units a price held between two: below the one it would spend more
than its cap, above the other less than its floor. Those of the deepest nodes are found first, then those above them,
all nodes of a level at once. Out: a split that keeps all floors and caps, on the roofs; at most one unit of each node
that binds lies where a roof is not reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.roofs import Flags, Roofs
from scenarios.optimise.core.threshold import Split, threshold
from scenarios.optimise.core.tree import Tree

_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Floors and caps of the tree's nodes in units of spend, (nodes,); and what a unit of spend must bring."""

    floor: Floats
    cap: Floats
    hurdle: float


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """The best split on the roofs: `spend` and `price` of each unit, the price that each node adds, and `best`, a
    spend of each unit that is best at its price on its true curve."""

    spend: Floats
    price: Floats
    node_price: Floats
    best: Floats


@dataclass(slots=True)
class _Level:
    """What a level's nodes do: below the price `low` they hold the split `capped`, above `high` the split `floored`."""

    above: Rows
    low: Floats
    high: Floats
    capped: Floats
    floored: Floats


@dataclass(slots=True)
class Inner:
    """What groups do below the budget, whatever it is: their levels, and the most and the least that units respond
    with."""

    levels: list[_Level]
    ends: Split


def inner(roofs: Roofs, tree: Tree, bounds: Bounds) -> Inner | None:
    """The prices of groups at all levels below the budget's, or None where floors and caps cannot be kept."""
    ends = Split(roofs.upper.copy(), roofs.least())
    levels: list[_Level] = []
    for level in reversed(range(1, len(tree.above))):
        found = _level(roofs, tree, bounds, level, levels, ends)
        if found is None:
            return None
        levels.insert(0, found)
    return Inner(levels, ends)


def relax(
    roofs: Roofs, tree: Tree, bounds: Bounds, below: Inner | None = None, known: tuple[float, ...] = ()
) -> Relaxed | None:
    """The best split on the roofs, or None where floors and caps cannot be kept.

    What groups do `below` the budget is worked out where it is not given; the prices in `known` are tried first.
    """
    below = below or inner(roofs, tree, bounds)
    if below is None:
        return None
    ends = Split(below.ends.most, below.ends.least)
    found = _level(roofs, tree, bounds, 0, below.levels, ends, known)
    if found is None:
        return None
    levels = [found, *below.levels]
    price = np.full(len(roofs.lower), bounds.hurdle)
    spend = _respond(roofs, levels, price)[1]
    node_price = np.zeros(len(tree.names))
    of_node = np.zeros(len(tree.names))
    for node in np.argsort(tree.depth, kind="stable").tolist():
        level = levels[tree.depth[node]]
        before = of_node[tree.parent[node]] if node else bounds.hurdle
        of_node[node] = min(max(before, level.low[node]), level.high[node])
        node_price[node] = of_node[node] - before
    price = of_node[tree.own]
    return Relaxed(spend, price, node_price, roofs.at_price(price)[0])


def _level(
    roofs: Roofs,
    tree: Tree,
    bounds: Bounds,
    level: int,
    deeper: list[_Level],
    ends: Split,
    known: tuple[float, ...] = (),
) -> _Level | None:
    """The prices of a level's nodes; `ends`, the most and the least that units respond with, are narrowed."""
    nodes, at, above = len(tree.names), tree.at(level), tree.above[level]
    cap, floor = np.full(nodes + 1, np.inf), np.full(nodes + 1, -np.inf)
    cap[at], floor[at] = bounds.cap[at], bounds.floor[at]
    most, least = tree.totals(level, ends.most), tree.totals(level, ends.least)
    slack = _TOLERANCE * (np.abs(most) + np.abs(least))
    if bool((least > cap + slack).any() or (most < floor - slack).any()):
        return None
    found = _Level(above, np.full(nodes + 1, -np.inf), np.full(nodes + 1, np.inf), ends.most, ends.least)

    def search(target: Floats, active: Flags) -> tuple[Floats, Floats]:
        def totals(values: Floats) -> Floats:
            return tree.totals(level, values)

        return threshold(
            lambda price: _respond(roofs, deeper, price), roofs, above, totals, target, active, ends, known
        )

    binds_cap, binds_floor = most > cap + slack * 1e-3, least < floor - slack * 1e-3
    one = binds_cap & binds_floor & (cap == floor)
    if bool(binds_cap.any()):
        price, found.capped = search(np.where(binds_cap, cap, 0.0), binds_cap)
        found.low = np.where(binds_cap, price, found.low)
        found.high = np.where(one, found.low, found.high)
        found.floored = np.where(one[above], found.capped, found.floored)
    rest = binds_floor & ~one
    if bool(rest.any()):
        price, floored = search(np.where(rest, floor, 0.0), rest)
        found.high = np.where(rest, price, found.high)
        found.floored = np.where(rest[above], floored, found.floored)
    ends.most = np.where(binds_cap[above], found.capped, ends.most)
    ends.least = np.where(binds_floor[above], found.floored, ends.least)
    return found


def _respond(roofs: Roofs, levels: list[_Level], price: Floats) -> tuple[Floats, Floats]:
    """The most and the least that units spend at their prices, the nodes of these levels holding floors and caps."""
    most, least = roofs.at_price(price)
    for level in reversed(levels):
        low, high = level.low[level.above], level.high[level.above]
        most = np.where(price <= low, level.capped, np.where(price > high, level.floored, most))
        least = np.where(price < low, level.capped, np.where(price >= high, level.floored, least))
    return most, least
