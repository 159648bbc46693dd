"""A budget over units and periods, where a spend may work on in the periods after it (geometric adstock).

In: a problem whose units' bounds, minimums and returns count in each period and whose budget, groups and shares count
over all periods, and what is carried over. The response of a period is the curve at the stock: what is spent, and the
part of the stock before that is left. Where nothing is left, the cells (unit, period) are units of the core. Out: the
answer over cells, and what its whole minor units bring by the forward recursion, in the periods and in those after the
last, in which nothing is spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import numpy as np

from scenarios.curves.floats import Floats, Rows, floats
from scenarios.curves.mixed import Mixed
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Group, Problem, whole
from scenarios.optimise.core.solve import GAP, solve
from scenarios.optimise.core.tree import tree_of
from scenarios.optimise.goals.domains import solve_with_returns, with_returns
from scenarios.optimise.goals.shares import Share, with_shares
from scenarios.optimise.linked.blend import Blend, Response, members_of
from scenarios.optimise.linked.carry import Carry
from scenarios.optimise.linked.fairness import Gini
from scenarios.optimise.linked.risk import Mean, Risk
from scenarios.optimise.linked.sides import Side, share_of_all
from scenarios.optimise.periods.evened import evened
from scenarios.optimise.wide import Wide, solve_wide


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """A problem over `periods`: `carry_over`, the part of a stock that is left a period later, (units,);
    `carried_in_minor`, what of earlier spends works in the first period, (units,); `after`, periods looked at beyond.

    `budgets` bounds what each period spends (None: only the whole budget counts). A unit's bounds, its minimum and what
    each 1 of its spend brings at least, `least_returns` (units,), count in each period; returns are not asked where
    anything is carried over. `start_minor` of the problem is not read, that of the flight is (units, periods). Sides
    and shares are over units, for their totals.
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
    shares: tuple[Share, ...] = ()
    least_returns: Floats | None = None

    def __post_init__(self) -> None:
        assert self.periods > 0 and self.after >= 0, "there is at least one period"
        assert self.budgets is None or len(self.budgets) == self.periods, "each period has its budget"
        count = len(self.problem.units)
        object.__setattr__(self, "carry_over", floats(np.broadcast_to(self.carry_over, count)))
        assert self.least_returns is None or not self.is_carried, "a return is of a period's own spend"

    @property
    def is_carried(self) -> bool:
        """Whether a spend works in more than its own period."""
        given = self.carried_in_minor
        return bool(self.carry_over.any()) or (given is not None and bool(np.asarray(given).any()))


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
    """The best split over units and periods, with its bound.

    >>> from scenarios.curves.smooth import MichaelisMenten
    >>> curves = Mixed([(np.arange(1), MichaelisMenten(floats([1_000]), floats([100])))])
    >>> asked = Problem(("a",), curves, [0], [90_000], Budget.equal(90_000))
    >>> found = solve_flight(Flight(asked, 3, np.zeros(1)))
    >>> found.spend_minor.tolist(), round(found.answer.value, 6)
    ([[30000, 30000, 30000]], 2250.0)
    """
    wide = _wide(flight)
    is_core = not flight.is_carried and not wide.sides and wide.gini is None and len(flight.responses) < 2
    is_core = is_core and not isinstance(tree_of(wide.problem), tuple)
    is_core = is_core and not any(isinstance(each, Blend) for each in flight.responses)
    answer = _by_core(flight, wide, gap) if is_core else _by_wide(flight, wide, gap)
    if isinstance(answer, Infeasible):
        return answer
    minor = answer.spend_minor.reshape(len(flight.problem.units), flight.periods)
    response, after = recursion(flight, minor)
    return Flighted(answer, whole(minor), response, after)


def _by_core(flight: Flight, wide: Wide, gap: float) -> Answer | Infeasible:
    """The answer of the core over cells; alike cells of a unit are evened out where that loses nothing."""
    curves = wide.responses[0] if wide.responses else wide.problem.curves
    assert isinstance(curves, Mixed), "the core has one response"
    problem = replace(wide.problem, curves=curves)
    asks = flight.least_returns
    split = solve if asks is None else partial(_returning, np.repeat(asks, flight.periods))
    shares = _over_cells(flight)
    found = with_shares(problem, shares, gap, split) if shares else split(problem, gap)
    if isinstance(found, Infeasible) or flight.budgets is not None or asks is not None:
        return found
    return evened(problem, found, flight.periods)


def _returning(least_returns: Floats, problem: Problem, gap: float) -> Answer | Infeasible:
    return solve_with_returns(problem, least_returns, gap)


def _over_cells(flight: Flight) -> tuple[Share, ...]:
    cells = np.arange(len(flight.problem.units) * flight.periods).reshape(-1, flight.periods)
    return tuple(replace(share, members=cells[share.members].ravel()) for share in flight.shares)


def _by_wide(flight: Flight, wide: Wide, gap: float) -> Answer | Infeasible:
    problem, count = wide.problem, len(wide.problem.units)
    if flight.least_returns is not None:
        problem = with_returns(problem, np.repeat(flight.least_returns, flight.periods))
    shares = tuple(share_of_all(f"{each.name} share", count, each.members, each.most) for each in _over_cells(flight))
    return solve_wide(replace(wide, problem=problem, sides=(*wide.sides, *shares)), gap)


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
            np.repeat(problem.minimums, periods),
            tuple(groups),
            problem.minor_per_spend,
            problem.hurdle,
            None if flight.start_minor is None else np.asarray(flight.start_minor).ravel(),
        ),
        tuple(_response_over(each, cells) for each in flight.responses),
        flight.risk,
        tuple(_side_over(side, periods) for side in flight.sides),
        None if flight.gini is None else Gini(flight.gini, np.repeat(np.arange(count), periods)),
        Carry(before, np.repeat(flight.carry_over, periods), entering.ravel()) if flight.is_carried else None,
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
