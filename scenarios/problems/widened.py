"""A problem with several responses, or with constraints that lie across, as the wide part of the optimiser takes it.

In: what the file asks, and the problem that its bounds make. Out: `Wide`, or `Flight` where the budget is for several
periods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import numpy as np

from rules.problem import Problem as Fault, Refused
from scenarios.curves.floats import Floats
from scenarios.optimise.core.problem import Group, Problem
from scenarios.optimise.flighting import Flight
from scenarios.optimise.goals.domains import with_returns
from scenarios.optimise.goals.shares import Share
from scenarios.optimise.linked.blend import Blend, Response
from scenarios.optimise.linked.fairness import Gini, floor_of_equal_share, four_fifths
from scenarios.optimise.linked.risk import Cvar, Mean, Regret, Risk, Worst
from scenarios.optimise.linked.sides import Side, group_return, share_of_all
from scenarios.optimise.wide import Wide
from scenarios.problems.asked import SINGLE, BudgetProblem, Periods
from scenarios.problems.compiled import Compiled
from scenarios.problems.curve import Curve, mixed_of

_RISKS: dict[str, Callable[[], Risk]] = {"best": Mean, "mean": Mean, "worst": Worst, "regret": Regret}


def is_equal(asked: BudgetProblem) -> bool:
    """Whether all of the budget is spent."""
    return asked.budget_minor is not None and asked.budget_minor[0] == asked.budget_minor[1]


def widened(asked: BudgetProblem, found: Compiled, returns: Floats | None) -> Wide:
    """The wide problem; raises Refused (W306) where a risk is asked of curves without draws."""
    problem = found.problem if returns is None else with_returns(found.problem, returns)
    problem, sides = _fair(asked, problem)
    gini = _gini(asked)
    shares = (
        share_of_all(f"{each.name} share", len(asked.units), each.members, each.most) for each in shares_of(asked)
    )
    every = (*sides, *_returns(asked, found.factor), *shares)
    return Wide(problem, _responses(asked, found), _risk(asked), every, None if gini is None else Gini(gini))


def flight_of(asked: BudgetProblem, found: Compiled, periods: Periods, returns: Floats | None) -> Flight:
    """The problem over periods, in each of which units' own bounds count. Parts of a budget that is all spent are
    bounds of units and groups over all periods."""
    problem, sides = _fair(asked, found.problem)
    if is_equal(asked):
        problem = replace(problem, groups=(*problem.groups, *_parts_of_all(asked)))
    start = None if problem.start_minor is None else np.repeat(problem.start_minor[:, None], periods.count, axis=1)
    return Flight(
        problem,
        periods.count,
        carry_over_of(asked, periods),
        np.array([periods.carried_in_minor.get(unit.name, 0) for unit in asked.units]),
        periods.after,
        responses=_responses(asked, found),
        risk=_risk(asked),
        sides=(*sides, *_returns(asked, found.factor)),
        gini=_gini(asked),
        start_minor=start,
        shares=shares_of(asked),
        least_returns=returns,
    )


def carry_over_of(asked: BudgetProblem, periods: Periods) -> Floats:
    """What is left of each unit's stock a period later, (units,)."""
    fitted = periods.carry_over is None
    return np.array(
        [
            next(iter(unit.curves.values())).carry_over if fitted else float(periods.carry_over or 0)
            for unit in asked.units
        ]
    )


def shares_of(asked: BudgetProblem) -> tuple[Share, ...]:
    """Shares that no bound holds, since the budget may stay unspent."""
    if is_equal(asked):
        return ()
    units = (
        Share(unit.name, np.array([at]), unit.share) for at, unit in enumerate(asked.units) if unit.share is not None
    )
    groups = (Share(each.name, np.array(each.members), each.share) for each in asked.groups if each.share is not None)
    return (*units, *groups)


def _parts_of_all(asked: BudgetProblem) -> Iterator[Group]:
    """What each unit gets over all periods of a budget that is all spent: at least a part of an equal share, at most
    its share."""
    most = (asked.budget_minor or (0, 0))[1]
    is_floor = asked.fairness is not None and asked.fairness.kind == "floor"
    part = asked.fairness.part if asked.fairness is not None and is_floor else Fraction(0)
    for at, unit in enumerate(asked.units):
        if is_floor or unit.share is not None:
            cap = None if unit.share is None else floor(unit.share * most)
            yield Group(f"{unit.name} in all", np.array([at]), ceil(part * most / len(asked.units)), cap)


def _gini(asked: BudgetProblem) -> Fraction | None:
    return asked.fairness.part if asked.fairness is not None and asked.fairness.kind == "gini" else None


def _risk(asked: BudgetProblem) -> Risk:
    return Cvar(float(asked.risk.part)) if asked.risk.kind == "cvar" else _RISKS[asked.risk.kind]()


def _responses(asked: BudgetProblem, found: Compiled) -> tuple[Response, ...]:
    return tuple(response_of_draw(asked, found.factor, draw) for draw in _draws(asked))


def _fair(asked: BudgetProblem, problem: Problem) -> tuple[Problem, tuple[Side, ...]]:
    """The problem and the sides that its fairness asks for."""
    fairness = asked.fairness
    if fairness is None or fairness.kind == "gini":
        return problem, ()
    if fairness.kind == "floor":
        return (problem, ()) if is_equal(asked) else floor_of_equal_share(problem, fairness.part)
    levels: dict[str, list[int]] = {}
    for at, unit in enumerate(asked.units):
        levels.setdefault(unit.levels[fairness.level], []).append(at)
    groups = [Group(name, np.array(members)) for name, members in sorted(levels.items())]
    return problem, four_fifths(len(asked.units), groups)


def _returns(asked: BudgetProblem, factor: float) -> Iterator[Side]:
    """Returns of groups."""
    for group in asked.groups:
        if group.least_return is not None:
            members, least = np.array(group.members), group.least_return * Fraction(factor)
            yield group_return(f"{group.name} return", len(asked.units), members, least)


def _draws(asked: BudgetProblem) -> Sequence[int | None]:
    """The draws that count: None for the fitted curves themselves."""
    if asked.risk.kind == "best":
        return (None,)
    counts = {len(curve.draws) for unit in asked.units for curve in unit.curves.values() if curve.draws}
    if len(counts) != 1:
        message = "the curves have no draws" if not counts else "the files of curves have not the same number of draws"
        hint = "fit them with --bootstrap 200 and name the file as curves: curves.json, or leave risk out"
        raise Refused(Fault("W306", f"{message}, which risk {asked.risk.kind} is over", asked.place, hint))
    return range(counts.pop())


def response_of_draw(asked: BudgetProblem, factor: float, draw: int | None) -> Response:
    """The response of a draw; None is the fitted curves themselves. A curve without draws is the same in each."""
    weights = asked.goal.weights or ((SINGLE, Fraction(1)),)
    parts = tuple(
        (float(weight), mixed_of([drawn_of(asked, unit.curves[name], draw) for unit in asked.units], factor))
        for name, weight in weights
    )
    return Blend(parts) if asked.goal.weights else parts[0][1]


def drawn_of(asked: BudgetProblem, curve: Curve, draw: int | None) -> Curve:
    """The curve of a draw; a curve without draws is the same in each."""
    found = replace(curve, draws=()) if draw is None or not curve.draws else curve.draws[draw]
    return found if asked.periods is not None else found.steady()
