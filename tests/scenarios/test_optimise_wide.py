"""Wide problems: draws and risk, weighted goals, groups that cross, sides: against every whole split of small problems,
against the core where it reaches, and against closed forms."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from optimise_problems import asked, drawn, keeps, of_one, whole_splits

from rules.quantities.currency import Currency
from scenarios.curves.floats import Floats, floats
from scenarios.curves.mixed import Mixed
from scenarios.curves.smooth import Hill, LinearCap, MichaelisMenten, Power
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Group, Problem
from scenarios.optimise.core.solve import solve
from scenarios.optimise.linked import columns
from scenarios.optimise.linked.blend import Blend, Domain, members_of, peaks
from scenarios.optimise.linked.fairness import Gini
from scenarios.optimise.linked.risk import Cvar, Mean, Regret, Risk, Worst
from scenarios.optimise.linked.sides import Side, group_return, share_of_all
from scenarios.optimise.wide import Wide, solve_wide
from scenarios.problems.refused import said

EUR = Currency("EUR", 2)
RISKS: tuple[Risk, ...] = (Mean(), Cvar(0.4), Worst())


def answered(wide: Wide, gap: float = 1e-6) -> Answer:
    found = solve_wide(wide, gap)
    assert isinstance(found, Answer), str(found)
    return found


def hill_draws(count: int, draws: int, seed: int, steep: bool = False) -> tuple[Problem, tuple[Mixed, ...]]:
    """Hill curves with a spread of heights and half-way spends, and half of what all could use as a budget."""
    rng = np.random.default_rng(seed)
    a, k = rng.lognormal(0, 0.6, (2, count)) * 100
    alpha = rng.uniform(1.5, 3.5, count) if steep else np.ones(count)
    made = tuple(of_one(Hill(a * rng.lognormal(0, 0.3, count), k, alpha)) for _ in range(draws))
    return asked(made[0], Budget.equal(int(k.sum() * 50))), made


def risk_of(risk: Risk, totals: Floats) -> Floats:
    """The worth of draws' totals (splits, draws), worked out apart from the code under test."""
    rising = np.sort(totals, axis=1)
    match risk:
        case Worst():
            return np.asarray(rising[:, 0])
        case Cvar(part):
            share = np.clip(part * totals.shape[1] - np.arange(totals.shape[1]), 0, 1)
            return np.asarray(rising @ share / share.sum())
        case _:
            return np.asarray(totals.mean(axis=1))


def scattered(problem: Problem, seed: int, draws: int) -> tuple[Mixed, ...]:
    """Draws of whatever curves a problem has: other problems' curves of as many units."""
    found = [problem.curves]
    while len(found) < draws:
        seed += 1_000
        other = drawn(seed)
        if len(other.units) == len(problem.units):
            found.append(other.curves)
    return tuple(found)


