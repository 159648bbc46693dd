"""The optimiser on problems whose best split is known: closed forms, published problems, and what can't be met."""

from __future__ import annotations

import numpy as np
import pytest
from optimise_problems import asked, names, of_one

from scenarios.curves.envelope import Tangent, tangent
from scenarios.curves.floats import Floats, Rows, floats
from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import Exponential, Hill, LinearCap, Log, MichaelisMenten, Power
from scenarios.optimise.core.answer import HELD, Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Group, Problem
from scenarios.optimise.core.solve import solve


def solved(problem: Problem, gap: float = 1e-9) -> Answer:
    answer = solve(problem, gap)
    assert isinstance(answer, Answer), str(answer)
    assert answer.gap_before_rounding <= gap
    return answer


def refused(problem: Problem) -> Infeasible:
    answer = solve(problem)
    assert isinstance(answer, Infeasible)
    return answer


# Closed forms of the Karush-Kuhn-Tucker conditions (Boyd and Vandenberghe, Convex Optimization, 2004, chapter 5):
# sum w ln x gives x = B w / sum w at the price sum w / B; sum a sqrt x gives x = B a^2 / sum a^2 and the value
# sqrt(B sum a^2) (Cauchy-Schwarz); sum a x / (k + x) gives x = sqrt(a k / price) - k. A logarithm starts from ln(1).
CLOSED: list[tuple[Family, int, list[float], float, float | None]] = [
    (Log(floats([5, 3, 2]), floats([1e-12] * 3)), 100, [50, 30, 20], 0.1, None),
    (Power(floats([3, 2, 1]), floats([0.5] * 3)), 140, [90, 40, 10], 0.15811388300841897, 44.27188724235731),
    (MichaelisMenten(floats([400, 100]), floats([100, 100])), 300, [700 / 3, 200 / 3], 0.36, 320.0),
    (Hill(floats([400, 100]), floats([100, 100]), floats([1, 1])), 300, [700 / 3, 200 / 3], 0.36, 320.0),
    (
        Exponential(floats([100, 60]), floats([50, 20])),
        80,
        [51.350498455597645, 28.64950154440235],
        0.7161520397443822,
        109.86935721789325,
    ),
]


@pytest.mark.parametrize(("family", "budget", "spend", "price", "value"), CLOSED)
def test_closed_forms(family: Family, budget: int, spend: list[float], price: float, value: float | None) -> None:
    answer = solved(asked(of_one(family), Budget.equal(budget * 100)))
    assert answer.spend == pytest.approx(spend, rel=1e-9)
    assert answer.shadow_price == pytest.approx(price, rel=1e-9)
    assert answer.marginal == pytest.approx([price] * len(spend), rel=1e-9)
    assert value is None or answer.value == pytest.approx(value, rel=1e-9)
    assert answer.spend_minor.sum() == budget * 100 and answer.unspent_minor == 0


def test_linear_returns_with_caps_go_by_return() -> None:
    """A fractional knapsack is filled greedily; the unit on the margin gives the price."""
    lines = of_one(LinearCap(floats([3.0, 2.5, 1.2, 0.8]), floats([1_000] * 4)))
    answer = solved(
        asked(lines, Budget.equal(10_000), [4_000, 3_000, 5_000, 10_000], lower_minor=np.array([0, 1_000, 0, 500]))
    )
    assert answer.spend_minor.tolist() == [4_000, 3_000, 2_500, 500]
    assert answer.value == pytest.approx(229.0) and answer.shadow_price == pytest.approx(1.2)
    assert [HELD[each] for each in answer.held] == ["upper", "upper", "", "lower"]
    assert [(each.name, each.side, each.price) for each in answer.bindings] == [("budget", "cap", pytest.approx(1.2))]


# Burkardt, KNAPSACK_01 data set P07: capacity 750, best profit 1458.
WEIGHTS = [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120]
PROFITS = [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240]


def test_a_published_knapsack_is_solved_and_proved() -> None:
    curves = of_one(Steps.of([[(weight, profit)] for weight, profit in zip(WEIGHTS, PROFITS, strict=True)]))
    weights = np.array(WEIGHTS) * 100
    answer = solved(asked(curves, Budget.at_most(75_000), weights, minimum_minor=weights))
    assert answer.value == answer.value_minor == 1458
    assert answer.unspent_minor == 100  # the chosen weigh 749


