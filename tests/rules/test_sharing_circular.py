"""Amounts that are defined by each other: published tables, the answer put back into every definition, refusals."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rules.kinds.base import Terms
from rules.problem import Refused
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.quantities.rounding import Rounding, round_fraction
from rules.sharing.circular import Circular

WORKED = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent.parent / "cases/worked-examples.json").read_text("utf-8"))
}
USD = Terms(currency("USD"))


def system(**amounts: dict[str, str]) -> Circular:
    return Circular.model_validate({"amounts": amounts})


@pytest.mark.parametrize("percent", list(WORKED["H1-06"]["expected"]))
def test_the_rate_of_an_amount_net_of_itself_is_that_of_the_irs_table(percent: str) -> None:
    """H1-06, IRS Publication 560: r / (1 + r), printed at six decimals."""
    rate = system(bonus={"profit": f"{percent}/100", "bonus": f"-{percent}/100"}).solved()["bonus"]["profit"]
    r = Fraction(int(percent), 100)
    assert rate == r / (1 + r)
    printed = round_fraction(rate * 10**6, Rounding.HALF_UP)
    assert Fraction(printed, 10**6) == Fraction(WORKED["H1-06"]["expected"][percent]), WORKED["H1-06"]["source"]


def test_a_bonus_after_tax_and_a_tax_after_the_bonus_are_solved_together() -> None:
    """By hand: B = 10 % (P - B - T), T = 40 % (P - B): B = 6/106 P, T = 40 % of the rest."""
    rule = system(bonus={"profit": "1/10", "bonus": "-1/10", "tax": "-1/10"}, tax={"profit": "2/5", "bonus": "-2/5"})
    columns = {"profit": Exact.of([10_600_000, -10_600_000])}
    found = rule.compute(columns, 2)
    assert found["bonus"].fractions() == [600_000, -600_000]
    assert found["tax"].fractions() == [4_000_000, -4_000_000]
    told = rule.explain(columns, 0, "bonus", USD)
    assert told.value == 600_000
    assert [step.words for step in told.steps] == [
        "bonus = 10 % of profit 106,000.00 + -10 % of bonus 6,000.00 + -10 % of tax 40,000.00 = 6,000.00",
        "tax = 40 % of profit 106,000.00 + -40 % of bonus 6,000.00 = 40,000.00",
    ]
    assert {step.remaining for step in told.steps} == {0}


rates = st.fractions(Fraction(-3, 2), Fraction(3, 4), max_denominator=8)


@given(st.data())
def test_the_answer_satisfies_every_definition_or_there_is_none(data: st.DataObject) -> None:
    names = ["a", "b", "c", "d"][: data.draw(st.integers(1, 4))]
    parts = st.dictionaries(st.sampled_from([*names, "known", "other"]), rates.map(str), max_size=4)
    rule = system(**{name: data.draw(parts) for name in names})
    columns = {name: Exact.of([data.draw(st.integers(-(10**24), 10**24))]) for name in rule.known}
    try:
        found = rule.compute(columns, 1)
    except Refused as refused:
        assert {problem.code for problem in refused.problems} <= {"K240", "K241"}
        return
    values = {name: column.fraction(0) or Fraction(0) for name, column in {**columns, **found}.items()}
    for name in names:
        assert values[name] == sum((rate * values[part] for part, rate in rule.amounts[name].items()), Fraction(0))
        assert rule.explain(columns, 0, name, USD).value == values[name]


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        ({"a": {"a": "1", "p": "1"}}, "K240"),
        ({"a": {"b": "1", "p": "1"}, "b": {"a": "1"}}, "K240"),
        ({"a": {"a": "3/2", "p": "1"}}, "K241"),
        ({"a": {"b": "2", "p": "1"}, "b": {"a": "2"}}, "K241"),
        ({"a": {"a": "3/2"}, "b": {"b": "3/2", "p": "1"}}, "K241"),  # the determinant alone is positive
    ],
)
def test_a_system_without_a_sound_answer_is_refused(amounts: dict[str, dict[str, str]], code: str) -> None:
    with pytest.raises(Refused, match=code):
        system(**amounts).solved()


def test_a_whole_rate_of_what_is_left_is_no_fault() -> None:
    """All of the profit after the bonus: half of it, though the feedback is as large as the amount."""
    assert system(bonus={"profit": "1", "bonus": "-1"}).solved() == {"bonus": {"profit": Fraction(1, 2)}}


def test_an_amount_of_an_unknown_one_is_unknown() -> None:
    found = system(bonus={"profit": "1/10"}).compute({"profit": Exact.of([None, 5])}, 2)
    assert found["bonus"].fractions() == [None, Fraction(1, 2)]
    assert system(bonus={"profit": "1/10", "bonus": "-1/10"}).in_words(USD).rows == (
        ("bonus", "10 % of profit + -10 % of bonus"),
    )
