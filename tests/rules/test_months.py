"""Whole months between two dates: the plain law, whole columns and SQL say the same, and it fits date arithmetic."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from hypothesis import given, strategies as st

from engine.facts.sql import Sql
from rules.expressions.columnar import EPOCH, called
from rules.expressions.evaluate import evaluate, months_between
from rules.expressions.expression import parse_expression
from rules.expressions.tree import Column, Type
from rules.expressions.tree_types import typed
from rules.quantities.exact import Exact

days = st.dates(date(1990, 1, 1), date(2040, 12, 31))
MONTHS = parse_expression("months(deals.opened_on, deals.closed_on)")


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-01-15", "2026-02-14", 0),
        ("2026-01-15", "2026-02-15", 1),
        ("2026-01-31", "2026-02-28", 1),  # the month is over with its last day
        ("2026-02-28", "2026-03-31", 1),
        ("2024-02-29", "2025-02-28", 12),
        ("2026-03-01", "2025-03-01", -12),
    ],
)
def test_months_by_hand(first: str, last: str, months: int) -> None:
    assert months_between(date.fromisoformat(first), date.fromisoformat(last)) == months


@given(st.lists(st.tuples(days, days), min_size=1, max_size=20))
def test_the_law_columns_and_sql_agree(pairs: list[tuple[date, date]]) -> None:
    expected = [months_between(*pair) for pair in pairs]
    columns = [Exact.of([(pair[side] - EPOCH).days for pair in pairs]) for side in (0, 1)]
    assert called("months", columns).fractions() == expected
    sql = Sql(lambda column: column.name).of(MONTHS)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (row INT, opened_on DATE, closed_on DATE)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [(at, *pair) for at, pair in enumerate(pairs)])
    assert [value for (value,) in connection.execute(f"SELECT {sql} FROM t ORDER BY row").fetchall()] == expected


@given(days, st.integers(0, 60))
def test_so_many_months_are_over_on_the_day_that_an_interval_names(first: date, count: int) -> None:
    named = {Column("deals", "opened_on"): first}
    last = evaluate(parse_expression(f"deals.opened_on + interval '{count}' month"), named.__getitem__)
    assert isinstance(last, date)
    assert months_between(first, last) == count


def test_a_blank_day_is_unknown_and_texts_have_no_months() -> None:
    assert evaluate(MONTHS, {Column("deals", "opened_on"): None, Column("deals", "closed_on"): date.max}.get) is None
    types = {"opened_on": Type.DATE, "closed_on": Type.DATE, "kind": Type.TEXT}
    _, found, faults = typed(MONTHS, lambda column: types.get(column.name), list, 2)
    assert (found, faults) == (Type.COUNT, ())
    wrong = parse_expression("months(deals.kind, deals.kind)")
    _, _, faults = typed(wrong, lambda column: types.get(column.name), list, 2)
    assert [fault.code for fault in faults] == ["X133"]
