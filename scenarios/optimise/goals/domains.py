"""Units that must bring a least return on their own spend, or get nothing: as bounds, worked out on the minor unit.

In: a problem, and of each unit what each 1 of its own spend must bring on average. Out: the same problem with the
spends that bring it as bounds: nothing, or from a minimum to a cap. A concave curve brings it up to a cap, an S-shaped
one from a minimum to a cap. One of pieces may bring it, miss it, and bring it again; `solve_with_returns` splits such a
unit's spends at what it misses, until the best split is outside all of them. Every end is an integer at which the curve
was asked; what a spend brings is the response beyond that to no spend at all.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count, pairwise

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.mixed import Family
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import LinearCap
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Conflict, Infeasible
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.core.solve import GAP, solve

Interval = tuple[int, int]
NODES_MAX = 200
_ROUNDING = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Domains:
    """Of each unit the spends above zero that are allowed, in minor units: intervals that rise, both ends within."""

    intervals: tuple[tuple[Interval, ...], ...]

    def holes(self, unit: int) -> tuple[Interval, ...]:
        """The spends between a unit's intervals."""
        each = self.intervals[unit]
        return tuple((one[1] + 1, other[0] - 1) for one, other in pairwise(each))


def domains_of(problem: Problem, least_returns: Floats) -> Domains:
    """The spends of each unit, within its bounds, that bring at least its return (units,) for each 1; of a return of
    zero or less all of them."""
    least = np.maximum(np.maximum(problem.lower_minor, problem.minimums), 1)
    found: list[tuple[Interval, ...]] = [()] * len(problem.units)
    for rows, family in problem.curves.parts:
        asks = _Return(family, least_returns[rows], problem.minor_per_spend)
        low, high = least[rows], problem.upper_minor[rows]
        if isinstance(family, Points | Steps):
            intervals = [_of_pieces(asks, place, int(low[place]), int(high[place])) for place in range(len(rows))]
        else:
            intervals = _of_smooth(asks, low, high)
        for place, row in enumerate(rows.tolist()):
            free = ((int(low[place]), int(high[place])),) if low[place] <= high[place] else ()
            found[row] = intervals[place] if least_returns[row] > 0 else free
    return Domains(tuple(found))


def with_returns(problem: Problem, least_returns: Floats) -> Problem:
    """The problem with each unit between the first and the last spend that bring its return, or at nothing.

    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import Hill
    >>> from scenarios.optimise.core.problem import Budget
    >>> s_shaped = Mixed([(np.arange(1), Hill(floats([400]), floats([100]), floats([2])))])
    >>> asked = Problem(("a",), s_shaped, [0], [90_000], Budget.at_most(90_000))
    >>> found = with_returns(asked, np.array([1.6]))  # 400 x / (100^2 + x^2) is 1.6 at 50 and at 200
    >>> found.minimums.tolist(), found.upper_minor.tolist()
    ([5000], [20000])
    """
    return _bounded(problem, domains_of(problem, least_returns), least_returns)


def solve_with_returns(problem: Problem, least_returns: Floats, gap: float = GAP) -> Answer | Infeasible:
    """The best split in which each unit brings its return or gets nothing, with a bound on any such split."""
    domains = domains_of(problem, least_returns)
    tie = count()
    first = _bounded(problem, domains, least_returns)
    answer = solve(first, gap)
    if isinstance(answer, Infeasible):
        return answer
    heap = [(-answer.bound, next(tie), first, answer)]
    best: Answer | None = None
    closed = -np.inf
    for _ in range(NODES_MAX):
        if not heap or (best is not None and -heap[0][0] - best.value <= gap * abs(best.value)):
            break
        negative, _, node, answer = heapq.heappop(heap)
        hit = _in_hole(node, domains, answer)
        if hit is None:
            closed = max(closed, -negative)
            best = answer if best is None or answer.value > best.value else best
            continue
        for half in _around(node, *hit):
            found = solve(half, gap)
            if isinstance(found, Answer):
                heapq.heappush(heap, (max(-found.bound, negative), next(tie), half, found))
            elif any(each.kind == "search" for each in found.conflicts):
                closed = max(closed, -negative)  # nothing was found there, nor ruled out
    return _closed(problem, best, max([closed, *(-each[0] for each in heap)]))


def _closed(problem: Problem, best: Answer | None, bound: float) -> Answer | Infeasible:
    """The best answer with the bound of all splits."""
    if best is None:
        return Infeasible((Conflict("search" if bound > -np.inf else "choices", "the budget", 0, 0, problem.units),))
    return replace(best, bound=max(best.value, bound))


def _bounded(problem: Problem, domains: Domains, least_returns: Floats) -> Problem:
    """Bounds from the first to the last allowed spend; a unit without one gets nothing, or contradicts its floor."""
    lower, upper, minimum = problem.lower_minor.copy(), problem.upper_minor.copy(), problem.minimums.copy()
    for unit in np.flatnonzero(least_returns > 0).tolist():
        each = domains.intervals[unit]
        if not each:
            upper[unit] = 0
            minimum[unit] = 0
        else:
            upper[unit] = each[-1][1]
            if lower[unit] > 0:
                lower[unit] = each[0][0]
            elif each[0][0] > 1:
                minimum[unit] = each[0][0]
    return replace(problem, lower_minor=lower, upper_minor=upper, minimum_minor=minimum)