@pytest.mark.parametrize("seed", range(24))
def test_no_whole_split_is_better(seed: int) -> None:
    problem = drawn(seed)
    draws = scattered(problem, seed, 3)
    risk = RISKS[seed % 3]
    count = len(problem.units)
    groups = problem.groups
    if count > 2 and seed % 2:  # a group that crosses others
        groups = (*groups, Group("crossing", np.array([0, count - 1]), 0, problem.budget.most_minor * 2 // 3 + 1))
    problem = replace(problem, groups=groups)
    splits = whole_splits(problem)
    found = solve_wide(Wide(problem, draws, risk), 1e-6)
    if isinstance(found, Infeasible):
        assert len(splits) == 0, (seed, str(found))
        return
    totals = np.stack([(each.value(splits) - problem.hurdle * splits).sum(axis=1) for each in draws], axis=1)
    best = float(risk_of(risk, totals).max())
    assert bool(keeps(problem, found.spend_minor.astype(np.float64)))
    assert found.bound >= best - 1e-9 * (1 + abs(best)), seed
    assert found.value_minor <= best + 1e-9 * (1 + abs(best)), seed
    assert found.gap_before_rounding <= 1e-5 or found.bound - found.value <= 1e-6, (seed, found.gap, found.solver)


@pytest.mark.parametrize(("count", "steep"), [(3, False), (10, True), (40, False), (40, True)])
def test_one_response_gives_what_the_core_gives(count: int, steep: bool) -> None:
    problem, draws = hill_draws(count, 1, count, steep)
    wide, core = answered(Wide(problem, draws)), solve(problem)
    assert isinstance(core, Answer)
    assert wide.value == pytest.approx(core.value, rel=2e-6) and wide.bound >= core.value * (1 - 1e-12)
    assert wide.shadow_price == pytest.approx(core.proof[0].price, rel=1e-2)


def test_half_sure_draws_are_split_by_hand() -> None:
    """Two partners, each worth 3 a unit in one draw and 1 in the other: the worst draw is best at half each."""
    draws = tuple(of_one(LinearCap(floats(a), floats([100, 100]))) for a in ([3, 1], [1, 3]))
    problem = asked(draws[0], Budget.equal(9_000))
    worst, mean = answered(Wide(problem, draws, Worst())), answered(Wide(problem, draws, Mean()))
    assert worst.spend_minor.tolist() == [4_500, 4_500] and worst.value == pytest.approx(180)
    assert mean.value == pytest.approx(180) and answered(Wide(problem, draws, Cvar(0.5))).value == pytest.approx(180)
    regret = answered(Wide(problem, draws, Regret()))
    assert regret.value == pytest.approx(180 - 270) and regret.spend_minor.tolist() == [4_500, 4_500]


def test_no_random_split_is_above_the_bound() -> None:
    """Nor is any of ten thousand; and the value is what the risk makes of the draws, worked out apart."""
    problem, draws = hill_draws(6, 8, 5, steep=True)
    found = answered(Wide(problem, draws, Cvar(0.25)))
    rng = np.random.default_rng(0)
    spends = rng.dirichlet(np.full(6, 0.5), 10_000) * problem.budget.most_minor / 100
    totals = np.stack([each.value(spends).sum(axis=1) for each in draws], axis=1)
    assert found.bound >= float(risk_of(Cvar(0.25), totals).max())
    own = np.stack([each.value(found.spend).sum() for each in draws])[None, :]
    assert found.value == pytest.approx(float(risk_of(Cvar(0.25), own)[0]), rel=1e-12)


@pytest.mark.parametrize("price", [0.0, 0.3, 1.0])
def test_a_peak_is_proved(price: float) -> None:
    """Of a sum of S-curves, no spend of a fine grid lies above the proved peak, which a spend reaches."""
    rng = np.random.default_rng(7)
    made = [of_one(Hill(*(rng.uniform(low, high, 5) for low, high in ((5, 50), (5, 60), (0.6, 5))))) for _ in range(9)]
    members = members_of(made)
    weight = rng.dirichlet(np.ones(9))
    domain = Domain(
        floats([0, 0, 3, 10, 0]), floats([100, 40, 90, 100, 60]), np.array([False, True, False, True, False])
    )
    domain = replace(domain, lower=np.where(domain.gated, 10.0, domain.lower))
    found = peaks(members, members.weights(weight, np.zeros(5)), np.full(5, price), domain, 1e-9)
    for unit in range(5):
        at = np.linspace(domain.lower[unit], domain.upper[unit], 20_001)
        at = np.append(at, 0.0) if domain.gated[unit] else at
        heights = sum(w * each.parts[0][1].take(np.array([unit])).value(at[:, None])[:, 0]
                      for w, each in zip(weight, made, strict=True)) - price * at  # fmt: skip
        assert found.bound[unit] >= heights.max() - 1e-12
        assert found.bound[unit] - found.value[unit] <= 2e-9 and found.value[unit] <= heights.max() + 1e-4


def test_weighted_goals_are_one_goal_of_scaled_curves() -> None:
    a, b = floats([3, 2]), floats([1, 4])
    sales, leads = (of_one(Power(each, floats([0.5, 0.5]))) for each in (a, b))
    problem = asked(sales, Budget.equal(10_000))
    both = answered(Wide(problem, (Blend(((1.0, sales), (2.0, leads))),)), 1e-9)
    # Shares of the squares of the heights, which are 3 + 2 x 1 and 2 + 2 x 4.
    assert both.spend_minor.tolist() == pytest.approx([2_000, 8_000], abs=20)
    assert both.value == pytest.approx(np.sqrt(125 * 100), rel=1e-8)


def test_a_share_of_all_and_a_return_are_kept_exactly() -> None:
    problem, draws = hill_draws(8, 1, 3)
    free = solve(problem)
    assert isinstance(free, Answer)
    most = int(np.argmax(free.spend_minor))
    members = np.array([most])
    sides = (share_of_all("big", 8, members, Fraction(1, 7)), group_return("rest", 8, np.arange(4), 0.9))
    found = answered(Wide(problem, draws, sides=sides))
    assert Fraction(int(found.spend_minor[most]), problem.budget.most_minor) <= Fraction(1, 7)
    spend = found.spend_minor[:4] / 100
    assert draws[0].value(found.spend_minor / 100)[:4].sum() >= 0.9 * spend.sum() * (1 - 1e-9)
    assert found.gap_before_rounding <= 1e-5 and found.value < free.value
    assert {"big"} <= {binding.name for binding in found.bindings}


def test_what_cannot_be_met_together_is_named_with_its_miss() -> None:
    """Two crossing groups whose floors of 60 share one partner capped at 50, and a budget of 60."""
    curves = of_one(MichaelisMenten(floats([1, 1, 1]), floats([9, 9, 9])))
    groups = (Group("east", np.array([0, 1]), 6_000), Group("big", np.array([1, 2]), 6_000))
    problem = asked(curves, Budget.at_most(6_000), upper=[5_000] * 3, groups=groups)
    found = solve_wide(Wide(problem))
    assert isinstance(found, Infeasible)
    assert found.conflicts[0].miss_minor == 1_000
    assert str(found).startswith("no split meets all constraints: at the least,") and "together 1000" in str(found)


def test_each_constraint_is_missed_in_its_own_measure() -> None:
    """Money that must be spent where it brings no 3 for each 1; and a cap that keeps one of two below a fair part: at
    most 10 of 100 leaves a Gini coefficient of 0.4, which is 0.15 more than 1/4."""
    curves = of_one(MichaelisMenten(floats([9, 9]), floats([9, 9])))
    side = group_return("east return", 2, np.array([0, 1]), 3)
    found = solve_wide(Wide(asked(curves, Budget.equal(600), lower_minor=[300, 300]), sides=(side,)))
    assert isinstance(found, Infeasible)
    assert re.search(r"nearest one misses .*east return by a response of \d", said(found.conflicts[0], EUR))
    capped = asked(curves, Budget.equal(10_000), upper=[10_000, 1_000])
    missed = solve_wide(Wide(capped, gini=Gini(Fraction(1, 4))))
    assert isinstance(missed, Infeasible)
    told = said(missed.conflicts[0], EUR)
    assert told == "no split meets all constraints together; the nearest one misses Gini by 0.15", told


def test_a_return_that_binds_tells_its_limit() -> None:
    """100 x / (100 + x) brings 0.5 for each 1 up to 100."""
    curves = of_one(MichaelisMenten(floats([900, 100]), floats([100, 100])))
    side = group_return("west return", 2, np.array([1]), Fraction(1, 2))
    found = answered(Wide(asked(curves, Budget.at_most(30_000), upper=[15_000, 30_000]), sides=(side,)))
    assert found.spend_minor.tolist() == [15_000, 10_000]
    assert {each.limit for each in found.bindings if each.name == "west return"} == {"0.5 for each 1"}


def test_a_return_nobody_reaches_is_refused() -> None:
    problem, draws = hill_draws(4, 1, 2)
    found = solve_wide(Wide(problem, draws, sides=(group_return("all", 4, np.arange(4), 99),)))
    assert isinstance(found, Infeasible) and "all" in str(found)


def test_neither_order_nor_scale_changes_the_answer() -> None:
    problem, draws = hill_draws(12, 6, 9, steep=True)
    wide = Wide(problem, draws, Cvar(0.5), (share_of_all("s", 12, np.arange(3), Fraction(1, 5)),))
    found = answered(wide)
    order = np.random.default_rng(1).permutation(12)
    moved = tuple(Mixed([(np.arange(12), each.parts[0][1].take(order))]) for each in draws)
    mixed = replace(problem, units=tuple(problem.units[place] for place in order), curves=moved[0])
    again = answered(Wide(mixed, moved, Cvar(0.5), (wide.sides[0].ordered(order),)))
    assert again.digest() == found.digest() and again.value == found.value
    cents = replace(problem, upper_minor=problem.upper_minor * 100, minor_per_spend=10_000,
                    budget=Budget.equal(problem.budget.most_minor * 100))  # fmt: skip
    finer = answered(Wide(cents, draws, Cvar(0.5), wide.sides))
    assert finer.value == pytest.approx(found.value, rel=2e-6)


def test_the_plan_in_force_is_never_beaten_by_the_answer_downwards() -> None:
    problem, draws = hill_draws(5, 4, 4)
    best = answered(Wide(problem, draws, Worst()), 1e-9)
    again = answered(Wide(replace(problem, start_minor=best.spend_minor), draws, Worst()), 0.05)
    assert again.start_value == pytest.approx(best.value_minor) and again.value_minor >= best.value_minor * (1 - 1e-12)


def test_a_solver_without_an_answer_ends_in_a_clear_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        x, status, message, fun, ineqlin, eqlin = None, 4, "numerical difficulties", None, None, None

    monkeypatch.setattr(columns, "linprog", lambda *_, **__: Nothing())
    problem, draws = hill_draws(3, 2, 1)
    found = solve_wide(Wide(problem, draws, Worst()))
    assert isinstance(found, Infeasible) and "there may be one" in str(found)
    start = np.array([problem.budget.most_minor, 0, 0])
    kept = answered(Wide(replace(problem, start_minor=start), draws, Worst()))
    assert kept.solver == "start" and kept.bound == np.inf and kept.spend_minor.tolist() == start.tolist()


def test_two_hundred_units_and_fifty_draws() -> None:
    problem, draws = hill_draws(200, 50, 0)
    found = answered(Wide(problem, draws, Cvar(0.1)))
    assert found.gap_before_rounding <= 1e-6 and int(found.spend_minor.sum()) == problem.budget.most_minor


def test_a_side_of_whole_numbers() -> None:
    """Twice the first and the second together at most 100: a steeper first partner still gives way."""
    curves = of_one(LinearCap(floats([3, 2]), floats([1_000, 1_000])))
    found = answered(Wide(asked(curves, Budget.at_most(10_000)), sides=(Side("s", (2, 1), 100),)))
    assert found.spend_minor.tolist() == [0, 10_000] and found.value == pytest.approx(200)
