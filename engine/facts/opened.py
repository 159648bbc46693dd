"""What a period opens with as kept tables, in place of those that a program's folder has.

In: the closing of the period before. Out: Parquet files of the tables `balances` and `scores`, as if they had been read
from a source; a table without a row is there too, and says that there is nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pyarrow as pa

from engine.facts.connection import connect
from engine.facts.grammar import SQL_TYPES
from engine.facts.keep import order_sql
from engine.facts.sql import identifier
from engine.values import Plan, Score, rolls
from engine.values.closing import BALANCES, SCORES, Closing
from engine.values.positions import positions
from rules.calendar import Period
from rules.expressions.tree import Type
from rules.meaning import Meaning, SourceMeaning
from rules.problem import Place
from rules.tables import Table, canonical

OPENED = "what the period before ended with"  # the source of these tables, for people
FORMAT = "opening"  # of that source
NOBODY = "-"
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    BALANCES: ("partner_id", "balance", "as_of", "released_on", "amount"),
    SCORES: ("partner_id", "scorecard", "kpi", "period", "points", "tier"),
}


def with_openings(meaning: Meaning, tables: Collection[str]) -> Meaning:
    """What a program means where these tables are those that it opens with, whether it has a source for them or not."""
    others = tuple(each for each in meaning.sources if each.table not in tables)
    opened = tuple(SourceMeaning(name, OPENED, {}, {}, Place(), format=FORMAT) for name in tables)
    every = {**meaning.tables, **{name: canonical()[name] for name in tables}}
    return replace(meaning, sources=(*others, *opened), tables=every)


def opens_with(plan: Plan) -> tuple[str, ...]:
    """The tables that a period opens with: balances where anything rolls forward or goes on from the year so far,
    scores where a scorecard looks back at some."""
    looks_back = any(isinstance(step, Score) and step.looks_back for step in plan.steps)
    has_balances = rolls(plan.steps) or positions(plan.steps)
    return (*([BALANCES] if has_balances else []), *([SCORES] if looks_back else []))


def write_opening(opening: Closing, plan: Plan, period: Period, folder: Path) -> dict[str, Path]:
    """The tables that a period of a plan opens with, as files of a folder, by their names.

    Where nothing is on any balance, a row of nobody says so: without rows, earlier periods would be looked at.
    """
    kept = {}
    for name in opens_with(plan):
        rows = list(opening.tables[name])
        rolled, last = rolls(plan.steps), str(period.start - timedelta(days=1))
        if name == BALANCES and rolled and all(row[2] != last for row in rows):  # a year so far may be told of before
            rows.append(("" if rolled[0].is_whole else NOBODY, rolled[0].name, last, "", "0"))
        kept[name] = folder / f"{name}.opening.parquet"
        _write(canonical()[name], rows, plan.terms.currency.decimals, kept[name])
    return kept


def _write(table: Table, rows: Sequence[Sequence[str]], decimals: int, path: Path) -> None:
    told = {
        name: pa.array([_cell(row[at], table, name, decimals) for row in rows], pa.string())
        for at, name in enumerate(_COLUMNS[table.name])
    }
    connection = connect([path.parent], 1)
    try:
        connection.register("told", pa.table(told | {"record": pa.array(range(1, len(rows) + 1), pa.int64())}))
        typed = [
            f"CAST({identifier(column.name) if column.name in told else 'NULL'} AS {SQL_TYPES[column.type]})"
            f" AS {identifier(column.name)}"
            for column in table.columns
        ]
        where = str(path).replace("'", "''")
        query = f"SELECT record, {', '.join(typed)} FROM told ORDER BY {order_sql(table)}"
        connection.execute(f"COPY ({query}) TO '{where}' (FORMAT parquet, COMPRESSION zstd)")
    finally:
        connection.close()


def _cell(text: str, table: Table, name: str, decimals: int) -> str | None:
    """A cell as its type is cast from: an amount in minor units; a blank one is unknown, but for the id of nobody."""
    column = table.column(name)
    assert column is not None, "the table has the column"
    if text == "":
        return "" if column.in_key and not column.blank_key else None
    if column.type == Type.MONEY:
        minor = Fraction(text) * 10**decimals
        assert minor.denominator == 1, "a balance is whole"
        return str(minor.numerator)
    return text
