"""The least spend of a response, and the largest with an average return: closed forms, and every whole split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from optimise_problems import asked, drawn, of_one, whole_splits

from scenarios.curves.floats import floats
from scenarios.curves.smooth import Hill, MichaelisMenten
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Problem
from scenarios.optimise.goals.reached import Reached, least_spend, most_at_average


def reached(found: Reached | Infeasible) -> Reached:
    assert isinstance(found, Reached), str(found)
    assert found.spend_minor == found.answer.spend_minor.sum()
    return found


def large(count: int, seed: int, is_s_shaped: bool) -> Problem:
    rng = np.random.default_rng(seed)
    a, k = rng.lognormal(size=(2, count)) * 1_000
    family = Hill(a, k, rng.uniform(1.5, 3.5, count)) if is_s_shaped else MichaelisMenten(a, k)
    return asked(of_one(family), Budget.at_most(int(500 * k.sum())))


def test_a_published_target_return() -> None:
    """1,000 x / (100 + x) brings 4 for each 1 up to x = 1,000 / 4 - 100; there the next 1 brings 1.6."""
    problem = asked(of_one(MichaelisMenten(floats([1_000]), floats([100]))), Budget.at_most(10**6))
    found = reached(most_at_average(problem, 4))
    assert found.spend_minor == found.spend_bound_minor == 15_000 and found.is_proved and found.spend_gap == 0
    assert found.response == pytest.approx(600, rel=1e-9)
    assert found.answer.marginal.tolist() == pytest.approx([1.6], rel=1e-9)


def test_the_spend_of_a_response_in_closed_form() -> None:
    """a x / (k + x) is R at x = k R / (a - R)."""
    problem = asked(of_one(MichaelisMenten(floats([1_000]), floats([100]))), Budget.at_most(10**6))
    found = reached(least_spend(problem, 600))
    assert found.spend_minor == found.spend_bound_minor == 15_000
    two = asked(of_one(MichaelisMenten(floats([400, 100]), floats([100, 100]))), Budget.at_most(10**6))
    found = reached(least_spend(two, 320))  # 300.00 would do, in parts of a cent
    assert found.spend_bound_minor == 30_000 and 30_000 <= found.spend_minor <= 30_001 and found.response >= 320


@pytest.mark.parametrize(("count", "is_s_shaped"), [(200, False), (20, True), (120, True)])
def test_both_ways_lead_to_the_same_spend(count: int, is_s_shaped: bool) -> None:
    """What the least spend brings on average is brought at most by about that spend; each is proved on its own."""
    problem = large(count, 3, is_s_shaped)
    response = 0.4 * float(problem.curves.value(problem.upper_minor / 100).sum())
    least = reached(least_spend(problem, response))
    assert least.response >= response and least.spend_gap <= 1e-6
    ratio = response / (least.spend_minor / 100)
    most = reached(most_at_average(problem, ratio))
    assert most.spend_gap <= 1e-6 and most.response >= ratio * most.spend_minor / 100 * (1 - 1e-12)
    assert most.spend_bound_minor >= least.spend_minor


@pytest.mark.parametrize("seed", range(300, 315))
def test_no_whole_split_does_better(seed: int) -> None:
    """Proved ends hold for every whole split, and the answer is one of them."""
    problem = replace(drawn(seed), hurdle=0.0)
    splits = whole_splits(problem)
    if not len(splits):
        assert isinstance(least_spend(problem, 0.1), Infeasible)
        return
    responses, totals = problem.curves.value(splits).sum(axis=-1), splits.sum(axis=-1)
    for part in (0.3, 0.8):
        wanted = part * float(responses.max())
        found = reached(least_spend(problem, wanted))
        oracle = totals[responses >= wanted].min()
        assert found.spend_bound_minor <= oracle <= found.spend_minor and found.response >= wanted - 1e-9
    for ratio in (0.1, 0.6):
        good = totals[responses >= ratio * totals - 1e-9]
        most = most_at_average(problem, ratio)
        if isinstance(most, Infeasible):
            assert not len(good)
        else:
            assert len(good) and most.spend_minor <= good.max() <= most.spend_bound_minor
            assert most.response >= ratio * most.spend_minor - 1e-9


def test_what_cannot_be_reached_is_told() -> None:
    problem = asked(of_one(MichaelisMenten(floats([400, 100]), floats([100, 100]))), Budget.at_most(30_000))
    assert str(least_spend(problem, 321)) == "the budget brings at most 320, less than the 321 asked for"
    spent = replace(problem, lower_minor=np.array([20_000, 0]))
    said = str(most_at_average(spent, 4))
    assert said.startswith("beyond 4 for each 1, any spend brings at most -533.333, less than the 0 asked for")


def test_conflicts_come_before_goals() -> None:
    curves = of_one(MichaelisMenten(floats([1, 1]), floats([1, 1])))
    problem = asked(curves, Budget.at_most(100), lower_minor=np.array([80, 80]), upper=[90, 90])
    for found in (least_spend(problem, 1), most_at_average(problem, 1)):
        assert "60 more than the most that budget allows" in str(found)


def test_the_plan_needs_no_spend_for_what_comes_anyway() -> None:
    problem = asked(of_one(MichaelisMenten(floats([1.0]), floats([1.0]))), Budget.at_most(100))
    assert reached(least_spend(problem, 0.0)).spend_minor == 0
    assert reached(most_at_average(problem, 100.0)).spend_minor == 0
