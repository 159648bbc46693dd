"""Split a budget: from a problem to the best split that was found, with its proof, or to why there is none.

Units are worked on by name, so that their order changes nothing. No clock, thread or chance decides: the search ends by
counting nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.answer import HELD, Answer, Binding, relative_gap, worth_of_one
from scenarios.optimise.core.branch import Found, objective
from scenarios.optimise.core.feasible import Conflict, Infeasible, Reach, conflicts_of, reach_of
from scenarios.optimise.core.margins import Margins, at_cap, margins_of
from scenarios.optimise.core.prices import Bounds
from scenarios.optimise.core.problem import Budget, Problem, in_order
from scenarios.optimise.core.roofs import Roofs, roofs_of
from scenarios.optimise.core.stepped import found_best
from scenarios.optimise.core.tree import Tree, tree_of
from scenarios.optimise.core.whole import swapped, whole_minor

GAP = 1e-6
ROUNDED = 1e-9  # a loss by rounding beyond this part of the value is mended where it can be
NO_ROOM = "no unit can take more, as floors, caps and what was chosen stand"
KINK = 1e-9  # parts of a marginal return by which both sides of a kink differ at least


def solve(problem: Problem, gap: float = GAP, aim: float | None = None) -> Answer | Infeasible:
    """The best split of a budget, searched until it is within `gap` (a part of its value) of a bound, or to a limit;
    with an aim, only until a split is worth that much, or the bound proves that none is.

    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import Power
    >>> from scenarios.optimise.core.problem import Budget
    >>> curves = Mixed([(np.arange(3), Power(floats([3, 2, 1]), floats([0.5, 0.5, 0.5])))])
    >>> found = solve(Problem(("a", "b", "c"), curves, np.zeros(3), np.full(3, 14_000), Budget.equal(14_000)))
    >>> found.spend_minor.tolist(), round(found.shadow_price, 6)
    ([9000, 4000, 1000], 0.158114)
    """
    began = perf_counter()
    asked = ready(problem)
    if isinstance(asked, Infeasible):
        return asked
    found = found_best(asked.ordered, asked.tree, asked.roofs, asked.bounds, gap, aim)
    return split(asked, found, gap, began)


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A problem without conflicts, in the order of names, with what its search works on; `order` is the place of each
    sorted unit in the problem as given."""

    given: Problem
    ordered: Problem
    order: Rows
    tree: Tree
    reach: Reach
    roofs: Roofs

    @property
    def bounds(self) -> Bounds:
        """Floors and caps in units of spend."""
        per = self.ordered.minor_per_spend
        return Bounds(self.tree.floor_minor / per, self.tree.cap_minor / per, self.ordered.hurdle)


def ready(problem: Problem) -> Ready | Infeasible:
    """What a search needs, or every conflict."""
    ordered, order = in_order(problem)
    tree = tree_of(ordered)
    if isinstance(tree, tuple):
        return Infeasible((Conflict("groups", tree[0], 0, 0, tree[1:]),))
    return _roofed(problem, ordered, order, tree, None)


def with_budget(asked: Ready, budget: Budget) -> Ready | Infeasible:
    """The same question about another budget; roofs are built again only where the budget leaves units no choice."""
    given, ordered = replace(asked.given, budget=budget), replace(asked.ordered, budget=budget)
    floor, cap = asked.tree.floor_minor.copy(), asked.tree.cap_minor.copy()
    floor[0], cap[0] = budget.least_minor, budget.most_minor
    return _roofed(given, ordered, asked.order, replace(asked.tree, floor_minor=floor, cap_minor=cap), asked)


def _roofed(given: Problem, ordered: Problem, order: Rows, tree: Tree, before: Ready | None) -> Ready | Infeasible:
    if conflicts := conflicts_of(ordered, tree):
        return Infeasible(conflicts)
    reach = reach_of(ordered, tree)
    if before is not None and _is_same(reach, before.reach):
        return Ready(given, ordered, order, tree, reach, before.roofs)
    if unknown := _without_numbers(ordered, reach):
        return Infeasible(unknown)
    per = ordered.minor_per_spend
    roofs = roofs_of(ordered.curves, reach.least / per, reach.most / per, ordered.minimums / per)
    return Ready(given, ordered, order, tree, reach, roofs)


