"""How sure the response of a split is: where the draws of fitted curves put it.

In: a problem whose curves have draws, and its split. Out: percentiles of what the draws say of the split and of the
plan in force.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.flighting import Flight, recursion
from scenarios.problems.asked import SINGLE, BudgetProblem
from scenarios.problems.curve import mixed_of
from scenarios.problems.widened import drawn_of, response_of_draw

PERCENTILES = 2.5, 97.5
_ROWS = 5_000  # units that are asked at once


@dataclass(frozen=True, slots=True)
class Likely:
    """Between which two responses 95 % of the draws are: of the proposal, and of the plan in force where it is known
    of every unit."""

    proposed: tuple[float, float]
    now: tuple[float, float] | None


def likely_of(asked: BudgetProblem, problem: Problem, flight: Flight | None, minor: Rows) -> Likely | None:
    """What the draws say of a split, (units, periods) in minor units; None where the curves have no draws, or not all
    the same number of them. A curve without draws is the same in each; what is carried over is that of the problem."""
    counts = {len(curve.draws) for unit in asked.units for curve in unit.curves.values() if curve.draws}
    if len(counts) != 1:
        return None
    start = problem.start_minor
    splits = [minor, *([] if start is None else [np.repeat(start[:, None], minor.shape[1], axis=1)])]
    draws = counts.pop()
    if flight is None:
        said = np.array([_by_curve(asked, problem, split[:, 0], draws) for split in splits]).T
    else:
        said = np.array([_said(asked, flight, draw, splits) for draw in range(draws)])
    low, high = np.percentile(said, PERCENTILES, axis=0)
    ends = [(float(first), float(last)) for first, last in zip(low, high, strict=True)]
    return Likely(ends[0], ends[1] if len(ends) > 1 else None)


def _by_curve(asked: BudgetProblem, problem: Problem, minor: Rows, draws: int) -> Floats:
    """What each draw says of a split, (draws,): units that have a curve in common, such as that of their region, are
    asked together."""
    spends = minor / problem.minor_per_spend
    found = np.zeros(draws)
    for name, weight in asked.goal.weights or ((SINGLE, Fraction(1)),):
        units: dict[int, list[int]] = {}
        for place, unit in enumerate(asked.units):
            units.setdefault(id(unit.curves[name]), []).append(place)
        for places in units.values():
            curve = asked.units[places[0]].curves[name]
            drawn = mixed_of([drawn_of(asked, curve, draw) for draw in range(draws)])
            for start in range(0, len(places), _ROWS):
                of = spends[places[start : start + _ROWS]]
                found += float(weight) * drawn.value(np.broadcast_to(of[:, None], (len(of), draws))).sum(axis=0)
    return found


def _said(asked: BudgetProblem, flight: Flight, draw: int, splits: list[Rows]) -> list[float]:
    """What one draw says of each split over periods."""
    drawn = replace(flight, responses=(response_of_draw(asked, 1.0, draw),))
    return [float(recursion(drawn, minor)[0].sum()) for minor in splits]
