"""A sweep of budgets: each as if it were asked alone, concave where curves are, and never falling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from optimise_problems import asked, drawn, of_one

from scenarios.curves.floats import floats
from scenarios.curves.smooth import Hill, MichaelisMenten
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Group, Problem
from scenarios.optimise.core.solve import solve
from scenarios.optimise.goals.frontier import frontier


def many(is_s_shaped: bool, groups: bool = False) -> Problem:
    rng = np.random.default_rng(4)
    a, k = rng.lognormal(size=(2, 60)) * 100
    family = Hill(a, k, rng.uniform(1.5, 3.5, 60)) if is_s_shaped else MichaelisMenten(a, k)
    budget = int(50 * k.sum())
    found = (Group("g", np.arange(20), budget // 10, budget // 4), Group("h", np.arange(10), 0, budget // 9))
    return asked(of_one(family), Budget.equal(budget), groups=found if groups else ())


def answers(found: tuple[Answer | Infeasible, ...]) -> list[Answer]:
    assert all(isinstance(each, Answer) for each in found)
    return list(found)  # type: ignore[arg-type]


@pytest.mark.parametrize(("is_s_shaped", "groups"), [(False, False), (False, True), (True, False), (True, True)])
def test_each_budget_is_answered_as_if_alone(is_s_shaped: bool, groups: bool) -> None:
    problem = many(is_s_shaped, groups)
    budgets = [int(problem.budget.most_minor * part) for part in np.linspace(1.6, 0.3, 9)]
    for budget, answer in zip(budgets, answers(frontier(problem, budgets)), strict=True):
        alone = solve(replace(problem, budget=Budget.equal(budget)))
        assert isinstance(alone, Answer) and answer.spend_minor.sum() == budget
        assert answer.gap <= 1e-6 and answer.value == pytest.approx(alone.value, rel=2e-6)
        assert answer.bound >= alone.value * (1 - 1e-12) and alone.bound >= answer.value * (1 - 1e-12)


def test_the_frontier_of_concave_curves_is_concave_and_its_slope_is_the_price() -> None:
    problem = many(False, True)
    budgets = np.linspace(0.4, 1.5, 12) * problem.budget.most_minor
    found = answers(frontier(problem, budgets.astype(int).tolist()))
    slope = np.diff([each.value for each in found]) / np.diff(budgets / 100)
    assert bool((np.diff(slope) <= 1e-9).all())
    prices = np.array([each.shadow_price for each in found])
    assert bool((prices[:-1] >= slope - 1e-9).all() and (slope >= prices[1:] - 1e-9).all())


@pytest.mark.parametrize("seed", range(700, 720))
def test_more_that_may_stay_unspent_is_never_worth_less(seed: int) -> None:
    problem = replace(drawn(seed), budget=Budget.at_most(20))
    budgets = [*range(4, 21, 2), 9, 4]
    found = frontier(problem, budgets, 1e-3)
    assert len(found) == len(budgets) and str(found[0]) == str(found[-1])
    held = sorted(
        (b, each.value, each.bound) for b, each in zip(budgets, found, strict=True) if isinstance(each, Answer)
    )
    values, bounds = [each[1] for each in held], [each[2] for each in held]
    assert values == sorted(values) and bounds == sorted(bounds)
    for budget, answer in zip(budgets, found, strict=True):
        alone = solve(replace(problem, budget=Budget.at_most(budget)), 1e-9)
        assert isinstance(alone, Answer) == isinstance(answer, Answer)
        if isinstance(answer, Answer) and isinstance(alone, Answer):
            assert answer.bound >= alone.value - 1e-9 and alone.bound >= answer.value - 1e-9
            assert answer.unspent_minor == budget - answer.spend_minor.sum() >= 0


def test_a_budget_that_cannot_be_met_is_told_in_its_place() -> None:
    curves = of_one(MichaelisMenten(floats([1, 1]), floats([1, 1])))
    problem = asked(curves, Budget.equal(100), lower_minor=np.array([40, 40]))
    found = frontier(problem, [60, 100])
    assert isinstance(found[0], Infeasible) and isinstance(found[1], Answer) and frontier(problem, []) == ()
