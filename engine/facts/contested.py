"""Versions that were rejected since they clash with each other: kept in sight, so that who needs one is refused.

In: the rows of a table of versions (`valid_from` to `valid_to`, or a rate of one day) that share a day or a key. Out: a
relation of these rows for each such table, typed as they were read, with their places in words. No payout is worked out
of them. They are asked for what would have held on a day, so that nothing else is taken in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb
import pyarrow as pa

from engine.facts.read import Staged
from engine.facts.sql import identifier
from engine.facts.texts import Fault
from rules.problem import Place, Problem
from rules.tables import Table

CLASHES = frozenset({"F122", "F124"})  # the same key with other content, versions that share a day
RATES_TABLE = "fx_rates"


def contested_name(table: str) -> str:
    """The identifier of the relation of clashing versions of a table."""
    return identifier(f"contested_{table}")


def holds_versions(table: Table) -> bool:
    """Whether the rows of a table hold from one day on: until another day, or as a rate of that day."""
    is_version = "valid_from" in table.key and table.column("valid_to") is not None
    return is_version or table.name == RATES_TABLE


def clashing(faults: Mapping[int, Collection[Fault]]) -> list[int]:
    """The records that were rejected since they clash with others of their table."""
    return sorted(record for record, found in faults.items() if any(fault.code in CLASHES for fault in found))


def set_aside(connection: duckdb.DuckDBPyConnection, staged: Staged, faults: Mapping[int, Collection[Fault]]) -> None:
    """Keep the clashing versions of a table, where it holds versions and some clash."""
    records = clashing(faults) if holds_versions(staged.table) else []
    if not records:
        return
    others = {each: _others(faults[each]) for each in records}
    raw = staged.texts.cells({*records, *(other for each in others.values() for other in each)})
    lines = {record: row.line for record, row in raw.items()}
    told = {
        "record": pa.array(records, pa.int64()),
        "line": pa.array([lines[each] for each in records], pa.int64()),
        "file": pa.array([staged.texts.shown] * len(records), pa.string()),
        "rows": pa.array([_rows(staged.table.name, lines, [each, *others[each]]) for each in records], pa.string()),
    }
    connection.register("told_of_contested", pa.table(told))
    connection.execute(f"""CREATE TABLE {contested_name(staged.table.name)} AS
        SELECT s.*, n."line" AS "@line", n."file" AS "@file", n."rows" AS "@rows"
        FROM {staged.view} AS s JOIN told_of_contested AS n USING (record)""")
    connection.unregister("told_of_contested")


def _others(faults: Collection[Fault]) -> list[int]:
    return sorted({other for fault in faults if fault.code in CLASHES for other in fault.others})


def _rows(table: str, lines: Mapping[int, int], records: Collection[int]) -> str:
    """`terms:2 and terms:3`: the rows by table and line, by record where the source has no lines; five at most."""
    shown = [f"{table}:{lines[each] or f'record {each}'}" for each in sorted(records)]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    named = shown[:5]
    return ", ".join(named) + more if more else " and ".join([", ".join(named[:-1]), named[-1]])


def is_contested(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether versions of a table clash."""
    query = "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ?"
    return bool(connection.execute(query, [f"contested_{table}"]).fetchall()[0][0])


def contested_problem(what: str, rows: str, asked: str, place: Place) -> Problem:
    """The fault of rows that clash and that somebody needs: `what` they would say, and who has `asked`."""
    message = f"{what} is not known: {rows} clash, and {asked}"
    hint = "correct the days of the clashing rows, so that one holds on each day, or take out those that are wrong"
    return Problem("F331", message, place, hint)
