"""Whole minor units for a wide problem: near the split in floats, keeping every constraint exactly.

Where groups nest, the split is apportioned down their tree as in the core. Where that breaks a side, or groups cross,
a small integer program over the whole numbers around each spend finds the ones that keep all constraints and lose
least; what it says is checked in whole numbers and fractions, so its tolerances never matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.feasible import reach_of
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.core.program import silence
from scenarios.optimise.core.tree import Tree
from scenarios.optimise.core.whole import whole_minor
from scenarios.optimise.linked.exchange import Moves, exchanged, spared
from scenarios.optimise.linked.fairness import Gini
from scenarios.optimise.linked.many import rounded_down
from scenarios.optimise.linked.sides import Side, broken, limits_of

REACHES = (1, 4, 32, 1_000)  # minor units by which a spend may move
_TRIES_MAX, _NEAR, _MARGIN = 12, 1e-6, 1e-7
_FEW = 200  # units up to which an integer program finds the whole numbers
_TOWARDS_FAIREST = (0.0, *(1e-7 * 3.0**step for step in range(11)))
_OPTIONS = {"node_limit": 2_000, "time_limit": 20.0, "mip_rel_gap": 1e-4}


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What minor units are worth: in all, and what each unit brings, (units,); `wanted` is that of the split in floats,
    and `enough` what rounding may take of it."""

    total: Callable[[Rows], float]
    by_unit: Callable[[Rows], Floats]
    wanted: float
    enough: float


def whole_split(
    problem: Problem,
    sides: Sequence[Side],
    gini: Gini | None,
    tree: Tree | None,
    spend: Floats,
    marginal: Floats,
    response: Callable[[Rows], Floats],
    fairest: Floats | None,
    held: Rows,
    worth: Worth | None,
) -> Rows | None:
    """The split in minor units, (units,), None where none near it keeps all constraints.

    `marginal` is what one more unit of spend would be worth; `response` gives the mean responses to minor units; `held`
    are the minor units that a unit at a step needs to stay on it, zero for others. With a Gini coefficient to keep, the
    split moves towards the `fairest` by as little as leaves room for rounding. Of several ways to round, and moves from
    there (without a `worth` none), the one worth most.
    """

    def keeps(minor: Rows) -> bool:
        return not broken(problem, sides, minor, response(minor)) and (gini is None or gini.is_kept(minor))

    best: Rows | None = None
    for on_steps in (held, np.zeros_like(held)) if held.any() else (held,):
        given = _rounded(problem, sides, gini, tree, spend, marginal, response, fairest, on_steps, keeps)
        if given is None:
            continue
        if worth is None:
            return given
        if worth.total(given) < worth.wanted - worth.enough:
            given = exchanged(given, _moves(problem, given, keeps, worth))
        if best is None or worth.total(given) > worth.total(best):
            best = given
        if worth.total(best) >= worth.wanted - worth.enough:
            break
    if best is not None and worth is not None and int(best.sum()) > problem.budget.least_minor:
        best = spared(best, _moves(problem, best, keeps, worth))
    return best


def _moves(problem: Problem, minor: Rows, keeps: Callable[[Rows], bool], worth: Worth) -> Moves:
    """Moves within units' own bounds; one that gets nothing for its minimum stays there."""
    is_off = (problem.minimums > 0) & (minor == 0)
    least = np.where(is_off, 0, np.maximum(problem.lower_minor, problem.minimums))
    return Moves(least, np.where(is_off, 0, problem.upper_minor), keeps, worth.total, worth.by_unit)


def _rounded(
    problem: Problem,
    sides: Sequence[Side],
    gini: Gini | None,
    tree: Tree | None,
    spend: Floats,
    marginal: Floats,
    response: Callable[[Rows], Floats],
    fairest: Floats | None,
    held: Rows,
    keeps: Callable[[Rows], bool],
) -> Rows | None:
    """A split in minor units near one in floats that keeps all constraints."""
    if tree is not None:
        reach = reach_of(problem, tree)
        asked = np.maximum(problem.minimums, held)
        floors = replace(reach, least=np.maximum(reach.least, np.minimum(asked, reach.most)))
        for part in (0.0,) if fairest is None else _TOWARDS_FAIREST:
            near = spend if fairest is None else spend + part * (fairest - spend)
            given = whole_minor(near, problem.curves, tree, floors, problem.minor_per_spend)
            if keeps(given):
                return given
    if len(spend) > _FEW and gini is None and all(side.response is None for side in sides):
        given = rounded_down(problem, limits_of(problem, sides), spend)
        return given if given is not None and keeps(given) else None
    wanted = spend * problem.minor_per_spend
    nearest = np.rint(wanted)
    base = np.where(np.abs(wanted - nearest) <= _NEAR * np.maximum(1, wanted * 1e-6), nearest, np.floor(wanted))
    for reach_minor in REACHES:
        cuts: list[Side] = []
        slack = {side.name: 0.0 for side in sides}
        for _ in range(_TRIES_MAX):
            found = _moved(
                problem, [*sides, *cuts], slack, base.astype(np.int64), wanted, reach_minor, marginal, response, held
            )
            if found is None:
                break
            if keeps(found):
                return found
            if gini is not None and not gini.is_kept(found):
                cuts.append(gini.cut(found.astype(np.float64), f"Gini {len(cuts)}"))
            elif not _tightened(problem, sides, slack, found, response):
                break
    return None


