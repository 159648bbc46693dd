"""The frontier of a problem: what each of several budgets brings at best, each with its bound.

In: a problem and a span of budgets such as `100_000..400_000`. Out: a point for each budget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rules.problem import Place, Problem as Fault, Refused
from scenarios.optimise.core.answer import Answer, relative_gap
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.goals.frontier import frontier
from scenarios.problems.asked import BudgetProblem
from scenarios.problems.compiled import Compiled, compiled
from scenarios.problems.reading import Reading
from scenarios.problems.refused import said
from scenarios.problems.solved import Sought, is_plain, solved

STEPS_MAX = 200


@dataclass(frozen=True, slots=True)
class Point:
    """What a budget brings at best, and the `response` of that split; `why` it has none, else blank."""

    budget_minor: int
    spent_minor: int | None = None
    value: float | None = None
    bound: float | None = None
    gap: float | None = None
    shadow_price: float | None = None
    why: str = ""
    response: float | None = None


def budgets_of(asked: BudgetProblem, span: str, steps: int) -> tuple[int, ...]:
    """The budgets of a span, in even steps; raises Refused where it is none, or where the goal seeks a budget."""
    if asked.goal.kind in ("least_spend", "average_return"):
        message = f"the goal {asked.goal.kind} seeks a budget, so it has no frontier over budgets"
        raise Refused(Fault("W306", message, asked.place, "leave --frontier out, or seek the response"))
    reading = Reading(asked.folder, asked.currency)
    first, dots, last = span.partition("..")
    place = Place("--frontier")
    low, high = (reading.money_of(each.strip(), place, "an end of the frontier") for each in (first, last or first))
    if low is not None and high is not None and not (dots and low < high):
        reading.fault("W302", f"'{span[:64]}' is no span of budgets", place, "write it as 100_000..400_000")
    if not 2 <= steps <= STEPS_MAX:
        reading.fault("W302", f"a frontier has 2 to {STEPS_MAX} budgets", Place("--steps"), "name a number of these")
    if reading.problems or low is None or high is None:
        raise Refused(*reading.problems)
    return tuple(low + (high - low) * at // (steps - 1) for at in range(steps))


def swept(asked: BudgetProblem, budgets_minor: tuple[int, ...], gap: float) -> tuple[Point, ...]:
    """A point for each budget. Where only bounds and groups count, all are worked out together."""
    if is_plain(asked):
        largest = compiled(_of_largest(asked, budgets_minor))
        answers = frontier(largest.problem, budgets_minor, gap)
        return tuple(map(lambda budget, found: _point(asked, budget, found, largest), budgets_minor, answers))
    is_spent = asked.budget_minor is not None and asked.budget_minor[0] == asked.budget_minor[1]
    points = []
    for budget in budgets_minor:
        least = budget if is_spent else min((asked.budget_minor or (0, 0))[0], budget)
        found = solved(replace(asked, budget_minor=(least, budget)), gap)
        points.append(_point(asked, budget, found))
    return tuple(points) if is_spent else _levelled(points, (asked.budget_minor or (0, 0))[0])


def _of_largest(asked: BudgetProblem, budgets_minor: tuple[int, ...]) -> BudgetProblem:
    """The problem with the largest of all budgets, which is the cap of units that have none of their own."""
    least, most = asked.budget_minor or (0, 0)
    top = max(*budgets_minor, most)
    return replace(asked, budget_minor=(top if least == most else least, top))


def _levelled(points: list[Point], least_minor: int) -> tuple[Point, ...]:
    """Of budgets, rising, that need not be spent: what brings more in a smaller one is kept, and bounds don't fall.
    Below the least that is spent, a smaller budget's split is none of a larger one."""
    found, last = [], None
    for each in points:
        if each.value is None or each.budget_minor < least_minor:
            found.append(each)
            continue
        if last is not None and last.value is not None and last.value > each.value:
            bound = max(each.bound or last.value, last.value)
            each = replace(last, budget_minor=each.budget_minor, bound=bound, shadow_price=0.0)
        found.append(each)
        last = each
    above: float | None = None
    for at in range(len(found) - 1, -1, -1):
        each = found[at]
        if each.value is None or each.bound is None or each.budget_minor < least_minor:
            continue
        bound = each.bound if above is None else max(min(above, each.bound), each.value)
        found[at], above = replace(each, bound=bound, gap=relative_gap(each.value, bound)), bound
    return tuple(found)


def _point(
    asked: BudgetProblem, budget_minor: int, found: Answer | Sought | Infeasible, made: Compiled | None = None
) -> Point:
    if isinstance(found, Infeasible):
        return Point(budget_minor, why=said(found.conflicts[0], asked.currency))
    answer = found.answer if isinstance(found, Sought) else found
    made = found.compiled if isinstance(found, Sought) else made
    assert made is not None, "an answer is of a compiled problem"
    if isinstance(found, Sought) and found.flighted is not None:
        response = float(found.flighted.response.sum()) / made.factor
    else:
        response = float(made.response.value(answer.spend_minor / made.problem.minor_per_spend).sum())
    return Point(
        budget_minor,
        int(answer.spend_minor.sum()),
        answer.value_minor,
        answer.bound,
        relative_gap(answer.value_minor, answer.bound),
        answer.shadow_price,
        response=response,
    )
