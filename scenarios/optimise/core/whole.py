"""A split in whole minor units that adds up exactly: by largest remainder, down the tree, within all bounds.

In: a split in floats that keeps floors and caps. Out: whole minor units; every node gets the whole number just below or
above what it had, so that floors and caps, which are whole, are kept. A unit whose last minor unit completes a step
comes before others, whatever its remainder.
"""

from __future__ import annotations

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.mixed import Mixed
from scenarios.optimise.core.feasible import Reach
from scenarios.optimise.core.roofs import Flags
from scenarios.optimise.core.tree import Tree

_SWAPS_MAX, _SWAPPED_MAX = 100, 2_000_000  # moves of one minor unit, and of all units looked at for them
_ROUNDING = 4 * float(np.finfo(np.float64).eps)


def whole_minor(spend: Floats, curves: Mixed, tree: Tree, reach: Reach, minor_per_spend: float) -> Rows:
    """The split in minor units, (units,)."""
    wanted = np.clip(spend * minor_per_spend, np.where(spend > 0, reach.least, 0), reach.most)
    first = _completes(wanted, curves, minor_per_spend)
    given = np.zeros(len(spend), dtype=np.int64)
    share = np.zeros(len(tree.names), dtype=np.int64)
    sums = np.zeros(len(tree.names))
    for level in range(len(tree.above)):
        sums[tree.at(level)] = tree.totals(level, wanted)[tree.at(level)]
    share[0] = min(max(int(np.floor(sums[0] + 0.5)), int(reach.node_least[0])), int(reach.node_most[0]))
    by_node = np.argsort(tree.own, kind="stable")
    ends = np.searchsorted(tree.own[by_node], np.arange(len(tree.names) + 1))
    for node in np.argsort(tree.depth, kind="stable").tolist():
        below = np.flatnonzero(tree.parent == node)
        rows = by_node[ends[node] : ends[node + 1]]
        parts = apportioned(
            int(share[node]),
            np.concatenate([sums[below], wanted[rows]]),
            np.concatenate([np.zeros(len(below), dtype=bool), first[rows]]),
            np.concatenate([reach.node_least[below], np.where(wanted[rows] > 0, reach.least[rows], 0)]),
            np.concatenate([reach.node_most[below], np.where(wanted[rows] > 0, reach.most[rows], reach.least[rows])]),
        )
        share[below], given[rows] = parts[: len(below)], parts[len(below) :]
    return given


def swapped(minor: Rows, least: Rows, most: Rows, curves: Mixed, tree: Tree, minor_per_spend: float) -> Rows:
    """The same split but that minor units go, one by one, to the unit that gains most by one, from the one that loses
    least, as long as that is worth more; both of the same innermost group, so that all totals stay.

    Between whole numbers that matters where a curve is so steep that a minor unit counts.
    """
    minor = minor.copy()
    for _ in range(min(_SWAPS_MAX, _SWAPPED_MAX // len(minor))):
        at = curves.value(minor / minor_per_spend)
        gain = np.where(minor < most, curves.value((minor + 1) / minor_per_spend) - at, -np.inf)
        loss = np.where(minor > least, at - curves.value((minor - 1).clip(0) / minor_per_spend), np.inf)
        best, cheapest = np.full(len(tree.names), -np.inf), np.full(len(tree.names), np.inf)
        np.maximum.at(best, tree.own, gain)
        np.minimum.at(cheapest, tree.own, loss)
        node = int(np.argmax(np.where(np.isfinite(best) & np.isfinite(cheapest), best - cheapest, 0.0)))
        inside = tree.own == node
        to, off = (int(np.argmax(np.where(inside, each, -np.inf))) for each in (gain, -loss))
        if to == off or not best[node] - cheapest[node] > _ROUNDING * abs(float(at.sum())):
            break
        minor[to] += 1
        minor[off] -= 1
    return minor


def apportioned(total: int, wanted: Floats, first: Flags, least: Rows, most: Rows) -> Rows:
    """Whole numbers near those wanted that add up to a total, within bounds: what is left after rounding down goes, one
    each, to those that come first, then by largest remainder, then by place.

    >>> apportioned(100, np.array([33.3, 33.3, 33.4]), np.zeros(3, bool), np.zeros(3, int), np.full(3, 99)).tolist()
    [33, 33, 34]
    """
    given = np.clip(np.floor(wanted), least, most).astype(np.int64)
    order = np.lexsort((-(wanted - given), ~first))
    while left := total - int(given.sum()):
        if left > 0:
            able = order[given[order] < most[order]][:left]
            step = 1
        else:
            able = order[given[order] > least[order]][left:]
            step = -1
        if not len(able):
            break
        given[able] += step * max(1, abs(left) // len(able) if len(able) == len(order) else 1)
        given = np.clip(given, least, most)
    return given


def _completes(wanted: Floats, curves: Mixed, minor_per_spend: float) -> Flags:
    """Whether the whole number below a spend loses something that the one above would not add to."""
    low, high = np.floor(wanted), np.ceil(wanted)
    at = curves.value(wanted / minor_per_spend)
    loses = curves.value(low / minor_per_spend) < at
    return np.asarray(loses & (curves.value(high / minor_per_spend) <= at))
