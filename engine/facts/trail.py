"""The trail of measures: every source row of one partner, with the cells that the measures read.

Nothing is filtered here but the partner: which rows count, and for how much, is for the explanation to work out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import duckdb

from engine.facts.credit import credit, deals_of, sourced_sql
from engine.facts.keys import key_sql
from engine.facts.read import table_name
from engine.facts.seen import FP, Seen, order_of
from engine.facts.sql import Sql, identifier
from engine.values import TrailRow
from rules.calendar import Period
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, Type, columns
from rules.meaning import MeasureMeaning
from rules.tables import Table


def trail(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    measures: Sequence[MeasureMeaning],
    partner: str,
) -> Iterator[TrailRow]:
    """The rows of `partner` in the table that the measures read alike, in the order of their keys, with its shares."""
    measure = measures[0]
    assert all(each.reads_as(measure) for each in measures), "one trail serves measures of the same rows"
    seen = Seen(tables, measure.rows.table, period)
    sql = Sql(seen.named)
    wanted = list(dict.fromkeys(column for each in measures for column in _wanted(each)))
    selected = [f"{seen.leaf(column, sql)} AS c{index}" for index, column in enumerate(wanted)]
    table = tables[measure.rows.table]
    keys = order_of(table)
    shown = key_sql(table, "t.") if table.key else keys[0]
    source, share, owner = f"{table_name(measure.rows.table)} AS t", "1, 1", seen.named(measure.owner)
    first = ""
    if measure.credited is not None:  # the partner's deals are few: nobody else's shares need to be worked out
        mine = "SELECT deal_id FROM mine"
        credits = credit(measure.credited, measure.rows.table, mine)
        if (measure.credited, measure.rows.table) == ("sourced", "deals"):  # gone through once: they are what is read
            first = f"WITH mine AS MATERIALIZED (SELECT * FROM {table_name('deals')} WHERE {sourced_sql()}) "
            source = f"mine AS t{credits.join}"
        else:
            first = f"WITH mine AS MATERIALIZED ({deals_of(measure.credited)}) "
            source = f"(SELECT * FROM {table_name(measure.rows.table)} WHERE deal_id IN ({mine})) AS t{credits.join}"
        share, owner = f"{credits.num}, {credits.den}", credits.owner
    query = f"""{first}SELECT {", ".join([shown, "t.record", share, *selected])} FROM {source} {seen.joins()}
        WHERE {owner} = $partner ORDER BY {", ".join(keys)}, t.record"""
    for key, record, num, den, *values in connection.execute(query, {"partner": partner}).fetchall():
        yield TrailRow(str(key), int(record), Fraction(int(num), int(den)), _cells(seen, wanted, values))


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
    selected = [f"{seen.leaf(column, sql)} AS c{index}" for index, column in enumerate(cells)]
    keys = order_of(tables[table])
    shown = key_sql(tables[table], "t.") if tables[table].key else keys[0]
    held = [f"t.{identifier(name)} IS NOT DISTINCT FROM ?" for name in equal]
    query = f"""SELECT {", ".join([shown, "t.record", *selected])} FROM {table_name(table)} AS t
        WHERE {" AND ".join(held)} ORDER BY {", ".join(keys)}, t.record"""
    for key, record, *values in connection.execute(query, list(equal.values())).fetchall():
        yield TrailRow(str(key), int(record), Fraction(1), _cells(seen, cells, values))


def _cells(seen: Seen, wanted: Sequence[Column], values: Sequence[Any]) -> Mapping[Column, Value]:
    """The values of a row as its expressions meet them: a number with decimals comes as whole billionths."""
    return {
        column: Fraction(int(value), FP) if value is not None and seen.type_of(column) == Type.NUMBER else value
        for column, value in zip(wanted, values, strict=True)
    }


def _wanted(measure: MeasureMeaning) -> list[Column]:
    trees = [measure.value, measure.rows.where, measure.rows.dated, measure.latest_of]
    return list(dict.fromkeys(column for tree in trees if tree is not None for column in columns(tree)))
