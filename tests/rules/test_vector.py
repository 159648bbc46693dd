"""Expressions over whole columns say, row by row, what the plain law of expressions says of one row.

Leaves (columns, and the parts that facts answer by SQL) are answered here by the law itself, so what is tested is all
that the vectorised twin adds: sums, products and quotients, choices, and the logic of unknowns.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    IsNull,
    Literal,
    Negate,
    Not,
    Or,
    Type,
    words,
)
from rules.expressions.vector import Truth, leaves, number, truth
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
    "deals.opened_on": Type.DATE,
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
        is_flag = isinstance(tree, Column) and type_of(tree) == Type.FLAG
        if is_flag or any(isinstance(each, bool) for each in found):
            return truths(found)
        if isinstance(tree, Column | Arithmetic):
            return Exact.of([Fraction(each) if isinstance(each, Fraction | int) else None for each in found])
        return truths(found)

    return leaf


def truths(found: list[Value]) -> Truth:
    return Truth(np.array([each is True for each in found], bool), np.array([each is not None for each in found], bool))


def flags(found: Truth) -> list[bool | None]:
    return [bool(yes) if known else None for yes, known in zip(found.yes, found.known, strict=True)]


# --- generated trees and rows -----------------------------------------------------------------------------------------

columns_of = {
    "number": st.sampled_from([name for name, kind in TYPES.items() if kind in (Type.MONEY, Type.COUNT, Type.NUMBER)]),
    "flag": st.sampled_from(["partners.active", "partners.blocked"]),
    "date": st.sampled_from(["deals.opened_on", "deals.closed_on"]),
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
        st.builds(Arithmetic, st.just("-"), columns_of["date"].map(named), columns_of["date"].map(named)),
        st.builds(Negate, below),
        st.builds(Call, st.sampled_from(["coalesce", "least", "greatest"]), st.tuples(below, below, below)),
        st.builds(Call, st.just("nullif"), st.tuples(below, below)),
        st.builds(Call, st.just("abs"), st.tuples(below)),
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
    below, values = conditions(depth - 1), numbers(depth - 1)
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    status = st.sampled_from(["won", "lost"]).map(Literal)
    return st.one_of(
        leaf,
        st.builds(Comparison, ordered, values, values),
        st.builds(Comparison, st.sampled_from(["=", "!="]), st.just(named("deals.status")), status),
        st.builds(Comparison, ordered, columns_of["date"].map(named), st.just(Literal(date(2026, 3, 1)))),
        st.builds(InList, values, st.lists(values, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(Between, values, values, values, st.booleans()),
        st.builds(IsNull, values | below, st.booleans()),
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, below),
        st.builds(Case, branches(depth, below), st.none() | below),
        st.builds(Call, st.just("coalesce"), st.tuples(below, below)),
    )


money = st.sampled_from([0, 1, -1, 10**15, -(10**15)]) | st.integers(-5, 5)
days = st.sampled_from([date(2026, 1, 31), date(2026, 3, 1), date(2024, 2, 29)])
CELLS: dict[Type, st.SearchStrategy[Value]] = {
    Type.MONEY: money,
    Type.COUNT: st.integers(0, 3),
    Type.NUMBER: st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1, 3), Fraction(-2)]),
    Type.TEXT: st.sampled_from(["won", "lost"]),
    Type.DATE: days,
    Type.FLAG: st.booleans(),
}
table_rows = st.lists(
    st.fixed_dictionaries({name: st.none() | CELLS[kind] for name, kind in TYPES.items()}), max_size=5
)


@settings(max_examples=250)
@given(numbers(3), table_rows)
def test_a_measure_of_a_column_is_that_of_each_row(tree: Expression, rows: list[Cells]) -> None:
    found = number(tree, by_rows(rows), type_of, len(rows))
    assert found.fractions() == [evaluate(tree, lambda column: row[str(column)]) for row in rows], words(tree)  # noqa: B023


@settings(max_examples=250)
@given(conditions(3), table_rows)
def test_a_condition_on_a_column_is_that_on_each_row(tree: Expression, rows: list[Cells]) -> None:
    found = truth(tree, by_rows(rows), type_of, len(rows))
    assert flags(found) == [evaluate(tree, lambda column: row[str(column)]) for row in rows], words(tree)  # noqa: B023


@given(conditions(3))
def test_the_leaves_are_what_is_asked_for_and_no_more(tree: Expression) -> None:
    asked: set[Expression] = set()
    answers = by_rows([])

    def leaf(part: Expression) -> Exact | Truth:
        asked.add(part)
        return answers(part)

    truth(tree, leaf, type_of, 0)
    assert asked <= set(leaves(tree, type_of))


ROWS: list[Cells] = [
    dict.fromkeys(TYPES)
    | {"deals.amount": 100_000, "deals.status": "won", "credits.share": Fraction(1, 3), "sourced": Fraction(4)},
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
    ],
)
def test_conditions_worked_by_hand(text: str, answers: list[bool | None]) -> None:
    assert flags(truth(parse_expression(text), by_rows(ROWS), type_of, 2)) == answers
