"""How sure the response of a split is: where the draws of fitted curves put it.

In: a problem whose curves have draws, and its split. Out: percentiles of what the draws say of the split and of the
plan in force.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scenarios.curves.floats import Rows
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.flighting import Flight, recursion
from scenarios.optimise.linked.blend import members_of
from scenarios.problems.asked import BudgetProblem
from scenarios.problems.widened import response_of_draw

PERCENTILES = 2.5, 97.5


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
    said = np.array([_said(asked, problem, flight, draw, splits) for draw in range(counts.pop())])
    low, high = np.percentile(said, PERCENTILES, axis=0)
    ends = [(float(first), float(last)) for first, last in zip(low, high, strict=True)]
    return Likely(ends[0], ends[1] if len(ends) > 1 else None)


def _said(asked: BudgetProblem, problem: Problem, flight: Flight | None, draw: int, splits: list[Rows]) -> list[float]:
    """What one draw says of each split."""
    response = response_of_draw(asked, 1.0, draw)
    if flight is None:
        members = members_of((response,))
        return [float(members.responses(minor[:, 0] / problem.minor_per_spend).sum()) for minor in splits]
    drawn = replace(flight, responses=(response,))
    return [float(recursion(drawn, minor)[0].sum()) for minor in splits]
