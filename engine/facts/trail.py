"""The trail of measures: every source row of one partner, with the cells that the measures read.

Nothing is filtered here but the partner: which rows count, and for how much, is for the explanation to work out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import duckdb

from engine.facts.credit import credit, deals_of, sourced_sql
from engine.facts.keys import key_sql
from engine.facts.read import table_name
from engine.facts.seen import Seen, order_of
from engine.facts.sql import Sql, identifier
from engine.values import TrailRow
from rules.calendar import Period
from rules.expressions.tree import Column, Type, columns
from rules.meaning import MeasureMeaning
from rules.tables import Table

IN_ORDER = 't."@place"'  # rows are kept in the order of their keys, and whole numbers are sorted faster


@dataclass(frozen=True, slots=True, eq=False)
class TrailSql:
    """What a trail is in SQL: the columns that it reads of rows `t` (key, record, the share in two, cells `c0` and on),
    their joins, the owner of a row, and the tables that are gone through."""

    columns: str
    joins: str
    owner: str
    tables: tuple[str, ...]


def trail_sql(
    tables: Mapping[str, Table], period: Period, measures: Sequence[MeasureMeaning], among: str | None = None
) -> TrailSql:
    """The trail of measures that read alike; `among`: the query of the deals that are asked for, where these are
    few."""
    measure = measures[0]
    assert all(each.reads_as(measure) for each in measures), "one trail serves measures of the same rows"
    seen, table = Seen(tables, measure.rows.table, period), tables[measure.rows.table]
    sql = Sql(seen.named)
    cells = [f"{sql.of(column)} AS c{index}" for index, column in enumerate(wanted_by(measures))]
    shown = key_sql(table, "t.") if table.key else order_of(table)[0]
    owner = "NULL" if measure.owner is None else seen.named(measure.owner)
    num, den, joins, read = "1", "1", "", {table.name, *seen.tables()}
    if measure.credited is not None:
        credits = credit(measure.credited, table.name, among)
        num, den, owner, joins, read = credits.num, credits.den, credits.owner, credits.join, {*read, "deals"}
    columns = ", ".join([f"{shown} AS key", "t.record AS record", f"{num} AS num", f"{den} AS den", *cells])
    return TrailSql(columns, f"{joins} {seen.joins()}", owner, tuple(sorted(read)))


def trail(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    measures: Sequence[MeasureMeaning],
    partner: str,
) -> Iterator[TrailRow]:
    """The rows of `partner` in the table that the measures read alike, in the order of their keys, with its shares."""
    measure = measures[0]
    mine = "SELECT deal_id FROM mine"  # the partner's deals are few: nobody else's shares need to be worked out
    sql = trail_sql(tables, period, measures, mine)
    first, source = "", f"{table_name(measure.rows.table)} AS t"
    if (measure.credited, measure.rows.table) == ("sourced", "deals"):  # gone through once: they are what is read
        first = f"WITH mine AS MATERIALIZED (SELECT * FROM {table_name('deals')} WHERE {sourced_sql()}) "
        source = "mine AS t"
    elif measure.credited is not None:
        first = f"WITH mine AS MATERIALIZED ({deals_of(measure.credited)}) "
        source = f"(SELECT * FROM {table_name(measure.rows.table)} WHERE deal_id IN ({mine})) AS t"
    query = f"""{first}SELECT {sql.columns} FROM {source} {sql.joins}
        WHERE {sql.owner} = $partner ORDER BY {IN_ORDER}"""
    rows = connection.execute(query, {"partner": partner}).fetchall()
    return trail_rows(Seen(tables, measure.rows.table, period), wanted_by(measures), rows)


def whole_trail(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    measures: Sequence[MeasureMeaning],
) -> Iterator[TrailRow]:
    """The rows of all partners, and those of no partner where the measures count them; in the order of their keys."""
    measure = measures[0]
    sql = trail_sql(tables, period, measures)
    direct = f" OR {sql.owner} IS NULL" if measure.counts_direct else ""
    query = f"""SELECT {sql.columns} FROM {table_name(measure.rows.table)} AS t {sql.joins}
        WHERE {sql.owner} IN (SELECT partner_id FROM {table_name("partners")}){direct} ORDER BY {IN_ORDER}"""
    rows = connection.execute(query).fetchall()
    return trail_rows(Seen(tables, measure.rows.table, period), wanted_by(measures), rows)


def wanted_by(measures: Iterable[MeasureMeaning]) -> list[Column]:
    """The columns whose cells measures read, each once."""
    trees = [
        tree for each in measures for tree in (each.value, each.rows.where, each.rows.dated, each.latest_of) if tree
    ]
    return list(dict.fromkeys(column for tree in trees for column in columns(tree)))


def trail_rows(seen: Seen, wanted: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[TrailRow]:
    """Rows of a trail as their expressions meet them; a number with decimals comes as a Decimal, and leaves exact."""
    numbers = [seen.type_of(column) == Type.NUMBER for column in wanted]
    shares: dict[tuple[int, int], Fraction] = {}  # few are different
    for key, record, num, den, *values in rows:
        if (num, den) not in shares:
            shares[num, den] = Fraction(int(num), int(den))
        cells = {
            column: Fraction(value) if is_number and value is not None else value
            for column, value, is_number in zip(wanted, values, numbers, strict=True)
        }
        yield TrailRow(str(key), int(record), shares[num, den], cells)


def matching(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    table: str,
    equal: Mapping[str, str | None],
    wanted: Sequence[str],
) -> Iterator[TrailRow]:
    """The rows of a table whose columns hold the texts of `equal` (None: nothing), with the cells of `wanted`, in the
    order of their keys."""
    seen = Seen(tables, table, period)
    sql = Sql(seen.named)
    cells = [Column(table, name) for name in wanted]
    selected = [f"{sql.of(column)} AS c{index}" for index, column in enumerate(cells)]
    keys = order_of(tables[table])
    shown = key_sql(tables[table], "t.") if tables[table].key else keys[0]
    held = [f"t.{identifier(name)} IS NOT DISTINCT FROM ?" for name in equal]
    query = f"""SELECT {", ".join([shown, "t.record", *selected])} FROM {table_name(table)} AS t
        WHERE {" AND ".join(held)} ORDER BY {", ".join(keys)}, t.record"""
    found = connection.execute(query, list(equal.values())).fetchall()
    return trail_rows(seen, cells, ((key, record, 1, 1, *values) for key, record, *values in found))