class Variance:
    """Less the variance of a share: -(sigma x)^2, concave and falling; a curve that the product does not have."""

    def __init__(self, sigma: Floats) -> None:
        self.sigma = sigma

    def __len__(self) -> int:
        return len(self.sigma)

    def parameters(self) -> dict[str, Floats]:
        return {"sigma": self.sigma}

    def take(self, rows: Rows) -> Variance:
        return Variance(self.sigma[rows])

    def value(self, spend: Floats) -> Floats:
        return -((self.sigma * spend) ** 2)

    def slope(self, spend: Floats) -> Floats:
        return -2 * self.sigma**2 * spend

    def spend_at_slope(self, slope: Floats) -> Floats:
        return np.maximum(-slope / (2 * self.sigma**2), 0)

    def inflection(self) -> Floats:
        return np.zeros(len(self))

    def envelope(self, lower: Floats, upper: Floats) -> Tangent:
        return tangent(self, lower, upper)


def test_two_assets_of_least_variance() -> None:
    """Markowitz (1952): uncorrelated, the weight is s2^2 / (s1^2 + s2^2); here every further cent costs variance."""
    curves = Mixed([(np.arange(2), Variance(floats([0.2, 0.1])))])  # type: ignore[list-item]
    answer = solved(asked(curves, Budget.equal(10**9), minor_per_spend=10**9))
    assert answer.spend == pytest.approx([0.2, 0.8], rel=1e-9)
    assert np.sqrt(-answer.value) == pytest.approx(0.08944271909999159, rel=1e-9)
    assert answer.shadow_price == pytest.approx(-2 * 0.04 * 0.2, rel=1e-9)
    assert "asks for more than pays" in answer.reasons[0]


def test_money_that_brings_less_than_it_must_stays_unspent() -> None:
    """With a hurdle of 0.36 each unit gets what its curve returns that well, whatever more there is."""
    curves = of_one(MichaelisMenten(floats([400, 100]), floats([100, 100])))
    answer = solved(asked(curves, Budget.at_most(100_000), hurdle=0.36))
    assert answer.spend == pytest.approx([700 / 3, 200 / 3], rel=1e-9)
    assert answer.unspent_minor == 70_000 and answer.shadow_price == 0 and answer.value == pytest.approx(320 - 108)


def test_a_group_has_its_own_price() -> None:
    """Three equal units share 300, of which two may get 100: 50 each, and 200 for the third."""
    curves = of_one(MichaelisMenten(floats([100] * 3), floats([100] * 3)))
    answer = solved(asked(curves, Budget.equal(30_000), groups=(Group("EMEA", np.array([0, 2]), 0, 10_000),)))
    assert answer.spend_minor.tolist() == [5_000, 20_000, 5_000]
    prices = {each.name: each.price for each in answer.bindings}
    assert prices["budget"] == pytest.approx(10_000 / 300**2)
    assert prices["EMEA"] == pytest.approx(10_000 / 150**2 - 10_000 / 300**2)


def test_all_or_nothing_is_all_or_nothing() -> None:
    """60 for one of two equal partners that take at least 50 is worth more than nothing for either; never 30 each."""
    curves = of_one(MichaelisMenten(floats([100, 100]), floats([100, 100])))
    answer = solved(asked(curves, Budget.at_most(6_000), minimum_minor=np.array([5_000, 5_000])))
    assert sorted(answer.spend_minor.tolist()) == [0, 6_000]


def test_a_step_between_two_cents_is_reached() -> None:
    """What a step at 33.335 needs is rounded up to the cent, whatever the remainders of others."""
    curves = Mixed(
        [(np.array([0]), Steps.of([[(33.333, 100)]])), (np.array([1]), MichaelisMenten(floats([10]), floats([100])))]
    )
    answer = solved(asked(curves, Budget.equal(10_000)))
    assert answer.spend_minor.tolist() == [3_334, 6_666]


def test_a_flat_curve_gets_nothing_that_need_not_be_spent() -> None:
    flat = of_one(Hill(floats([0, 0]), floats([10, 10]), floats([2, 1])))
    kept = solved(asked(flat, Budget.at_most(1_000)))
    assert kept.spend_minor.tolist() == [0, 0] and kept.unspent_minor == 1_000 and kept.value == kept.bound == 0
    assert kept.reasons == ("1000 of the budget stays unspent: no unit brings anything more for it",)
    spent = solved(asked(flat, Budget.equal(1_000)))
    assert spent.spend_minor.sum() == 1_000 and spent.shadow_price == 0