def _around(problem: Problem, unit: int, hole: Interval) -> tuple[Problem, Problem]:
    """The problem with a unit below a hole, or at nothing; and with it above."""
    upper, lower, minimum = problem.upper_minor.copy(), problem.lower_minor.copy(), problem.minimums.copy()
    upper[unit] = hole[0] - 1
    below = replace(problem, upper_minor=upper)
    lower[unit], minimum[unit] = hole[1] + 1, 0
    return below, replace(problem, lower_minor=lower, minimum_minor=minimum)


def _in_hole(problem: Problem, domains: Domains, answer: Answer) -> tuple[int, Interval] | None:
    """The first unit by name that gets what its return rules out, before rounding or after."""
    spend = answer.spend * problem.minor_per_spend
    for unit in sorted(range(len(spend)), key=problem.units.__getitem__):
        for low, high in domains.holes(unit):
            if low <= spend[unit] <= high or low <= answer.spend_minor[unit] <= high:
                return unit, (low, high)
    return None


class _Return:
    """Whether whole minor units bring a return; the curve is asked at each, so that nothing rests on a formula."""

    def __init__(self, family: Family, ratio: Floats, minor_per_spend: float) -> None:
        self.family, self.ratio, self.per = family, ratio, minor_per_spend
        self.base = family.value(np.zeros(len(family)))

    def holds(self, minor: Rows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Of each unit at its spend."""
        spend = minor / self.per
        height = self.family.value(spend)
        slack = _ROUNDING * (np.abs(height) + np.abs(self.base))
        return np.asarray(height - self.base >= self.ratio * spend - slack)

    def at(self, place: int) -> Callable[[int], bool]:
        """Of one unit."""
        one = _Return(self.family.take(np.array([place])), self.ratio[place : place + 1], self.per)
        return lambda minor: bool(one.holds(np.array([minor]))[0])


def _of_smooth(asks: _Return, low: Rows, high: Rows) -> list[tuple[Interval, ...]]:
    """At most one interval: beyond the spend where the next 1 brings just the return, what is won so far falls; before
    it, it comes above zero at most once."""
    assert not isinstance(asks.family, Points | Steps)
    with np.errstate(invalid="ignore"):
        if isinstance(asks.family, LinearCap):
            peak = asks.family.cap * asks.per
        else:
            peak = np.maximum(asks.family.spend_at_slope(asks.ratio), asks.family.inflection()) * asks.per
        peak = np.where(np.isnan(peak), 0.0, np.clip(peak, low, np.maximum(high, low)))
    top = np.floor(peak).astype(np.int64)
    above = np.minimum(top + 1, high)
    top = np.where(asks.holds(top), top, above)
    is_any = asks.holds(top) & (low <= high)
    first = _last(asks, top, low, is_any)
    last = _last(asks, top, high, is_any)
    return [
        ((int(one), int(other)),) if some else () for one, other, some in zip(first, last, is_any.tolist(), strict=True)
    ]


def _last(asks: _Return, good: Rows, end: Rows, is_any: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Rows:
    """From spends that hold toward an end, the last that does: by halving."""
    good = np.where(asks.holds(end), end, good)
    bad = end.copy()
    while bool((is_any & (np.abs(good - bad) > 1)).any()):
        middle = (good + bad) // 2
        is_good = asks.holds(middle)
        good, bad = np.where(is_good, middle, good), np.where(is_good, bad, middle)
    return good


def _of_pieces(asks: _Return, place: int, low: int, high: int) -> tuple[Interval, ...]:
    """The intervals of a curve of pieces: within each, what is won rises or falls throughout."""
    assert isinstance(asks.family, Points | Steps)
    if low > high:
        return ()
    holds = asks.at(place)
    knots = asks.family.spends[place] * asks.per
    # A knot in minor units is a float that may lie a little beside its whole number: those around it stand alone.
    near = {int(np.ceil(knot)) + beside for knot in knots.tolist() for beside in (-1, 0, 1)}
    starts = sorted({low, *(each for each in near if low < each <= high)})
    found: list[Interval] = []
    for start, after in zip(starts, [*starts[1:], high + 1], strict=True):
        one = _of_piece(holds, start, after - 1)
        if one is None:
            continue
        if found and found[-1][1] + 1 == one[0]:
            one = (found.pop()[0], one[1])
        found.append(one)
    return tuple(found)


def _of_piece(holds: Callable[[int], bool], start: int, end: int) -> Interval | None:
    at_start, at_end = holds(start), holds(end)
    if at_start and at_end:
        return start, end
    if not at_start and not at_end:
        return None
    good, bad = (start, end) if at_start else (end, start)
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if holds(middle) else (good, middle)
    return (start, good) if at_start else (good, end)
