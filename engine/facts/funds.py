"""The facts of market development funds, from the tables of a snapshot: budgets, requests and claims.

In: the tables, and the rules of the funds. Out: values in the order of their keys, with accrued budgets worked out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb

from engine.facts.read import table_name
from engine.facts.seen import Seen
from engine.facts.sql import Sql, identifier
from engine.mdf.facts import Budget, Claim, FundFacts, Request
from rules.calendar import Period
from rules.expressions.tree import Column
from rules.mdf.meaning import AccruedMeaning, MdfMeaning
from rules.tables import Table

_BUDGET = ("budget_id", "partner_id", "region", "tier", "amount", "valid_from", "expires_on")
_REQUEST = ("budget_id", "campaign_id", "activity", "requested_on", "requested", "decided_on", "approved", "claim_by")
_CLAIM = (
    "request_id",
    "submitted_on",
    "decided_on",
    "paid_on",
    "claimed",
    "approved",
    "paid",
    "proof_sha256",
    "reason",
)


def read_funds(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    there: Collection[str],
    period: Period,
    rules: MdfMeaning,
) -> FundFacts:
    """All budgets, requests and claims of the tables that are there.

    The region and tier of a request are those of its partner on the day of the decision.
    """
    own = _rows(connection, "mdf_budgets", _BUDGET) if "mdf_budgets" in there else []
    budgets = [Budget(*row) for row in own]
    if rules.accrued is not None and rules.accrued.table in there:
        budgets += _accrued(connection, tables, period, rules, rules.accrued)
    budgets = list(_placed(connection, tables, period, budgets))
    requests = _requests(connection, tables, period) if "mdf" in there else ()
    claims = _rows(connection, "mdf_claims", ("claim_id", "record", *_CLAIM)) if "mdf_claims" in there else ()
    return FundFacts(tuple(budgets), tuple(requests), tuple(Claim(*row) for row in claims))


def _placed(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], period: Period, budgets: Sequence[Budget]
) -> Iterator[Budget]:
    """Budgets of a partner with its region and tier at the end of the period, where they do not say others."""
    seen = Seen(tables, "partners", period)
    region, tier = (seen.named(Column("partners", name)) for name in ("region", "tier"))
    query = f"SELECT t.partner_id, {region}, {tier} FROM {table_name('partners')} AS t {seen.joins()}"
    known = {partner: (its_region, its_tier) for partner, its_region, its_tier in connection.execute(query).fetchall()}
    for each in budgets:
        its = known.get(each.partner, (None, None)) if each.partner is not None else (None, None)
        yield replace(each, region=each.region or its[0], tier=each.tier or its[1])


def _rows(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
    listed = ", ".join(identifier(name) for name in names)
    return connection.execute(f"SELECT {listed} FROM {table_name(table)} ORDER BY 1").fetchall()


def _requests(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], period: Period) -> Iterator[Request]:
    seen, day = Seen(tables, "mdf", period), Column("mdf", "decided_on")
    attributes = [seen.named(Column("partners", name, on=day)) for name in ("region", "tier")]
    selected = [
        "t.request_id",
        "t.record",
        "t.partner_id",
        *attributes,
        *(f"t.{identifier(each)}" for each in _REQUEST),
    ]
    query = f"SELECT {', '.join(selected)} FROM {table_name('mdf')} AS t {seen.joins()} ORDER BY 1"
    return (Request(*row) for row in connection.execute(query).fetchall())


def _accrued(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    rules: MdfMeaning,
    accrued: AccruedMeaning,
) -> Iterator[Budget]:
    """A budget for each partner and month with rows: a part of their sum, rounded once, there from the next month on.

    It is unknown where an amount is, and below zero for a month that took back more than it sold.
    """
    seen = Seen(tables, accrued.table, period)
    sql = Sql(seen.named)
    amount, month = sql.of(accrued.of), f"date_trunc('month', {sql.of(accrued.dated)})"
    where = "TRUE" if accrued.where is None else sql.of(accrued.where)
    query = f"""SELECT t.partner_id, CAST({month} AS DATE), CAST(sum(CAST({amount} AS HUGEINT)) AS VARCHAR),
            count(*) - count({amount})
        FROM {table_name(accrued.table)} AS t {seen.joins()}
        WHERE t.partner_id IS NOT NULL AND {month} IS NOT NULL AND {where} GROUP BY ALL ORDER BY 1, 2"""
    for partner, start, total, blanks in connection.execute(query, sql.parameters).fetchall():
        minor = None if blanks else rules.part_minor(accrued.rate, int(total))
        first = months_later(start, 1)
        last = None if accrued.months is None else months_later(first, accrued.months) - timedelta(days=1)
        yield Budget(f"accrued/{partner}/{start:%Y-%m}", partner, None, None, minor, first, last, start)


def months_later(day: date, months: int) -> date:
    """The first day of a month so many months after a first day of one.

    >>> months_later(date(2026, 11, 1), 3)
    datetime.date(2027, 2, 1)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)
