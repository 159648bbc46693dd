"""The cells of source rows, as an explanation and a trace read them: exact, and with the records that they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import duckdb

from engine.facts.read import table_name
from engine.facts.seen import FP, Seen
from engine.facts.sql import Sql
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, Type
from rules.tables import HISTORY


def cells_of(
    connection: duckdb.DuckDBPyConnection,
    seen: Seen,
    files: Mapping[str, str],
    table: str,
    records: Sequence[int],
    wanted: Sequence[Column],
) -> Sequence[tuple[Mapping[Column, Value], tuple[str, ...]]]:
    """What source rows and the rows that they refer to hold, in the order of `records`: money in minor units, None
    where blank; and which records of which `files` these are."""
    sql = Sql(seen.named)
    selected = [f"{seen.leaf(column, sql)} AS c{index}" for index, column in enumerate(wanted)]
    read = dict.fromkeys(column.table for column in wanted if column.table not in (None, "period"))
    places = [(each, "t.record" if each == table else f"j_{each}.record") for each in read if each is not None]
    places += [(HISTORY, f"{each.alias}.record") for each in seen.versions]
    selected += [name for _, name in places]
    query = f"""SELECT {", ".join(["t.record", *selected])} FROM {table_name(table)} AS t {seen.joins()}
        WHERE t.record IN (SELECT unnest(CAST(? AS BIGINT[])))"""
    answers = connection.execute(query, [list(records)]).fetchall() if records else []
    found: dict[int, tuple[Mapping[Column, Value], tuple[str, ...]]] = {}
    for record, *answer in answers:
        cells: dict[Column, Value] = {}
        for column, value in zip(wanted, answer, strict=False):
            is_number = value is not None and seen.type_of(column) == Type.NUMBER
            if isinstance(value, dict):  # an exact amount
                value = Fraction(int(value["n"]), int(value["d"]))
            cells[column] = Fraction(int(value), FP) if is_number else value
        told = zip(places, answer[len(wanted) :], strict=True)
        sources = tuple(f"{files[each]} record {number}" for (each, _), number in told if number is not None)
        found[int(record)] = cells, sources
    return [found[record] for record in records]
