"""Partners' profit: points, lockstep, salary, permitted disparity and time-weighted capital."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from rules.kinds.base import Columns, ShareKind, Terms
from rules.problem import Refused
from rules.quantities.apportion import apportion
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.quantities.rounding import Rounding, round_fraction
from rules.sharing.accrual import Accrual, day
from rules.sharing.integrated import Integrated
from rules.sharing.proportional import pro_rata
from rules.sharing.time_weighted import Movements, average_capital, explain_average
from rules.sharing.weights import Lockstep, Points, Salary

WORKED = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent.parent / "cases/worked-examples.json").read_text("utf-8"))
}
USD = Terms(currency("USD"))
FIRST, LAST = day(date(2025, 1, 1)), day(date(2025, 12, 31))
pay_any = st.integers(0, 10**6) | st.integers(0, 10**22) | st.fractions(0, 99, max_denominator=7)


def amounts(written: dict[str, str]) -> Exact:
    """Amounts as published, in cents."""
    return Exact.of([Fraction(each) * 100 for each in written.values()])


# --- weights ----------------------------------------------------------------------------------------------------------


def told_alike(kind: ShareKind, columns: Columns, rows: int) -> list[Fraction | None]:
    """The weights, which the twin tells for everybody who has one."""
    weights = kind.compute(columns, rows)
    for row, each in enumerate(weights.fractions()):
        assert each is None or kind.explain(columns, row, USD).value == each
    return weights.fractions()


def test_a_pool_by_pay_is_shared_as_the_plan_document_prints_it() -> None:
    """H1-01: 10,000.00 by compensation."""
    case = WORKED["H1-01"]
    pay = {"of": amounts(case["inputs"]["compensation"])}
    weights = told_alike(Salary.model_validate("partners.salary"), pay, 3)
    awards = pro_rata(Exact.of(weights), Fraction(1_000_000))
    shares = apportion(1_000_000, awards.scaled()[0]).shares.tolist()
    assert shares == [Fraction(case["expected"][name]) * 100 for name in ("E1", "E2", "E3")]


def test_pay_counts_up_to_a_maximum() -> None:
    rule = Salary.model_validate({"of": "partners.salary", "at_most": "partners.pay_limit"})
    columns = {"of": Exact.of([500, 300, None, 900]), "at_most": Exact.of([345, 345, 345, None])}
    assert told_alike(rule, columns, 4) == [345, 300, None, 900]


def test_points_add_up_over_classes() -> None:
    rule = Points.model_validate(
        {"classes": {"equity": {"units": "partners.units", "points": "3"}, "years": "partners.years"}}
    )
    columns = {"equity": Exact.of([2, None, 0]), "years": Exact.of([Fraction(9, 2), 1, 0])}
    assert told_alike(rule, columns, 3) == [Fraction(21, 2), None, 0]
    assert rule.in_words(USD).rows == (("equity", "partners.units", "3"), ("years", "partners.years", "1"))


def test_lockstep_rises_with_the_years_and_ends() -> None:
    rule = Lockstep.model_validate({"of": "partners.years", "points": ["10", "12", "15"]})
    years = {"of": Exact.of([0, Fraction(3, 2), 2, 30, None])}
    assert told_alike(rule, years, 5) == [10, 12, 15, 15, None]


@given(st.lists(pay_any | st.none(), min_size=1, max_size=6), st.data())
def test_weights_are_told_as_they_are_computed(values: list[Any], data: st.DataObject) -> None:
    other = [data.draw(pay_any | st.none()) for _ in values]
    columns = {"of": Exact.of(values), "at_most": Exact.of(other)}
    told_alike(Salary.model_validate({"of": "a.b", "at_most": "a.c"}), columns, len(values))
    told_alike(Lockstep.model_validate({"of": "a.b", "points": ["1/3", "7", "0"]}), columns, len(values))
    classes = {"of": {"units": "a.b", "points": "1/7"}, "at_most": {"units": "a.c", "points": "2"}}
    told_alike(Points.model_validate({"classes": classes}), columns, len(values))


# --- permitted disparity ----------------------------------------------------------------------------------------------


def test_an_integrated_allocation_comes_out_to_the_published_dollar() -> None:
    """H1-03: the pool is the one that gives an officer 46,000, and was solved for the base rate by hand."""
    case = WORKED["H1-03"]
    pay = amounts(case["inputs"]["compensation"])
    rule = Integrated.model_validate({"of": "partners.salary", "level": "102000", "disparity": "5.7%"})
    base = (46_000 - Fraction("0.057") * 128_000) / 230_000
    size = base * pay.sum() + Fraction("0.057") * 2 * 12_800_000
    found = rule.compute({"of": pay}, 5, size, USD)
    dollars = [round_fraction(Fraction(each or 0) / 100, Rounding.HALF_UP) for each in found.exact.fractions()]
    assert dollars == [int(case["expected"][name]) for name in case["inputs"]["compensation"]], case["source"]
    assert round_fraction(size / 100, Rounding.HALF_UP) == int(case["expected"]["Total"])
    told = rule.explain({"of": pay}, 0, size, USD)
    assert told.value == 4_600_000
    assert told.steps[0].remaining == size - told.steps[0].paid / (230_000 + 128_000) * (550_000 + 256_000)


@given(st.lists(pay_any | st.none(), min_size=1, max_size=6), st.integers(0, 10**7), st.integers(0, 9_000))
def test_disparity_uses_up_the_pool_and_is_told(pay: list[Any], size: int, level: int) -> None:
    rule = Integrated.model_validate({"of": "a.b", "level": str(level), "disparity": "5.7%"})
    found = rule.compute({"of": Exact.of(pay)}, len(pay), Fraction(size), USD)
    awards = found.exact.fractions()
    assert sum(each for each in awards if each is not None) + found.left == size
    assert found.left == (0 if any(pay) else size)
    for row, award in enumerate(awards):
        if award is not None:
            assert rule.explain({"of": Exact.of(pay)}, row, Fraction(size), USD).value == award


# --- capital over time ------------------------------------------------------------------------------------------------


def test_interest_is_earned_on_the_days_that_capital_is_there() -> None:
    """H1-08: the third partner's capital is there for nine months of twelve; the program of the whole case is in
    tests/engine/test_pools_published.py."""
    movements = Movements(
        3, np.arange(3), Exact.of([75_000_000, 75_000_000, 45_000_000]), np.array([FIRST, 0, day(date(2025, 4, 1))])
    )
    average = average_capital(movements, FIRST, LAST, "30/360")
    assert average.fractions() == [75_000_000, 75_000_000, 33_750_000]
    interest = average * Exact.constant(Fraction(1, 20), 3)
    assert interest.fractions() == [3_750_000, 3_750_000, 1_687_500], WORKED["H1-08"]["source"]


@given(st.data())
def test_an_average_is_told_and_equals_the_mean_of_the_days(data: st.DataObject) -> None:
    """Day by day, the slow way: the balance at the end of each day, added up and divided by the days."""
    money = st.integers(-(10**6), 10**20) | st.fractions(-5, 5, max_denominator=6)
    move = st.tuples(st.integers(0, 1), money, st.integers(FIRST - 20, FIRST + 40))
    account, amount, when = zip(*data.draw(st.lists(move, min_size=1, max_size=5)), strict=True)
    movements = Movements(2, np.array(account), Exact.of(amount), np.array(when))
    last = FIRST + data.draw(st.integers(0, 30))
    averages = average_capital(movements, FIRST, last).fractions()
    for who in (0, 1):
        daily = [
            sum(
                (Fraction(a) for i, a, d in zip(account, amount, when, strict=True) if i == who and d <= today),
                Fraction(0),
            )
            for today in range(FIRST, last + 1)
        ]
        assert averages[who] == sum(daily) / len(daily)
        told = explain_average(movements, who, FIRST, last, USD)
        assert told.value == averages[who] == sum(step.paid for step in told.steps)


def test_interest_on_an_average_is_that_of_its_movements() -> None:
    """Simple interest is linear: on the average over a year, and on each movement from its day."""
    movements = Movements(1, np.array([0, 0]), Exact.of([100_000, -40_000]), np.array([FIRST, FIRST + 100]))
    rule = Accrual.model_validate({"rate": "5%"})
    by_movement = rule.interest(movements.amount, movements.day, LAST + 1).sum()
    assert by_movement == average_capital(movements, FIRST, LAST).sum() / 20


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    movements = Movements(1, np.array([0]), Exact.of([1]), np.array([FIRST]))
    with pytest.raises(Refused, match="K232"):
        average_capital(movements, LAST, FIRST)


def test_a_disparity_below_nothing_is_refused() -> None:
    with pytest.raises(ValidationError) as raised:
        Integrated.model_validate({"of": "a.b", "level": "1", "disparity": "-1%"})
    assert raised.value.errors()[0]["type"] == "K252"
