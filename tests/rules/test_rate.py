"""Rates: plain, agreed, scaled and bounded; by published figures and worked by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.kinds.rate import Rate
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.quantities.rounding import round_fraction

EUR = Terms(currency("EUR"))
Value = int | Fraction | None


def rate(config: Any) -> Rate:
    return Rate.model_validate(config)


def due(kind: Rate, base: int, **inputs: Value) -> Fraction | None:
    """What a row of `base` cents is due, in cents and exact; both twins say the same."""
    columns = {name: Exact.of([value]) for name, value in ({"base": base} | inputs).items()}
    value = kind.compute(columns, 1, EUR).fraction(0)
    if value is not None:
        assert kind.explain(columns, 0, EUR).value == value
    return value


def told(kind: Rate, base: int, **inputs: Value) -> str:
    return kind.explain({name: Exact.of([value]) for name, value in ({"base": base} | inputs).items()}, 0, EUR).words


# --- published --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "cents", "line"),
    [
        # dubinc/dub, calculate-sale-earnings.test.ts: a percentage of whole cents, half up; 2.9 % of 500 is 14.5, which
        # binary floats hold as less.
        ("20%", 1_000, 200),
        ("20%", 7, 1),
        ("20%", 3, 1),
        ("50%", 1, 1),
        ("2.9%", 500, 15),
        # The same, calculate-payout-fee-with-waiver.test.ts: 3 % of the 5,000 beyond the waiver.
        ("3%", 5_000, 150),
        # tryton, scenario_commission.rst: 10 % of 100.
        ("10%", 10_000, 1_000),
    ],
)
def test_a_published_percentage(percent: str, cents: int, line: int) -> None:
    exact = due(rate(percent), cents)
    assert exact is not None and round_fraction(exact) == line


def test_a_published_rate_with_an_uplift() -> None:
    """OCA/commission 14.0, test_commission_formula.py: 5 % and 10 % of that on top is 41.25 of 750, and its mirror."""
    kind = rate({"rate": "5%", "times": "1.1"})
    assert due(kind, 75_000, times=Fraction("1.1")) == 4_125
    assert due(kind, -75_000, times=Fraction("1.1")) == -4_125
    assert told(kind, 75_000, times=Fraction("1.1")) == "5.5 % of 750.00: 5 % x 1.1"


@pytest.mark.parametrize(
    ("target", "slope", "points", "percent"),
    [
        # A bank's incentive plan (SEC, Edgar 862831, exhibit 10 of 2006): the CEO has 50 % of pay at the goal and 1.5 %
        # more for each point above it, up to 80 %; executives have 40 %, 1.2 % and 64 %.
        ("50%", "1.5", 0, 50),
        ("50%", "1.5", 20, 80),
        ("50%", "1.5", 35, 80),
        ("40%", "1.2", 10, 52),
        ("40%", "1.2", 20, 64),
    ],
)
def test_a_published_slope_above_target(target: str, slope: str, points: int, percent: int) -> None:
    most = {"50%": "80%", "40%": "64%"}[target]
    kind = rate({"rate": target, "plus": f"points * {slope} / 100", "at_most": most})
    assert due(kind, 10_000, plus=Fraction(slope) * points / 100) == percent * 100


# --- worked by hand ---------------------------------------------------------------------------------------------------

WHOLE = {
    "rate": "5%",
    "term": "commission_rate",
    "times": "performance / 100",
    "plus": "uplift",
    "at_least": "3%",
    "at_most": "8%",
}


@pytest.mark.parametrize(
    ("config", "inputs", "cents", "words"),
    [
        ("7.5%", {}, 9_000, "7.5 % of 1,200.00"),
        (
            {"rate": "5%", "term": "sales"},
            {"term": Fraction(6, 100)},
            7_200,
            "6 % of 1,200.00: agreed 6 % (term sales)",
        ),
        ({"rate": "5%", "term": "sales"}, {"term": None}, 6_000, "5 % of 1,200.00: 5 % (no term sales agreed)"),
        ({"rate": "5%", "term": "sales"}, {"term": 0}, 0, "0 % of 1,200.00: agreed 0 % (term sales)"),
        ({"rate": "5%", "plus": "x"}, {"plus": Fraction(-1, 100)}, 4_800, "4 % of 1,200.00: 5 % - 1 %"),
        (
            WHOLE,
            {"term": Fraction(6, 100), "times": Fraction(9, 10), "plus": Fraction(1, 1000)},
            6_600,
            "5.5 % of 1,200.00: agreed 6 % (term commission_rate) x 0.9 + 0.1 %",
        ),
        (
            WHOLE,
            {"term": None, "times": Fraction(2), "plus": 0},
            9_600,
            "8 % of 1,200.00: 5 % (no term commission_rate agreed) x 2 + 0 % = 10 %, at most 8 %",
        ),
        (
            WHOLE,
            {"term": Fraction(6, 100), "times": 0, "plus": Fraction(1, 100)},
            3_600,
            "3 % of 1,200.00: agreed 6 % (term commission_rate) x 0 + 1 % = 1 %, at least 3 %",
        ),
        (
            {"rate": "5%", "term": "sales", "at_most": "4%"},
            {"term": None},
            4_800,
            "4 % of 1,200.00: 5 % (no term sales agreed), at most 4 %",
        ),
    ],
)
def test_a_rate_worked_by_hand(config: Any, inputs: dict[str, Value], cents: int, words: str) -> None:
    kind = rate(config)
    assert due(kind, 120_000, **inputs) == cents
    assert told(kind, 120_000, **inputs) == words


def test_what_is_unknown_leaves_nothing_to_pay_but_a_term_that_nobody_agreed() -> None:
    kind = rate(WHOLE)
    assert kind.optional_inputs == {"term"} and set(kind.inputs()) == {"times", "plus"}
    assert all(wanted.types == {Type.NUMBER, Type.COUNT} for wanted in kind.inputs().values())
    assert due(kind, 100, term=None, times=1, plus=0) == 5
    assert due(kind, 100, term=Fraction(1, 20), times=None, plus=0) is None, "at least 3 % of what nobody knows"
    assert due(kind, 100, term=Fraction(1, 20), times=1, plus=None) is None
    assert rate("5%").optional_inputs == frozenset() and rate("5%").inputs() == {}


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"rate": "5%", "times": "x", "at_least": "9%", "at_most": "8%"}, "P185"),
        ({"rate": "5%", "at_most": "8%"}, "P186"),
        ({"rate": "5%", "at_least": "5%"}, "P186"),
        ({"rate": "5%", "term": "Sales rate"}, "P101"),
        ({"rate": "5%", "times": "x ="}, "X116"),
        ({"rate": "5"}, "W113"),
    ],
)
def test_a_rate_that_says_nothing_clear_is_refused(config: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        rate(config)
    assert [error["type"] for error in refusal.value.errors()] == [code]


# --- properties -------------------------------------------------------------------------------------------------------

values = st.lists(st.fractions(-3, 3, max_denominator=60) | st.none(), min_size=4, max_size=4)


@given(st.lists(values, min_size=1, max_size=8), st.data())
def test_each_row_is_paid_alone_and_within_the_bounds(rows: list[list[Value]], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(rows))))

    def paid(found: list[list[Value]]) -> list[Fraction | None]:
        names = ("base", "term", "times", "plus")
        return (
            rate(WHOLE)
            .compute({n: Exact.of(c) for n, c in zip(names, zip(*found, strict=True), strict=True)}, len(found), EUR)
            .fractions()
        )

    whole = paid(rows)
    assert paid([rows[row] for row in order]) == [whole[row] for row in order]
    for (base, _, times, plus), value in zip(rows, whole, strict=True):
        assert (value is None) == (None in (base, times, plus))
        if value is not None and base:
            assert Fraction(3, 100) <= value / base <= Fraction(8, 100)
