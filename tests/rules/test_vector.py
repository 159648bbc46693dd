"""Expressions over whole columns say, row by row, what the plain law of expressions says of one row.

Leaves (columns, and the parts that facts answer by SQL) are answered here by the law itself, so what is tested is all
that the vectorised twin adds: sums, products and quotients, choices among numbers, dates and texts, and the logic of
unknowns.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rules.expressions.evaluate import Value, evaluate
from rules.expressions.expression import parse_expression
from rules.expressions.tree import (
    And,
    Arithmetic,
    Between,
    Call,
    Case,
    Column,
    Comparison,
    Expression,
    InList,
    Interval,
    IsNull,
    Literal,
    Negate,
    Not,
    Or,
    Type,
    columns,
    words,
)
from rules.expressions.vector import Truth, has_product, leaves, number, truth
from rules.quantities.exact import Exact

# Columns of a deal, and two that a partner has already (no table): KPIs and the like.
TYPES = {
    "deals.amount": Type.MONEY,
    "deals.margin": Type.MONEY,
    "deals.term_months": Type.COUNT,
    "credits.share": Type.NUMBER,
    "sourced": Type.NUMBER,
    "certified": Type.NUMBER,
    "deals.status": Type.TEXT,
    "deals.kind": Type.TEXT,
    "partners.partner_id": Type.ID,
    "deals.opened_on": Type.DATE,
    "targets.month": Type.MONTH,
    "deals.closed_on": Type.DATE,
    "partners.active": Type.FLAG,
    "partners.blocked": Type.FLAG,
}
Cells = dict[str, Value]


def named(text: str) -> Column:
    table, _, name = text.rpartition(".")
    return Column(table or None, name)


def type_of(column: Column) -> Type:
    return TYPES[str(column)]


def by_rows(rows: list[Cells]) -> Callable[[Expression], Exact | Truth]:
    """What the facts would answer for a leaf."""

    def leaf(tree: Expression) -> Exact | Truth:
        found = [evaluate(tree, lambda column: row[str(column)]) for row in rows]  # noqa: B023
        is_number = isinstance(tree, Arithmetic | Case) or (isinstance(tree, Column) and type_of(tree) != Type.FLAG)
        if not is_number:
            return truths(found)
        assert all(each is None or isinstance(each, Fraction | int) for each in found), "a leaf is no text and no date"
        return Exact.of([Fraction(each) if isinstance(each, Fraction | int) else None for each in found])

    return leaf


def truths(found: list[Value]) -> Truth:
    return Truth(np.array([each is True for each in found], bool), np.array([each is not None for each in found], bool))


def flags(found: Truth) -> list[bool | None]:
    return [bool(yes) if known else None for yes, known in zip(found.yes, found.known, strict=True)]


DAYS = [date(2026, 1, 31), date(2026, 3, 1), date(2024, 2, 29), date.min, date.max]

# --- generated trees and rows -----------------------------------------------------------------------------------------

columns_of = {
    "number": st.sampled_from([name for name, kind in TYPES.items() if kind in (Type.MONEY, Type.COUNT, Type.NUMBER)]),
    "flag": st.sampled_from(["partners.active", "partners.blocked"]),
    "date": st.sampled_from(["deals.opened_on", "deals.closed_on", "targets.month"]),
    "text": st.sampled_from(["deals.status", "deals.kind", "partners.partner_id"]),
}
written = st.sampled_from(["0", "1", "2", "0.5", "0.075", "1000"]).map(lambda text: Literal(Fraction(text)))
ordered = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


def numbers(depth: int) -> st.SearchStrategy[Expression]:
    leaf = columns_of["number"].map(named) | written
    if not depth:
        return leaf
    below = numbers(depth - 1)
    return st.one_of(
        leaf,
        st.builds(Arithmetic, st.sampled_from("+-*/"), below, below),
        st.builds(Arithmetic, st.just("-"), dates(depth - 1), dates(depth - 1)),
        st.builds(Negate, below),
        st.builds(Call, st.sampled_from(["coalesce", "least", "greatest"]), st.tuples(below, below, below)),
        st.builds(Call, st.just("nullif"), st.tuples(below, below)),
        st.builds(Call, st.just("abs"), st.tuples(below)),
        st.builds(Case, branches(depth, below), st.none() | below),
    )


def dates(depth: int) -> st.SearchStrategy[Expression]:
    leaf = columns_of["date"].map(named) | st.sampled_from(DAYS).map(Literal)
    if not depth:
        return leaf
    below = dates(depth - 1)
    lengths = st.builds(Interval, st.sampled_from([1, 11, 90]), st.sampled_from(["day", "month", "year"]))
    return st.one_of(
        leaf,
        st.builds(Arithmetic, st.sampled_from("+-"), below, lengths),
        st.builds(Call, st.sampled_from(["coalesce", "least", "greatest"]), st.tuples(below, below, below)),
        st.builds(Call, st.just("nullif"), st.tuples(below, below)),
        st.builds(Case, branches(depth, below), st.none() | below),
    )


def texts(depth: int) -> st.SearchStrategy[Expression]:
    leaf = columns_of["text"].map(named) | st.sampled_from(["won", "lost", "gold"]).map(Literal)
    if not depth:
        return leaf
    below = texts(depth - 1)
    return st.one_of(
        leaf,
        st.builds(Call, st.just("coalesce"), st.tuples(below, below, below)),
        st.builds(Call, st.just("nullif"), st.tuples(below, below)),
        st.builds(Case, branches(depth, below), st.none() | below),
    )


def branches(
    depth: int, values: st.SearchStrategy[Expression]
) -> st.SearchStrategy[tuple[tuple[Expression, ...], ...]]:
    return st.lists(st.tuples(conditions(depth - 1), values), min_size=1, max_size=2).map(tuple)


def conditions(depth: int) -> st.SearchStrategy[Expression]:
    leaf = columns_of["flag"].map(named) | st.booleans().map(Literal)
    if not depth:
        return leaf
    below, among = conditions(depth - 1), depth - 1
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    alike = [numbers(among), dates(among), texts(among)]
    return st.one_of(
        leaf,
        *(st.builds(Comparison, ordered, values, values) for values in alike[:2]),
        st.builds(Comparison, st.sampled_from(["=", "!="]), alike[2], alike[2]),
        *(st.builds(Between, values, values, values, st.booleans()) for values in alike[:2]),
        *(
            st.builds(InList, values, st.lists(values, min_size=1, max_size=3).map(tuple), st.booleans())
            for values in alike
        ),
        st.builds(IsNull, st.one_of(*alike) | below, st.booleans()),
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, below),
        st.builds(Case, branches(depth, below), st.none() | below),
        st.builds(Call, st.just("coalesce"), st.tuples(below, below)),
    )


money = st.sampled_from([0, 1, -1, 10**15, -(10**15)]) | st.integers(-5, 5)
CELLS: dict[Type, st.SearchStrategy[Value]] = {
    Type.MONEY: money,
    Type.COUNT: st.integers(0, 3),
    Type.NUMBER: st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1, 3), Fraction(-2)]),
    Type.TEXT: st.sampled_from(["won", "lost"]),
    Type.ID: st.sampled_from(["won", "acme"]),
    Type.DATE: st.sampled_from(DAYS),
    Type.MONTH: st.sampled_from([day.replace(day=1) for day in DAYS]),
    Type.FLAG: st.booleans(),
}
table_rows = st.lists(
    st.fixed_dictionaries({name: st.none() | CELLS[kind] for name, kind in TYPES.items()}), max_size=5
)


@settings(max_examples=120)
@given(numbers(3), table_rows)
def test_a_measure_of_a_column_is_that_of_each_row(tree: Expression, rows: list[Cells]) -> None:
    found = number(tree, by_rows(rows), type_of, len(rows))
    assert found.fractions() == [evaluate(tree, lambda column: row[str(column)]) for row in rows], words(tree)  # noqa: B023


@settings(max_examples=120)
@given(conditions(3), table_rows)
def test_a_condition_on_a_column_is_that_on_each_row(tree: Expression, rows: list[Cells]) -> None:
    found = truth(tree, by_rows(rows), type_of, len(rows))
    assert flags(found) == [evaluate(tree, lambda column: row[str(column)]) for row in rows], words(tree)  # noqa: B023


@given(conditions(3))
def test_the_leaves_are_what_is_asked_for_and_what_facts_can_tell(tree: Expression) -> None:
    asked: set[Expression] = set()
    answers = by_rows([])

    def leaf(part: Expression) -> Exact | Truth:
        asked.add(part)
        return answers(part)

    truth(tree, leaf, type_of, 0)
    assert asked == set(leaves(tree, type_of))
    for part in asked:  # SQL can answer it: it sees cells alone, and neither multiplies nor divides
        assert isinstance(part, Column) or (
            not has_product(part) and None not in {read.table for read in columns(part)}
        )


ROWS: list[Cells] = [
    dict.fromkeys(TYPES)
    | {"deals.amount": 100_000, "deals.status": "won", "credits.share": Fraction(1, 3), "sourced": Fraction(4)}
    | {"deals.kind": "won", "deals.opened_on": date(2026, 1, 31), "deals.closed_on": date(2026, 3, 1)},
    dict.fromkeys(TYPES) | {"deals.amount": None, "deals.status": "lost", "partners.blocked": True},
]


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("deals.amount * credits.share", [Fraction(100_000, 3), None]),
        ("deals.amount / sourced + 1", [25_001, None]),
        ("deals.amount / 0", [None, None]),
        ("coalesce(deals.amount, 0) * 0.075", [7_500, 0]),
        ("case when deals.status = 'won' then deals.amount * 0.1 else 0 end", [10_000, 0]),
        ("case when sourced > 3 then deals.amount end", [100_000, None]),
        ("least(deals.amount, deals.margin)", [None, None]),
        ("case when sourced > 3 then deals.closed_on end - deals.opened_on", [29, None]),
        ("case when sourced > 3 then deals.opened_on end + interval '1' month - date '2026-02-01'", [27, None]),
    ],
)
def test_measures_worked_by_hand(text: str, answers: list[Fraction | int | None]) -> None:
    assert number(parse_expression(text), by_rows(ROWS), type_of, 2).fractions() == answers


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("deals.status = 'won' and sourced > 3", [True, False]),
        ("sourced > 3 or deals.amount * 2 > 5", [True, None]),
        ("coalesce(partners.blocked, false)", [False, True]),
        ("not coalesce(partners.blocked, false) and sourced = 4", [True, False]),
        ("case when sourced > 3 then deals.status = 'won' else partners.blocked end", [True, True]),
        ("(sourced > 3) is null", [False, True]),
        ("sourced not in (1, deals.margin)", [None, None]),
        (
            "case when sourced > 3 then date '9999-12-31' else date '2026-01-31' end + interval '1' day is null",
            [True, False],
        ),
        (
            "case when sourced > 3 then date '0001-01-31' else date '2026-01-31' end - interval '1' month is null",
            [True, False],
        ),
        ("case when sourced > 3 then deals.status else 'x' end = 'won'", [True, False]),
        ("case when sourced > 3 then deals.status else 'x' end = deals.kind", [True, None]),
        ("case when sourced > 3 then deals.kind else deals.status end in ('lost', 'open')", [False, True]),
        ("coalesce(case when sourced > 3 then deals.kind end, 'none') = 'none'", [False, True]),
        ("nullif(case when sourced > 3 then deals.kind else 'won' end, deals.status) is null", [True, False]),
        ("least(case when sourced > 3 then deals.closed_on end, date '2026-02-01') > deals.opened_on", [True, None]),
    ],
)
def test_conditions_worked_by_hand(text: str, answers: list[bool | None]) -> None:
    assert flags(truth(parse_expression(text), by_rows(ROWS), type_of, 2)) == answers