def _is_same(one: Reach, other: Reach) -> bool:
    return np.array_equal(one.least, other.least) and np.array_equal(one.most, other.most)


def split(asked: Ready, found: Found, gap: float, began: float) -> Answer | Infeasible:
    """What was found as an answer in the order of the problem as given; the plan in force where that is better."""
    ordered, tree, roofs, bounds = asked.ordered, asked.tree, asked.roofs, asked.bounds
    start = _start(ordered, tree, roofs, bounds)
    if start is not None and (found.spend is None or start > found.value):
        assert ordered.start_minor is not None
        bound = np.inf if found.root is None else max(start, found.bound)
        found = replace(found, spend=ordered.start_minor / ordered.minor_per_spend, value=start, bound=bound)
        solver = "start"
    else:
        solver = "dual" if found.nodes == 1 else f"dual, branch and bound ({found.nodes} nodes)"
    if found.spend is None:
        return Infeasible((_no_choice(ordered, found.is_complete),))
    answer = _answer(ordered, tree, asked.reach, roofs, bounds, found, start, solver, gap)
    back = np.empty_like(asked.order)
    back[asked.order] = np.arange(len(asked.order))
    return replace(
        answer,
        units=asked.given.units,
        spend=answer.spend[back],
        spend_minor=answer.spend_minor[back],
        marginal=answer.marginal[back],
        held=answer.held[back],
        seconds=perf_counter() - began,
    )


def _without_numbers(problem: Problem, reach: Reach) -> tuple[Conflict, ...]:
    """Units whose curves give no number at an end of what they can get."""
    found: dict[int, int] = {}
    for minor in (reach.most, reach.least):
        bad = np.flatnonzero(~np.isfinite(problem.curves.value(minor / problem.minor_per_spend)))
        found |= {row: int(minor[row]) for row in bad.tolist()}
    return tuple(Conflict("curve", problem.units[row], 0, found[row]) for row in sorted(found))


def _no_choice(problem: Problem, is_proved: bool) -> Conflict:
    names = tuple(name for name, least in zip(problem.units, problem.minimums.tolist(), strict=True) if least > 0)
    return Conflict("choices" if is_proved else "search", "the budget", 0, 0, names)


def _start(problem: Problem, tree: Tree, roofs: Roofs, bounds: Bounds) -> float | None:
    """What the plan in force is worth, where it keeps all constraints."""
    return None if problem.start_minor is None else _worth(problem, tree, roofs, bounds, problem.start_minor)


def _worth(problem: Problem, tree: Tree, roofs: Roofs, bounds: Bounds, minor: Rows) -> float | None:
    """What a plan in minor units is worth, or None where it breaks a constraint."""
    is_off = (problem.minimums > 0) & (minor == 0)
    low = np.maximum(problem.lower_minor, problem.minimums)
    if not bool((is_off | ((minor >= low) & (minor <= problem.upper_minor))).all()):
        return None
    totals = np.zeros(len(tree.names), dtype=np.int64)
    for node in range(len(tree.names)):
        totals[node] = int(minor[tree.members(node)].sum())
    if not bool(((totals >= tree.floor_minor) & (totals <= tree.cap_minor)).all()):
        return None
    value = objective(roofs, bounds, minor / problem.minor_per_spend)
    return value if np.isfinite(value) else None


def _answer(
    problem: Problem,
    tree: Tree,
    reach: Reach,
    roofs: Roofs,
    bounds: Bounds,
    found: Found,
    start: float | None,
    solver: str,
    gap: float,
) -> Answer:
    assert found.spend is not None
    spend, per = found.spend, problem.minor_per_spend
    minor = whole_minor(spend, problem.curves, tree, _as_chosen(problem, reach), per)
    worth = objective(roofs, bounds, minor / per)
    if relative_gap(worth, found.value) > max(gap, ROUNDED) / 2:
        minor = swapped(minor, *_room(problem, reach, minor), problem.curves, tree, per)
        worth = objective(roofs, bounds, minor / per)
    if start is not None and worth < start:
        assert problem.start_minor is not None
        minor, worth = problem.start_minor, start
    prices = np.zeros(len(tree.names)) if found.root is None else found.root.node_price
    unspent = int(problem.budget.most_minor - minor.sum())
    margins = margins_of(problem, tree, spend, minor)
    return Answer(
        units=problem.units,
        spend=spend,
        spend_minor=minor,
        value=found.value,
        value_minor=worth,
        bound=found.bound,
        shadow_price=margins.of_more,
        price_of_less=margins.of_less,
        bindings=margins.bindings,
        proof=_proof(tree, prices),
        marginal=margins.more,
        held=held_of(problem, minor, margins),
        unspent_minor=unspent,
        start_value=start,
        reasons=tuple(_reasons(problem, found, margins, unspent, solver, start, gap)),
        solver=solver,
        seconds=0.0,
        one_minor=worth_of_one(margins.more, per),
    )


