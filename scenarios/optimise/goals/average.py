"""The most response whose average return is good enough, at the least spend that brings it.

In: a problem, and what each 1 spent must bring on average. Out: a split in whole minor units, and what no split that
keeps that average brings more than. No split that keeps it spends more than the largest total that can; what is best
within that total brings no less than the total itself does, so that it keeps the average, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Problem
from scenarios.optimise.core.solve import GAP, solve
from scenarios.optimise.goals.reached import Reached, least_spend, most_at_average


@dataclass(frozen=True, slots=True)
class Averaged:
    """A split that keeps an average return, what it brings, and what none that keeps it brings more than."""

    answer: Answer
    response: float
    bound: float


def best_at_average(problem: Problem, ratio: float, gap: float = GAP) -> Averaged | Infeasible:
    """The most response within the budget that is at least `ratio` for each 1 spent; of equal ones, the least spend.

    >>> import numpy as np
    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import LinearCap
    >>> curves = Mixed([(np.arange(2), LinearCap(floats([10, 5]), floats([100, 100])))])
    >>> found = best_at_average(Problem(("a", "b"), curves, [0, 0], [99_999] * 2, Budget.at_most(99_999)), 4)
    >>> found.answer.spend_minor.tolist(), found.response, round(found.bound, 6)
    ([10000, 10000], 1500.0, 1500.0)
    """
    largest = most_at_average(problem, ratio, gap)
    if isinstance(largest, Infeasible):
        return largest
    within = _within(problem, largest.spend_minor, gap)
    best, response = largest.answer, largest.response
    if isinstance(within, Answer) and within.value_minor >= response:
        best, response = within, within.value_minor
    ends = within if largest.is_proved else _within(problem, largest.spend_bound_minor, gap)
    bound = ends.bound if isinstance(ends, Answer) else float("inf")
    spent = Budget(problem.budget.least_minor, max(problem.budget.least_minor, int(best.spend_minor.sum())))
    least = least_spend(replace(problem, budget=spent), response, gap)
    if isinstance(least, Reached) and least.spend_minor < best.spend_minor.sum():
        best, response = least.answer, least.response
    return Averaged(best, response, max(bound, response))


def _within(problem: Problem, total_minor: int, gap: float) -> Answer | Infeasible:
    """The best split of at most a total."""
    budget = Budget(min(problem.budget.least_minor, total_minor), total_minor)
    return solve(replace(problem, budget=budget, hurdle=0.0), gap)
