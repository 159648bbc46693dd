"""Days of a period between two dates: the plain law, whole columns and SQL say the same, and stretches add up."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, strategies as st

from engine.facts.sql import Sql
from rules.expressions.columnar import EPOCH, called
from rules.expressions.evaluate import days_within, evaluate
from rules.expressions.expression import parse_expression
from rules.expressions.said import said
from rules.expressions.tree import Column, Type, columns, words
from rules.expressions.tree_types import typed
from rules.quantities.exact import Exact

YEAR = (date(2026, 1, 1), date(2027, 1, 1))
days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
blank_or_day = st.none() | days
periods = st.tuples(days, st.integers(1, 800)).map(lambda of: (of[0], of[0] + timedelta(days=of[1])))
WITHIN = ("days_within", "days360_within")
TYPES = {"valid_from": Type.DATE, "valid_to": Type.DATE, "class": Type.TEXT, "month": Type.MONTH, "units": Type.NUMBER}


def made(text: str) -> tuple[object, Type | None, list[str]]:
    tree, found, faults = typed(parse_expression(text), lambda column: TYPES.get(column.name), list, 2)
    return tree, found, [fault.code for fault in faults]


@pytest.mark.parametrize(
    ("first", "last", "actual", "in_360"),
    [
        ("2026-01-01", "2026-12-31", 365, 360),
        (None, None, 365, 360),
        ("2026-04-01", None, 275, 270),  # nine months of twelve
        (None, "2026-09-30", 273, 270),
        ("2025-07-01", "2026-01-01", 1, 1),
        ("2026-03-05", "2026-03-05", 1, 1),
        ("2026-03-06", "2026-03-05", 0, 0),
        ("2027-01-01", None, 0, 0),
        (None, "2025-12-31", 0, 0),
        ("2026-02-01", "2026-02-28", 28, 30),
        ("2026-01-31", "2026-01-31", 1, 1),
        ("2026-01-30", "2026-01-30", 1, 0),  # of the 30th and the 31st together one counts
        ("2026-01-01", "9999-12-31", 365, 360),
    ],
)
def test_days_by_hand(first: str | None, last: str | None, actual: int, in_360: int) -> None:
    pair = [None if each is None else date.fromisoformat(each) for each in (first, last)]
    assert days_within(pair[0], pair[1], *YEAR) == actual
    assert days_within(pair[0], pair[1], *YEAR, in_360=True) == in_360


@pytest.mark.parametrize("name", WITHIN)
@given(st.lists(st.tuples(blank_or_day, blank_or_day), min_size=1, max_size=20), periods)
def test_the_law_columns_and_sql_agree(
    name: str, pairs: list[tuple[date | None, date | None]], period: tuple[date, date]
) -> None:
    expected = [days_within(*pair, *period, in_360=name == "days360_within") for pair in pairs]
    given_days = [*(list(side) for side in zip(*pairs, strict=True)), *([end] * len(pairs) for end in period)]
    found = [Exact.of([None if day is None else (day - EPOCH).days for day in side]) for side in given_days]
    assert called(name, found).fractions() == expected
    tree, _, _ = made(f"{name}(units.valid_from, units.valid_to)")
    named = {"start": f"DATE '{period[0]}'", "end": f"DATE '{period[1]}'"}
    sql = Sql(lambda column: named.get(column.name, column.name)).of(tree)  # type: ignore[arg-type]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (row INT, valid_from DATE, valid_to DATE)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [(at, *pair) for at, pair in enumerate(pairs)])
    assert [value for (value,) in connection.execute(f"SELECT {sql} FROM t ORDER BY row").fetchall()] == expected


@given(periods, st.lists(days, max_size=5), st.booleans())
def test_versions_that_follow_one_another_have_all_days_of_the_period(
    period: tuple[date, date], changes: list[date], in_360: bool
) -> None:
    starts = sorted(set(changes))
    stretches = zip([None, *starts], [*(day - timedelta(days=1) for day in starts), None], strict=True)
    found = sum(days_within(first, last, *period, in_360=in_360) for first, last in stretches)
    assert found == days_within(None, None, *period, in_360=in_360)


def test_parameters_keep_their_order() -> None:
    tree, _, _ = made("days_within(date '2026-02-01', '2026-02-10')")
    sql = Sql(lambda column: {"start": "DATE '2026-01-01'", "end": "DATE '2027-01-01'"}[column.name])
    query = sql.of(tree)  # type: ignore[arg-type]
    assert duckdb.connect().execute(f"SELECT {query}", sql.parameters).fetchall() == [(10,)]


def test_the_period_is_read_along_and_nobody_writes_it() -> None:
    tree, found, faults = made("units.units * days_within(units.valid_from, units.valid_to)")
    assert (found, faults) == (Type.NUMBER, [])
    assert [str(each) for each in columns(tree)] == [  # type: ignore[arg-type]
        "units.units",
        "units.valid_from",
        "units.valid_to",
        "period.start",
        "period.end",
    ]
    assert words(tree) == "units.units * days_within(units.valid_from, units.valid_to)"  # type: ignore[arg-type]


def test_one_day_is_from_there_on() -> None:
    tree, found, _ = made("days_within(units.valid_from)")
    assert (found, words(tree)) == (Type.COUNT, "days_within(units.valid_from, period.end)")  # type: ignore[arg-type]
    row = {"valid_from": date(2026, 12, 1), "start": YEAR[0], "end": YEAR[1]}
    assert evaluate(tree, lambda column: row[column.name]) == 31  # type: ignore[arg-type]
    assert evaluate(tree, lambda column: {**row, "valid_from": None}[column.name]) == 365  # type: ignore[arg-type]


def test_a_month_counts_from_its_first_day() -> None:
    tree, _, faults = made("days360_within(revenue.month, revenue.month)")
    row = {"month": date(2026, 3, 1), "start": YEAR[0], "end": YEAR[1]}
    assert (evaluate(tree, lambda column: row[column.name]), faults) == (1, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("days_within(units.class, units.valid_to)", "X133"),
        ("days_within(units.valid_from, units.units)", "X133"),
        ("days_within('2026-02-30')", "X137"),
    ],
)
def test_what_is_no_day_is_refused(text: str, code: str) -> None:
    assert made(text)[2] == [code]


def test_people_read_it_in_words() -> None:
    tree, _, _ = made("days_within(units.valid_from, units.valid_to)")
    told = "(the days of the period between units.valid_from and units.valid_to, both included)"
    assert said(tree) == told  # type: ignore[arg-type]
    assert Column("period", "end") in columns(tree)  # type: ignore[arg-type]
