"""A problem with several responses, or with constraints that lie across, as the wide part of the optimiser takes it.

In: what the file asks, and the problem that its bounds make. Out: `Wide`, or `Flight` where the budget is for several
periods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from rules.problem import Problem as Fault, Refused
from scenarios.curves.floats import Floats
from scenarios.optimise.blend import Blend, Response
from scenarios.optimise.domains import with_returns
from scenarios.optimise.fairness import Gini, floor_of_equal_share, four_fifths
from scenarios.optimise.flighting import Flight
from scenarios.optimise.problem import Group, Problem
from scenarios.optimise.risk import Cvar, Mean, Regret, Risk, Worst
from scenarios.optimise.sides import Side, group_return, share_of_all
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
    every = (*sides, *_sides(asked, found.factor))
    return Wide(problem, _responses(asked, found), _risk(asked), every, None if gini is None else Gini(gini))


def flight_of(asked: BudgetProblem, found: Compiled, periods: Periods) -> Flight:
    """The problem over periods, in each of which units' own bounds count."""
    problem, sides = _fair(asked, found.problem)
    carry = [
        next(iter(unit.curves.values())).carry_over if periods.carry_over is None else float(periods.carry_over)
        for unit in asked.units
    ]
    start = None if problem.start_minor is None else np.repeat(problem.start_minor[:, None], periods.count, axis=1)
    return Flight(
        problem,
        periods.count,
        np.array(carry),
        np.array([periods.carried_in_minor.get(unit.name, 0) for unit in asked.units]),
        periods.after,
        responses=_responses(asked, found),
        risk=_risk(asked),
        sides=(*sides, *_sides(asked, found.factor)),
        gini=_gini(asked),
        start_minor=start,
    )


def _gini(asked: BudgetProblem) -> Fraction | None:
    return asked.fairness.part if asked.fairness is not None and asked.fairness.kind == "gini" else None


def _risk(asked: BudgetProblem) -> Risk:
    return Cvar(float(asked.risk.part)) if asked.risk.kind == "cvar" else _RISKS[asked.risk.kind]()


def _responses(asked: BudgetProblem, found: Compiled) -> tuple[Response, ...]:
    return tuple(_response(asked, found.factor, draw) for draw in _draws(asked))


def _fair(asked: BudgetProblem, problem: Problem) -> tuple[Problem, tuple[Side, ...]]:
    """The problem and the sides that its fairness asks for."""
    fairness = asked.fairness
    if fairness is None or fairness.kind == "gini":
        return problem, ()
    if fairness.kind == "floor":
        if is_equal(asked) and asked.periods is None:
            return problem, ()
        return (
            (problem, _floors(asked, fairness.part))
            if is_equal(asked)
            else floor_of_equal_share(problem, fairness.part)
        )
    levels: dict[str, list[int]] = {}
    for at, unit in enumerate(asked.units):
        levels.setdefault(unit.levels[fairness.level], []).append(at)
    groups = [Group(name, np.array(members)) for name, members in sorted(levels.items())]
    return problem, four_fifths(len(asked.units), groups)


def _floors(asked: BudgetProblem, part: Fraction) -> tuple[Side, ...]:
    """What each unit gets at least over all periods, of a budget that is all spent."""
    count = len(asked.units)
    least = part * (asked.budget_minor or (0, 0))[1] / asked.currency.minor_per_major / count
    return tuple(
        Side(f"equal share: {unit.name}", [-int(at == place) for at in range(count)], -least)
        for place, unit in enumerate(asked.units)
    )


def _sides(asked: BudgetProblem, factor: float) -> Iterator[Side]:
    """Returns of groups, and shares of a budget that may stay unspent."""
    count = len(asked.units)
    for group in asked.groups:
        members = np.array(group.members)
        if group.least_return is not None:
            yield group_return(f"{group.name} return", count, members, group.least_return * Fraction(factor))
        if group.share is not None and not is_equal(asked):
            yield share_of_all(f"{group.name} share", count, members, group.share)
    for at, unit in enumerate(asked.units):
        if unit.share is not None and (asked.periods is not None or not is_equal(asked)):
            yield share_of_all(f"{unit.name} share", count, np.array([at]), unit.share)


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


def _response(asked: BudgetProblem, factor: float, draw: int | None) -> Response:
    """The response of a draw."""
    weights = asked.goal.weights or ((SINGLE, Fraction(1)),)
    parts = tuple(
        (float(weight), mixed_of([_drawn(asked, unit.curves[name], draw) for unit in asked.units], factor))
        for name, weight in weights
    )
    return Blend(parts) if asked.goal.weights else parts[0][1]


def _drawn(asked: BudgetProblem, curve: Curve, draw: int | None) -> Curve:
    """The curve of a draw; a curve without draws is the same in each."""
    found = replace(curve, draws=()) if draw is None or not curve.draws else curve.draws[draw]
    return found if asked.periods is not None else found.steady()
