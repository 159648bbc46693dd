"""The fate of every source row: paid, measured, not payable (and by which rule), or outside the period.

In: the readings of a plan (which rows each rule reads, on which conditions). Out: how many rows of each table ended
in which way; together with the rejected rows they add up to the rows read. A row that a counted row refers to counts
with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb
import pyarrow as pa

from engine.facts.credit import credited_shares
from engine.facts.read import table_name
from engine.facts.seen import Seen, order_of
from engine.facts.sql import Sql
from engine.values import Fate, Reading
from rules.calendar import Period
from rules.expressions.tree import Column, columns
from rules.joins import route
from rules.tables import Table

_UNREAD = "no rule reads this table"
_UNREFERRED = "no row that counts refers to it"


def fates(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    readings: Sequence[Reading],
    kept: Mapping[str, Sequence[int]],
) -> tuple[Fate, ...]:
    """How many rows of each table met which fate, in the order of tables, fates and rules.

    `kept`: for rules that pay, by name, the records of the rows that became lines; for readings whose condition the
    kernel works out, those that it kept.
    """
    names = {name: f"kept_{index}" for index, name in enumerate(kept)}
    for name, records in kept.items():
        connection.register(names[name], pa.table({"record": pa.array(records, pa.int64())}))
    found = [fate for table in tables for fate in _table_fates(connection, tables, period, table, readings, names)]
    for view in names.values():
        connection.unregister(view)
    return tuple(found)


def _table_fates(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    table: str,
    readings: Sequence[Reading],
    kept: Mapping[str, str],
) -> Iterator[Fate]:
    writer = _Writer(tables, period, kept)
    own = [reading for reading in readings if reading.table == table]
    own = [reading for reading in own if reading.dated is not None] or own  # a date says best whose period a row is in
    paid = writer.any_of(table, [reading for reading in readings if reading.is_paid])
    measured = writer.any_of(table, [reading for reading in readings if not reading.is_paid])
    refused = "".join(f" WHEN {writer.in_window(reading)} THEN '{reading.name}'" for reading in own)
    outside = "'outside'" if own else "'not_payable'"
    query = f"""SELECT CASE WHEN paid THEN 'paid' WHEN measured THEN 'measured' WHEN rule != '' THEN 'not_payable'
            ELSE {outside} END AS fate,
        CASE WHEN paid OR measured THEN '' ELSE rule END AS rule, count(*) FROM (
        SELECT ({paid}) AS paid, ({measured}) AS measured, CASE{refused or " WHEN FALSE THEN ''"} ELSE '' END AS rule
        FROM {table_name(table)} AS t) GROUP BY 1, 2 ORDER BY 1, 2"""
    for fate, rule, rows in connection.execute(query, writer.parameters).fetchall():
        reason = rule if rule or fate != "not_payable" else _UNREAD if paid == measured == "FALSE" else _UNREFERRED
        yield Fate(table, fate, reason, int(rows))


class _Writer:
    """The SQL of conditions on a row `t`, with the parameters in the order in which they are written."""

    def __init__(self, tables: Mapping[str, Table], period: Period, kept: Mapping[str, str]) -> None:
        self._tables, self._period, self._kept = tables, period, kept
        self.parameters: list[object] = []

    def any_of(self, table: str, readings: Sequence[Reading]) -> str:
        """Whether a row of `table` is counted by one of the readings, itself or through a row that refers to it."""
        ways = [self._counted(table, reading) for reading in readings]
        return " OR ".join(way for way in ways if way) or "FALSE"

    def in_window(self, reading: Reading) -> str:
        """Whether the row is in the days that a reading looks at."""
        if reading.days is None:
            return "FALSE"
        if reading.dated is None:
            return "TRUE"
        seen = Seen(self._tables, reading.table, self._period)
        window = self._window(reading, seen)
        inner = f"SELECT t.record FROM {table_name(reading.table)} AS t {seen.joins()} WHERE {window}"
        return f"t.record IN ({inner})"

    def _counted(self, table: str, reading: Reading) -> str:
        if reading.days is None:
            return ""
        if reading.table == table:
            return f"t.record IN ({self._records(reading, 't.record')})"
        if reading.credited is not None and table == "credits":
            deals = self._records(reading, "t.deal_id")
            return f"(t.role = '{reading.credited}' AND t.deal_id IN ({deals}))"
        reached = {each.table for tree in reading.trees for each in columns(tree)} - {None, "period", reading.table}
        hops = {hop.table for each in reached if each for hop in route(self._tables, reading.table, each)}
        if table not in hops or not self._tables[table].key:
            return ""
        return f"t.record IN ({self._records(reading, f'j_{table}.record', Column(table, self._tables[table].key[0]))})"

    def _records(self, reading: Reading, selected: str, through: Column | None = None) -> str:
        """The query of what a reading's counted rows select."""
        seen = Seen(self._tables, reading.table, self._period)
        if through is not None:
            seen.named(through)
        owner = "NULL" if reading.owner is None else seen.named(reading.owner)
        if reading.owner is None:
            theirs = "TRUE"
        elif reading.credited is not None:
            shares = credited_shares(reading.credited)
            theirs = f"t.deal_id IN (SELECT deal_id FROM ({shares}) SEMI JOIN eligible_partners USING (partner_id))"
        else:
            theirs = f"{owner} IN (SELECT partner_id FROM eligible_partners)"
        tests = [theirs]
        if reading.name in self._kept:
            tests.append(f"t.record IN (SELECT record FROM {self._kept[reading.name]})")
        else:
            sql = Sql(seen.named)
            tests += [sql.of(tree) for tree in ([] if reading.where is None else [reading.where])]
            self.parameters += sql.parameters
        tests += [f"{seen.named(column)} IS NOT NULL" for column in reading.needs]
        tests.append(self._window(reading, seen))
        latest = ""
        if reading.latest_of is not None and reading.dated is not None:
            newest = (seen.named(reading.dated), *order_of(self._tables[reading.table]))
            order = ", ".join(f"{name} DESC" for name in newest)
            by = f"{owner}, {seen.named(reading.latest_of)}"
            latest = f" QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY {order}) = 1"
        source = f"{table_name(reading.table)} AS t {seen.joins()}"
        return f"SELECT {selected} FROM {source} WHERE {' AND '.join(tests)}{latest}"

    def _window(self, reading: Reading, seen: Seen) -> str:
        if reading.dated is None or reading.days is None:
            return "TRUE"
        name, tests = seen.named(reading.dated), ["TRUE"]
        for bound, sign in zip(reading.days, (">=", "<"), strict=True):
            if bound is not None:
                tests.append(f"{name} {sign} CAST(? AS DATE)")
                self.parameters.append(bound)
        return " AND ".join(tests)
