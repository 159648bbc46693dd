"""What one more or one less of money would change is what solving again with that much says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from optimise_problems import asked, drawn, of_one

from scenarios.curves.floats import Rows, floats
from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import Exponential, Hill, LinearCap, MichaelisMenten, Power
from scenarios.optimise.core.answer import HELD, Answer
from scenarios.optimise.core.problem import Budget, Group, Problem
from scenarios.optimise.core.solve import NO_ROOM, solve

GAP = 1e-13
MOVES = 1, 100  # minor units


def solved(problem: Problem) -> Answer:
    answer = solve(problem, GAP)
    assert isinstance(answer, Answer), str(answer)
    return answer


def with_more(problem: Problem, minor: int) -> Answer:
    least, most = problem.budget.least_minor, problem.budget.most_minor
    return solved(replace(problem, budget=Budget(least + minor if least == most else least, most + minor)))


def six(equal: bool = True, region: bool = True, minimum: int = 1_500_000) -> Problem:
    """The problem of the guide: a group at its cap, a kink, a step, and one that gets all or nothing."""
    parts: list[tuple[Rows, Family]] = [
        (np.array([0]), Hill(floats([400_000]), floats([40_000]), floats([2]))),
        (np.array([1]), MichaelisMenten(floats([220_000]), floats([60_000]))),
        (np.array([2]), Exponential(floats([90_000]), floats([25_000]))),
        (np.array([3]), Points.of([[(0, 0), (20_000, 50_000), (60_000, 70_000)]])),
        (np.array([4]), MichaelisMenten(floats([60_000]), floats([25_000]))),
        (np.array([5]), Steps.of([[(10_000, 20_000), (50_000, 60_000)]])),
    ]
    return asked(
        Mixed(parts),
        Budget.equal(20_000_000) if equal else Budget.at_most(20_000_000),
        np.full(6, 9_000_000),
        lower_minor=np.array([1_000_000, 0, 0, 0, 0, 0]),
        minimum_minor=np.array([0, 0, minimum, 0, 0, 0]),
        groups=(Group("EMEA", np.array([0, 1, 4]), 0, 11_000_000),) if region else (),
    )


def s_shaped() -> Problem:
    rng = np.random.default_rng(5)
    a, k = rng.lognormal(size=(2, 12)) * 100
    return asked(of_one(Hill(a, k, rng.uniform(1.5, 3.5, 12))), Budget.equal(int(40 * k.sum())))


def concave(groups: tuple[Group, ...] = (), hurdle: float = 0.0) -> Problem:
    rng = np.random.default_rng(6)
    a, k = rng.lognormal(size=(2, 12)) * 1_000
    return asked(of_one(MichaelisMenten(a, k)), Budget.equal(int(50 * k.sum())), groups=groups, hurdle=hurdle)


REGIONS = (
    Group("north", np.arange(6), 200_000, 210_000), Group("gold", np.arange(3), 0, 50_000),
    Group("south", np.array([7, 8, 9]), 260_000),
)  # fmt: skip
PROBLEMS = {
    "concave": concave(),
    "profit": concave(hurdle=0.4),
    "grouped": concave(REGIONS),
    "S-shaped": s_shaped(),
    "steps, kinks and minimums": six(),
    "a budget at most": six(equal=False),
    "without a group": six(region=False),
    "a minimum that is not met": six(minimum=8_000_000),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_price_of_the_budget_is_what_solving_again_says(name: str) -> None:
    problem = PROBLEMS[name]
    answer = solved(problem)
    assert answer.price_of_less is not None and np.isfinite(answer.price_of_less)
    for minor in MOVES:
        brings = (with_more(problem, minor).value - answer.value) / minor * 100
        costs = (answer.value - with_more(problem, -minor).value) / minor * 100
        bend = 2e-4 * minor  # as curves bend
        assert brings == pytest.approx(answer.shadow_price, rel=bend, abs=1e-6), minor
        assert costs == pytest.approx(answer.price_of_less, rel=bend, abs=1e-6), minor


@pytest.mark.parametrize("name", ["grouped", "steps, kinks and minimums", "a budget at most"])
def test_the_price_of_a_group_is_what_solving_again_says(name: str) -> None:
    problem = PROBLEMS[name]
    answer = solved(problem)
    prices = {(each.name, each.side): each.price for each in answer.bindings}
    for place, group in enumerate(problem.groups):
        for side, key, minor in (("cap", "cap_minor", 100), ("floor", "floor_minor", -100)):
            if getattr(group, key):
                moved = list(problem.groups)
                moved[place] = replace(group, **{key: getattr(group, key) + minor})
                brings = solved(replace(problem, groups=tuple(moved))).value - answer.value
                assert brings == pytest.approx(prices.get((group.name, side), 0.0), rel=1e-3, abs=1e-5), group.name
    assert len(prices) > 1


@pytest.mark.parametrize("seed", range(900, 930))
def test_odd_problems_have_the_prices_of_solving_again(seed: int) -> None:
    """Whatever curves and constraints: in whole units of spend, made finer, a little more or less of everything."""
    fine = 10**6
    whole = drawn(seed)
    groups = tuple(
        replace(group, floor_minor=group.floor_minor * fine, cap_minor=(group.cap_minor or 0) * fine)
        for group in whole.groups
    )
    problem = replace(
        whole,
        lower_minor=whole.lower_minor * fine,
        upper_minor=whole.upper_minor * fine,
        minimum_minor=whole.minimums * fine,
        groups=groups,
        budget=Budget(whole.budget.least_minor * fine, whole.budget.most_minor * fine),
        minor_per_spend=fine,
    )
    answer = solve(problem, GAP)
    if not isinstance(answer, Answer):
        return
    more = solve(replace(problem, budget=_moved(problem.budget, 100)), GAP)
    less = solve(replace(problem, budget=_moved(problem.budget, -100)), GAP)
    if isinstance(more, Answer) and answer.reasons[0] != NO_ROOM:
        assert (more.value - answer.value) * fine / 100 == pytest.approx(answer.shadow_price, rel=1e-3, abs=1e-4)
    if isinstance(less, Answer) and answer.price_of_less is not None and np.isfinite(answer.price_of_less):
        assert (answer.value - less.value) * fine / 100 == pytest.approx(answer.price_of_less, rel=1e-3, abs=1e-4)


def _moved(budget: Budget, minor: int) -> Budget:
    is_equal = budget.least_minor == budget.most_minor
    return Budget(budget.least_minor + minor * is_equal, budget.most_minor + minor)


def test_units_that_nothing_holds_bring_the_price() -> None:
    for name in ("concave", "S-shaped"):
        answer = solved(PROBLEMS[name])
        free = answer.held == 0
        assert free.any() and answer.marginal[free] == pytest.approx(answer.shadow_price, rel=1e-9)
    answer = solved(PROBLEMS["profit"])
    assert answer.marginal[answer.held == 0] == pytest.approx(answer.shadow_price + 0.4, rel=1e-9)


def test_the_next_euro_of_the_guide_goes_to_crux() -> None:
    answer = solved(six())
    assert answer.shadow_price == pytest.approx(answer.marginal[2]) == pytest.approx(90_000 / 25_000 * np.exp(-0.8))
    assert [HELD[each] for each in answer.held] == ["", "", "", "kink", "", "step"]
    (region,) = [each for each in answer.bindings if each.name == "EMEA"]
    assert region.price == pytest.approx(answer.marginal[0] - answer.marginal[2])


def test_both_sides_of_a_kink_are_told() -> None:
    """Two tables, each at its kink: one more brings 1, one less costs 2."""
    table = of_one(Points.of([[(0, 0), (10, 30), (20, 40)], [(0, 0), (10, 20), (20, 25)]]))
    answer = solved(asked(table, Budget.equal(2_000)))
    assert (answer.shadow_price, answer.price_of_less) == (1, 2)
    assert [HELD[each] for each in answer.held] == ["kink", "kink"]
    line = solved(asked(of_one(LinearCap(floats([3, 1]), floats([10, 10]))), Budget.equal(1_000)))
    assert (line.shadow_price, line.price_of_less) == (1, 3)


def test_one_less_can_lose_a_step_or_be_none() -> None:
    tiers = solved(asked(of_one(Steps.of([[(10, 5)], [(10, 4)]])), Budget.equal(2_000)))
    assert tiers.shadow_price == 0 and tiers.price_of_less == np.inf
    floors = asked(
        of_one(Power(floats([1, 3]), floats([0.5, 0.5]))), Budget.equal(500), lower_minor=np.array([100, 400])
    )
    assert solved(floors).price_of_less is None
    minimum = asked(of_one(LinearCap(floats([1]), floats([100]))), Budget.equal(500), minimum_minor=np.array([500]))
    assert solved(minimum).price_of_less == np.inf


def test_a_budget_that_fills_all_caps_brings_nothing_more() -> None:
    answer = solved(asked(of_one(LinearCap(floats([1, 2]), floats([100] * 2))), Budget.equal(500), [200, 300]))
    assert answer.shadow_price == 0 and answer.price_of_less == 1 and answer.reasons[0] == NO_ROOM


def test_a_cap_as_high_as_the_budget_is_none() -> None:
    """A unit without a cap of its own can get all of the budget, and more of more."""
    answer = solved(asked(of_one(LinearCap(floats([1, 2]), floats([100, 100]))), Budget.equal(500)))
    assert answer.spend_minor.tolist() == [0, 500] and answer.shadow_price == answer.price_of_less == 2
    assert [HELD[each] for each in answer.held] == ["lower", ""]


def test_what_stays_unspent_has_no_price() -> None:
    answer = solved(replace(concave(hurdle=0.4), budget=Budget.at_most(10**9)))
    assert answer.unspent_minor > 0 and answer.shadow_price == answer.price_of_less == 0
    table = of_one(Points.of([[(0, 0), (10, 30), (20, 30)]]))
    level = solved(asked(table, Budget.equal(1_500), [2_000]))
    assert [HELD[each] for each in level.held] == ["flat"] and level.shadow_price == level.price_of_less == 0


def test_a_budget_that_asks_for_more_than_pays_says_what_its_last_unit_costs() -> None:
    table = of_one(Points.of([[(0, 0), (10, 30), (20, 31)]]))
    answer = solved(asked(table, Budget(1_500, 1_800), [2_000], hurdle=1.0))
    assert answer.spend_minor.tolist() == [1_500] and answer.shadow_price == pytest.approx(-0.9)
    assert "asks for more than pays" in answer.reasons[0]


def test_at_nothing_the_next_cent_is_asked_where_the_slope_has_no_end() -> None:
    answer = solved(asked(of_one(Power(floats([4]), floats([0.5]))), Budget.at_most(0), [100]))
    assert answer.shadow_price == pytest.approx(40) and answer.spend_minor.tolist() == [0]
