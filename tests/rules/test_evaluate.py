"""What an expression is worth on one row: exact, with unknowns, and the same as a database says."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import duckdb
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
    words,
)

ROW: dict[str, Value] = {
    "deals.amount": 100_000,
    "deals.status": "won",
    "deals.closed_on": date(2026, 1, 31),
    "deals.margin": None,
    "partners.active": True,
    "partners.region": "DE",
    "partners.blocked": None,
    "credits.share": Fraction(1, 3),
    "sourced": 7,
    "certified": 0,
    "leap": date(2024, 2, 29),
    "last": date(9999, 12, 31),
}


def worth(text: str) -> Value:
    return evaluate(parse_expression(text), lambda column: ROW[str(column)])


CASES: list[tuple[str, Value]] = [
    ("deals.status = 'won' and partners.region in ('DE','AT')", True),
    ("deals.status = 'Won'", False),
    ("deals.amount * credits.share", Fraction(100_000, 3)),
    ("credits.share + credits.share + credits.share = 1", True),
    ("0.1 + 0.2 = 0.3", True),
    ("deals.amount * 0.075", 7_500),
    ("sourced / 2", Fraction(7, 2)),
    ("sourced / certified", None),
    ("sourced / certified = 1 or partners.active", True),
    ("certified / sourced", 0),
    ("-sourced - -2", -5),
    ("2 + 3 * 4 - 6 / 4", Fraction(25, 2)),
    ("10 - 4 - 3", 3),
    ("16 / 4 / 2", 2),
    # Unknown: nothing can be said about it, but what the rest decides is decided.
    ("deals.margin > 0", None),
    ("deals.margin = deals.margin", None),
    ("deals.margin != 5", None),
    ("not deals.margin > 0", None),
    ("deals.margin > 0 and certified > 0", False),
    ("certified > 0 and deals.margin > 0", False),
    ("deals.margin > 0 and sourced > 0", None),
    ("deals.margin > 0 or sourced > 0", True),
    ("deals.margin > 0 or certified > 0", None),
    ("partners.blocked or partners.blocked", None),
    ("deals.margin + 1", None),
    ("-deals.margin", None),
    ("deals.margin is null", True),
    ("deals.margin is not null", False),
    ("partners.blocked is null and sourced is not null", True),
    ("deals.margin in (1, 2)", None),
    ("sourced in (1, deals.margin)", None),
    ("sourced in (7, deals.margin)", True),
    ("sourced not in (1, 2)", True),
    ("sourced not in (1, deals.margin)", None),
    ("sourced not in (7, deals.margin)", False),
    ("sourced between 7 and 7", True),
    ("sourced between 8 and 6", False),
    ("sourced not between 8 and 9", True),
    ("sourced between deals.margin and 6", False),
    ("sourced between deals.margin and 8", None),
    ("case when deals.margin > 0 then 1 when sourced > 0 then 2 else 3 end", 2),
    ("case when deals.margin > 0 then 1 else 3 end", 3),
    ("case when certified > 0 then 1 end", None),
    ("coalesce(deals.margin, certified, 5)", 0),
    ("coalesce(deals.margin, deals.margin)", None),
    ("nullif(certified, 0)", None),
    ("nullif(sourced, 0)", 7),
    ("nullif(sourced, deals.margin)", 7),
    ("sourced / nullif(certified, 0)", None),
    ("least(sourced, 3, 5)", 3),
    ("greatest(sourced, 3)", 7),
    # A cap that is not known caps nothing that could be paid.
    ("least(sourced, deals.margin)", None),
    ("least(sourced, coalesce(deals.margin, 1000))", 7),
    ("abs(3 - sourced)", 4),
    ("abs(deals.margin)", None),
    # Dates.
    ("deals.closed_on >= date '2026-01-31'", True),
    ("deals.closed_on + interval '90' day", date(2026, 5, 1)),
    ("deals.closed_on + interval '1' month", date(2026, 2, 28)),
    ("deals.closed_on + interval '13' months", date(2027, 2, 28)),
    ("deals.closed_on - interval '1' month", date(2025, 12, 31)),
    ("deals.closed_on - interval '2' month", date(2025, 11, 30)),
    ("leap + interval '1' year", date(2025, 2, 28)),
    ("leap - interval '4' year", date(2020, 2, 29)),
    ("leap + interval '12' month", date(2025, 2, 28)),
    ("deals.closed_on - leap", 702),
    ("greatest(deals.closed_on, leap)", date(2026, 1, 31)),
    ("last + interval '1' day", None),
    ("last + interval '1' month", None),
    ("date '0001-01-01' - interval '1' year", None),
    ("case when deals.margin > 0 then leap end + interval '1' day", None),
    ("case when deals.margin > 0 then leap end - leap", None),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_worth_on_one_row(text: str, expected: Value) -> None:
    found = worth(text)
    assert found == expected
    assert isinstance(found, bool) is isinstance(expected, bool)


TRUTHS: list[Value] = [True, False, None]


@pytest.mark.parametrize("left", TRUTHS)
@pytest.mark.parametrize("right", TRUTHS)
def test_logic_is_kleenes(left: Value, right: Value) -> None:
    """Kleene's strong tables: false is least, unknown in the middle, true greatest; and is least, or is greatest."""
    rank: dict[Value, int] = {False: 0, None: 1, True: 2}
    values = {"a": left, "b": right}
    for text, rank_expected in (
        ("a and b", min(rank[left], rank[right])),
        ("a or b", max(rank[left], rank[right])),
        ("not a", 2 - rank[left]),
    ):
        found = evaluate(parse_expression(text), lambda column: values[column.name])
        assert rank[found] == rank_expected


