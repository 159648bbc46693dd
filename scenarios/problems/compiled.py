"""A problem file as a problem of the optimiser: curves of steady spends, bounds in minor units, groups and a budget.

In: what the file asks. Out: the `Problem`, and its curves as they answer for one response.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np

from engine.reports.counted import counted
from rules.problem import Problem as Fault, Refused
from rules.quantities.currency import format_minor
from scenarios.curves.floats import Floats, Rows
from scenarios.curves.mixed import Mixed
from scenarios.optimise.core.problem import Budget, Group, Problem
from scenarios.problems.asked import SINGLE, BudgetProblem, Goal, Unit, UnitGroup
from scenarios.problems.curve import Curve, mixed_of

MINOR_MAX = 10**15  # well below 2^53, up to which floats tell whole numbers apart
SUM_MAX = 9 * 10**18  # below 2^63


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
    """What is asked, as the optimiser takes it. Parts are rounded to whole minor units so that they are kept; raises
    Refused (W302) where amounts are so large that floats can't tell minor units apart, or their sums can't be held."""
    least, most = asked.budget_minor or (0, 0)
    _refuse_beyond(asked, most)
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
        upper.append(_cap(_own_cap(unit, most), unit.share, own_equal))
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


def _refuse_beyond(asked: BudgetProblem, most_minor: int) -> None:
    periods = 1 if asked.periods is None else asked.periods.count
    limit = min(MINOR_MAX, SUM_MAX // (len(asked.units) * periods))
    amounts = (max(each.least_minor, each.minimum_minor, each.now_minor or 0) for each in asked.units)
    if max(most_minor, *amounts) > limit:
        money = f"{asked.currency.code} {format_minor(limit, asked.currency)}"
        message = f"over {counted(len(asked.units), 'unit')} amounts can be at most {money}, to be split exactly"
        raise Refused(Fault("W302", message, asked.place, "name smaller ones, or caps where no budget is named"))


def _own_cap(unit: Unit, most_minor: int) -> int:
    """A unit's cap; no more than the budget, but that a floor beyond it is told as such."""
    within = max(most_minor, unit.least_minor)
    return within if unit.most_minor is None else min(unit.most_minor, within)


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
