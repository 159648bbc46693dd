"""Split a budget where the core does not reach: many draws of uncertain curves, weighted goals, groups that cross, side
constraints, fairness, and spends that work on in later periods; with a proof of how good the split is.

In: a problem, a response of each draw, how their risk counts, and sides. Out: an answer like the core's. What is asked
of a problem's `curves` is asked of the `responses` instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np
from scipy.sparse import csr_array

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.mixed import Mixed
from scenarios.optimise.core.answer import Answer, worth_of_one
from scenarios.optimise.core.feasible import Conflict, Infeasible, conflicts_of
from scenarios.optimise.core.problem import Problem, in_order
from scenarios.optimise.core.roofs import roofs_of
from scenarios.optimise.core.solve import GAP, held_of, solve
from scenarios.optimise.core.tree import Tree, tree_of
from scenarios.optimise.linked.blend import Domain, Members, Response, members_of
from scenarios.optimise.linked.carry import Carry
from scenarios.optimise.linked.columns import Program
from scenarios.optimise.linked.descent import Descended, descend
from scenarios.optimise.linked.fairness import Gini
from scenarios.optimise.linked.priced import PRICED_ROWS_MAX, PRICED_UNITS_MIN, priced
from scenarios.optimise.linked.reasons import bindings_of, reasons_of
from scenarios.optimise.linked.risk import Mean, Regret, Risk, weighing
from scenarios.optimise.linked.rounding import Worth, whole_split
from scenarios.optimise.linked.sides import Limits, Side, broken, joined, limits_of, limits_of_sides
from scenarios.optimise.linked.together import together
from scenarios.optimise.periods.flown import flown

_NOTHING = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """A problem whose groups may cross, with a response of each draw (all equally likely), the risk that counts, sides,
    a largest Gini coefficient, and what is carried over between its units (periods of a partner)."""

    problem: Problem
    responses: tuple[Response, ...] = ()
    risk: Risk = field(default_factory=Mean)
    sides: tuple[Side, ...] = ()
    gini: Gini | None = None
    carry: Carry | None = None

    def __post_init__(self) -> None:
        count = len(self.problem.units)
        assert all(len(each) == count for each in self.responses), "each draw has a response of each unit"
        assert all(len(side.spend) == count for side in self.sides), "each side has a number for each unit"


@dataclass(frozen=True, slots=True, eq=False)
class _Ordered:
    """A wide problem with its units by name, and what follows from it."""

    wide: Wide
    problem: Problem
    members: Members
    sides: tuple[Side, ...]
    gini: Gini | None
    carry: Carry | None
    tree: Tree | None
    order: Rows

    def stock(self, spend: Floats) -> Floats:
        """What works in each unit: the spend, and what is carried over to it."""
        return spend if self.carry is None else self.carry.stock(spend)

    def responses(self, minor: Rows) -> Floats:
        """The response of each draw and unit to minor units, (draws, units)."""
        return self.members.responses(self.stock(minor / self.problem.minor_per_spend))


def solve_wide(wide: Wide, gap: float = GAP) -> Answer | Infeasible:
    """The best split, searched until it is within `gap` (a part of its value) of a bound, or to a limit.

    `shadow_price` and `marginal` are at the weights of draws that the proof rests on.

    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import LinearCap
    >>> from scenarios.optimise.core.problem import Budget
    >>> from scenarios.optimise.linked.risk import Worst
    >>> draws = tuple(Mixed([(np.arange(2), LinearCap(floats(a), floats([100, 100])))]) for a in ([3, 1], [1, 2]))
    >>> asked = Problem(("a", "b"), draws[0], np.zeros(2), np.full(2, 9000), Budget.equal(9000))
    >>> found = solve_wide(Wide(asked, draws, Worst()))
    >>> found.spend_minor.tolist(), round(found.value, 6)
    ([3000, 6000], 150.0)
    """
    began = perf_counter()
    ordered = _ordered(wide)
    if conflicts := _conflicts(ordered):
        return Infeasible(conflicts)
    program = _program(ordered, gap)
    cuts = None if ordered.gini is None else _GiniCuts(ordered.gini, ordered.carry)
    found = _found(ordered, program, cuts, gap)
    start = _start(ordered, program)
    answer = _answer(ordered, program, found, start, gap)
    if isinstance(answer, Infeasible):
        return answer
    back = np.empty_like(ordered.order)
    back[ordered.order] = np.arange(len(back))
    return replace(
        answer,
        units=wide.problem.units,
        spend=answer.spend[back],
        spend_minor=answer.spend_minor[back],
        marginal=answer.marginal[back],
        held=answer.held[back],
        seconds=perf_counter() - began,
    )


def _found(ordered: _Ordered, program: Program, cuts: _GiniCuts | None, gap: float) -> Descended:
    """The best split found, before rounding."""
    if (curves := _of_prices(ordered, program)) is not None:
        domain = program.domain
        roofs = roofs_of(curves, np.where(domain.gated, 0.0, domain.lower), domain.upper,
                         np.where(domain.gated, domain.lower, 0.0))  # fmt: skip
        many = priced(roofs, program.limits, ordered.problem.hurdle, gap)
        if many.spend is not None:
            return Descended(many.spend, many.value, many.bound, np.ones(1), many.prices, program.limits, None, False,
                             1, many.steps, "prices")  # fmt: skip
    if ordered.carry is None or cuts is not None or not isinstance(ordered.wide.risk, Mean):
        return descend(program, cuts, gap)
    return flown(ordered.problem, ordered.members, ordered.sides, ordered.carry, program, gap)


def _of_prices(ordered: _Ordered, program: Program) -> Mixed | None:
    """The one response of many units under a few rows over spends; None of what prices do not answer."""
    wide, limits = ordered.wide, program.limits
    given = wide.responses or (ordered.wide.problem.curves,)
    is_plain = ordered.carry is None and ordered.gini is None and len(given) == 1 and isinstance(given[0], Mixed)
    is_large = len(ordered.problem.units) >= PRICED_UNITS_MIN and len(limits.names) <= PRICED_ROWS_MAX
    if not (is_plain and is_large and isinstance(wide.risk, Mean)) or bool(np.any(limits.response.data)):
        return None
    curves = given[0]
    assert isinstance(curves, Mixed)
    return in_order(replace(wide.problem, curves=curves))[0].curves


def _ordered(wide: Wide) -> _Ordered:
    problem, order = in_order(wide.problem)
    tree = tree_of(problem)
    return _Ordered(
        wide,
        problem,
        members_of(wide.responses or (wide.problem.curves,)).ordered(order),
        tuple(side.ordered(order) for side in sorted(wide.sides, key=lambda side: side.name)),
        None if wide.gini is None else wide.gini.ordered(order),
        None if wide.carry is None else wide.carry.ordered(order),
        None if isinstance(tree, tuple) else tree,
        order,
    )


def _conflicts(ordered: _Ordered) -> tuple[Conflict, ...]:
    """What conflicts in whole numbers, and curves without numbers."""
    problem = ordered.problem
    root = ordered.tree or tree_of(replace(problem, groups=()))
    assert isinstance(root, Tree)
    if found := conflicts_of(problem if ordered.tree else replace(problem, groups=()), root):
        return found
    per = problem.minor_per_spend
    bad = []
    for minor in (problem.upper_minor, problem.lower_minor):
        values = ordered.members.responses(ordered.stock(minor / per))
        rows = np.flatnonzero(~np.isfinite(values).all(axis=0))
        bad += [Conflict("curve", problem.units[row], 0, int(minor[row])) for row in rows.tolist()]
    return tuple(bad)


def _program(ordered: _Ordered, gap: float) -> Program:
    problem, members, carry = ordered.problem, ordered.members, ordered.carry
    per, draws = problem.minor_per_spend, members.draws
    never = problem.minimums > np.minimum(problem.upper_minor, problem.budget.most_minor)
    lower = problem.lower_minor / per
    upper = np.where(never, 0, problem.upper_minor) / per
    most = problem.budget.most_minor / per
    upper = np.minimum(upper, most)
    gated = (problem.minimums > 0) & ~never & (lower == 0)
    limits = limits_of(problem, ordered.sides)
    linear = np.full(len(lower), -problem.hurdle)
    if carry is None:
        domain = Domain(np.where(gated, problem.minimums / per, lower), upper, gated)
    else:
        # What gets nothing or at least a minimum is left to schedules: here it may get less as well.
        domain = Domain(carry.stock(lower), carry.stock(upper), np.zeros_like(gated))
        own = Limits(problem.units, csr_array(np.eye(len(lower))), csr_array((len(lower),) * 2), lower, upper)
        limits, linear = carry.of_stock(joined(limits, own)), carry.transposed(linear)
    size = max(most, float(upper.max()), 1e-300)
    # The response that can be had at most, roughly: an equal share of the budget in each unit, or its cap.
    at = np.clip(np.full(len(lower), most / len(lower)), domain.lower, domain.upper)
    height = float(np.abs(members.responses(at)).sum(axis=1).max())
    height = height or float(np.abs(members.responses(domain.upper)).sum(axis=1).max()) or 1.0
    plain = Program(members, domain, limits, linear, weighing(Mean(), draws), size, height)
    if not isinstance(ordered.wide.risk, Regret):
        return replace(plain, weighing=weighing(ordered.wide.risk, draws))
    return replace(plain, weighing=weighing(Regret(), draws, _own_bests(ordered, plain, gap)))


def _own_bests(ordered: _Ordered, plain: Program, gap: float) -> Floats:
    """What no split exceeds in each draw alone, sides with responses (which are of all draws' mean) left aside."""
    if (bests := _bests_of_core(ordered, gap)) is not None:
        return bests
    limits = plain.limits
    limits = limits.without(np.flatnonzero(np.asarray(abs(limits.response).sum(axis=1)).ravel()))
    cuts = None if ordered.gini is None else _GiniCuts(ordered.gini, ordered.carry)
    found = np.empty(plain.members.draws)
    for draw in range(plain.members.draws):
        alone = replace(
            plain, members=plain.members.of_draw(draw), limits=limits, weighing=weighing(Mean(), 1)
        )  # fmt: skip
        found[draw] = descend(alone, cuts, gap).bound
    return np.where(np.isfinite(found), found, 0.0)


def _bests_of_core(ordered: _Ordered, gap: float) -> Floats | None:
    """The same by the core, draw by draw, where nothing else counts than bounds and groups that nest."""
    responses, is_open = ordered.wide.responses, any(side.response is None for side in ordered.sides)
    if ordered.tree is None or ordered.gini is not None or ordered.carry is not None or is_open:
        return None
    found = []
    for each in responses:
        if not isinstance(each, Mixed):
            return None
        answer = solve(replace(ordered.wide.problem, curves=each, start_minor=None), gap)
        if isinstance(answer, Infeasible):
            return None
        found.append(answer.bound)
    return np.array(found)


@dataclass(frozen=True, slots=True, eq=False)
class _GiniCuts:
    """The cuts of a Gini coefficient, in what works in each unit."""

    gini: Gini
    carry: Carry | None

    def excess(self, stock: Floats) -> float:
        return self.gini.excess(stock if self.carry is None else self.carry.spend(stock))

    def fairest(self, stock: Floats, domain: Domain) -> Floats:
        """The same for all, as far as floors and caps let it be (which all others of that total majorise)."""
        spend = stock if self.carry is None else self.carry.spend(stock)
        if self.carry is not None:
            return self.carry.stock(np.full(len(spend), spend.sum() / len(spend)))
        low, high = 0.0, float(domain.upper.max())
        for _ in range(100):
            level = (low + high) / 2
            is_less = np.clip(level, domain.lower, domain.upper).sum() < spend.sum()
            low, high = (level, high) if is_less else (low, level)
        return np.asarray(np.clip((low + high) / 2, domain.lower, domain.upper))

    def cut(self, stock: Floats) -> Limits:
        spend = stock if self.carry is None else self.carry.spend(stock)
        row = limits_of_sides((self.gini.cut(spend),), len(stock))
        return row if self.carry is None else self.carry.of_stock(row)


def _start(ordered: _Ordered, program: Program) -> float | None:
    """What the plan in force is worth, where it keeps all constraints."""
    minor = ordered.problem.start_minor
    if minor is None or broken(ordered.problem, ordered.sides, minor, ordered.responses(minor).mean(axis=0)):
        return None
    if ordered.gini is not None and not ordered.gini.is_kept(minor):
        return None
    value = program.value(ordered.stock(minor / ordered.problem.minor_per_spend))
    return value if np.isfinite(value) else None


def _answer(
    ordered: _Ordered, program: Program, found: Descended, start: float | None, gap: float
) -> Answer | Infeasible:
    problem, per = ordered.problem, ordered.problem.minor_per_spend
    solver = f"{found.solver} ({found.rounds} rounds, {found.nodes} nodes)"
    stock, value, top = found.spend, found.value, found.bound
    minor: Rows | None = None
    if stock is not None:
        spend = stock if ordered.carry is None else np.maximum(ordered.carry.spend(stock), 0.0)
        slopes = found.weights @ program.members.slopes(stock)
        slopes = slopes if ordered.carry is None else ordered.carry.transposed_stock(slopes)
        minor = whole_split(
            problem, ordered.sides, ordered.gini, ordered.tree, spend, np.where(np.isfinite(slopes), slopes, 0.0),
            lambda given: ordered.responses(given).mean(axis=0), _fairest(ordered, program, stock),
            _held_at_steps(program, spend, per), _worth(ordered, program, found, gap),
        )  # fmt: skip
    worth = -np.inf if minor is None else program.value(ordered.stock(minor / per))
    if start is not None and (minor is None or start > worth):
        assert problem.start_minor is not None
        minor, worth = problem.start_minor, start
        if stock is None or start > value:
            spend, value, solver = minor / per, start, "start"
            top = max(start, top) if found.spend is not None else np.inf
    if minor is None:
        return Infeasible((_why(ordered, found),))
    if abs(top) <= _NOTHING * program.response_size:
        top = 0.0  # what floats of this size can't tell from nothing
    return Answer(
        units=problem.units,
        spend=spend,
        spend_minor=minor,
        value=value,
        value_minor=worth,
        bound=max(top, value, worth),
        shadow_price=float(found.prices[0]),
        bindings=bindings_of(problem, ordered.sides, ordered.gini, found),
        marginal=_marginal(ordered, program, found.weights, spend),
        held=held_of(problem, minor),
        unspent_minor=int(problem.budget.most_minor - minor.sum()),
        start_value=start,
        reasons=tuple(reasons_of(found, problem, value, max(top, value), solver, start, gap)),
        solver=solver,
        seconds=0.0,
        one_minor=worth_of_one(_marginal(ordered, program, found.weights, minor / per), per),
    )


def _worth(ordered: _Ordered, program: Program, found: Descended, gap: float) -> Worth | None:
    """What minor units are worth; nothing that units bring by themselves where spends are carried over."""
    if ordered.carry is not None:
        return None
    per = ordered.problem.minor_per_spend
    return Worth(
        lambda minor: program.value(minor / per),
        lambda minor: found.weights @ ordered.responses(minor) + program.linear * (minor / per),
        found.value,
        max(gap, 1e-9) / 4 * abs(found.value),
    )


def _held_at_steps(program: Program, spend: Floats, per: float) -> Rows:
    """The minor units that units at a knot of their curve need to stay there, (units,); zero for others."""
    found = np.zeros(len(spend), dtype=np.int64)
    for unit, knots in enumerate(program.members.knots):
        if not len(knots):
            continue
        near = knots[(knots > 0) & (np.abs(knots - spend[unit]) <= 1e-7 * np.maximum(knots, 1 / per))]
        if len(near):
            found[unit] = int(np.ceil(float(near[-1]) * per - 1e-6))
    return found


def _fairest(ordered: _Ordered, program: Program, stock: Floats) -> Floats | None:
    """The fairest split of the same total, where a Gini coefficient is to be kept."""
    if ordered.gini is None:
        return None
    domain = program.domain
    if ordered.carry is None:  # who gets nothing, or stands on a step, stays there
        is_off = domain.gated & (stock < domain.lower / 2)
        steps = _held_at_steps(program, stock, ordered.problem.minor_per_spend) / ordered.problem.minor_per_spend
        upper = np.where(is_off, 0.0, domain.upper)
        domain = Domain(np.minimum(np.where(is_off, 0.0, np.maximum(domain.lower, steps)), upper), upper, domain.gated)
    found = _GiniCuts(ordered.gini, ordered.carry).fairest(stock, domain)
    return found if ordered.carry is None else ordered.carry.spend(found)


def _marginal(ordered: _Ordered, program: Program, weights: Floats, spend: Floats) -> Floats:
    """What one more unit of spend would bring each unit, also later, at these weights of draws."""
    slopes = weights @ program.members.slopes(ordered.stock(spend))
    return slopes if ordered.carry is None else ordered.carry.transposed_stock(slopes)


def _why(ordered: _Ordered, found: Descended) -> Conflict:
    """Which rows cannot be met together, and by how much; or that no whole split was found."""
    problem = ordered.problem
    if found.missed is None or not found.is_proved_empty:
        where = "the budget" if found.spend is None else "in whole minor units"
        choices = tuple(n for n, least in zip(problem.units, problem.minimums.tolist(), strict=True) if least)
        return Conflict("search", where, 0, 0, choices)
    spent = problem.budget.most_minor / problem.minor_per_spend
    gini = 0.0 if ordered.gini is None else ordered.gini.count(len(problem.units)) * spent
    return together(found.limits, found.missed, problem.minor_per_spend, gini)
