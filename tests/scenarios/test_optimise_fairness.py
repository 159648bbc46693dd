"""Fair splits: Gini, four fifths and floors of an equal share, exactly in whole minor units, and at no more loss than
every whole split of small problems allows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st
from optimise_problems import asked, of_one, whole_splits, worth

from scenarios.curves.floats import floats
from scenarios.curves.smooth import LinearCap, MichaelisMenten, Power
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Group
from scenarios.optimise.linked.fairness import Gini, floor_of_equal_share, four_fifths, gini_of
from scenarios.optimise.wide import Wide, solve_wide


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=12))
def test_gini_is_the_mean_difference(amounts: list[int]) -> None:
    count, total = len(amounts), sum(amounts)
    differences = sum(abs(one - other) for one in amounts for other in amounts)
    assert gini_of(np.array(amounts)) == (Fraction(differences, 2 * count * total) if total else 0)
    cut = Gini(Fraction(1, 3)).cut(np.array(amounts, dtype=np.float64))
    spent = sum(each * amount for each, amount in zip(cut.spend, amounts, strict=True))
    assert (spent <= 0) == (gini_of(np.array(amounts)) <= Fraction(1, 3))


@pytest.mark.parametrize("limit", [Fraction(0), Fraction(1, 10), Fraction(1, 4), Fraction(2, 5)])
def test_no_whole_split_within_a_gini_is_better(limit: Fraction) -> None:
    curves = of_one(MichaelisMenten(floats([9, 5, 3, 1]), floats([6, 4, 9, 3])))
    problem = asked(curves, Budget.equal(12), minor_per_spend=1)
    splits = whole_splits(problem)
    splits = splits[[gini_of(each.astype(np.int64)) <= limit for each in splits]]
    best = float(worth(problem, splits).max())
    found = solve_wide(Wide(problem, gini=Gini(limit)))
    assert isinstance(found, Answer)
    assert gini_of(found.spend_minor) <= limit
    assert found.bound >= best - 1e-9 and found.value_minor <= best + 1e-9 and found.gap_before_rounding <= 1e-6


def test_a_gini_of_two_by_hand() -> None:
    """All would go to the steeper; a Gini of 1/4 for two is |x - y| / (2 (x + y)): half of the sum lies between."""
    curves = of_one(LinearCap(floats([3, 2]), floats([1_000, 1_000])))
    found = solve_wide(Wide(asked(curves, Budget.equal(10_000)), gini=Gini(Fraction(1, 4))))
    assert isinstance(found, Answer)
    assert found.spend_minor.tolist() == [7_500, 2_500] and found.value == pytest.approx(275)
    assert "Gini" in {binding.name for binding in found.bindings}


def test_fifty_partners_within_a_gini() -> None:
    rng = np.random.default_rng(1)
    curves = of_one(MichaelisMenten(*(rng.lognormal(4, 0.6, (2, 50)))))
    found = solve_wide(Wide(asked(curves, Budget.equal(150_000)), gini=Gini(Fraction(1, 5))))
    assert isinstance(found, Answer)
    assert gini_of(found.spend_minor) <= Fraction(1, 5) and found.gap_before_rounding <= 1e-6


def test_four_fifths_between_regions() -> None:
    """Steep partners in one region: the mean of the other still is four fifths of theirs."""
    curves = of_one(LinearCap(floats([5, 5, 1]), floats([1_000] * 3)))
    groups = (Group("east", np.array([0, 1])), Group("west", np.array([2])))
    found = solve_wide(Wide(asked(curves, Budget.equal(14_000)), sides=four_fifths(3, groups)))
    assert isinstance(found, Answer)
    east, west = int(found.spend_minor[:2].sum()), int(found.spend_minor[2])
    assert (east, west) == (10_000, 4_000) and 5 * west * 2 >= 4 * east


def test_a_floor_of_an_equal_share() -> None:
    curves = of_one(Power(floats([9, 1, 1]), floats([0.5] * 3)))
    problem, sides = floor_of_equal_share(asked(curves, Budget.equal(10_000)), Fraction(1, 2))
    assert problem.lower_minor.tolist() == [1_667] * 3 and not sides
    problem, sides = floor_of_equal_share(asked(curves, Budget.at_most(10_000)), Fraction(1, 2))
    found = solve_wide(Wide(problem, sides=sides))
    assert isinstance(found, Answer)
    assert 6 * int(found.spend_minor.min()) >= int(found.spend_minor.sum()) and found.gap_before_rounding <= 1e-5


def test_a_gini_that_bounds_make_impossible() -> None:
    curves = of_one(LinearCap(floats([3, 2]), floats([100, 100])))
    problem = asked(curves, Budget.equal(10_000), upper=[10_000, 1_000])
    found = solve_wide(Wide(problem, gini=Gini(Fraction(1, 4))))
    assert isinstance(found, Infeasible) and "Gini" in str(found)
