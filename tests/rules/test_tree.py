"""Trees: their words, columns and identity, and properties over trees of any shape."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import get_args

from hypothesis import given, settings, strategies as st

from rules.codes import EXPRESSIONS
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
    Unit,
    columns,
    words,
)
from rules.expressions.tree_types import typed

A = Column(None, "a")


def test_true_is_not_one() -> None:
    assert Literal(True) != Literal(Fraction(1))
    assert len({Literal(True), Literal(Fraction(1)), Literal("1")}) == 3


def test_columns_are_listed_once_in_order() -> None:
    tree = parse_expression("case when t.b > a then t.c else a end between 1 and t.b + coalesce(z, -t.c)")
    assert [str(column) for column in columns(tree)] == ["t.b", "a", "t.c", "z"]


def trees() -> st.SearchStrategy[Expression]:
    """Trees of any shape that can be written, well typed or not."""
    names = st.sampled_from(["a", "b", "status", "date", "interval", "month", "least"])
    numbers = st.decimals(0, 10**9, allow_nan=False, places=4).map(Fraction)
    leaves: st.SearchStrategy[Expression] = st.one_of(
        st.builds(Column, st.none(), names),
        st.builds(Column, st.sampled_from(["deals", "case", "end", "select"]), names | st.just("when")),
        st.builds(Literal, numbers),
        st.builds(Literal, st.booleans()),
        st.builds(Literal, st.sampled_from(["won", "it's", "", "é", "'", "--", "日本"])),
        st.builds(Literal, st.dates()),
        st.builds(Interval, st.integers(0, 99), st.sampled_from(get_args(Unit))),
    )

    def above(below: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        many = st.lists(below, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            st.builds(Arithmetic, st.sampled_from(["+", "-", "*", "/"]), below, below),
            st.builds(Negate, below),
            st.builds(Comparison, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), below, below),
            st.builds(And, many),
            st.builds(Or, many),
            st.builds(Not, below),
            st.builds(InList, below, many, st.booleans()),
            st.builds(Between, below, below, below, st.booleans()),
            st.builds(IsNull, below, st.booleans()),
            st.builds(Case, st.lists(st.tuples(below, below), min_size=1, max_size=2).map(tuple), st.none() | below),
            st.builds(Call, st.sampled_from(["least", "greatest", "coalesce"]), many),
            st.builds(lambda part: Call("abs", (part,)), below),
        )

    return st.recursive(leaves, above, max_leaves=25)


@settings(max_examples=150, deadline=None)
@given(trees())
def test_words_parse_back_to_the_tree(tree: Expression) -> None:
    assert parse_expression(words(tree)) == tree


@settings(max_examples=100, deadline=None)
@given(trees(), st.sampled_from(list(Type)), st.none() | st.sampled_from(list(Type)))
def test_any_tree_gets_a_type_or_a_fault(tree: Expression, every: Type, wanted: Type | None) -> None:
    _, found, faults = typed(tree, lambda column: every, list, 2, wanted)
    assert (found is not None) or faults
    assert {fault.code for fault in faults} <= set(EXPRESSIONS)


TYPES = {
    "a": Type.NUMBER,
    "b": Type.MONEY,
    "status": Type.TEXT,
    "date": Type.DATE,
    "interval": Type.FLAG,
    "month": Type.MONTH,
    "least": Type.COUNT,
    "when": Type.ID,
}
VALUES: dict[Type, tuple[type, list[Value]]] = {
    Type.NUMBER: (Fraction, [Fraction(1, 3), Fraction(0), Fraction(-2)]),
    Type.MONEY: (Fraction, [5, 0, -100_000]),
    Type.COUNT: (Fraction, [1, 0, 7]),
    Type.TEXT: (str, ["won", "", "é"]),
    Type.ID: (str, ["7", "x", ""]),
    Type.DATE: (date, [date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31)]),
    Type.MONTH: (date, [date(2026, 1, 1), date(9999, 12, 1), date(1, 1, 1)]),
    Type.FLAG: (bool, [True, False, True]),
}


@settings(max_examples=200, deadline=None)
@given(trees(), st.lists(st.integers(0, 3), min_size=len(TYPES), max_size=len(TYPES)))
def test_what_is_typed_can_be_evaluated_and_is_of_its_type(tree: Expression, picks: list[int]) -> None:
    made, found, faults = typed(tree, lambda column: TYPES[column.name], lambda: TYPES, 2)
    if faults:
        return
    assert found is not None
    row = {name: [*VALUES[TYPES[name]][1], None][pick] for name, pick in zip(TYPES, picks, strict=True)}
    value = evaluate(made, lambda column: row[column.name])
    if isinstance(value, int) and not isinstance(value, bool):
        value = Fraction(value)
    assert value is None or type(value) is VALUES[found][0]
