"""Periods with carry-over: against every whole plan of small problems, closed forms, and the forward recursion."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from optimise_problems import asked, of_one

from scenarios.curves.floats import Floats, floats
from scenarios.curves.smooth import Hill, LinearCap, MichaelisMenten, Power
from scenarios.optimise.feasible import Infeasible
from scenarios.optimise.flighting import Flight, Flighted, recursion, solve_flight
from scenarios.optimise.problem import Budget, Group
from scenarios.optimise.solve import solve


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
    assert answer.gap <= (1e-4 if steep else 1e-6), answer.solver


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
    assert found.answer.gap <= 1e-6


def test_a_minimum_is_not_asked_of_periods() -> None:
    problem = asked(of_one(LinearCap(floats([2]), floats([9]))), Budget.equal(900), minimum_minor=[100])
    assert isinstance(solve_flight(Flight(problem, 2, np.array([0.5]))), Infeasible)


def test_forty_units_over_twelve_periods() -> None:
    rng = np.random.default_rng(0)
    curves = of_one(MichaelisMenten(*rng.lognormal(4, 0.6, (2, 40))))
    found = answered(Flight(asked(curves, Budget.equal(1_200_000)), 12, np.full(40, 0.5)), 1e-5)
    assert found.answer.gap <= 1e-5 and int(found.spend_minor.sum()) == 1_200_000