def _is_forced(problem: Problem) -> bool:
    """Whether the units' floors take the whole budget, so that there is no choice to draw a price from."""
    return int(problem.lower_minor.sum()) == problem.budget.most_minor > 0


def _as_chosen(problem: Problem, reach: Reach) -> Reach:
    """The bounds of units that get something: at least their minimum."""
    return replace(reach, least=np.maximum(reach.least, np.minimum(problem.minimums, reach.most)))


def _room(problem: Problem, reach: Reach, minor: Rows) -> tuple[Rows, Rows]:
    """Between what each unit can be moved, (units,) twice; one that gets nothing for its minimum stays there."""
    chosen = _as_chosen(problem, reach)
    is_off = (problem.minimums > 0) & (minor == 0)
    return np.where(is_off, 0, chosen.least), np.where(is_off, 0, chosen.most)


def _proof(tree: Tree, prices: Floats) -> tuple[Binding, ...]:
    """The prices that the bound rests on."""
    found = []
    for node in np.flatnonzero(prices).tolist():
        side, limits = ("cap", tree.cap_minor) if prices[node] > 0 else ("floor", tree.floor_minor)
        found.append(Binding(tree.names[node], side, int(limits[node]), abs(float(prices[node]))))
    return tuple(found)


def held_of(problem: Problem, minor: Rows, margins: Margins | None = None) -> Rows:
    """Which of its own bounds each unit is at, or where its curve holds it."""
    is_choice, is_capped = problem.minimums > 0, at_cap(problem, minor)
    nowhere = np.zeros(len(minor), dtype=bool)
    is_step = is_kink = is_flat = nowhere
    if margins is not None:
        more, less = margins.more, margins.less
        is_step, is_flat = np.isinf(less), (more == 0) & (less == 0)
        is_kink = np.isfinite(less) & (np.abs(less - more) > KINK * np.maximum(np.abs(less), np.abs(more)))
    return np.select(
        [
            (problem.lower_minor == problem.upper_minor) & is_capped,
            is_choice & (minor == 0),
            is_choice & (minor == problem.minimums),
            is_capped,
            minor == problem.lower_minor,
            is_step,
            is_kink,
            is_flat,
        ],
        [HELD.index(name) for name in ("fixed", "off", "minimum", "upper", "lower", "step", "kink", "flat")],
        0,
    )


def _reasons(
    problem: Problem, found: Found, margins: Margins, unspent: int, solver: str, start: float | None, gap: float
) -> list[str]:
    said = []
    if _is_forced(problem):
        said.append("the floors take the whole budget, which leaves no choice")
    elif not margins.has_room and not unspent:
        said.append(NO_ROOM)
    elif margins.of_more > 0:
        said.append(f"one more unit of budget would bring {margins.of_more:.6g}")
    elif margins.of_more < 0:
        said.append(f"the budget asks for more than pays: its last unit costs {-margins.of_more:.6g}")
    elif unspent:
        said.append(f"{unspent} of the budget stays unspent: no unit brings anything more for it")
    else:
        said.append("one more unit of budget would bring nothing")
    if relative_gap(found.value, found.bound) > gap:
        part = relative_gap(found.value, found.bound)
        said.append(f"the best split may be better by up to {part:.3g} of the value; the search ended at its limit")
    if solver == "start":
        said.append("nothing better than the plan in force was found, which is kept")
    elif problem.start_minor is not None and start is None:
        said.append("the plan in force breaks a constraint, so it is no candidate")
    return said
