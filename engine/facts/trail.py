"""The trail of measures: every source row of one partner, with the cells that the measures read.

Nothing is filtered here but the partner: which rows count, and for how much, is for the explanation to work out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import duckdb

from engine.facts.credit import credit, deals_of
from engine.facts.read import table_name
from engine.facts.seen import FP, Seen, order_of
from engine.facts.sql import Sql
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
    keys = order_of(tables[measure.rows.table])
    shown = " || '/' || ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in keys)
    source, share, owner = f"{table_name(measure.rows.table)} AS t", "1, 1", seen.named(measure.owner)
    first = ""
    if measure.credited is not None:  # the partner's deals are few: nobody else's shares need to be worked out
        mine = "SELECT deal_id FROM mine"
        first = f"WITH mine AS MATERIALIZED ({deals_of(measure.credited)}) "
        credits = credit(measure.credited, measure.rows.table, mine)
        source = f"(SELECT * FROM {table_name(measure.rows.table)} WHERE deal_id IN ({mine})) AS t{credits.join}"
        share, owner = f"{credits.num}, {credits.den}", credits.owner
    query = f"""{first}SELECT {", ".join([shown, "t.record", share, *selected])} FROM {source} {seen.joins()}
        WHERE {owner} = $partner ORDER BY {", ".join(keys)}, t.record"""
    for key, record, num, den, *values in connection.execute(query, {"partner": partner}).fetchall():
        cells: dict[Column, Value] = {}
        for column, value in zip(wanted, values, strict=True):
            is_number = value is not None and seen.type_of(column) == Type.NUMBER
            cells[column] = Fraction(int(value), FP) if is_number else value
        yield TrailRow(str(key), int(record), Fraction(int(num), int(den)), cells)


def _wanted(measure: MeasureMeaning) -> list[Column]:
    trees = [measure.value, measure.rows.where, measure.rows.dated, measure.latest_of]
    return list(dict.fromkeys(column for tree in trees if tree is not None for column in columns(tree)))
