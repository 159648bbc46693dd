"""What each budget of a sweep brings at best: the frontier of a problem, with a bound at every point.

In: a problem and budgets. Out: an answer of each. The order of units, the tree, the roofs and the prices of groups are
worked out once; the prices of budgets next to it bracket that of each budget, which are taken from both ends to the
middle. Where money may stay unspent, a larger budget is never worth less: its answer is at least the smaller one's,
and no bound exceeds that of a larger budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import perf_counter

from scenarios.optimise.core.answer import Answer, relative_gap
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.prices import Inner, Relaxed, inner, relax
from scenarios.optimise.core.problem import Budget, Problem
from scenarios.optimise.core.roofs import Roofs
from scenarios.optimise.core.solve import GAP, Ready, ready, split, with_budget
from scenarios.optimise.core.stepped import found_best


def frontier(problem: Problem, budgets_minor: Sequence[int], gap: float = GAP) -> tuple[Answer | Infeasible, ...]:
    """The best split of each budget, in the order given: spent in full where the problem's is, else at most so much.

    >>> import numpy as np
    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import Power
    >>> curves = Mixed([(np.arange(2), Power(floats([3, 4]), floats([0.5, 0.5])))])
    >>> asked = Problem(("a", "b"), curves, [0, 0], [99_999] * 2, Budget.equal(100))
    >>> [round(each.value, 9) for each in frontier(asked, (100, 400, 900))]
    [5.0, 10.0, 15.0]
    """
    is_spent = problem.budget.least_minor == problem.budget.most_minor
    budgets = sorted(set(budgets_minor))
    run = _Sweep(problem, gap)
    found: dict[int, Answer | Infeasible] = {}
    for place in _inward(len(budgets)):
        most = budgets[place]
        least = most if is_spent else min(problem.budget.least_minor, most)
        found[most] = run.at(Budget(least, most))
    if not is_spent:
        _level(problem, budgets, found, gap)
    return tuple(found[each] for each in budgets_minor)


class _Sweep:
    """What budgets have in common, and the prices found so far."""

    def __init__(self, problem: Problem, gap: float) -> None:
        self.problem, self.gap = problem, gap
        self.asked: Ready | None = None
        self.below: Inner | None = None
        self.of: Roofs | None = None
        self.prices: dict[int, float] = {}

    def at(self, budget: Budget) -> Answer | Infeasible:
        """The answer for one budget."""
        began = perf_counter()
        one = replace(self.problem, budget=budget)
        asked = ready(one) if self.asked is None else with_budget(self.asked, budget)
        if isinstance(asked, Infeasible):
            return asked
        self.asked = asked
        if self.of is not asked.roofs:
            self.below, self.of = inner(asked.roofs, asked.tree, asked.bounds), asked.roofs
        root = self._root(asked, budget.most_minor)
        found = found_best(asked.ordered, asked.tree, asked.roofs, asked.bounds, self.gap, None, root)
        return split(asked, found, self.gap, began)

    def _root(self, asked: Ready, most: int) -> Relaxed | None:
        if self.below is None:
            return None
        smaller = max((each for each in self.prices if each < most), default=None)
        larger = min((each for each in self.prices if each > most), default=None)
        known = tuple(self.prices[each] for each in (larger, smaller) if each is not None)
        root = relax(asked.roofs, asked.tree, asked.bounds, self.below, known)
        price = 0.0 if root is None else asked.ordered.hurdle + float(root.node_price[0])
        if price:
            self.prices[most] = price
        return root


def _inward(count: int) -> Iterator[int]:
    """Both ends, and then the middle of what lies between two that were taken."""
    yield from sorted({0, count - 1} if count else set())
    spans = [(0, count - 1)]
    while spans:
        low, high = spans.pop(0)
        middle = (low + high) // 2
        if low < middle < high:
            yield middle
            spans += [(low, middle), (middle, high)]


def _level(problem: Problem, budgets: list[int], found: dict[int, Answer | Infeasible], gap: float) -> None:
    """Of budgets that need not be spent: a split of a smaller one that is worth more is kept, and bounds don't fall."""
    last: Answer | None = None
    least = problem.budget.least_minor  # smaller budgets are spent in full: their splits are no splits of larger ones
    budgets = [most for most in budgets if most >= least]
    for most in budgets:
        answer = found[most]
        if isinstance(answer, Answer) and last is not None and last.value > answer.value:
            left = most - int(last.spend_minor.sum())
            found[most] = replace(last, bound=max(answer.bound, last.value), unspent_minor=left, shadow_price=0.0)
        last = found[most] if isinstance(found[most], Answer) else last  # type: ignore[assignment]
    above: Answer | None = None
    for most in reversed(budgets):
        answer = found[most]
        if isinstance(answer, Answer):
            if above is not None and above.bound < answer.bound:
                found[most] = answer = _bounded(answer, max(above.bound, answer.value), gap)
            above = answer


def _bounded(answer: Answer, bound: float, gap: float) -> Answer:
    """The answer with a lower bound, and without the words that it may be far from the best where it is not."""
    kept = tuple(each for each in answer.reasons if "the search ended at its limit" not in each)
    is_close = relative_gap(answer.value, bound) <= gap
    return replace(answer, bound=bound, reasons=kept if is_close else answer.reasons)
