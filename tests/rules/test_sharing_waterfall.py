"""Waterfalls, high-water marks and clawback: published cases, conservation, twins."""

from __future__ import annotations

import json
import time
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accrual_configs import accruals, rates
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError

from rules.kinds.base import Terms
from rules.problem import Refused
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.sharing.accrual import day
from rules.sharing.layers import Waterfall
from rules.sharing.recovery import Clawback, PerformanceFee
from rules.sharing.time_weighted import Movements
from rules.sharing.waterfall import Accounts, LayerPaid, explain_waterfall, run_waterfall

WORKED = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent.parent / "cases/worked-examples.json").read_text("utf-8"))
}
USD = Terms(currency("USD"))
START, END = day(date(2025, 1, 1)), day(date(2026, 1, 1))


def waterfall(*layers: dict[str, Any]) -> Waterfall:
    return Waterfall.model_validate({"layers": list(layers)})


CAPITAL = {"capital": "true"}


def one_fund(contribution: int, **more: Any) -> Accounts:
    """One account that paid in on 2025-01-01."""
    movements = Movements(1, np.array([0]), Exact.of([contribution]), np.array([START]))
    return Accounts(movements, Exact.of([1]), **more)


def run(rule: Waterfall, proceeds: Fraction | int, accounts: Accounts, on: int = END) -> tuple[LayerPaid, ...]:
    """The layers, which the twin tells for the carry and every account as well, and which conserve the proceeds."""
    found = run_waterfall(rule, Fraction(proceeds), accounts, on)
    paid = sum((layer.paid.sum() + layer.carry_paid for layer in found), Fraction(0))
    assert paid + found[-1].remaining == proceeds
    for who in (None, *range(accounts.movements.count)):
        told = explain_waterfall(rule, Fraction(proceeds), accounts, on, who, USD)
        mine = [
            (layer.carry_entitled, layer.carry_paid)
            if who is None
            else (layer.entitled.fraction(who), layer.paid.fraction(who))
            for layer in found
        ]
        assert [(step.entitled, step.paid) for step in told.steps] == mine
        assert [step.remaining for step in told.steps] == [layer.remaining for layer in found]
        assert told.value == sum(each[1] or 0 for each in mine)
    return found


def millions(printed: str) -> Fraction:
    """`1.40m` as published."""
    return Fraction(printed.removesuffix("m")) * 10**6


# --- published --------------------------------------------------------------------------------------------------------


def test_a_full_catch_up_gives_the_carry_its_part_of_all_profit() -> None:
    """H1-35: 20 m in, 30 m out, 7 % for one year, full catch-up to 20 %, then 80/20."""
    rule = waterfall(
        CAPITAL,
        {"preferred": {"rate": "7%"}},
        {"catch_up": {"share": "100%", "to": "20%"}},
        {"split": {"carry": "20%"}},
    )
    capital, preferred, catch_up, split = run(rule, 30_000_000, one_fund(20_000_000))
    expected = WORKED["H1-35"]["expected"]
    assert capital.paid.sum() == 20_000_000
    assert preferred.paid.sum() == millions(expected["pref"])
    assert catch_up.carry_paid == millions(expected["catch_up"])
    assert catch_up.remaining == millions(expected["remaining"])
    assert catch_up.carry_paid + split.carry_paid == millions(expected["GP_total"])


def test_without_a_catch_up_the_preferred_return_stays_with_the_accounts() -> None:
    """H1-38: 100 in, 200 out, 8 % for one year, then 80/20; and without the preferred return."""
    split = {"split": {"carry": "20%"}}
    _, preferred, rest = run(waterfall(CAPITAL, {"preferred": {"rate": "8%"}}, split), 20_000, one_fund(10_000))
    assert 10_000 + preferred.paid.sum() + rest.paid.sum() == Fraction(WORKED["H1-38"]["expected"]["LP"]) * 100
    assert rest.carry_paid == Fraction(WORKED["H1-38"]["expected"]["GP"]) * 100
    _, rest = run(waterfall(CAPITAL, split), 20_000, one_fund(10_000))
    assert (10_000 + rest.paid.sum(), rest.carry_paid) == (18_000, 2_000)


def test_nothing_is_carried_below_the_high_water_mark_and_its_hurdle() -> None:
    """H1-43: from 583.1 m to 642 m with a mark of 610 m and a hurdle of 4 %: 20 % of what is above 634.4 m."""
    rule = waterfall(CAPITAL, {"mark": {"hurdle": "4%"}}, {"split": {"carry": "20%"}})
    accounts = one_fund(583_100_000, mark=Exact.of([610_000_000]))
    _, mark, split = run(rule, 642_000_000, accounts)
    assert split.carry_paid == Fraction(WORKED["H1-43"]["expected"]["incentive"]) * 10**6
    assert mark.paid.sum() == 51_300_000
    fee = PerformanceFee.model_validate({"rate": "20%", "hurdle": "4%"})
    assert fee.explain(Fraction(642_000_000), Fraction(610_000_000), USD).value == split.carry_paid


