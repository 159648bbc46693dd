"""Terms that were agreed with one partner: for each row of a rule, the value that holds on its day, if any does.

A term without a product or a deal holds for all of them. Of several that fit a row the most specific one wins: for its
deal, then for its product, then for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import duckdb
import numpy as np

from engine.facts.read import table_name
from engine.facts.seen import FP, Seen
from engine.facts.sql import Sql
from engine.values import Frame
from rules.expressions.tree import Column
from rules.joins import sees
from rules.quantities.exact import Exact
from rules.tables import Table


@dataclass(frozen=True, slots=True)
class Agreed:
    """One row of the table of terms: for which product and deal (None: all), on which days, what, and its record."""

    product: str | None
    deal: str | None
    valid_from: date
    valid_to: date | None
    value: Fraction
    record: int

    def fits(self, product: str | None, deal: str | None, day: date) -> bool:
        """Whether it holds for a row; `valid_to` is the last day on which it does."""
        if self.product not in (None, product) or self.deal not in (None, deal):
            return False
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def specificity(self) -> int:
        """How closely it names what it holds for: a deal more than a product, and both more than either."""
        return 2 * (self.deal is not None) + (self.product is not None)


def agreed(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    seen: Seen,
    frame: Frame,
    partners: np.ndarray[tuple[int], np.dtype[np.object_]],
    term: str,
    dated: Column,
) -> Exact:
    """The value agreed under `term` for each row of a frame, (rows,); unknown where none was.

    Versions of one agreement never overlap: a row that does is not accepted.
    """
    terms = terms_of(connection, term)
    values: list[Fraction | None] = [None] * len(frame)
    rows = [row for row in range(len(frame)) if str(partners[frame.partners[row]]) in terms]
    about = _about(connection, tables, seen, frame, rows, dated)
    for row in rows:
        fitting = [each for each in terms[str(partners[frame.partners[row]])] if each.fits(*about[row])]
        if fitting:
            best = max(fitting, key=lambda each: each.specificity)
            values[row] = best.value
    return Exact.of(values)


def terms_of(connection: duckdb.DuckDBPyConnection, term: str) -> Mapping[str, list[Agreed]]:
    """The values agreed under a term, by partner."""
    query = f"""SELECT partner_id, product, deal_id, valid_from, valid_to, CAST(value * {FP} AS DECIMAL(38,0)), record
        FROM {table_name("terms")} WHERE term = ? AND value IS NOT NULL AND valid_from IS NOT NULL ORDER BY record"""
    found: dict[str, list[Agreed]] = defaultdict(list)
    for partner, product, deal, first, last, value, record in connection.execute(query, [term]).fetchall():
        found[partner].append(Agreed(product, deal, first, last, Fraction(int(value), FP), int(record)))
    return dict(found)


def _about(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    seen: Seen,
    frame: Frame,
    rows: list[int],
    dated: Column,
) -> Mapping[int, tuple[str | None, str | None, date]]:
    """The product, the deal and the day of rows, by position."""
    if not rows:
        return {}
    wanted = [subject(tables, frame.table, "product"), subject(tables, frame.table, "deal_id"), dated]
    sql = Sql(seen.named)
    selected = ", ".join("NULL" if column is None else sql.of(column) for column in wanted)
    query = f"""SELECT t.record, {selected} FROM {table_name(frame.table)} AS t {seen.joins()}
        WHERE t.record IN (SELECT unnest(CAST(? AS BIGINT[])))"""
    records = [int(frame.records[row]) for row in rows]
    found = {int(record): about for record, *about in connection.execute(query, [records]).fetchall()}
    return {row: tuple(found[record]) for row, record in zip(rows, records, strict=True)}


def subject(tables: Mapping[str, Table], table: str, name: str) -> Column | None:
    """The column that says which product or deal a row is about: its own, or that of the deal that it refers to."""
    for each in (table, "deals"):
        if each in tables and tables[each].column(name) is not None and sees(tables, table, each):
            return Column(each, name)
    return None
