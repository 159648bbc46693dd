"""Goals turned round: the least spend that brings a response, and the largest whose average return is good enough.

In: a problem whose budget says between which totals to look, and what is wanted. Out: a split that meets it, in whole
minor units, and a proved bound on its total: no split of a smaller (a larger) one does. The most that a total brings is
worked out by `solve`, whose bound decides what can't be; the total is searched by the shadow price, as by Newton's
method, within a bracket. Where bound and split leave it open whether a total will do, the proved end lies that much
apart from the split.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Conflict, Infeasible, totals_of
from scenarios.optimise.core.problem import Budget, Problem
from scenarios.optimise.core.solve import GAP, solve
from scenarios.optimise.core.tree import ROOT

_ASKED_MAX = 80  # totals tried for one end
_ROUNDINGS = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Reached:
    """A split that meets a goal: its total in whole minor units, what it brings, and a total that no split which meets
    the goal is below (of the least spend) or above (of the largest)."""

    answer: Answer
    spend_minor: int
    spend_bound_minor: int
    response: float

    @property
    def is_proved(self) -> bool:
        """Whether the total is the best there is, to the minor unit."""
        return self.spend_minor == self.spend_bound_minor

    @property
    def spend_gap(self) -> float:
        """How far the total is from the proved one, as a part of it."""
        return abs(self.spend_minor - self.spend_bound_minor) / self.spend_minor if self.spend_minor else 0.0


@dataclass(frozen=True, slots=True)
class Short(Conflict):
    """A goal that no split reaches, or none that was found: what is wanted, the most found, and what bounds it."""

    wanted: float = 0.0
    most: float = -np.inf
    bound: float = np.inf

    def __str__(self) -> str:
        if self.bound < self.wanted:
            return f"{self.where} brings at most {self.bound:.6g}, less than the {self.wanted:.6g} asked for"
        said = f"{self.where} was found to bring {self.most:.6g} of the {self.wanted:.6g} asked for; "
        return said + f"it may bring up to {self.bound:.6g}"


Verdict = Literal["yes", "no", "open"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whether some total meets the goal: the answer, the total that it needs, and where the price says the end is."""

    verdict: Verdict
    answer: Answer | Infeasible
    needs_minor: int
    guess_minor: float | None


def least_spend(problem: Problem, response: float, gap: float = GAP) -> Reached | Infeasible:
    """The least total within the budget that brings this response, whatever a unit of spend must bring otherwise.

    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import MichaelisMenten
    >>> curves = Mixed([(np.arange(1), MichaelisMenten(floats([1_000]), floats([100])))])
    >>> found = least_spend(Problem(("a",), curves, [0], [99_999], Budget.at_most(99_999)), 600)
    >>> found.spend_minor, found.spend_bound_minor, found.is_proved
    (15000, 15000, True)
    """
    free = replace(problem, hurdle=0.0)

    def ask(total: int) -> _Asked:
        budget = Budget(min(problem.budget.least_minor, total), total)
        answer = solve(replace(free, budget=budget), gap, response)
        return _asked(answer, response, total, problem)

    ends = totals_of(problem)
    if isinstance(ends, Infeasible):
        return ends
    least, most = ends
    asked = _Memory(ask)
    if asked(most).verdict != "yes":
        return _short(solve(replace(free, budget=Budget(problem.budget.least_minor, most)), gap), response)
    _, too_little = _border(asked, most, least - 1, is_open_good=True)
    good, _ = _border(asked, asked(most).needs_minor, too_little, is_open_good=False)
    found = asked.best(good)
    again = solve(replace(free, budget=Budget(min(problem.budget.least_minor, good), good)), gap)
    if isinstance(again, Answer) and again.value_minor >= response - _slack(problem, again):
        found = again
    return Reached(found, int(found.spend_minor.sum()), too_little + 1, found.value_minor)


