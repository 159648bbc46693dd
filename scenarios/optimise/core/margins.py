"""What a little more and a little less money would change at an answer: of each unit, of the budget, and of each group.

In: a problem, its tree, and a split with its whole minor units. Out: the marginal returns on both sides of each unit's
spend, what one more unit of budget brings and one less costs, and the floors and caps of groups that hold the split
back. Where money goes in small moves between units under nested floors and caps, one more unit of a total goes to one
unit, and one less comes from one (Murota 2003, Discrete Convex Analysis, chapter 6), so that no program is solved.
What the search settled (a unit that gets nothing for its minimum, a step that is kept) stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.mixed import Family
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import LinearCap
from scenarios.optimise.core.answer import Binding
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.core.roofs import Flags
from scenarios.optimise.core.tree import Tree

_NEAR_MINOR, _NEAR = 1e-3, 1e-12  # how near a knot is at it: parts of a minor unit, and of the spend
_SAME = 1e-9  # marginal returns that differ by no more than this part of the largest are the same


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """`more` and `less`: what one more unit of spend brings each unit and one less costs it, (units,), the latter
    infinite at the start of a step; `of_more` and `of_less` the same of the budget (None: one less cannot be), whether
    any unit could take one more (`has_room`), and what holds the split back."""

    more: Floats
    less: Floats
    of_more: float
    of_less: float | None
    has_room: bool
    bindings: tuple[Binding, ...]


def margins_of(problem: Problem, tree: Tree, spend: Floats, minor: Rows) -> Margins:
    """What a little more and a little less money would change at a split; prices are net of the hurdle."""
    more, less = sided_slopes(problem, spend)
    able = _Able.of(problem, tree, minor, more - problem.hurdle, less - problem.hurdle)
    size = max(float(np.abs(more[np.isfinite(more)]).max(initial=0.0)), problem.hurdle)
    total, budget = int(minor.sum()), problem.budget
    up, down = able.up[0], able.down[0]
    least_more = 0.0 if budget.least_minor < budget.most_minor else -np.inf
    of_more, of_less = max(up, least_more), None if np.isinf(down) and not able.breaks_step else down
    if budget.least_minor < total < budget.most_minor or (total < budget.most_minor and down >= 0):
        of_more, of_less = 0.0, 0.0
    elif total < budget.most_minor:
        of_more = down
    of_more = of_more if np.isfinite(of_more) else 0.0
    root = () if abs(of_more) <= _SAME * size else (_of_budget(problem, of_more),)
    return Margins(more, less, of_more, of_less, bool(np.isfinite(up)), (*root, *_of_groups(tree, able, _SAME * size)))


def sided_slopes(problem: Problem, spend: Floats) -> tuple[Floats, Floats]:
    """What one more unit of spend brings each unit, and what one less costs it, (units,)."""
    more, less = np.empty(len(spend)), np.empty(len(spend))
    for rows, family in problem.curves.parts:
        more[rows], less[rows] = _sides(family, spend[rows], 1 / problem.minor_per_spend)
    return more, less


def _sides(family: Family, spend: Floats, one_minor: float) -> tuple[Floats, Floats]:
    near = np.maximum(_NEAR_MINOR * one_minor, _NEAR * spend)
    before, after = np.maximum(spend - near, 0.0), spend + near
    if isinstance(family, Steps):
        return np.zeros(len(spend)), np.where(family.value(after) > family.value(before), np.inf, 0.0)
    if isinstance(family, Points | LinearCap):
        return family.slope(after), family.slope(before)
    both = family.slope(spend)
    if not bool(np.isfinite(both).all()):  # a power is infinitely steep at nothing: what one minor unit brings there
        both = np.where(np.isfinite(both), both, (family.value(spend + one_minor) - family.value(spend)) / one_minor)
    return both, both


def at_cap(problem: Problem, minor: Rows) -> Flags:
    """Which units are at their cap. One as high as the budget is none of their own: more budget would lift it."""
    upper, is_fixed = problem.upper_minor, problem.lower_minor == problem.upper_minor
    own = (upper < problem.budget.most_minor) | (is_fixed & (upper > 0))
    return np.asarray(own & (minor >= upper))


@dataclass(frozen=True, slots=True, eq=False)
class _Able:
    """Of each node the best that one more may bring within it (`up`) and the least that one less may cost (`down`),
    infinite where its units and the groups in it have no room; whether any unit would fall from a step or below its
    minimum; and of each node its parts, as the two best of either with the group that they are from (-1: a unit)."""

    up: list[float]
    down: list[float]
    is_full: Flags
    is_empty: Flags
    breaks_step: bool
    best: list[list[tuple[float, int]]]
    cheapest: list[list[tuple[float, int]]]

    @classmethod
    def of(cls, problem: Problem, tree: Tree, minor: Rows, more: Floats, less: Floats) -> _Able:
        """What units can still get or give."""
        is_off = (problem.minimums > 0) & (minor == 0)
        more = np.where(is_off | at_cap(problem, minor), -np.inf, more)
        at_minimum = (problem.minimums > 0) & (minor == problem.minimums)
        can_fall = ~is_off & ~at_minimum & (minor > problem.lower_minor)
        nodes = len(tree.names)
        up, down, total = np.full(nodes, -np.inf), np.full(nodes, np.inf), np.zeros(nodes, dtype=np.int64)
        np.maximum.at(up, tree.own, more)
        np.minimum.at(down, tree.own, np.where(can_fall, less, np.inf))
        np.add.at(total, tree.own, minor)
        ups, downs, totals = up.tolist(), down.tolist(), total.tolist()
        best = [[(each, -1)] for each in ups]
        cheapest = [[(each, -1)] for each in downs]
        for node in np.argsort(-tree.depth, kind="stable").tolist():
            best[node] = sorted(best[node], key=lambda part: -part[0])[:2]
            cheapest[node] = sorted(cheapest[node], key=lambda part: part[0])[:2]
            ups[node], downs[node] = best[node][0][0], cheapest[node][0][0]
            if node:
                above = int(tree.parent[node])
                totals[above] += totals[node]
                if totals[node] < tree.cap_minor[node]:
                    best[above].append((ups[node], node))
                if totals[node] > tree.floor_minor[node]:
                    cheapest[above].append((downs[node], node))
        spent = np.array(totals)
        breaks_step = bool((at_minimum | (can_fall & np.isinf(less))).any())
        return cls(
            ups, downs, spent >= tree.cap_minor, spent <= tree.floor_minor, breaks_step, best, cheapest
        )  # fmt: skip


def _of_budget(problem: Problem, price: float) -> Binding:
    side = "cap" if price > 0 else "floor"
    limit = problem.budget.most_minor if price > 0 else problem.budget.least_minor
    return Binding("budget", side, limit, abs(price))


def _of_groups(tree: Tree, able: _Able, least: float) -> tuple[Binding, ...]:
    """Floors and caps of groups with what one more unit of spend in a cap, or one less in a floor, would bring."""
    found = []
    for node in range(1, len(tree.names)):
        for is_at, side, limits in (
            (able.is_full[node], "cap", tree.cap_minor),
            (able.is_empty[node] and tree.floor_minor[node] > 0, "floor", tree.floor_minor),
        ):
            price = _price(tree, able, node, side == "cap") if is_at else 0.0
            if least < price < np.inf:
                found.append(Binding(tree.names[node], side, int(limits[node]), price))
    return tuple(found)


def _price(tree: Tree, able: _Able, node: int, is_cap: bool) -> float:
    """What one more in a group brings (one less in it), the money taken from (given to) another unit: the best of those
    outside, as far up as the groups above have room."""
    here = able.up[node] if is_cap else -able.down[node]
    others, limits = (able.cheapest, able.is_full) if is_cap else (able.best, able.is_empty)
    price, branch = 0.0, node
    while branch:
        above = int(tree.parent[branch])
        beside = next((value for value, part in others[above] if part != branch), np.inf if is_cap else -np.inf)
        swap = here - beside if is_cap else here + beside
        price = max(price, swap if not np.isnan(swap) else 0.0)
        if limits[above]:
            return price
        branch = above
    return max(price, here)  # the budget has room, so that nothing need be taken from others
