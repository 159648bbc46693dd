"""What came of campaigns, or of rows that were paid: the leads and deals that they lead to.

In: the tables of a snapshot, and a day. Out: leads and deals, each with the campaign (or the row, as `TABLE KEY`) that
it is of; once for each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from engine.facts.keys import key_sql
from engine.facts.read import table_name
from engine.facts.seen import Seen
from engine.facts.sql import identifier
from engine.mdf.facts import Deal, Lead, Outcomes
from rules.calendar import Period
from rules.expressions.tree import Column
from rules.joins import route
from rules.tables import Table

_LEAD = ("created_on", "qualified_on", "opportunity_on", "converted_on")
_DEAL = ("status", "stage", "opened_on", "closed_on", "amount", "margin")
_STAGE = """CASE WHEN t.deal_id IN (SELECT deal_id FROM t_stages WHERE deal_id IS NOT NULL)
    THEN (SELECT arg_max(s.stage, (s.entered_on, s.stage)) FROM t_stages AS s WHERE s.deal_id = t.deal_id
        AND s.entered_on <= $day AND (s.left_on IS NULL OR s.left_on > $day))
    ELSE t.stage END"""


def of_campaigns(connection: duckdb.DuckDBPyConnection, there: Collection[str], day: date) -> Outcomes:
    """The leads and deals of campaigns; a deal is of the campaign that it names, and of those of its leads."""
    ways = ["SELECT campaign_id AS of, deal_id, lead_id FROM t_leads"] if "leads" in there else []
    ways += ["SELECT campaign_id AS of, deal_id, NULL AS lead_id FROM t_deals"] if "deals" in there else []
    return _outcomes(connection, there, day, f"SELECT * FROM ({' UNION ALL '.join(ways)}) WHERE of IS NOT NULL")


def of_rows(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    there: Collection[str],
    period: Period,
    rows: Mapping[str, Collection[str]],
    day: date,
) -> Outcomes:
    """The leads and deals of rows, by table and key: those that they are or refer to, and the leads of such deals."""
    ways = list(_ways(connection, tables, there, period, rows))
    if not ways:
        return Outcomes(None, None)
    found = " UNION ALL ".join(ways)
    if "leads" in there:
        found = f"""WITH own AS ({found}) SELECT * FROM own UNION ALL
            SELECT own.of, own.deal_id, x.lead_id FROM own JOIN t_leads AS x ON x.deal_id = own.deal_id"""
    return _outcomes(connection, there, day, found)


def _ways(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    there: Collection[str],
    period: Period,
    rows: Mapping[str, Collection[str]],
) -> Iterator[str]:
    """The deal and the lead of rows, for each table whose rows are one or see one."""
    for table, keys in sorted(rows.items()):
        if table not in there or not tables[table].key:
            continue
        seen, cells = Seen(tables, table, period), []
        for other, key in (("deals", "deal_id"), ("leads", "lead_id")):
            is_seen = other in there and (other == table or route(tables, table, other))
            cells.append(seen.named(Column(other, key)) if is_seen else "NULL")
        if cells == ["NULL", "NULL"]:
            continue
        name = f"paid_{table}"
        connection.register(name, pa.table({"key": pa.array(sorted(keys), pa.string())}))
        shown = key_sql(tables[table], "t.")
        yield f"""SELECT '{table} ' || p.key AS of, {cells[0]} AS deal_id, {cells[1]} AS lead_id
            FROM {table_name(table)} AS t {seen.joins()} JOIN {identifier(name)} AS p ON p.key = {shown}"""


def _outcomes(connection: duckdb.DuckDBPyConnection, there: Collection[str], day: date, ways: str) -> Outcomes:
    """The leads and deals to which `ways` lead; an open deal is in the stage of the day, where a table tells of
    the deal, else in its own."""
    leads = deals = None
    if "leads" in there:
        listed = ", ".join(f"t.{identifier(name)}" for name in _LEAD)
        query = f"SELECT DISTINCT t.lead_id, w.of, {listed} FROM t_leads AS t JOIN ({ways}) AS w USING (lead_id)"
        leads = tuple(Lead(*row) for row in _fetched(connection, query, {}))
    if "deals" in there:
        stage, given = (_STAGE, {"day": day}) if "stages" in there else ("t.stage", {})
        cells = ", ".join(stage if name == "stage" else f"t.{identifier(name)}" for name in _DEAL)
        both = (
            f"""SELECT of, deal_id FROM ({ways}) UNION SELECT w.of, x.deal_id FROM ({ways}) AS w
            JOIN t_leads AS x USING (lead_id)"""
            if "leads" in there
            else f"SELECT DISTINCT of, deal_id FROM ({ways})"
        )
        query = f"SELECT t.deal_id, w.of, {cells} FROM t_deals AS t JOIN ({both}) AS w USING (deal_id)"
        deals = tuple(Deal(*row) for row in _fetched(connection, query, given))
    return Outcomes(leads, deals)


def _fetched(connection: duckdb.DuckDBPyConnection, query: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return connection.execute(f"{query} ORDER BY 1, 2", dict(given)).fetchall()