def test_a_hurdle_splits_again_once_the_accounts_have_earned_more() -> None:
    """By hand: 100.00 for a year, 8 % to the accounts, 80/20 until they have 12 %, then 70/30, from 130.00."""
    rule = waterfall(
        CAPITAL,
        {"preferred": {"rate": "8%"}},
        {"split": {"carry": "20%", "until": {"rate": "12%"}}},
        {"split": {"carry": "30%"}},
    )
    _, preferred, first, second = run(rule, 13_000, one_fund(10_000))
    assert (preferred.paid.sum(), first.paid.sum(), first.carry_paid) == (800, 400, 100)
    assert (second.paid.sum(), second.carry_paid) == (1_190, 510)


def test_a_partial_catch_up_takes_longer_to_the_same_part() -> None:
    """By hand: 8.00 preferred; at 50 % the carry has 20 % of all when it got 2.66.. of 5.33.. more."""
    rule = waterfall(CAPITAL, {"preferred": {"rate": "8%"}}, {"catch_up": {"share": "50%", "to": "20%"}})
    _, preferred, catch_up = run(rule, 20_000, one_fund(10_000))
    assert catch_up.carry_paid == Fraction(800, 3)
    assert catch_up.carry_paid == (preferred.paid.sum() + catch_up.paid.sum() + catch_up.carry_paid) / 5


def test_a_second_layer_of_a_kind_pays_only_what_the_first_one_left() -> None:
    """8 % first, then the capital in two goes, then what is missing to 12 %."""
    rule = waterfall({"preferred": {"rate": "8%"}}, CAPITAL, CAPITAL, {"preferred": {"rate": "12%"}})
    assert [layer.paid.sum() for layer in run(rule, 20_000, one_fund(10_000))] == [800, 10_000, 0, 400]


def test_accounts_share_what_is_short_in_proportion_to_what_they_are_due() -> None:
    movements = Movements(2, np.array([0, 1, 1]), Exact.of([600, 500, -100]), np.array([START, START, END]))
    (capital,) = run(waterfall(CAPITAL), 500, Accounts(movements, Exact.of([3, 2])))
    assert (capital.entitled.fractions(), capital.paid.fractions()) == ([600, 400], [300, 200])


def test_a_second_distribution_goes_on_where_the_first_one_ended() -> None:
    """What was returned, paid on the preferred return and carried before counts, so that two runs make one."""
    rule = waterfall(
        CAPITAL,
        {"preferred": {"rate": "7%"}},
        {"catch_up": {"share": "100%", "to": "20%"}},
        {"split": {"carry": "20%"}},
    )
    whole = run(rule, 30_000, one_fund(20_000))
    run(rule, 21_600, one_fund(20_000))
    later = Movements(1, np.array([0, 0]), Exact.of([20_000, -20_000]), np.array([START, END]))
    second = run(
        rule,
        8_400,
        Accounts(later, Exact.of([1]), Exact.of([1_400]), None, Exact.of([1_400]), Fraction(200)),
    )
    assert 200 + sum(layer.carry_paid for layer in second) == sum(layer.carry_paid for layer in whole)


# --- what always holds ------------------------------------------------------------------------------------------------

layers_of_any_order = st.lists(
    st.sampled_from([CAPITAL, {"catch_up": {"share": "60%", "to": "20%"}}, {"mark": {"hurdle": "3%"}}])
    | st.builds(lambda accrual: {"preferred": accrual}, accruals)
    | st.builds(lambda accrual, carry: {"split": {"carry": carry, "until": accrual}}, accruals, rates)
    | st.builds(lambda carry: {"split": {"carry": carry}}, rates),
    min_size=1,
    max_size=5,
)


def until_all_is_split(layers: list[Any]) -> list[Any]:
    """The layers with none but the last that splits all that reaches it."""
    return [each for each in layers[:-1] if "until" in each.get("split", {"until": ""})] + layers[-1:]


layers_any = layers_of_any_order.map(until_all_is_split)
money = st.integers(0, 10_000) | st.integers(0, 10**21) | st.fractions(0, 50, max_denominator=7)


@st.composite
def accounts_any(draw: st.DrawFn) -> Accounts:
    count = draw(st.integers(1, 3))
    moves = draw(
        st.lists(
            st.tuples(st.integers(0, count - 1), money, st.integers(START - 900, END + 30)), min_size=1, max_size=5
        )
    )
    column = st.lists(money, min_size=count, max_size=count).map(Exact.of)
    who, amount, when = zip(*moves, strict=True)
    return Accounts(
        Movements(count, np.array(who), Exact.of(amount), np.array(when)),
        draw(column),
        draw(column | st.none()),
        draw(column),
        draw(column | st.none()),
        Fraction(draw(money)),
    )


@settings(max_examples=60)
@given(layers_any, money, accounts_any())
def test_proceeds_are_conserved_layer_by_layer_and_told_for_everybody(
    layers: list[Any], proceeds: Fraction, accounts: Accounts
) -> None:
    left = Fraction(proceeds)
    for layer in run(waterfall(*layers), proceeds, accounts):
        left -= layer.paid.sum() + layer.carry_paid
        assert layer.remaining == left >= 0
        assert all(
            (paid or 0) <= (due or 0)
            for paid, due in zip(layer.paid.fractions(), layer.entitled.fractions(), strict=True)
        )
        assert layer.carry_paid <= layer.carry_entitled