def _tightened(
    problem: Problem, sides: Sequence[Side], slack: dict[str, float], found: Rows, response: Callable[[Rows], Floats]
) -> bool:
    """Ask more of sides whose response bends, by twice what was missed; whether there are any."""
    brought, per, changed = response(found), problem.minor_per_spend, False
    for side in sides:
        if side.response is not None and side.broken_by(found, brought, Fraction(per)):
            spent = sum(float(each) * amount for each, amount in zip(side.spend, found.tolist(), strict=True))
            missed = float(side.response @ brought) + spent / per - float(side.at_most)
            slack[side.name] += 2 * abs(missed) + 1e-12
            changed = True
    return changed


def _moved(
    problem: Problem,
    sides: Sequence[Side],
    slack: dict[str, float],
    base: Rows,
    wanted: Floats,
    reach: int,
    marginal: Floats,
    response: Callable[[Rows], Floats],
    held: Rows,
) -> Rows | None:
    """The whole numbers near `base` that keep all rows and lose least by the marginal worth."""
    is_off = (problem.minimums > 0) & (wanted < problem.minimums / 2)
    least = np.where(is_off, 0, np.maximum(np.maximum(problem.lower_minor, problem.minimums), held))
    most = np.maximum(least, np.where(is_off, 0, problem.upper_minor))
    low = np.clip(base - (reach - 1), least, most)
    high = np.clip(base + reach, least, most)
    rows, floors, caps = _rows(problem, sides, slack, low, response)
    room = high - low
    # What a move is worth, and a little against moving at all, so that of equals the nearest is taken.
    worth = marginal / max(float(np.abs(marginal).max(initial=0.0)), 1e-300)
    with silence():
        found = milp(
            -worth,
            constraints=LinearConstraint(rows, floors, caps),
            integrality=np.ones(len(base)),
            bounds=Bounds(0, room),
            options=_OPTIONS,
        )
    if found is None or found.x is None:
        return None
    return np.asarray(low + np.rint(found.x).astype(np.int64), dtype=np.int64)


def _rows(
    problem: Problem, sides: Sequence[Side], slack: dict[str, float], low: Rows, response: Callable[[Rows], Floats]
) -> tuple[Floats, Floats, Floats]:
    """Rows over what is added to `low`: whole or exact numbers first, floats only of what is left."""
    count, total = len(low), int(low.sum())
    rows: list[Floats] = [np.ones(count)]
    floors: list[float] = [problem.budget.least_minor - total]
    caps: list[float] = [problem.budget.most_minor - total]
    for group in problem.groups:
        inside = np.zeros(count)
        inside[group.members] = 1
        spent = int(low[np.unique(group.members)].sum())
        rows.append(inside)
        floors.append(group.floor_minor - spent)
        caps.append(np.inf if group.cap_minor is None else group.cap_minor - spent)
    per = Fraction(problem.minor_per_spend)
    for side in sides:
        taken = sum((each * amount for each, amount in zip(side.spend, low.tolist(), strict=True)), Fraction())
        left = float(Fraction(side.at_most) * per - taken)
        row = np.array([float(each) for each in side.spend])
        if side.response is not None:
            at = response(low)
            left -= (float(side.response @ at) + slack.get(side.name, 0.0)) * float(per)
            row = row + side.response * (response(low + 1) - at) * float(per)
        size = max(float(np.abs(row).max()), 1e-300)
        rows.append(row / size)
        floors.append(-np.inf)
        caps.append(left / size - (0.0 if _is_whole(side, left) else _MARGIN))
    return np.array(rows), np.array(floors, dtype=np.float64), np.array(caps, dtype=np.float64)


def _is_whole(side: Side, left: float) -> bool:
    return left == 0 or (side.response is None and all(Fraction(each).denominator == 1 for each in side.spend))
