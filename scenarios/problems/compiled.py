"""A problem file as a problem of the optimiser: curves of steady spends, bounds in minor units, groups and a budget.

In: what the file asks. Out: the `Problem`, and its curves as they answer for one response.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.mixed import Mixed
from scenarios.optimise.problem import Budget, Group, Problem
from scenarios.problems.asked import SINGLE, BudgetProblem, Goal, Unit, UnitGroup
from scenarios.problems.curve import Curve, mixed_of


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """Curves of one response, or of several with their weights, as one: what people read as the response."""

    parts: tuple[tuple[float, Mixed], ...]

    def value(self, spend: Floats) -> Floats:
        """What each unit's spend brings, (units,)."""
        return np.asarray(sum(weight * curves.value(spend) for weight, curves in self.parts))

    def slope(self, spend: Floats) -> Floats:
        """What the next unit of spend brings."""
        return np.asarray(sum(weight * curves.slope(spend) for weight, curves in self.parts))


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """The problem, `response`, what the curves say without any goal, and the `factor` of it that the problem counts."""

    problem: Problem
    response: Summed
    factor: float


def compiled(asked: BudgetProblem) -> Compiled:
    """What is asked, as the optimiser takes it. Parts are rounded to whole minor units so that they are kept."""
    least, most = asked.budget_minor or (0, 0)
    factor = factor_of(asked.goal)
    weights = {name: float(weight) for name, weight in asked.goal.weights} or {SINGLE: 1.0}
    response = Summed(tuple((weight, mixed_of(curves_of(asked, name))) for name, weight in weights.items()))
    equal_minor = most if least == most else None
    own_equal = None if asked.periods is not None else equal_minor  # a unit's bounds count in each period
    lower, upper, minimum = [], [], []
    fair = asked.fairness.part if asked.fairness is not None and asked.fairness.kind == "floor" else Fraction(0)
    for unit in asked.units:
        floor_minor = max(unit.least_minor, ceil(fair * (own_equal or 0) / len(asked.units)))
        lower.append(max(floor_minor, unit.minimum_minor) if floor_minor else 0)
        minimum.append(0 if floor_minor else unit.minimum_minor)
        upper.append(_cap(most if unit.most_minor is None else unit.most_minor, unit.share, own_equal))
    problem = Problem(
        tuple(unit.name for unit in asked.units),
        mixed_of(main_curves(asked), factor),
        np.array(lower),
        np.array(upper),
        Budget(least, most),
        np.array(minimum),
        tuple(_group(group, most, equal_minor) for group in asked.groups),
        asked.currency.minor_per_major,
        hurdle_of(asked.goal),
        start_of(asked.units),
    )
    return Compiled(problem, response, factor)


def _group(group: UnitGroup, most: int, equal_minor: int | None) -> Group:
    cap = group.most_minor
    if group.share is not None and equal_minor is not None:
        cap = _cap(most if cap is None else cap, group.share, equal_minor)
    return Group(group.name, np.array(group.members), group.least_minor, cap)


def main_curves(asked: BudgetProblem) -> list[Curve]:
    """The curve of each unit's first response."""
    return curves_of(asked, next(iter(asked.units[0].curves)))


def curves_of(asked: BudgetProblem, response: str) -> list[Curve]:
    """The curve of each unit of a response: of what works in a period, or of a spend that is always the same."""
    found = [unit.curves[response] for unit in asked.units]
    return found if asked.periods is not None else [curve.steady() for curve in found]


def factor_of(goal: Goal) -> float:
    """What a response counts."""
    return float(goal.rate) if goal.kind in ("margin", "profit") else 1.0


def hurdle_of(goal: Goal) -> float:
    """What a unit of spend must bring."""
    return 1.0 if goal.kind == "profit" else float(goal.rate) if goal.kind == "marginal_return" else 0.0


def start_of(units: tuple[Unit, ...]) -> Rows | None:
    """The plan in force, where it is known of every unit."""
    now = [unit.now_minor for unit in units]
    return None if any(each is None for each in now) else np.array(now, dtype=np.int64)


def _cap(most: int, share: Fraction | None, equal_minor: int | None) -> int:
    """A cap, or the share of a budget that is all spent where that is less."""
    return most if share is None or equal_minor is None else min(most, floor(share * equal_minor))
