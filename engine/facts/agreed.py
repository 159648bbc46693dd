"""Terms that were agreed with one partner: for each row of a rule, the value that holds on its day, if any does.

A term without a product or a deal holds for all of them. Of several that fit a row the most specific one wins: for its
deal, then for its product, then for all. A version with a blank value says that nothing is agreed on its days. A row
whose agreement has ended, with no other that holds on its day, is refused (F332) unless the rule lets its terms lapse;
so is one for which a clashing version would decide (F331). Before the first version nothing was agreed yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import duckdb
import numpy as np

from engine.facts.contested import contested_name, contested_problem, is_contested
from engine.facts.read import table_name
from engine.facts.seen import FP, Seen
from engine.facts.sql import Sql
from engine.values import Frame
from engine.values.agreed import AgreedTerm, AgreedVersion
from rules.expressions.tree import Column
from rules.joins import sees
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact
from rules.tables import Table

TERMS = "terms"
PROBLEMS_MAX = 20
_About = tuple[str | None, str | None, date | None]  # the product, the deal and the day of a row


@dataclass(frozen=True, slots=True)
class _Clashing:
    """A version that was rejected since it clashes, the rows that do, and where it is written."""

    version: AgreedVersion
    rows: str
    place: Place


def agreed(versions: Sequence[AgreedVersion | None]) -> Exact:
    """The values of the versions that hold for the rows of a frame, (rows,); unknown where none does."""
    return Exact.of([None if each is None else each.value for each in versions])


def agreed_versions(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    seen: Seen,
    frame: Frame,
    partners: np.ndarray[tuple[int], np.dtype[np.object_]],
    term: AgreedTerm,
    dated: Column,
) -> list[AgreedVersion | None]:
    """The version of a term that holds for each row of a frame, (rows,); None where nothing is agreed.

    Raises Refused with the rows whose agreement has ended or clashes with another, the first of them.
    """
    terms, clashing = _terms_of(connection, term.name), _clashing_of(connection, term.name)
    found: list[AgreedVersion | None] = [None] * len(frame)
    rows = [row for row in range(len(frame)) if _partner(frame, partners, row) in {*terms, *clashing}]
    about = _about(connection, tables, seen, frame, rows, dated)
    problems: list[Problem] = []
    for row in rows:
        partner = _partner(frame, partners, row)
        whose = f"{frame.table} {frame.keys[row]}"
        chosen = _chosen(terms.get(partner, []), clashing.get(partner, []), about[row], (term, partner, whose))
        if isinstance(chosen, Problem):
            problems.append(chosen)
        else:
            found[row] = chosen
    if problems:
        raise Refused(*problems[:PROBLEMS_MAX])
    return found


def _partner(frame: Frame, partners: np.ndarray[tuple[int], np.dtype[np.object_]], row: int) -> str:
    return str(partners[frame.partners[row]])


def _chosen(
    versions: Sequence[AgreedVersion],
    clashing: Sequence[_Clashing],
    about: _About,
    asked: tuple[AgreedTerm, str, str],
) -> AgreedVersion | Problem | None:
    """The version that holds for a row, None where nothing is agreed, or why that cannot be said."""
    product, deal, day = about
    if day is None:
        return None
    concerning = [each for each in versions if each.concerns(product, deal)]
    holding = [each for each in concerning if each.holds_on(day)]
    valued = [each for each in holding if each.value is not None]
    best = max(valued, key=lambda each: each.specificity, default=None)
    term, partner, whose = asked
    for each in clashing:
        version = each.version
        is_asked = version.concerns(product, deal) and version.holds_on(day)
        if is_asked and (best is None or version.specificity >= best.specificity):
            what = f"the term {term.name} agreed with {partner} on {day}"
            return contested_problem(what, each.rows, f"{whose} is paid by it", each.place)
    if not holding and not term.may_lapse and any(each.valid_from <= day for each in concerning):
        return _lapsed(concerning, day, term.name, partner, whose)
    return best


def _lapsed(concerning: Sequence[AgreedVersion], day: date, term: str, partner: str, whose: str) -> Problem:
    """The fault of a row on a day after an agreement has ended, with the versions on both sides."""
    before = [each for each in concerning if each.valid_from <= day]
    last = max(before, key=lambda each: (each.valid_to or date.max, each.record))
    later = min((each for each in concerning if each.valid_from > day), key=lambda each: each.valid_from, default=None)
    after = "none follows" if later is None else f"the next begins on {later.valid_from} (terms record {later.record})"
    message = f"{whose} counts on {day}, and no version of the term {term} of {partner} holds then: "
    message += f"the last ended on {last.valid_to} (terms record {last.record}), {after}"
    hint = (
        "add a row to terms that holds on that day (a blank value: nothing is agreed), or write lapsed: default "
        "beside term: to pay what the rule says"
    )
    return Problem("F332", message, Place(TERMS, field=partner), hint)


_VERSION = f"product, deal_id, valid_from, valid_to, CAST(value * {FP} AS DECIMAL(38,0)), record"


def _version(
    product: str | None, deal: str | None, first: date, last: date | None, value: int | None, record: int
) -> AgreedVersion:
    exact = None if value is None else Fraction(int(value), FP)
    return AgreedVersion(product, deal, first, last, exact, int(record))


def _terms_of(connection: duckdb.DuckDBPyConnection, term: str) -> Mapping[str, list[AgreedVersion]]:
    """The accepted versions of a term, by partner."""
    query = f"""SELECT partner_id, {_VERSION} FROM {table_name(TERMS)}
        WHERE term = ? AND valid_from IS NOT NULL ORDER BY record"""
    found: dict[str, list[AgreedVersion]] = defaultdict(list)
    for partner, *cells in connection.execute(query, [term]).fetchall():
        found[partner].append(_version(*cells))
    return dict(found)


def _clashing_of(connection: duckdb.DuckDBPyConnection, term: str) -> Mapping[str, list[_Clashing]]:
    """The versions of a term that clash, by partner."""
    if not is_contested(connection, TERMS):
        return {}
    query = f"""SELECT partner_id, "@rows", "@file", "@line", {_VERSION} FROM {contested_name(TERMS)}
        WHERE term = ? ORDER BY record"""
    found: dict[str, list[_Clashing]] = defaultdict(list)
    for partner, rows, file, line, *cells in connection.execute(query, [term]).fetchall():
        found[partner].append(_Clashing(_version(*cells), rows, Place(file, line)))
    return dict(found)


def _about(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    seen: Seen,
    frame: Frame,
    rows: list[int],
    dated: Column,
) -> Mapping[int, _About]:
    """The product, the deal and the day of rows, by position."""
    if not rows:
        return {}
    wanted = [subject(tables, frame.table, "product"), subject(tables, frame.table, "deal_id"), dated]
    sql = Sql(seen.named)
    selected = ", ".join("NULL" if column is None else sql.of(column) for column in wanted)
    query = f"""SELECT t.record, {selected} FROM {table_name(frame.table)} AS t {seen.joins()}
        WHERE t.record IN (SELECT unnest(CAST(? AS BIGINT[])))"""
    records = [int(frame.records[row]) for row in rows]
    found = {int(record): (product, deal, day) for record, product, deal, day in _rows(connection, query, records)}
    return {row: found[record] for row, record in zip(rows, records, strict=True)}


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, records: list[int]
) -> list[tuple[int, str | None, str | None, date | None]]:
    return connection.execute(query, [records]).fetchall()


def subject(tables: Mapping[str, Table], table: str, name: str) -> Column | None:
    """The column that says which product or deal a row is about: its own, or that of the deal that it refers to."""
    for each in (table, "deals"):
        if each in tables and tables[each].column(name) is not None and sees(tables, table, each):
            return Column(each, name)
    return None