def test_a_hundred_thousand_accounts_take_less_than_a_second() -> None:
    count = 100_000
    rows = np.arange(count, dtype=np.int64)
    movements = Movements(count, rows, Exact(rows * 7_919 % 10**9 + 1), START - rows % 1_500)
    rule = waterfall(
        CAPITAL,
        {"preferred": {"rate": "8%", "compounding": "quarterly"}},
        {"catch_up": {"share": "100%", "to": "20%"}},
        {"split": {"carry": "20%"}},
    )
    accounts = Accounts(movements, movements.amount)
    started = time.process_time()
    found = run_waterfall(rule, movements.amount.sum() * 2, accounts, END)
    assert time.process_time() - started < 1
    assert sum(layer.paid.sum() + layer.carry_paid for layer in found) == movements.amount.sum() * 2


# --- marks and clawback -----------------------------------------------------------------------------------------------


@given(st.lists(money, min_size=1, max_size=4), st.data(), st.sampled_from(["hard", "soft"]))
def test_a_performance_fee_is_told_and_its_mark_never_falls(values: list[Any], data: st.DataObject, kind: str) -> None:
    marks = [data.draw(money) for _ in values]
    fee = PerformanceFee.model_validate({"rate": "20%", "hurdle": "4%", "kind": kind})
    fees, after = fee.compute(Exact.of(values), Exact.of(marks))
    for row, (value, mark) in enumerate(zip(values, marks, strict=True)):
        assert fee.explain(Fraction(value), Fraction(mark), USD).value == fees.fraction(row)
        assert (after.fraction(row) or 0) >= mark
        assert (fees.fraction(row) or 0) == 0 or after.fraction(row) == value - (fees.fraction(row) or 0)


def test_a_soft_hurdle_is_a_gate() -> None:
    soft = PerformanceFee.model_validate({"rate": "20%", "hurdle": "4%", "kind": "soft"})
    assert soft.compute(Exact.of([64_200, 63_440]), Exact.of([61_000, 61_000]))[0].fractions() == [640, 0]


@given(money, st.integers(-(10**6), 10**6), money)
def test_a_clawback_takes_what_is_too_much_but_no_more_than_was_paid(carry: Any, profit: int, lacking: Any) -> None:
    rule = Clawback.model_validate({"to": "20%"})
    back = rule.compute(Fraction(carry), Fraction(profit), Fraction(lacking))
    assert back == rule.explain(Fraction(carry), Fraction(profit), USD, Fraction(lacking)).value
    assert 0 <= back <= carry
    if lacking == 0 and profit > 0:
        assert carry - back <= max(Fraction(profit, 5), Fraction(0))


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        ({"catch_up": {"share": "20%", "to": "20%"}}, "K250"),
        ({"split": {"carry": "100%", "until": {"rate": "8%"}}}, "K250"),
        ({"capital": "true", "split": {"carry": "20%"}}, "K251"),
        ({}, "K251"),
        ({"split": {"carry": "-1%"}}, "K252"),
        ({"split": {"carry": "120%"}}, "K252"),
        ({"split": {"carry": "120%", "until": {"rate": "8%"}}}, "K252"),
        ({"catch_up": {"share": "150%", "to": "20%"}}, "K252"),
        ({"catch_up": {"share": "150%", "to": "120%"}}, "K252"),
        ({"catch_up": {"share": "100%", "to": "-1%"}}, "K252"),
        ({"catch_up": {"share": "10%", "to": "20%"}}, "K250"),
        ({"preferred": {"rate": "-1%"}}, "K252"),
    ],
)
def test_a_layer_without_sense_is_refused(layer: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        waterfall(layer)
    assert raised.value.errors()[0]["type"] == code


def test_a_layer_after_a_split_of_everything_is_refused() -> None:
    with pytest.raises(ValidationError, match="layer 2 splits all that reaches it") as raised:
        waterfall(CAPITAL, {"split": {"carry": "20%"}}, CAPITAL)
    assert raised.value.errors()[0]["type"] == "K250"
    waterfall(CAPITAL, {"split": {"carry": "20%", "until": {"rate": "8%"}}}, {"split": {"carry": "30%"}})


def test_a_waterfall_reads_in_words() -> None:
    rule = waterfall(
        CAPITAL,
        {"preferred": {"rate": "8%", "compounding": "half_yearly"}},
        {"catch_up": {"share": "100%", "to": "20%"}},
        {"split": {"carry": "20%"}},
    )
    assert rule.in_words(USD).rows == (
        ("1", "capital", "until all capital is returned"),
        ("2", "preferred", "8 % a year, compounded half yearly (act/365)"),
        ("3", "catch-up", "100 % to the carry until it has 20 % of all profit"),
        ("4", "split", "20 % to the carry"),
    )
    with pytest.raises(Refused, match="K202"):
        run_waterfall(rule, Fraction(-1), one_fund(1), END)