def most_at_average(problem: Problem, ratio: float, gap: float = GAP) -> Reached | Infeasible:
    """The largest total within the budget that brings on average this much for each 1 spent.

    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import MichaelisMenten
    >>> curves = Mixed([(np.arange(1), MichaelisMenten(floats([1_000]), floats([100])))])
    >>> found = most_at_average(Problem(("a",), curves, [0], [99_999], Budget.at_most(99_999)), 4)
    >>> found.spend_minor, found.is_proved, round(found.response, 9), found.answer.marginal.round(9).tolist()
    (15000, True, 600.0, [1.6])
    """
    most_minor = problem.budget.most_minor

    def ask(total: int) -> _Asked:
        # What splits of at least this total bring beyond the ratio falls with the total, so that the end is unique.
        answer = solve(replace(problem, budget=Budget(total, most_minor), hurdle=ratio), gap, 0.0)
        return _asked(answer, 0.0, total, problem)

    ends = totals_of(problem)
    if isinstance(ends, Infeasible):
        return ends
    least, most = ends
    asked = _Memory(ask)
    if asked(least).verdict != "yes":
        answer = solve(replace(problem, budget=Budget(least, most_minor), hurdle=ratio), gap)
        return _short(answer, 0.0, f"beyond {ratio:g} for each 1, any spend")
    _, too_much = _border(asked, least, most + 1, is_open_good=True)
    good, _ = _border(asked, asked(least).needs_minor, too_much, is_open_good=False)
    found = asked.best(good)
    total = int(found.spend_minor.sum())
    again = solve(replace(problem, budget=Budget.equal(total), hurdle=0.0), gap)
    wanted = ratio * (total / problem.minor_per_spend)
    if isinstance(again, Answer) and again.value_minor >= wanted - _slack(problem, again):
        found = again
    response = float(problem.curves.value(found.spend_minor / problem.minor_per_spend).sum())
    return Reached(found, total, too_much - 1, response)


class _Memory:
    """Totals that were asked once; `best` is the answer that needs a total."""

    def __init__(self, ask: Callable[[int], _Asked]) -> None:
        self.ask = ask
        self.known: dict[int, _Asked] = {}

    def __call__(self, total: int) -> _Asked:
        if total not in self.known:
            self.known[total] = self.ask(total)
        return self.known[total]

    def best(self, needs: int) -> Answer:
        """The answer that meets the goal with this total."""
        found = [each.answer for each in self.known.values() if each.verdict == "yes" and each.needs_minor == needs]
        assert found and isinstance(found[0], Answer), "a total is good by an answer"
        return found[0]


def _asked(answer: Answer | Infeasible, wanted: float, total: int, problem: Problem) -> _Asked:
    """What an answer says: met by its split in whole minor units, out of reach by its bound, or open."""
    if isinstance(answer, Infeasible):
        is_proved = all(each.kind != "search" for each in answer.conflicts)
        return _Asked("no" if is_proved else "open", answer, total, None)
    needs = int(answer.spend_minor.sum())
    guess = None
    if price := next(
        (each.price if each.side == "cap" else -each.price for each in answer.proof if each.name == ROOT), 0
    ):
        guess = needs + (wanted - answer.value_minor) / price * problem.minor_per_spend
    if answer.value_minor >= wanted - _slack(problem, answer):
        return _Asked("yes", answer, needs, guess)
    return _Asked("no" if answer.bound < wanted else "open", answer, total, guess)


def _slack(problem: Problem, answer: Answer) -> float:
    """By how much a sum of responses may err in floats."""
    return _ROUNDINGS * float(np.abs(problem.curves.value(answer.spend_minor / problem.minor_per_spend)).sum())


def _border(asked: _Memory, good: int, bad: int, is_open_good: bool) -> tuple[int, int]:
    """The last good total and the next bad one, where those that are open count as either: the price's guess is asked,
    from twice on the same side a few units beyond it, more each time, and the middle now and then."""
    guess, was_good, steps = asked(good).guess_minor if good in asked.known else None, True, 0
    for turn in range(_ASKED_MAX):
        low, high = min(good, bad), max(good, bad)
        if high - low <= 1:
            break
        toward = (1 if bad > good else -1) * (1 if was_good else -1)
        near = None if guess is None or not np.isfinite(guess) else guess + toward * (4.0**steps - 1)
        total = (low + high) // 2 if near is None or turn % 4 == 3 else round(min(max(near, low + 1), high - 1))
        found = asked(total)
        is_good = found.verdict == "yes" or (found.verdict == "open" and is_open_good)
        guess = found.guess_minor
        steps = steps + 1 if is_good == was_good else 0
        was_good = is_good
        if is_good:
            good = min(good, found.needs_minor) if bad < good else max(good, found.needs_minor)
        else:
            bad = total
    return good, bad


def _short(answer: Answer | Infeasible, wanted: float, where: str = "the budget") -> Infeasible:
    """Why the goal is out of reach at the very end that is best for it."""
    if isinstance(answer, Infeasible):
        return answer
    return Infeasible((Short("goal", where, 0, 0, (), wanted, answer.value_minor, answer.bound),))
