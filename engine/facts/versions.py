"""What partners were on which day: the versions of their attributes, from the table of their history.

In: the accepted rows of `partner_history`, and those that were rejected since they clash. Out: a relation of stretches
of days without a gap, for each partner and attribute that it says anything of; in a stretch that no row holds on, or
that clashing rows hold on, nothing is known, and who reads it is refused. A version holds on both of its days
(decision 11).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import duckdb

from engine.facts.contested import contested_name, contested_problem, is_contested
from engine.facts.read import table_name
from rules.problem import Place, Problem, Refused
from rules.tables import HISTORY, Table

STRETCHES = "partner_stretches"
PROBLEMS_MAX = 20
_FIRST, _LAST = f"DATE '{date.min.isoformat()}'", f"DATE '{date.max.isoformat()}'"


@dataclass(frozen=True, slots=True)
class Version:
    """One look at a history, in SQL: the stretch `alias` of an attribute, whose partner it is of, and for which day;
    `is_of_row` where that is a day of the row, and not of the period."""

    alias: str
    attribute: str
    partner: str
    day: str
    is_of_row: bool

    @property
    def is_gap(self) -> str:
        """Whether the history says something of the partner, and no one version holds on the day."""
        return f"({self.alias}.partner_id IS NOT NULL AND {self.alias}.record IS NULL)"

    @property
    def join(self) -> str:
        """The join to the stretch that the day lies in; none where the history says nothing of the partner."""
        held = f"{self.day} BETWEEN {self.alias}.first AND {self.alias}.last"
        whose = f"{self.alias}.partner_id = {self.partner} AND {self.alias}.attribute = '{self.attribute}'"
        return f" LEFT JOIN {STRETCHES} AS {self.alias} ON {whose} AND {held}"

    def value(self, otherwise: str) -> str:
        """What the attribute was; `otherwise` for a partner of whom the history says nothing."""
        return f"CASE WHEN {self.alias}.partner_id IS NULL THEN {otherwise} ELSE {self.alias}.value END"


@dataclass(frozen=True, slots=True)
class Held:
    """A version with its first and last day, its record, and whether it clashes with another."""

    first: date
    last: date
    value: str | None
    record: int
    is_clash: bool


def prepare(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> None:
    """Make the relation of stretches, where there is a history."""
    if HISTORY not in tables:
        return
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {STRETCHES} AS SELECT *, CAST(NULL AS BIGINT) AS clash FROM (
        WITH held AS (
            SELECT partner_id, attribute, valid_from AS first, coalesce(valid_to, {_LAST}) AS last, value, record,
                lead(valid_from) OVER same AS following, lag(valid_from) OVER same IS NULL AS is_first
            FROM {table_name(HISTORY)} WINDOW same AS (PARTITION BY partner_id, attribute ORDER BY valid_from))
        SELECT partner_id, attribute, first, last, value, record FROM held
        UNION ALL SELECT partner_id, attribute, {_FIRST}, first - 1, NULL, NULL FROM held
            WHERE is_first AND first > {_FIRST}
        UNION ALL SELECT partner_id, attribute, last + 1, coalesce(following - 1, {_LAST}), NULL, NULL FROM held
            WHERE last < coalesce(following - 1, {_LAST}))"""
    )
    if is_contested(connection, HISTORY):
        _contest(connection)


def _contest(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the stretches of attributes with clashing versions anew: on the days of these, nobody can tell."""
    columns, key = "partner_id, attribute, valid_from, valid_to, value, record", "(partner_id, attribute)"
    contested = contested_name(HISTORY)
    query = f"""SELECT {columns}, FALSE FROM {table_name(HISTORY)} WHERE {key} IN (SELECT {key} FROM {contested})
        UNION ALL SELECT {columns}, TRUE FROM {contested} ORDER BY record"""
    held: dict[tuple[str, str], list[Held]] = defaultdict(list)
    for partner, attribute, first, last, value, record, is_clash in connection.execute(query).fetchall():
        held[partner, attribute].append(Held(first, last or date.max, value, record, is_clash))
    connection.execute(f"DELETE FROM {STRETCHES} WHERE {key} IN (SELECT {key} FROM {contested})")
    rows = [(*of, *each) for of, versions in held.items() for each in stretches(versions)]
    connection.executemany(f"INSERT INTO {STRETCHES} VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def stretches(held: Sequence[Held]) -> Iterator[tuple[date, date, str | None, int | None, int | None]]:
    """All days, cut where a version begins or ends: first, last, value, record and the record of a clash."""
    cuts = {date.min.toordinal(), date.max.toordinal() + 1}
    cuts |= {each.first.toordinal() for each in held} | {each.last.toordinal() + 1 for each in held}
    for start, end in pairwise(sorted(cuts)):
        first, last = date.fromordinal(start), date.fromordinal(end - 1)
        on = [each for each in held if each.first <= first <= each.last]
        clash = next((each.record for each in on if each.is_clash), None)
        if on and clash is None:
            yield first, last, on[0].value, on[0].record, None
        else:
            yield first, last, None, None, clash


def refuse_gaps(
    connection: duckdb.DuckDBPyConnection,
    versions: Sequence[Version],
    source: str,
    where: str,
    asking: tuple[str, str],
    bounds: Sequence[object] = (),
    may_be_none: bool = False,
) -> None:
    """Raise Refused where a row of `source` for which `where` holds asks for a day on which no version holds; where
    there `may_be_none`, only where versions clash on it. `asking` is the table of the rows, and the SQL of a key."""
    table, key = asking
    for each in versions:
        unknown = f"{each.alias}.clash IS NOT NULL" if may_be_none else each.is_gap
        query = f"""SELECT {each.partner}, {each.day}, {each.alias}.clash, min({key}), count(DISTINCT t.record)
            FROM {source} WHERE {unknown} AND ({where}) GROUP BY 1, 2, 3 ORDER BY 1, 2 LIMIT {PROBLEMS_MAX}"""
        found = connection.execute(query, list(bounds)).fetchall()
        if found:
            raise Refused(
                *(
                    gap_problem(connection, each.attribute, partner, day, clash, asked_by(table, first, count))
                    for partner, day, clash, first, count in found
                )
            )


def asked_by(table: str, key: str, rows: int) -> str:
    """Who asks, in words.

    >>> asked_by("deals", "D-1", 1), asked_by("deals", "D-1", 3)
    ('deals D-1 asks for it', 'deals D-1 and 2 more ask for it')
    """
    return f"{table} {key} asks for it" if rows == 1 else f"{table} {key} and {rows - 1} more ask for it"


def gap_problem(
    connection: duckdb.DuckDBPyConnection, attribute: str, partner: str, day: date, clash: int | None, asked: str
) -> Problem:
    """The fault of a day on which nobody can tell what a partner was: no version holds, or a clash of versions does."""
    if clash is not None:
        query = f"""SELECT "@rows", "@file", "@line" FROM {contested_name(HISTORY)} WHERE record = ?"""
        ((rows, file, line),) = connection.execute(query, [clash]).fetchall()
        what = f"the {attribute} of {partner} on {day}"
        return contested_problem(what, rows, asked, Place(file, line))
    message = f"no version of the {attribute} of {partner} holds on {day}, and {asked}"
    hint = f"add a row to {HISTORY} that holds on that day; a blank value says that there is none"
    return Problem("F330", message, Place(HISTORY, field=partner), hint)
