"""Rows of one table that clash: the same key twice, and versions of one thing that hold on the same day; of payees
also two who are paid for the same partner on a day.

The same row twice: the second is rejected. The same key with other content: all of them are, for nobody can tell which
is right. A version holds from `valid_from` to `valid_to`, both days included (blank: without end); of two that share a
day both are rejected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby

import duckdb
import pyarrow as pa

from engine.facts.columns import shown
from engine.facts.csvscreen import too_many_rejected
from engine.facts.keys import key_text
from engine.facts.read import Staged
from engine.facts.sql import identifier
from engine.facts.texts import REJECTED_MAX, Fault
from rules.problem import Problem
from rules.tables import ONE_ON_A_DAY

Faults = dict[int, tuple[Fault, ...]]


def clashes(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Faults | Problem:
    """The faults of the rows that clash with other rows of their table."""
    found = _keys_twice(connection, staged)
    if isinstance(found, Problem):
        return found
    overlapping = _overlaps(connection, staged, {*staged.faults, *found})
    if isinstance(overlapping, Problem):
        return overlapping
    return {**found, **overlapping}


_CLASHES_MAX = 2 * REJECTED_MAX


def register_records(connection: duckdb.DuckDBPyConnection, name: str, records: Collection[int]) -> None:
    """A relation of record numbers."""
    connection.register(name, pa.table({"record": pa.array(sorted(records), pa.int64())}))


def _keys_twice(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Faults | Problem:
    key = staged.table.key
    if not key:
        return {}
    unreadable = [record for record, faults in staged.faults.items() if _is_keyless(faults, key)]
    if unreadable:
        register_records(connection, "unreadable", unreadable)
    keys = ", ".join(identifier(name) for name in key)
    readable = f"SELECT * FROM {staged.view} ANTI JOIN unreadable USING (record)" if unreadable else staged.view
    twice = f"SELECT hash({keys}) AS h FROM ({_from(readable)}) GROUP BY ALL HAVING count(*) > 1"
    columns = ", ".join(identifier(column.name) for column in staged.table.columns)
    query = f"""SELECT {keys}, record, {columns} FROM ({_from(readable)}) WHERE hash({keys}) IN ({twice})
        ORDER BY {keys}, record LIMIT {_CLASHES_MAX + 1}"""
    candidates = f"SELECT count(*) FROM ({twice} LIMIT 1)"
    found: Faults = {}
    if connection.execute(candidates).fetchall()[0][0]:
        width = len(key)
        rows = connection.execute(query).fetchall()
        if len(rows) > _CLASHES_MAX:  # what stands beyond the bound may not pass unseen
            return too_many_rejected(staged.texts.shown)
        for shared, group in groupby(rows, key=lambda row: row[:width]):
            same_key = {int(row[width]): row[width + 1 :] for row in group}
            if len(same_key) > 1:
                found |= _same_key(key, shared, same_key, staged.faults)
    if unreadable:
        connection.unregister("unreadable")
    return too_many_rejected(staged.texts.shown) if len(found) > REJECTED_MAX else found


def _from(relation: str) -> str:
    return relation if relation.startswith("SELECT") else f"SELECT * FROM {relation}"


def _is_keyless(faults: tuple[Fault, ...], key: tuple[str, ...]) -> bool:
    """Whether a row has no key that can be read: a cell of it is bad, or the row could not be cut into cells."""
    return any(fault.column in key or not fault.column for fault in faults)


def _same_key(
    key: tuple[str, ...], shared: tuple[object, ...], rows: Mapping[int, tuple[object, ...]], bad: Collection[int]
) -> Faults:
    named = shown(key_text(shared))
    records = sorted(rows)
    if len(set(rows.values())) == 1 and not any(record in bad for record in records):
        message = f"the row {named} stands twice, with the same content"
        return {each: (Fault("F121", key[0], message, "keep one of them", (records[0],)),) for each in records[1:]}
    message = f"the key {named} stands on {len(records)} rows with different content"
    return {
        each: (
            Fault("F122", key[0], message, "keep the right one", tuple(other for other in records if other != each)),
        )
        for each in records
    }


def _overlaps(connection: duckdb.DuckDBPyConnection, staged: Staged, gone: Collection[int]) -> Faults | Problem:
    held = {column.name for column in staged.columns.read}
    if "valid_from" not in staged.table.key or "valid_to" not in held:
        return {}
    register_records(connection, "gone", gone)
    same = " AND ".join(
        f"a.{identifier(name)} IS NOT DISTINCT FROM b.{identifier(name)}"
        for name in staged.table.key
        if name != "valid_from"
    )
    exclude_each_other = [f"{same or 'TRUE'} AND a.valid_from < b.valid_from"]
    if one := ONE_ON_A_DAY.get(staged.table.name):
        is_earlier = "(a.valid_from, a.record) < (b.valid_from, b.record)"
        exclude_each_other.append(f"a.{identifier(one)} = b.{identifier(one)} AND {is_earlier}")
    pairs_of = " UNION ".join(  # each on its own, for joins by what is equal
        f"""SELECT a.record, b.record, a.valid_from, b.valid_from FROM versions AS a JOIN versions AS b
        ON {each} AND coalesce(a.valid_to >= b.valid_from, TRUE)"""
        for each in exclude_each_other
    )
    query = f"""WITH versions AS (SELECT * FROM {staged.view} ANTI JOIN gone USING (record))
        {pairs_of} ORDER BY 1, 2 LIMIT {REJECTED_MAX + 1}"""
    pairs = connection.execute(query).fetchall()
    connection.unregister("gone")
    if len(pairs) > REJECTED_MAX:
        return too_many_rejected(staged.texts.shown)
    found: dict[int, list[Fault]] = {}
    for first, second, first_from, second_from in pairs:
        for one, other, own, its in (
            (first, second, first_from, second_from), (second, first, second_from, first_from)
        ):  # fmt: skip
            message = f"the version from {own} and the one from {its} hold on the same day"
            hint = "end the earlier one (valid_to: its last day) on the day before the later one begins"
            found.setdefault(int(one), []).append(Fault("F124", "valid_from", message, hint, (int(other),)))
    return {record: tuple(faults) for record, faults in found.items()}
