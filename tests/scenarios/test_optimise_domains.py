"""Units that bring a least return on their own spend, or get nothing: against every minor unit, and every split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from optimise_problems import asked, drawn, keeps, of_one, whole_splits, worth

from scenarios.curves.floats import Floats, floats
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import Hill, LinearCap, Power
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Problem
from scenarios.optimise.goals.domains import domains_of, solve_with_returns, with_returns


def brings(problem: Problem, spends: Floats, returns: Floats) -> np.ndarray:  # type: ignore[type-arg]
    """Whether each unit of splits (..., units) gets nothing or brings its return."""
    base = problem.curves.value(np.zeros(len(returns)))
    won = problem.curves.value(spends) - base - returns * spends
    return np.asarray(((spends == 0) | (returns <= 0) | (won >= -1e-12)).all(axis=-1))


@pytest.mark.parametrize("seed", range(400, 430))
def test_domains_are_the_minor_units_that_bring_the_return(seed: int) -> None:
    problem = drawn(seed)
    per = np.random.default_rng(seed).choice([1.0, 7.0, 10.0])
    problem = replace(problem, minor_per_spend=float(per), upper_minor=problem.upper_minor * int(per))
    returns = np.random.default_rng(seed).choice([0.0, 0.2, 0.5, 1.0], len(problem.units))
    domains = domains_of(problem, returns)
    for unit, intervals in enumerate(domains.intervals):
        found = {minor for low, high in intervals for minor in range(low, high + 1)}
        for minor in range(1, int(problem.upper_minor[unit]) + 1):
            alone = np.zeros(len(returns))
            alone[unit] = minor / per
            is_in = minor >= max(problem.lower_minor[unit], problem.minimums[unit])
            assert (minor in found) == (is_in and bool(brings(problem, alone, returns))), (unit, minor)


@pytest.mark.parametrize("seed", range(500, 530))
def test_no_split_that_brings_the_returns_is_better(seed: int) -> None:
    problem = drawn(seed)
    returns = np.random.default_rng(seed).choice([0.0, 0.3, 0.6], len(problem.units))
    splits = whole_splits(problem)
    splits = splits[brings(problem, splits, returns)]
    answer = solve_with_returns(problem, returns, 1e-7)
    if isinstance(answer, Infeasible):
        assert not len(splits), str(answer)
        return
    assert bool(keeps(problem, answer.spend_minor * 1.0)) and bool(brings(problem, answer.spend_minor * 1.0, returns))
    best = float(worth(problem, splits).max())
    assert answer.value >= best - 1e-6 * abs(best) - 1e-9 and answer.bound >= best - 1e-9
    assert answer.gap_before_rounding <= 1e-6 or answer.bound - answer.value < 1e-9


def test_an_s_shaped_curve_brings_its_return_between_two_spends() -> None:
    """400 x^2 / (100^2 + x^2) is 1.6 x where x^2 - 250 x + 10,000 = 0: at 50 and at 200."""
    problem = asked(of_one(Hill(floats([400]), floats([100]), floats([2]))), Budget.at_most(10**6))
    found = with_returns(problem, floats([1.6]))
    assert (found.minimums[0], found.upper_minor[0]) == (5_000, 20_000)
    never = with_returns(problem, floats([2.1]))  # 400 x / (100^2 + x^2) is 2 at most
    assert (never.minimums[0], never.upper_minor[0]) == (0, 0)
    fixed = replace(problem, lower_minor=np.array([6_000]))
    assert "is to get at least 6000 and at most 0" in str(solve_with_returns(fixed, floats([2.1])))


def test_concave_curves_bring_it_up_to_a_cap() -> None:
    """3 sqrt x is 0.5 x at 36; 2 x up to 10 is 0.5 x at 40; of a line that brings less nothing is left."""
    curves = of_one(Power(floats([3, 3]), floats([0.5, 0.5])))
    found = with_returns(asked(curves, Budget.at_most(10**6)), floats([0.5, 0.0]))
    assert found.upper_minor.tolist() == [3_600, 10**6] and found.minimums.tolist() == [0, 0]
    lines = of_one(LinearCap(floats([2, 0.4, 0.5]), floats([10, 10, 10])))
    found = with_returns(asked(lines, Budget.at_most(10**6)), floats([0.5, 0.5, 0.5]))
    assert found.upper_minor.tolist() == [4_000, 0, 1_000]


def test_steps_bring_it_miss_it_and_bring_it_again() -> None:
    curves = of_one(Steps.of([[(1, 0.8), (10, 9.0)], [(0, 0), (1, 0.2)]]))
    problem = asked(curves, Budget.equal(500), upper=[1_800, 500], lower_minor=np.array([0, 0]))
    domains = domains_of(problem, floats([0.5, 0.0]))
    assert domains.intervals[0] == ((100, 160), (1_000, 1_800)) and domains.holes(0) == ((161, 999),)
    answer = solve_with_returns(problem, floats([0.5, 0.0]))
    assert isinstance(answer, Answer) and answer.spend_minor[0] <= 160 and answer.spend_minor.sum() == 500
    table = of_one(Points.of([[(0, 0), (1, 1), (4, 1.2), (6, 9)]]))
    assert domains_of(asked(table, Budget.at_most(600)), floats([0.5])).intervals[0] == ((1, 215), (424, 600))
