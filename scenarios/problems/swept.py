"""The frontier of a problem: what each of several budgets brings at best, each with its bound.

In: a problem and a span of budgets such as `100_000..400_000`. Out: a point for each budget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rules.problem import Place, Problem as Fault, Refused
from scenarios.optimise.answer import Answer
from scenarios.optimise.feasible import Infeasible
from scenarios.optimise.frontier import frontier
from scenarios.problems.asked import BudgetProblem
from scenarios.problems.compiled import compiled
from scenarios.problems.reading import Reading
from scenarios.problems.refused import said
from scenarios.problems.solved import Sought, is_plain, solved

STEPS_MAX = 200


@dataclass(frozen=True, slots=True)
class Point:
    """What a budget brings at best; `why` it has no split, else blank."""

    budget_minor: int
    spent_minor: int | None = None
    value: float | None = None
    bound: float | None = None
    gap: float | None = None
    shadow_price: float | None = None
    why: str = ""


def budgets_of(asked: BudgetProblem, span: str, steps: int) -> tuple[int, ...]:
    """The budgets of a span, in even steps; raises Refused where it is none."""
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
    if asked.goal.kind in ("least_spend", "average_return"):
        message = f"the goal {asked.goal.kind} seeks a budget, so it has no frontier over budgets"
        raise Refused(Fault("W306", message, asked.place, "leave --frontier out, or seek the response"))
    if is_plain(asked):
        answers = frontier(compiled(asked).problem, budgets_minor, gap)
        return tuple(map(lambda budget, found: _point(asked, budget, found), budgets_minor, answers))
    is_spent = asked.budget_minor is not None and asked.budget_minor[0] == asked.budget_minor[1]
    points = []
    for budget in budgets_minor:
        least = budget if is_spent else min((asked.budget_minor or (0, 0))[0], budget)
        found = solved(replace(asked, budget_minor=(least, budget)), gap)
        points.append(_point(asked, budget, found))
    return tuple(points)


def _point(asked: BudgetProblem, budget_minor: int, found: Answer | Sought | Infeasible) -> Point:
    if isinstance(found, Infeasible):
        return Point(budget_minor, why=said(found.conflicts[0], asked.currency))
    answer = found.answer if isinstance(found, Sought) else found
    return Point(
        budget_minor,
        int(answer.spend_minor.sum()),
        answer.value_minor,
        answer.bound,
        answer.gap,
        answer.shadow_price,
    )