def test_a_float_is_a_programmers_fault() -> None:
    with pytest.raises(AssertionError, match="exact"):
        evaluate(parse_expression("a + 1"), lambda column: 0.5)


# Three rows with every kind of unknown; the columns of the generated conditions.
ROWS: list[dict[str, Any]] = [
    {"i": 1, "j": -2, "s": "won", "t": "lost", "d": date(2024, 2, 29), "e": date(2026, 1, 31), "p": True, "q": False},
    {"i": None, "j": 3, "s": "", "t": None, "d": None, "e": date(2025, 8, 31), "p": None, "q": True},
    {"i": 0, "j": 0, "s": None, "t": "é", "d": date(2026, 1, 31), "e": None, "p": False, "q": None},
]
ZERO = Literal(Fraction(0))


def unknown_where_any_is(name: str, arguments: tuple[Expression, ...]) -> Expression:
    """`least` and `greatest` of this database overlook nulls; ours don't, so the SQL has to say it."""
    unknown = Case(((Literal(False), ZERO),))
    return Case(((Or(tuple(IsNull(each) for each in arguments)), unknown),), Call(name, arguments))


def columns_named(*names: str) -> st.SearchStrategy[Expression]:
    return st.sampled_from([Column(None, name) for name in names])


def numbers(depth: int) -> st.SearchStrategy[Expression]:
    leaves = columns_named("i", "j") | st.integers(0, 4).map(lambda value: Literal(Fraction(value)))
    if depth == 0:
        return leaves
    below = numbers(depth - 1)
    pairs = st.tuples(below, below)
    return st.one_of(
        leaves,
        st.builds(Arithmetic, st.sampled_from(["+", "-", "*"]), below, below),
        st.builds(Negate, below),
        st.builds(Call, st.sampled_from(["coalesce", "nullif"]), pairs),
        st.builds(unknown_where_any_is, st.sampled_from(["least", "greatest"]), pairs),
        below.map(lambda part: Call("abs", (part,))),
        st.builds(lambda test, pair: Case(((test, pair[0]),), pair[1]), conditions(depth - 1), pairs),
        st.builds(lambda test, value: Case(((test, value),)), conditions(depth - 1), below),
        st.builds(Arithmetic, st.just("-"), columns_named("d", "e"), columns_named("d", "e")),
    )


def dates() -> st.SearchStrategy[Expression]:
    intervals = st.builds(Interval, st.integers(0, 50), st.sampled_from(["day", "month", "year"]))
    leaves = columns_named("d", "e") | st.dates(date(1990, 1, 1), date(2040, 1, 1)).map(Literal)
    return leaves | st.builds(Arithmetic, st.sampled_from(["+", "-"]), leaves, intervals)


def conditions(depth: int) -> st.SearchStrategy[Expression]:
    if depth == 0:
        return columns_named("p", "q") | st.booleans().map(Literal)
    texts = columns_named("s", "t") | st.sampled_from(["won", "", "é", "it's"]).map(Literal)
    ordered = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
    number, below = numbers(depth - 1), conditions(depth - 1)
    many = st.lists(below, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        below,
        st.builds(Comparison, ordered, number, number),
        st.builds(Comparison, ordered, dates(), dates()),
        st.builds(Comparison, st.sampled_from(["=", "!="]), texts, texts),
        st.builds(InList, number, st.lists(number, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(InList, texts, st.lists(texts, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(Between, number, number, number, st.booleans()),
        st.builds(Between, dates(), dates(), dates(), st.booleans()),
        st.builds(IsNull, number | texts | dates() | below, st.booleans()),
        st.builds(And, many),
        st.builds(Or, many),
        st.builds(Not, below),
    )


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("create table rows (i bigint, j bigint, s text, t text, d date, e date, p bool, q bool)")
    connection.executemany("insert into rows values ($i, $j, $s, $t, $d, $e, $p, $q)", ROWS)
    return connection


@settings(max_examples=150, deadline=None)
@given(tree=conditions(3))
def test_a_database_says_the_same(database: duckdb.DuckDBPyConnection, tree: Expression) -> None:
    answers = database.execute(f"select {words(tree)} from rows").fetchall()
    assert [answer for (answer,) in answers] == [evaluate(tree, lambda column: row[column.name]) for row in ROWS]  # noqa: B023


@settings(max_examples=100, deadline=None)
@given(tree=numbers(3))
def test_a_database_counts_the_same(database: duckdb.DuckDBPyConnection, tree: Expression) -> None:
    answers = database.execute(f"select {words(tree)} from rows").fetchall()
    assert [answer for (answer,) in answers] == [evaluate(tree, lambda column: row[column.name]) for row in ROWS]  # noqa: B023
