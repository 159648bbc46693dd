"""A matrix pays by two measures: every pair of tiers has its own value, and who holds an edge is written."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st
from kinds_data import Inputs
from pydantic import ValidationError

from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.kinds.matrix import Matrix
from rules.quantities.currency import currency
from rules.quantities.exact import Exact

EUR = Terms(currency("EUR"))
DOWN = {"by": "attainment", "edges": ["80%", "100%"]}
ACROSS = {"by": "deals.term_months", "edges": ["12"]}
RATES = [["0%", "2%"], ["4%", "6%"], ["6%", "9%"]]
AMOUNTS = [["0", "20"], ["40", "60"], ["60", "EUR 90"]]
GRID = {"rows": DOWN, "columns": ACROSS, "at_edge": "higher_tier", "rates": RATES}
FLAT = {"rows": DOWN, "columns": ACROSS, "at_edge": "lower_tier", "amounts": AMOUNTS}


@pytest.mark.parametrize(
    ("config", "attained", "months", "due_minor", "words"),
    [
        (
            GRID,
            "0.79",
            12,
            2_000,
            "attainment = 79 % is below 80 %, deals.term_months = 12 is from 12: 2 % of 1,000.00",
        ),
        (
            GRID,
            "0.8",
            11,
            4_000,
            "attainment = 80 % is from 80 % below 100 %, deals.term_months = 11 is below 12: 4 % of 1,000.00",
        ),
        (
            GRID,
            "1",
            24,
            9_000,
            "attainment = 100 % is from 100 %, deals.term_months = 24 is from 12: 9 % of 1,000.00",
        ),
        (
            FLAT,
            "0.8",
            12,
            0,
            "attainment = 80 % is up to 80 %, deals.term_months = 12 is up to 12: 0.00",
        ),
        (
            FLAT,
            "1.01",
            13,
            9_000,
            "attainment = 101 % is above 100 %, deals.term_months = 13 is above 12: 90.00",
        ),
    ],
)
def test_a_row_worked_by_hand(config: dict[str, Any], attained: str, months: int, due_minor: int, words: str) -> None:
    kind = Matrix.model_validate(config)
    columns = Inputs(rows=Exact.of([Fraction(attained)]), columns=Exact.of([months]))
    if kind.takes:
        columns["base"] = Exact.of([100_000])
    assert kind.compute(columns, 1, EUR).fractions() == [due_minor]
    reason = kind.explain(columns, 0, EUR)
    assert reason.value == due_minor
    assert reason.words == words
    assert set(reason.uses) == set(columns)


def test_amounts_take_no_base_and_rates_take_money() -> None:
    assert Matrix.model_validate(GRID).takes == {Type.MONEY}
    assert Matrix.model_validate(FLAT).takes == frozenset()


def test_a_bare_edge_is_an_amount_where_money_is_measured() -> None:
    kind = Matrix.model_validate({**FLAT, "columns": {"by": "deals.amount", "edges": ["1_000"]}})
    columns = Inputs(rows=Exact.of([1, 1]), columns=Exact.of([100_000, 100_001]))
    terms = Terms(EUR.currency, types={"rows": Type.NUMBER, "columns": Type.MONEY})
    assert kind.compute(columns, 2, terms).fractions() == [4_000, 6_000]
    assert "deals.amount = 1,000.01 is above 1,000.00" in kind.explain(columns, 1, terms).words


@given(st.permutations(range(6)), st.lists(st.tuples(st.integers(70, 110), st.integers(10, 14)), min_size=1))
def test_each_row_is_paid_its_own_cell(cells: list[int], rows: list[tuple[int, int]]) -> None:
    amounts = [[str(cells[2 * down + across]) for across in range(2)] for down in range(3)]
    kind = Matrix.model_validate({**FLAT, "amounts": amounts})
    columns = Inputs(rows=Exact.of([Fraction(a, 100) for a, _ in rows]), columns=Exact.of([b for _, b in rows]))
    expected = [100 * cells[2 * ((a > 80) + (a > 100)) + (b > 12)] for a, b in rows]
    assert kind.compute(columns, len(rows), EUR).fractions() == expected


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("P170", {"rows": {"by": "attainment", "edges": ["100%", "80%"]}}),
        ("P172", {"amounts": AMOUNTS}),
        ("P172", {"rates": None}),
        ("P177", {"columns": {"by": "x", "edges": []}}),
        ("P178", {"columns": {"by": "x", "edges": ["80%", "EUR 5"]}}),
        ("P179", {"rates": RATES[:2]}),
        ("P179", {"rates": [["0%", "2%"], ["4%"], ["6%", "9%"]]}),
        ("missing", {"at_edge": ...}),
    ],
)
def test_a_matrix_that_cannot_be_meant_is_refused(code: str, change: dict[str, Any]) -> None:
    config = {key: value for key, value in {**GRID, **change}.items() if value is not ...}
    with pytest.raises(ValidationError) as refusal:
        Matrix.model_validate(config)
    assert [each["type"] for each in refusal.value.errors()] == [code]


def test_edges_and_amounts_that_do_not_fit_are_told() -> None:
    kind = Matrix.model_validate({**FLAT, "amounts": [["USD 1", "0.001"], ["1", "1"], ["1", "1"]]})
    terms = Terms(EUR.currency, types={"rows": Type.MONEY, "columns": Type.COUNT})
    assert [code for code, _, _ in kind.faults(terms)] == ["P178", "P178", "P130", "P132"]
