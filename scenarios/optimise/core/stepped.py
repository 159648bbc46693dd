"""Splits of units that all have steps: as choices of tiers, group by group, before any search.

In: a problem whose curves are all steps, with groups side by side and without floors of groups or of the budget. Out:
a split, its value and a bound, or None where that is not the question. Of a unit only the starts of its steps are worth
a spend. At the budget's price the groups part, and of each the best choice within its cap is found and proved on its
own (`tiers`); the sum bounds all splits (Lagrange), without the roofs that groups of few units do not reach.
"""

from __future__ import annotations

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.pieces import Steps
from scenarios.optimise.core.answer import relative_gap
from scenarios.optimise.core.branch import Found, search
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.prices import Bounds, Relaxed, relax
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.core.roofs import Roofs
from scenarios.optimise.core.tiers import Tiers, choose
from scenarios.optimise.core.tree import Tree


def found_best(
    problem: Problem,
    tree: Tree,
    roofs: Roofs,
    bounds: Bounds,
    gap: float,
    aim: float | None = None,
    root: Relaxed | None = None,
) -> Found:
    """The best split: by its steps where that is proved to be near enough, else by the search, with what is better of
    both."""
    root = root or relax(roofs, tree, bounds)
    if root is None or not _is_stepped(problem, tree):
        return search(roofs, tree, bounds, gap, aim, root)
    spend, value, bound = _by_groups(problem, tree, bounds, root)
    steps = Found(spend, value, max(value, bound), root, 1, is_complete=True)
    if spend is not None and relative_gap(value, bound) <= gap:
        return steps
    found = search(roofs, tree, bounds, gap, aim, root)
    better = steps if found.spend is None or value > found.value else found
    least = min(steps.bound, max(found.bound, better.value))
    return Found(better.spend, better.value, max(least, better.value), root, found.nodes, found.is_complete)


def _is_stepped(problem: Problem, tree: Tree) -> bool:
    """Whether all curves are steps that start at whole minor units, and nothing but caps of one level holds them."""
    if len(tree.above) > 2 or bool((tree.floor_minor > 0).any()):
        return False
    for _, family in problem.curves.parts:
        if not isinstance(family, Steps) or not _is_whole(family.spends, problem.minor_per_spend):
            return False
    return True


def _is_whole(spends: Floats, per: float) -> bool:
    """Whether each of these spends is reached at a whole minor unit, and not a part of one before."""
    nearest = np.round(spends * per)
    return bool(((nearest / per >= spends) & (np.abs(nearest - spends * per) <= 1e-12 * nearest)).all())


def _by_groups(problem: Problem, tree: Tree, bounds: Bounds, root: Relaxed) -> tuple[Floats | None, float, float]:
    """The split, its value, and the bound at the budget's price."""
    cost, value = _options(problem, bounds.hurdle)
    per, count = problem.minor_per_spend, len(problem.units)
    most = int(tree.cap_minor[0])
    is_one = len(tree.names) == 1
    price = 0.0 if is_one else max(float(root.node_price[0]), 0.0)
    bound, tier = price * most / per, np.zeros(count, dtype=np.int64)
    for node in range(len(tree.names)):
        rows = np.flatnonzero(tree.own == node)
        if not len(rows):
            continue
        highest = np.where(np.isfinite(value[rows]), cost[rows], 0).max(axis=1).sum()
        cap = most if is_one else int(min(tree.cap_minor[node] if node else most, highest))
        names = tuple(f"{row:012d}" for row in rows.tolist())
        priced = choose(Tiers(names, cost[rows], value[rows] - price * cost[rows] / per, cap), 1e-12, _no_program)
        if isinstance(priced, Infeasible):
            return None, -np.inf, np.inf
        bound += priced.bound
        tier[rows] = priced.tier
    at = np.arange(count)
    if int(cost[at, tier].sum()) > most:
        tier_or_none = _within_shares(cost, value, tree, root, per)
        if tier_or_none is None:
            return None, -np.inf, bound
        tier = tier_or_none
    return cost[at, tier] / per, float(value[at, tier].sum()), bound


def _within_shares(cost: Rows, value: Floats, tree: Tree, root: Relaxed, per: float) -> Rows | None:
    """The best choice of each group within what it gets of the best split on the roofs."""
    tier = np.zeros(len(cost), dtype=np.int64)
    for node in range(len(tree.names)):
        rows = np.flatnonzero(tree.own == node)
        if len(rows):
            cap = int(np.floor(root.spend[rows].sum() * per))
            found = choose(
                Tiers(tuple(f"{row:012d}" for row in rows), cost[rows], value[rows], cap), 1e-12, _no_program
            )
            if isinstance(found, Infeasible):
                return None
            tier[rows] = found.tier
    return tier


def _options(problem: Problem, hurdle: float) -> tuple[Rows, Floats]:
    """What each unit may spend, (units, options) in minor units, and what that is worth; minus infinity where it is no
    option: nothing, its least, and where its steps start."""
    per = problem.minor_per_spend
    width = max(family.spends.shape[1] for _, family in problem.curves.parts if isinstance(family, Steps)) + 2
    least = np.maximum(problem.lower_minor, problem.minimums)
    cost = np.zeros((len(least), width), dtype=np.int64)
    cost[:, 1] = least
    for rows, family in problem.curves.parts:
        assert isinstance(family, Steps)
        cost[rows, 2 : 2 + family.spends.shape[1]] = np.round(family.spends * per)
    is_option = (cost >= least[:, None]) & (cost <= problem.upper_minor[:, None])
    is_option |= (cost == 0) & (problem.lower_minor == 0)[:, None]
    heights = np.stack([problem.curves.value(each / per) for each in cost.T], axis=1)
    return cost, np.where(is_option, heights - hurdle * cost / per, -np.inf)


def _no_program(*_: object) -> tuple[None, None]:
    return None, None