def test_no_curve_is_better_than_the_plan_in_force_without_saying_so() -> None:
    """Whatever the tolerance, the answer is no worse than the plan in force; one that breaks a constraint is told."""
    curves = of_one(Hill(floats([10, 9, 11]), floats([30, 28, 33]), floats([3, 3, 3])))
    best = solved(asked(curves, Budget.equal(6_000)))
    again = solve(asked(curves, Budget.equal(6_000), start_minor=best.spend_minor), gap=10.0)
    assert isinstance(again, Answer) and again.value_minor >= best.value_minor
    other = solved(asked(curves, Budget.equal(6_000), start_minor=np.array([6_000, 1, 0])))
    assert other.start_value is None and "the plan in force breaks a constraint, so it is no candidate" in other.reasons


# What can't be met is told with what conflicts, and by how much.


def test_floors_above_the_budget() -> None:
    """lightweight_mmm only logs a warning here (google/lightweight_mmm issue 233), and optimises on."""
    curves = of_one(MichaelisMenten(floats([1, 1]), floats([1, 1])))
    found = refused(asked(curves, Budget.equal(10_000), [10_000, 10_000], lower_minor=np.array([5_000, 6_000])))
    assert [each.miss_minor for each in found.conflicts] == [1_000]
    said = f"the floors of {', '.join(names(2))} add up to 11000, 1000 more than the most that budget allows, 10000"
    assert str(found) == said


def test_floors_that_take_the_whole_budget_leave_no_choice() -> None:
    """One more would go to the second unit: 3 / (2 sqrt(4)) is more than 1 / (2 sqrt(1))."""
    curves = of_one(Power(floats([1, 3]), floats([0.5, 0.5])))
    answer = solved(asked(curves, Budget.equal(500), lower_minor=np.array([100, 400])))
    assert answer.spend_minor.tolist() == [100, 400] and answer.shadow_price == pytest.approx(0.75)
    assert answer.reasons == ("the floors take the whole budget, which leaves no choice",)


def test_every_conflict_is_told() -> None:
    curves = of_one(MichaelisMenten(floats([1] * 4), floats([1] * 4)))
    found = refused(
        asked(
            curves,
            Budget.equal(10_000),
            [500, 500, 9_000, 100],
            lower_minor=np.array([0, 0, 0, 250]),
            groups=(Group("north", np.array([0, 1]), 2_000), Group("south", np.array([2]), 5_000, 4_000)),
        )
    )
    assert str(found).split("; ") == [
        "p0000003 is to get at least 250 and at most 100, 150 less",
        "the caps of p0000000, p0000001 add up to 1000, 1000 less than the least that north asks for, 2000",
        "south is to get at least 5000 and at most 4000, 1000 less",
        "the caps of north, south, p0000003 add up to 6100, 3900 less than the least that budget asks for, 10000",
    ]


def test_groups_that_overlap() -> None:
    curves = of_one(MichaelisMenten(floats([1] * 3), floats([1] * 3)))
    groups = (Group("east", np.array([0, 1])), Group("gold", np.array([1, 2])))
    found = refused(asked(curves, Budget.equal(300), groups=groups))
    assert str(found) == "east and gold share units, and neither lies within the other"


def test_no_choice_of_all_or_nothing_adds_up() -> None:
    curves = of_one(MichaelisMenten(floats([1, 1]), floats([1, 1])))
    found = refused(asked(curves, Budget.equal(900), [500, 500], minimum_minor=np.array([500, 500])))
    assert "no choice of p0000000, p0000001 to get all or nothing meets floors and caps together" in str(found)


def test_a_curve_without_numbers() -> None:
    curves = of_one(Power(floats([1e305, 1]), floats([1, 1])))
    found = refused(asked(curves, Budget.at_most(10**9)))
    assert str(found) == "the curve of p0000000 gives no finite number at a spend of 1000000000"


def test_what_is_fixed_stays() -> None:
    table = Points.of([[(0, 0), (10, 5), (20, 30)], [(0, 0), (10, 9), (20, 10)]])
    answer = solved(asked(of_one(table), Budget.equal(2_000), [700, 2_000], lower_minor=np.array([700, 0])))
    assert answer.spend_minor.tolist() == [700, 1_300]
    assert [HELD[each] for each in answer.held] == ["fixed", ""]
