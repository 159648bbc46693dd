"""Shares of all that is spent: against every whole split, and the price of one more unit of budget."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from optimise_problems import asked, drawn, keeps, of_one, whole_splits, worth

from scenarios.curves.floats import Floats, floats
from scenarios.curves.smooth import LinearCap, MichaelisMenten
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Group
from scenarios.optimise.goals.shares import Share, with_shares


def in_share(shares: tuple[Share, ...], spends: Floats) -> np.ndarray:  # type: ignore[type-arg]
    """Whether splits (..., units) keep all shares."""
    total = spends.sum(axis=-1)
    kept = np.ones(total.shape, dtype=bool)
    for share in shares:
        kept &= spends[..., share.members].sum(axis=-1) <= float(share.most) * total + 1e-9
    return kept


@pytest.mark.parametrize("seed", range(600, 630))
def test_no_split_within_the_shares_is_better(seed: int) -> None:
    problem = replace(drawn(seed), groups=())
    rng = np.random.default_rng(seed)
    count = len(problem.units)
    shares: tuple[Share, ...] = (Share("first", np.array([0]), Fraction(int(rng.integers(3, 9)), 10)),)
    if count > 2:
        shares += (Share("pair", np.array([0, 1]), Fraction(int(rng.integers(5, 10)), 10)),)
    splits = whole_splits(problem)
    splits = splits[in_share(shares, splits)]
    answer = with_shares(problem, shares, 1e-7)
    if isinstance(answer, Infeasible):
        assert not len(splits), str(answer)
        return
    minor = answer.spend_minor * 1.0
    assert bool(keeps(problem, minor)) and bool(in_share(shares, minor))
    best = float(worth(problem, splits).max())
    assert answer.bound >= best - 1e-9 and answer.value >= best - 1e-6 * abs(best) - 1e-9
    assert answer.unspent_minor == problem.budget.most_minor - answer.spend_minor.sum()


def test_more_is_spent_where_that_lets_the_best_unit_have_more() -> None:
    lines = of_one(LinearCap(floats([3, 1]), floats([1_000, 10])))
    problem = asked(lines, Budget.at_most(100_000))
    answer = with_shares(problem, (Share("a", np.array([0]), Fraction(60, 100)),))
    assert isinstance(answer, Answer) and answer.spend_minor.tolist() == [60_000, 40_000] and answer.gap <= 1e-6
    assert answer.shadow_price == pytest.approx(1.8) and "with the shares that grow by it" in answer.reasons[0]


@pytest.mark.parametrize("budget", [20_000, 50_000])
def test_one_more_unit_of_budget_brings_what_is_told(budget: int) -> None:
    """Also what the shares that grow by it bring: by the difference of two answers."""
    curves = of_one(MichaelisMenten(floats([400, 200, 100, 90]), floats([100] * 4)))
    shares = (Share("a", np.array([0]), Fraction(2, 5)), Share("ab", np.array([0, 1]), Fraction(3, 5)))
    one, other = (with_shares(asked(curves, Budget.equal(each)), shares) for each in (budget, budget + 100))
    assert isinstance(one, Answer) and isinstance(other, Answer)
    assert other.value - one.value == pytest.approx(one.shadow_price, rel=0.01)


def test_a_total_within_the_budget_is_proved() -> None:
    rng = np.random.default_rng(2)
    a, k = rng.lognormal(size=(2, 50)) * 10_000
    problem = asked(of_one(MichaelisMenten(a, k)), Budget.at_most(int(500 * k.sum())), hurdle=0.4)
    top = int(np.argmax(a))
    shares = (Share("top", np.array([top]), Fraction(1, 50)), Share("ten", np.arange(10), Fraction(1, 10)))
    answer = with_shares(problem, shares)
    assert isinstance(answer, Answer) and answer.gap <= 1e-6 and answer.unspent_minor > 0 == answer.shadow_price
    assert "stays unspent" in answer.reasons[0] and all(each.name != "budget" for each in answer.bindings)


def test_a_share_of_a_group_that_has_a_cap() -> None:
    curves = of_one(MichaelisMenten(floats([400, 200, 100]), floats([100] * 3)))
    groups = (Group("north", np.array([0, 1]), 0, 15_000),)
    problem = asked(curves, Budget.equal(30_000), groups=groups)
    answer = with_shares(problem, (Share("north", np.array([0, 1]), Fraction(1, 3)),))
    assert isinstance(answer, Answer) and answer.spend_minor[:2].sum() == 10_000


def test_shares_that_leave_money_without_a_place() -> None:
    curves = of_one(MichaelisMenten(floats([1, 1]), floats([1, 1])))
    shares = tuple(Share(name, np.array([place]), Fraction(2, 5)) for place, name in enumerate("ab"))
    found = with_shares(asked(curves, Budget.equal(1_000)), shares)
    assert "the caps of p0000000, p0000001 add up to 800, 200 less than the least that budget asks for" in str(found)
