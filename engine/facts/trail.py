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
from engine.values import TrailGroup, TrailRow
from rules.calendar import Period
from rules.expressions.tree import Column, Type, columns
from rules.meaning import MeasureMeaning
from rules.tables import Table

_ROWS_AT_ONCE = 4096
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
    measure: MeasureMeaning,
    most: int | None,
) -> Iterator[TrailGroup]:
    """The rows of all partners, and those of no partner where the measure counts them, unfiltered: as many as have the
    same cells and the same share at once, with the `most` of them that come first; None: one by one, in the order of
    their keys.

    Of a sum or a mean of one column its cells may differ: they are added up, exact, and its largest rows come first.
    """
    sql, added = trail_sql(tables, period, [measure]), _added_up(measure)
    direct = f" OR {sql.owner} IS NULL" if measure.counts_direct else ""
    rows = f"""SELECT {sql.columns}, {IN_ORDER} AS place FROM {table_name(measure.rows.table)} AS t {sql.joins}
        WHERE {sql.owner} IN (SELECT partner_id FROM {table_name("partners")}){direct}"""
    wanted = wanted_by([measure])
    cells = [f"c{at}" for at in range(len(wanted))]
    seen = Seen(tables, measure.rows.table, period)
    if most is None or measure.latest_of is not None:
        names = ", ".join(["key", "record", "num", "den", *cells])
        for row in _fetched(connection, f"SELECT {names} FROM ({rows}) ORDER BY place"):
            (one,) = trail_rows(seen, wanted, [row])
            yield TrailGroup((one,), 1)
        return
    at = None if added is None else wanted.index(added)
    alike = [name for name in cells if at is None or name != f"c{at}"]
    mine = "NULL" if at is None else f"c{at}"
    size = "0" if at is None else f"coalesce(abs({mine}), 0)"
    rank = f"{{'size': {size}, 'before': -place}}"
    first = f"max_by({{'key': key, 'record': record, 'own': {mine}}}, {rank}, {most})"
    keys = ", ".join(["num", "den", *alike])
    query = f"SELECT count(*), count({mine}), sum({mine if at is not None else 0}), {first}, {keys}"
    for count, known, total, largest, num, den, *others in _fetched(connection, f"{query} FROM ({rows}) GROUP BY ALL"):
        told = []
        for each in largest:
            values = others if at is None else [*others[:at], each["own"], *others[at:]]
            told.append((each["key"], each["record"], num, den, *values))
        shown = tuple(trail_rows(seen, wanted, told))
        yield TrailGroup(shown, int(count), *(() if at is None else (int(count - known), Fraction(total or 0))))


def _added_up(measure: MeasureMeaning) -> Column | None:
    """The column that a measure adds up and that decides nothing else; None where there is no such."""
    if measure.aggregate not in ("sum", "mean") or not isinstance(measure.value, Column):
        return None
    others = [tree for tree in (measure.rows.where, measure.rows.dated) if tree is not None]
    return None if any(measure.value in columns(tree) for tree in others) else measure.value


def _fetched(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[Sequence[Any]]:
    """The rows of a query, some at a time: no other may be asked before all have been gone through."""
    found = connection.execute(query)
    while rows := found.fetchmany(_ROWS_AT_ONCE):
        yield from rows


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
