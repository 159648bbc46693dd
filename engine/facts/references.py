"""References between tables: an id names a row that was accepted, or its own row is rejected.

A column refers to the table whose whole key has its name (`partner_id`: partners), where that table is supplied;
`parent_id` and a dated `parent` refer to partners, a customer's `referred_by` to customers, `in_reply_to` to
activities. A blank refers to nothing. What refers to a rejected row is rejected too, and so on, until nothing changes:
the accepted rows are the largest set in which every reference is met, so no order of tables decides, and rows in a
circle keep each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from engine.facts.clashes import Faults, register_records
from engine.facts.columns import shown
from engine.facts.csvscreen import too_many_rejected
from engine.facts.read import Staged
from engine.facts.sql import identifier
from engine.facts.texts import REJECTED_MAX, Fault
from rules.expressions.tree import Type
from rules.problem import Problem
from rules.tables import Table, canonical

_NAMED_OTHERWISE: Mapping[tuple[str, str], str] = {
    ("partners", "parent_id"): "partners",
    ("customers", "referred_by"): "customers",
    ("activities", "in_reply_to"): "activities",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A column whose ids name rows of another table (or its own) by that table's key, in the rows that `only` names:
    a column and its text."""

    table: str
    column: str
    target: str
    key: str
    only: tuple[str, str] | None = None

    @property
    def where(self) -> str:
        """The condition on a row that refers."""
        return "TRUE" if self.only is None else f"{identifier(self.only[0])} = '{self.only[1]}'"


def references(tables: Sequence[Table]) -> tuple[Reference, ...]:
    """The references among some tables.

    >>> [f"{each.column} -> {each.target}" for each in references([canonical()[n] for n in ("partners", "deals")])]
    ['parent_id -> partners', 'partner_id -> partners']
    """
    owners: dict[str, list[str]] = {}
    known = canonical()
    for table in [*known.values(), *(each for each in tables if each.name not in known)]:
        column = table.column(table.key[0]) if len(table.key) == 1 else None
        if column is not None and column.type == Type.ID:
            owners.setdefault(column.name, []).append(table.name)
    supplied = {table.name: table for table in tables}
    found = []
    for table in tables:
        for column in table.columns:
            named = owners.get(column.name, [])
            # The first owner is canonical where one is; two canonical ones (entry_id) number apart from each other.
            apart = len([each for each in named if each in known]) > 1
            target = _NAMED_OTHERWISE.get((table.name, column.name), named[0] if named and not apart else "")
            if (
                column.type == Type.ID
                and target in supplied
                and (target, supplied[target].key[0])
                != (
                    table.name,
                    column.name,
                )
            ):
                found.append(Reference(table.name, column.name, target, supplied[target].key[0]))
        if table.name == "partner_history" and "partners" in supplied:
            found.append(Reference(table.name, "value", "partners", "partner_id", ("attribute", "parent")))
    return tuple(found)


def dangling(
    connection: duckdb.DuckDBPyConnection, staged: Mapping[str, Staged], gone: Mapping[str, set[int]]
) -> Mapping[str, Faults] | Problem:
    """The faults of rows whose references lead nowhere; `gone` are the records rejected before, by table."""
    found: dict[str, dict[int, list[Fault]]] = {name: {} for name in staged}
    lost = {name: set(records) for name, records in gone.items()}
    links = [
        each
        for each in references([each.table for each in staged.values()])
        if each.column in {column.name for column in staged[each.table].columns.read}
    ]
    new: dict[str, set[int]] = {}
    for link in links:
        _add(found, new, link, _unmet(connection, staged, link, lost))
    while new:
        for name, records in new.items():
            lost[name] |= records
            if len(lost[name]) > REJECTED_MAX:
                return too_many_rejected(staged[name].texts.shown)
        before, new = new, {}
        for link in links:
            if link.target in before:
                _add(found, new, link, _orphaned(connection, staged, link, before[link.target], lost[link.table]))
    return {name: {record: tuple(faults) for record, faults in by_record.items()} for name, by_record in found.items()}


def _add(
    found: dict[str, dict[int, list[Fault]]],
    new: dict[str, set[int]],
    link: Reference,
    rows: Sequence[tuple[int, str, bool]],
) -> None:
    for record, text, is_there in rows:
        if is_there:
            message = f"{link.column} {shown(text)} names a row of {link.target} that was rejected"
            hint = f"mend that row of {link.target}"
        else:
            message = f"{link.column} {shown(text)} is in no row of {link.target}"
            hint = f"add the row to {link.target}, or correct the id"
        found[link.table].setdefault(record, []).append(Fault("F123", link.column, message, hint))
        new.setdefault(link.table, set()).add(record)


def _unmet(
    connection: duckdb.DuckDBPyConnection, staged: Mapping[str, Staged], link: Reference, lost: Mapping[str, set[int]]
) -> list[tuple[int, str, bool]]:
    """Rows not rejected so far that name no accepted row; and whether the row that they name is there at all."""
    for name, records in (("gone_here", lost[link.table]), ("gone_there", lost[link.target])):
        if records:
            register_records(connection, name, records)
    column, key = identifier(link.column), identifier(link.key)
    open_here = " ANTI JOIN gone_here USING (record)" if lost[link.table] else ""
    open_there = " ANTI JOIN gone_there USING (record)" if lost[link.target] else ""
    here = f"SELECT record, {column} AS id FROM {staged[link.table].view}{open_here} WHERE {link.where}"
    there = f"SELECT {key} AS id FROM {staged[link.target].view}"
    query = f"""SELECT record, id, id IN ({there}) FROM (SELECT h.record, h.id FROM ({here}) AS h
        ANTI JOIN ({there}{open_there}) AS m ON h.id = m.id WHERE h.id IS NOT NULL LIMIT {REJECTED_MAX + 1})"""
    return [(int(record), str(text), bool(is_there)) for record, text, is_there in connection.execute(query).fetchall()]


def _orphaned(
    connection: duckdb.DuckDBPyConnection,
    staged: Mapping[str, Staged],
    link: Reference,
    rejected: set[int],
    lost: set[int],
) -> list[tuple[int, str, bool]]:
    """Rows that name a row that was rejected just now."""
    register_records(connection, "gone_here", lost)
    register_records(connection, "gone_there", rejected)
    query = f"""SELECT h.record, h.{identifier(link.column)} FROM {staged[link.table].view} AS h SEMI JOIN
        (SELECT t.{identifier(link.key)} AS id FROM {staged[link.target].view} AS t SEMI JOIN gone_there USING (record))
        AS o ON o.id = h.{identifier(link.column)} ANTI JOIN gone_here AS g ON g.record = h.record
        WHERE {link.where}"""
    return [(int(record), str(text), True) for record, text in connection.execute(query).fetchall()]
