"""Periods with carry-over: against every whole plan of small problems, closed forms, and the forward recursion."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from optimise_problems import asked, of_one
from scipy.optimize import minimize_scalar

from scenarios.curves.floats import Floats, floats
from scenarios.curves.mixed import Mixed
from scenarios.curves.smooth import Hill, LinearCap, MichaelisMenten, Power
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Group
from scenarios.optimise.core.solve import solve
from scenarios.optimise.flighting import Flight, Flighted, recursion, solve_flight
from scenarios.optimise.goals.shares import Share
from scenarios.optimise.linked.blend import members_of
from scenarios.optimise.periods.schedules import Chains, Schedules


def answered(flight: Flight, gap: float = 1e-6) -> Flighted:
    found = solve_flight(flight, gap)
    assert isinstance(found, Flighted), str(found)
    return found


def by_hand(flight: Flight, plan: Floats) -> float:
    """The response of a plan (units, periods) in units of spend: one stock after another."""
    total, stock = 0.0, np.zeros(len(flight.problem.units))
    if flight.carried_in_minor is not None:
        stock = flight.carried_in_minor / flight.problem.minor_per_spend
    for period in range(flight.periods):
        stock = stock + plan[:, period]
        total += float(flight.problem.curves.value(stock).sum())
        stock = stock * flight.carry_over
    return total


@pytest.mark.parametrize("steep", [False, True])
@pytest.mark.parametrize("rate", [0.0, 0.3, 0.8])
def test_no_whole_plan_is_better(steep: bool, rate: float) -> None:
    alpha = floats([2.5, 3.0] if steep else [1.0, 0.8])
    curves = of_one(Hill(floats([9, 6]), floats([4, 3]), alpha))
    problem = asked(curves, Budget.equal(9), upper=[6, 6], minor_per_spend=1)
    flight = Flight(problem, 3, np.array([rate, rate / 2]), np.array([2, 0]))
    plans = np.array([each for each in product(range(7), repeat=6) if sum(each) == 9], dtype=np.float64)
    best = max(by_hand(flight, each.reshape(2, 3)) for each in plans)
    found = answered(flight)
    answer = found.answer
    assert int(found.spend_minor.sum()) == 9 and int(found.spend_minor.max()) <= 6
    assert answer.bound >= best - 1e-9 and answer.value_minor <= best + 1e-9
    assert by_hand(flight, found.spend_minor.astype(np.float64)) == pytest.approx(answer.value_minor, rel=1e-12)
    assert answer.gap_before_rounding <= (1e-4 if steep else 1e-6), answer.solver


def test_without_carry_over_it_is_the_core_over_cells() -> None:
    curves = of_one(MichaelisMenten(floats([9, 5]), floats([6, 4])))
    found = answered(Flight(asked(curves, Budget.equal(3_000)), 3, np.zeros(2)))
    thrice = of_one(MichaelisMenten(floats([9, 9, 9, 5, 5, 5]), floats([6, 6, 6, 4, 4, 4])))
    core = solve(asked(thrice, Budget.equal(3_000)))
    assert not isinstance(core, Infeasible)
    assert found.answer.value == pytest.approx(core.value, rel=2e-6)


def test_roots_over_two_periods_by_hand() -> None:
    """sqrt(x) + sqrt(y + x / 2) with x + y = 60: both stocks' slopes give 1/2 1/sqrt(x) = (1 - 1/2) 1/2 1/sqrt(a), so
    x = 4 a, which is beyond what there is: all is spent at once."""
    found = answered(Flight(asked(of_one(Power(floats([1]), floats([0.5]))), Budget.equal(6_000)), 2, np.array([0.5])))
    assert found.spend_minor.tolist() == [[6_000, 0]]
    assert found.answer.value == pytest.approx(np.sqrt(60) + np.sqrt(30))


def test_what_works_after_the_end_is_told_apart() -> None:
    curves = of_one(LinearCap(floats([2]), floats([1_000])))
    problem = asked(curves, Budget.equal(8_000), upper=[4_000])
    flight = Flight(problem, 2, np.array([0.5]), np.array([1_000]), after=2)
    found = answered(flight)
    # Stocks: 10 + 40 = 50, 25 + 40 = 65, then 32.5 and 16.25.
    assert found.response.tolist() == [[100.0, 130.0]] and found.after.tolist() == [[65.0, 32.5]]
    assert found.answer.value == pytest.approx(230)
    assert recursion(flight, found.spend_minor)[0].sum() == pytest.approx(found.answer.value_minor)


def test_groups_and_budgets_of_periods_are_kept_exactly() -> None:
    rng = np.random.default_rng(3)
    curves = of_one(MichaelisMenten(*rng.lognormal(4, 0.5, (2, 8))))
    groups = (Group("east", np.arange(4), 10_000, 20_000), Group("odd", np.arange(1, 8, 2), 0, 21_000))
    problem = replace(asked(curves, Budget.equal(60_000), upper=[9_000] * 8), groups=groups)
    budgets = tuple(Budget(9_000, 12_000) for _ in range(6))
    found = answered(Flight(problem, 6, np.full(8, 0.6), budgets=budgets))
    minor = found.spend_minor
    assert int(minor.sum()) == 60_000 and int(minor.min()) >= 0 and int(minor.max()) <= 9_000
    assert 10_000 <= int(minor[:4].sum()) <= 20_000 and int(minor[1::2].sum()) <= 21_000
    assert all(9_000 <= total <= 12_000 for total in minor.sum(axis=0).tolist())
    assert found.answer.gap_before_rounding <= 1e-6


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_nothing_or_at_least_a_minimum_in_each_period(rate: float) -> None:
    curves = of_one(Hill(floats([9, 6]), floats([4, 3]), floats([2.5, 1.0])))
    problem = asked(curves, Budget.equal(9), upper=[6, 6], minor_per_spend=1, minimum_minor=[3, 2])
    flight = Flight(problem, 3, np.full(2, rate))
    ways = product(*[(0, 3, 4, 5, 6)] * 3, *[(0, 2, 3, 4, 5, 6)] * 3)
    plans = np.array([each for each in ways if sum(each) == 9], dtype=np.float64)
    best = max(by_hand(flight, each.reshape(2, 3)) for each in plans)
    found = answered(flight)
    assert set(found.spend_minor[0].tolist()) <= {0, 3, 4, 5, 6} and 1 not in found.spend_minor[1]
    assert found.answer.bound >= best - 1e-9 and found.answer.value_minor <= best + 1e-9
    assert found.answer.gap_before_rounding <= 1e-2, found.answer.solver


def test_a_return_in_each_period_through_the_core() -> None:
    """Brings 2.5 for each 1 up to 60 in a period: 400 / (100 + x) at least 2.5."""
    curves = of_one(MichaelisMenten(floats([400]), floats([100])))
    found = answered(Flight(asked(curves, Budget.at_most(30_000)), 3, np.zeros(1), least_returns=np.array([2.5])))
    assert found.spend_minor.tolist() == [[6_000] * 3] and found.answer.gap_before_rounding <= 1e-6


def test_alike_periods_differ_no_more_than_they_must() -> None:
    curves = of_one(LinearCap(floats([2, 2]), floats([100, 50])))
    found = answered(Flight(asked(curves, Budget.equal(25_001)), 3, np.zeros(2)))
    assert int(np.ptp(found.spend_minor, axis=1).max()) <= 1 and int(found.spend_minor.sum()) == 25_001


def test_shares_over_all_periods() -> None:
    curves = of_one(MichaelisMenten(floats([900, 100]), floats([100, 100])))
    share = Share("p0000000", np.array([0]), Fraction(1, 2))
    found = answered(Flight(asked(curves, Budget.at_most(50_000)), 2, np.zeros(2), shares=(share,)))
    assert (
        2 * int(found.spend_minor[0].sum()) <= int(found.spend_minor.sum()) and found.answer.gap_before_rounding <= 1e-6
    )


def schedules_of(rate: float, minimum: float = 0.0, most: float = 60.0) -> tuple[Schedules, Mixed]:
    curves = of_one(Hill(floats([9.0]), floats([4.0]), floats([2.5])))
    chains = Chains(np.arange(3)[None], np.array([minimum]), np.array([most]), np.array([minimum > 0]),
                    np.array([rate]), np.array([1.0]))  # fmt: skip
    return Schedules(
        chains, members_of((Mixed([(np.arange(3), curves.parts[0][1].take(np.zeros(3, int)))]),)), 60.0
    ), curves


@pytest.mark.parametrize("minimum, most", [(0.0, 60.0), (3.0, 60.0), (0.0, 5.0), (3.0, 7.0)])
@pytest.mark.parametrize("rate", [0.0, 0.4, 0.9])
def test_no_schedule_is_better_than_its_bound_at_prices(rate: float, minimum: float, most: float) -> None:
    """Against every schedule on a fine grid of spends, which knows nothing of stocks as states."""
    schedules, curves = schedules_of(rate, minimum, most)
    spends = np.linspace(0, min(most, 12.0), 61)
    spends = spends[(spends == 0) | (spends >= minimum)]
    plans = np.stack([each.ravel() for each in np.meshgrid(*[spends] * 3, indexing="ij")], axis=1)
    low, high = schedules.everywhere()
    for price in ([0.4, 0.4, 0.4], [0.7, 1.2, 0.5], [1.5, 0.5, 0.9]):
        stock, total = np.full(len(plans), 1.0), np.zeros(len(plans))
        for period in range(3):
            stock = stock + plans[:, period]
            total += curves.parts[0][1].take(np.zeros(len(stock), int)).value(stock) - price[period] * plans[:, period]
            stock = stock * rate
        found = schedules.best(np.ones((1, 3)), np.array([price]), low, high)
        best = float(total.max())
        assert best <= found.bound[0] <= best + 0.02, (price, best, found.bound)


def test_the_bound_is_that_of_the_dual_worked_out_by_brute_force() -> None:
    """The least over prices of what every schedule of a fine grid makes at most: no answer's bound is far above it, and
    none is below the best answer."""
    curves = of_one(Hill(floats([9, 7, 8]), floats([4, 3, 5]), floats([2.5, 3.0, 2.0])))
    flight = Flight(asked(curves, Budget.equal(1_800)), 2, np.array([0.5, 0.3, 0.7]))
    spends = np.linspace(0, 18, 361)
    first, second = np.meshgrid(spends, spends, indexing="ij")
    worth = []
    for unit, rate in enumerate((0.5, 0.3, 0.7)):
        family = curves.parts[0][1].take(np.full(first.size, unit))
        at = family.value(first.ravel()) + family.value(second.ravel() + rate * first.ravel())
        worth.append((at, first.ravel() + second.ravel()))
    dual = minimize_scalar(
        lambda price: 18 * price + sum(float((at - price * spent).max()) for at, spent in worth),
        bounds=(0, 5), method="bounded", options={"xatol": 1e-9},
    )  # fmt: skip
    found = answered(flight)
    assert found.answer.value <= dual.fun + 1e-9 + 0.05  # half a step of the grid, at the steepest slope
    assert found.answer.bound <= dual.fun + 0.02 and found.answer.gap_before_rounding <= 1e-5


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_a_scale_of_money_changes_nothing(rate: float) -> None:
    curves = of_one(Hill(floats([9, 7, 8]), floats([4, 3, 5]), floats([2.5, 3.0, 2.0])))
    one = answered(Flight(asked(curves, Budget.equal(2_400)), 3, np.full(3, rate)))
    other = Hill(floats([9, 7, 8]), floats([400, 300, 500]), floats([2.5, 3.0, 2.0]))
    hundred = answered(Flight(asked(of_one(other), Budget.equal(240_000)), 3, np.full(3, rate)))
    assert np.abs(hundred.spend_minor / 100 - one.spend_minor).max() <= 1.5
    assert hundred.answer.value == pytest.approx(one.answer.value, rel=1e-6)


def test_s_shaped_curves_over_six_periods_are_proved() -> None:
    rng = np.random.default_rng(0)
    a, k = rng.lognormal(4, 0.6, (2, 6))
    curves = of_one(Hill(floats(a), floats(k), floats(rng.uniform(1.5, 3.5, 6))))
    flight = Flight(asked(curves, Budget.equal(int(k.sum() * 120))), 4, np.full(6, 0.5))
    found = answered(flight)
    assert found.answer.gap_before_rounding <= 1e-5, found.answer.solver
    assert by_hand(
        Flight(asked(curves, Budget.equal(1)), 4, np.full(6, 0.5)), found.spend_minor / 100
    ) == pytest.approx(found.answer.value_minor, rel=1e-12)


def test_forty_units_over_twelve_periods() -> None:
    rng = np.random.default_rng(0)
    curves = of_one(MichaelisMenten(*rng.lognormal(4, 0.6, (2, 40))))
    found = answered(Flight(asked(curves, Budget.equal(1_200_000)), 12, np.full(40, 0.5)), 1e-5)
    assert found.answer.gap_before_rounding <= 1e-5 and int(found.spend_minor.sum()) == 1_200_000
