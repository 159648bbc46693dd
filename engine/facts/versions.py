"""What partners were on which day: the versions of their attributes, from the table of their history.

In: the accepted rows of `partner_history`. Out: a relation of stretches of days without a gap, for each partner and
attribute that it says anything of; in a stretch that no row holds on, nothing is known, and who reads it is refused.
A version holds on both of its days (decision 11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

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
    def join(self) -> str:
        """The join to the stretch that the day lies in; none where the history says nothing of the partner."""
        held = f"{self.day} BETWEEN {self.alias}.first AND {self.alias}.last"
        whose = f"{self.alias}.partner_id = {self.partner} AND {self.alias}.attribute = '{self.attribute}'"
        return f" LEFT JOIN {STRETCHES} AS {self.alias} ON {whose} AND {held}"

    def value(self, otherwise: str) -> str:
        """What the attribute was; `otherwise` for a partner of whom the history says nothing."""
        return f"CASE WHEN {self.alias}.partner_id IS NULL THEN {otherwise} ELSE {self.alias}.value END"


def prepare(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> None:
    """Make the relation of stretches, where there is a history."""
    if HISTORY not in tables:
        return
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {STRETCHES} AS
        WITH held AS (
            SELECT partner_id, attribute, valid_from AS first, coalesce(valid_to, {_LAST}) AS last, value, record,
                lead(valid_from) OVER same AS following, lag(valid_from) OVER same IS NULL AS is_first
            FROM {table_name(HISTORY)} WINDOW same AS (PARTITION BY partner_id, attribute ORDER BY valid_from))
        SELECT partner_id, attribute, first, last, value, record FROM held
        UNION ALL SELECT partner_id, attribute, {_FIRST}, first - 1, NULL, NULL FROM held
            WHERE is_first AND first > {_FIRST}
        UNION ALL SELECT partner_id, attribute, last + 1, coalesce(following - 1, {_LAST}), NULL, NULL FROM held
            WHERE last < coalesce(following - 1, {_LAST})"""
    )


def refuse_gaps(
    connection: duckdb.DuckDBPyConnection,
    versions: Sequence[Version],
    source: str,
    where: str,
    bounds: Sequence[object] = (),
) -> None:
    """Raise Refused where a row of `source` for which `where` holds asks for a day on which no version holds."""
    for each in versions:
        query = f"""SELECT DISTINCT {each.partner}, {each.day} FROM {source}
            WHERE {each.alias}.partner_id IS NOT NULL AND {each.alias}.record IS NULL AND ({where})
            ORDER BY 1, 2 LIMIT {PROBLEMS_MAX}"""
        found = connection.execute(query, list(bounds)).fetchall()
        if found:
            raise Refused(*(_problem(each.attribute, str(partner), day) for partner, day in found))


def _problem(attribute: str, partner: str, day: date) -> Problem:
    message = f"no version of the {attribute} of {partner} holds on {day}, and a row that is read asks for it"
    hint = f"add a row to {HISTORY} that holds on that day; a blank value says that there is none"
    return Problem("F330", message, Place(HISTORY, field=partner), hint)
