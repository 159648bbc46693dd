"""A budget over units and periods, where a spend works on in the periods after it (geometric adstock).

In: a problem whose units' bounds count in each period and whose budget and groups count over all periods, and what is
carried over. The response of a period is the curve at the stock: what is spent, and the part of the stock before that
is left. Out: the answer over cells (unit, period), and what its whole minor units bring by the forward recursion, in
the periods and in those after the last, in which nothing is spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from scenarios.curves.floats import Floats, Rows, floats
from scenarios.curves.mixed import Mixed
from scenarios.optimise.answer import Answer
from scenarios.optimise.blend import Blend, Response, members_of
from scenarios.optimise.carry import Carry
from scenarios.optimise.fairness import Gini
from scenarios.optimise.feasible import Conflict, Infeasible
from scenarios.optimise.problem import Budget, Group, Problem, whole
from scenarios.optimise.risk import Mean, Risk
from scenarios.optimise.sides import Side
from scenarios.optimise.solve import GAP
from scenarios.optimise.wide import Wide, solve_wide


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """A problem over `periods`: `carry_over`, the part of a stock that is left a period later, (units,);
    `carried_in_minor`, what of earlier spends works in the first period, (units,); `after`, periods looked at beyond.

    `budgets` bounds what each period spends (None: only the whole budget counts). A unit's bounds count in each period;
    `start_minor` of the problem is not read, `start` is (units, periods). Sides are over units, for their totals.
    """

    problem: Problem
    periods: int
    carry_over: Floats
    carried_in_minor: Rows | None = None
    after: int = 0
    budgets: tuple[Budget, ...] | None = None
    responses: tuple[Response, ...] = ()
    risk: Risk = field(default_factory=Mean)
    sides: tuple[Side, ...] = ()
    gini: Fraction | None = None
    start_minor: Rows | None = None

    def __post_init__(self) -> None:
        assert self.periods > 0 and self.after >= 0, "there is at least one period"
        assert self.budgets is None or len(self.budgets) == self.periods, "each period has its budget"
        count = len(self.problem.units)
        object.__setattr__(self, "carry_over", floats(np.broadcast_to(self.carry_over, count)))


@dataclass(frozen=True, slots=True, eq=False)
class Flighted:
    """An answer over cells (units by name of unit and period); `spend_minor` and the mean `response` of each unit and
    period, (units, periods), by the forward recursion, and the response `after` the end, (units, after), which the
    goal does not count."""

    answer: Answer
    spend_minor: Rows
    response: Floats
    after: Floats


def solve_flight(flight: Flight, gap: float = GAP) -> Flighted | Infeasible:
    """The best split over units and periods, with its bound. A unit's minimum (nothing or at least) is not asked of
    periods: such a unit is refused as a conflict of choices."""
    problem = flight.problem
    if bool((problem.minimums > 0).any()):
        names = tuple(n for n, least in zip(problem.units, problem.minimums.tolist(), strict=True) if least)
        return Infeasible((Conflict("search", "each period", 0, 0, names),))
    answer = solve_wide(_wide(flight), gap)
    if isinstance(answer, Infeasible):
        return answer
    shape = (len(problem.units), flight.periods)
    minor = answer.spend_minor.reshape(shape)
    response, after = recursion(flight, minor)
    return Flighted(answer, whole(minor), response, after)


def recursion(flight: Flight, spend_minor: Rows) -> tuple[Floats, Floats]:
    """The mean response of each unit and period, (units, periods), and after the end, (units, after), period by period
    from whole minor spends."""
    per, members = flight.problem.minor_per_spend, members_of(flight.responses or (flight.problem.curves,))
    stock = _carried_in(flight)
    found = []
    for period in range(flight.periods + flight.after):
        spent = spend_minor[:, period] / per if period < flight.periods else 0.0
        stock = stock + spent
        found.append(members.responses(stock).mean(axis=0))
        stock = stock * flight.carry_over
    seen = np.stack(found, axis=1)
    return seen[:, : flight.periods], seen[:, flight.periods :]


def _carried_in(flight: Flight) -> Floats:
    given = flight.carried_in_minor
    return np.zeros(len(flight.problem.units)) if given is None else given / flight.problem.minor_per_spend


def _wide(flight: Flight) -> Wide:
    problem, periods, count = flight.problem, flight.periods, len(flight.problem.units)
    cells = np.arange(count * periods).reshape(count, periods)
    width = len(str(periods))
    names = tuple(f"{unit} / {period + 1:0{width}}" for unit in problem.units for period in range(periods))
    groups = [replace(group, members=cells[group.members].ravel()) for group in problem.groups]
    for period, budget in enumerate(flight.budgets or ()):
        name = f"period {period + 1:0{width}}"
        groups.append(Group(name, cells[:, period], budget.least_minor, budget.most_minor))
    before = np.where(np.arange(periods) > 0, cells - 1, -1).ravel()
    entering = np.zeros((count, periods))
    entering[:, 0] = _carried_in(flight)
    return Wide(
        Problem(
            names,
            _over(problem.curves, cells),
            np.repeat(problem.lower_minor, periods),
            np.repeat(problem.upper_minor, periods),
            problem.budget,
            None,
            tuple(groups),
            problem.minor_per_spend,
            problem.hurdle,
            None if flight.start_minor is None else np.asarray(flight.start_minor).ravel(),
        ),
        tuple(_response_over(each, cells) for each in flight.responses),
        flight.risk,
        tuple(_side_over(side, periods) for side in flight.sides),
        None if flight.gini is None else Gini(flight.gini, np.repeat(np.arange(count), periods)),
        Carry(before, np.repeat(flight.carry_over, periods), entering.ravel()),
    )


def _over(curves: Mixed, cells: Rows) -> Mixed:
    """Each unit's curve in each of its periods."""
    periods = cells.shape[1]
    return Mixed([(cells[rows].ravel(), family.take(np.repeat(np.arange(len(rows)), periods)))
                  for rows, family in curves.parts])  # fmt: skip


def _response_over(response: Response, cells: Rows) -> Response:
    if isinstance(response, Blend):
        return Blend(tuple((weight, _over(curves, cells)) for weight, curves in response.parts))
    return _over(response, cells)


def _side_over(side: Side, periods: int) -> Side:
    spend: Sequence[Fraction | int | float] = [each for each in side.spend for _ in range(periods)]
    return Side(side.name, spend, side.at_most, None if side.response is None else np.repeat(side.response, periods))
