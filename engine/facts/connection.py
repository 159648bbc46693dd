"""A connection of its own for one snapshot: what it may read, how much memory it takes, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from engine.facts.grammar import SQL_TYPES
from engine.facts.read import table_name
from engine.facts.sql import identifier
from rules.tables import Table

_PLACE = '"@place"'  # among the kept rows, which are sorted: it tells rows without a key, whatever order they came in
ROWS_IN_MEMORY_MAX = 1_000_000


def connect(
    folders: Sequence[Path], threads: int | None = None, scratch: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A database of its own in memory that may read below `folders` and nowhere else, and load nothing.

    What does not fit in its memory (1 GB, or 256 MB for each thread) goes to `scratch`.
    """
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    if threads is not None:
        connection.execute(f"SET threads={int(threads)}")
    used = int(connection.execute("SELECT current_setting('threads')").fetchall()[0][0])
    connection.execute("SET enable_progress_bar=false")
    connection.execute(f"SET memory_limit='{max(1000, 256 * used)}MB'")
    listed = ", ".join("'" + str(folder.resolve()).replace("'", "''") + "/'" for folder in folders)
    connection.execute(f"SET allowed_directories=[{listed}]")
    if scratch is not None:
        connection.execute("SET temp_directory='" + str(scratch.resolve() / "spill").replace("'", "''") + "'")
    connection.execute("SET allocator_flush_threshold='1MB'")  # what a query took is the machine's again after it
    connection.execute("SET allocator_bulk_deallocation_flush_threshold='1MB'")
    connection.execute("SET GLOBAL TimeZone='UTC'")  # the machine's own zone decides nothing
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    return connection


def open_table(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, rows_in_memory_max: int = ROWS_IN_MEMORY_MAX
) -> None:
    """A kept table under its name: in memory, or as a view of its file where it is large.

    A column that the table did not have when it was kept is blank, as it is for a source without it.
    """
    file = "read_parquet('" + str(path).replace("'", "''") + "', file_row_number=true)"
    kind = "VIEW"
    if rows_in_memory_max:
        rows = int(connection.execute(f"SELECT count(*) FROM {file}").fetchall()[0][0])
        kind = "TABLE" if rows <= rows_in_memory_max else "VIEW"
    there = {str(column[0]) for column in connection.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()}
    added = "".join(
        f", CAST(NULL AS {SQL_TYPES[column.type]}) AS {identifier(column.name)}"
        for column in table.columns
        if column.name not in there
    )
    query = f"SELECT * EXCLUDE (file_row_number){added}, file_row_number + 1 AS {_PLACE} FROM {file}"
    connection.execute(f"CREATE {kind} {table_name(table.name)} AS {query}")
