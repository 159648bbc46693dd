"""A problem solved: by the part of the optimiser that its goal and constraints need.

In: what the file asks. Out: the split with what is sought and its proof, or why there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from rules.problem import Problem as Fault, Refused
from scenarios.curves.floats import Floats
from scenarios.optimise.core.answer import Answer, relative_gap
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.core.solve import solve
from scenarios.optimise.core.tree import tree_of
from scenarios.optimise.flighting import Flight, Flighted, solve_flight
from scenarios.optimise.goals.average import best_at_average
from scenarios.optimise.goals.domains import domains_of, solve_with_returns, with_returns
from scenarios.optimise.goals.reached import least_spend
from scenarios.optimise.goals.shares import with_shares
from scenarios.optimise.wide import solve_wide
from scenarios.problems.asked import BudgetProblem, Periods
from scenarios.problems.compiled import Compiled, compiled
from scenarios.problems.widened import carry_over_of, flight_of, is_equal, shares_of, widened


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """A split and what is sought of it: its value in whole minor units, the bound that no split passes (`side` of it),
    and how far they are apart as a part of the value. Over periods, `flight` is the problem and `flighted` its
    answer."""

    compiled: Compiled
    answer: Answer
    value: float
    bound: float
    gap: float
    side: Literal["upper", "lower"] = "upper"
    is_money: bool = False
    flight: Flight | None = None
    flighted: Flighted | None = None


def solved(asked: BudgetProblem, gap: float) -> Sought | Infeasible:
    """The best split that was found; raises Refused (W306) where nothing solves goal and constraints together."""
    found = compiled(asked)
    if asked.goal.kind in ("least_spend", "average_return"):
        return _of_spend(asked, found, gap)
    if asked.periods is not None:
        return _over_periods(asked, found, asked.periods, gap)
    answer = _answer(asked, found, gap)
    if isinstance(answer, Infeasible):
        return answer
    return Sought(found, answer, answer.value_minor, answer.bound, answer.gap)


def _of_spend(asked: BudgetProblem, found: Compiled, gap: float) -> Sought | Infeasible:
    """The least spend of a response, in major units; or the most response of an average return."""
    others = [
        *_wide(asked, found),
        *(["periods"] if asked.periods else []),
        *(["a share"] if shares_of(asked) else []),
    ]
    _refuse(asked, others, f"the goal {asked.goal.kind}")
    problem, returns = found.problem, _returns(asked, found)
    if returns is not None:
        _refuse_apart(asked, found, returns, [f"the goal {asked.goal.kind}"])
        problem = with_returns(problem, returns)
    if asked.goal.kind == "average_return":
        best = best_at_average(problem, float(asked.goal.rate), gap)
        if isinstance(best, Infeasible):
            return best
        answer = best.answer
        if not answer.spend_minor.any() and best.bound <= best.response:
            none = f"nothing that is spent brings {float(asked.goal.rate):g} for each 1 on average, so nothing is"
            answer = replace(answer, reasons=(none,))
        return Sought(found, answer, best.response, best.bound, relative_gap(best.response, best.bound))
    reached = least_spend(problem, float(asked.goal.target), gap)
    if isinstance(reached, Infeasible):
        return reached
    per = found.problem.minor_per_spend
    value, bound = reached.spend_minor / per, reached.spend_bound_minor / per
    apart = abs(bound - value) / value if value else 0.0
    return Sought(found, reached.answer, value, bound, apart, "lower", True)


def is_plain(asked: BudgetProblem) -> bool:
    """Whether only bounds and nested groups count, none of which is a part of the budget."""
    parts = any(unit.share is not None for unit in asked.units) or any(each.share is not None for each in asked.groups)
    is_open = asked.periods is None and asked.fairness is None and not parts and not _returns_said(asked)
    return is_open and not _wide(asked, compiled(asked))


def _over_periods(asked: BudgetProblem, found: Compiled, periods: Periods, gap: float) -> Sought | Infeasible:
    is_carried = bool(carry_over_of(asked, periods).any()) or any(periods.carried_in_minor.values())
    if is_carried:  # what a period brings is not of its own spend alone
        _refuse(asked, _returns_said(asked), "carry-over")
    returns = _returns(asked, found)
    if returns is not None and (wide := _wide(asked, found)):
        _refuse_apart(asked, found, returns, wide)
    flight = flight_of(asked, found, periods, returns)
    flighted = solve_flight(flight, gap)
    if isinstance(flighted, Infeasible):
        return flighted
    answer = flighted.answer
    return Sought(found, answer, answer.value_minor, answer.bound, answer.gap, flight=flight, flighted=flighted)


def _answer(asked: BudgetProblem, found: Compiled, gap: float) -> Answer | Infeasible:
    returns = _returns(asked, found)
    if wide := _wide(asked, found):
        if returns is not None:
            _refuse_apart(asked, found, returns, wide)
        return solve_wide(widened(asked, found, returns), gap)
    split = solve if returns is None else partial(_with_returns, returns)
    shares = shares_of(asked)
    return with_shares(found.problem, shares, gap, split) if shares else split(found.problem, gap)


def _refuse_apart(asked: BudgetProblem, found: Compiled, returns: Floats, wide: list[str]) -> None:
    if any(len(each) > 1 for each in domains_of(found.problem, returns).intervals):
        _refuse(asked, wide, "a return of a unit whose spends that bring it lie apart")


def _with_returns(returns: Floats, problem: Problem, gap: float) -> Answer | Infeasible:
    return solve_with_returns(problem, returns, gap)


def _returns(asked: BudgetProblem, found: Compiled) -> Floats | None:
    """What each unit is to bring at least, as the problem counts it; None where nothing is said."""
    if all(unit.least_return is None for unit in asked.units):
        return None
    return np.array([float(unit.least_return or 0) * found.factor for unit in asked.units])


def _returns_said(asked: BudgetProblem) -> list[str]:
    return ["a return of a unit"] if any(unit.least_return is not None for unit in asked.units) else []


def _wide(asked: BudgetProblem, found: Compiled) -> list[str]:
    """What asks for more than one response, or for constraints that lie across."""
    fairness = asked.fairness
    faults = {
        "risk over draws": asked.risk.kind != "best",
        "a weighted goal": asked.goal.kind == "weighted",
        "fairness": fairness is not None and (fairness.kind != "floor" or not is_equal(asked)),
        "a return of a group": any(group.least_return is not None for group in asked.groups),
        "groups that cross": isinstance(tree_of(found.problem), tuple),
    }
    return [what for what, is_asked in faults.items() if is_asked]


def _refuse(asked: BudgetProblem, others: list[str], what: str) -> None:
    if others:
        message = f"{what} and {' and '.join(others)} can't be solved together"
        raise Refused(Fault("W306", message, asked.place, "leave one of them out"))
