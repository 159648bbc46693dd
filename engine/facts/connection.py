"""A connection of its own for one snapshot: what it may read, how much memory it takes, and its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from engine.facts.grammar import SQL_TYPES
from engine.facts.read import table_name
from engine.facts.sql import identifier
from rules.tables import Table

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allocator_flush_threshold": "1MB",  # what a query took is the machine's again after it
    "allocator_bulk_deallocation_flush_threshold": "16MB",  # with less, each join takes three times as long
}
_PLACE = '"@place"'  # among the kept rows, which are sorted: it tells rows without a key, whatever order they came in
ROWS_IN_MEMORY_MAX = 1_000_000
_NUMBERS = count(1)  # of databases that are beside another


def connect(
    folders: Sequence[Path], threads: int | None = None, scratch: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A database of its own in memory that may read below `folders` and nowhere else, and load nothing.

    What does not fit in its memory (1 GB, or 256 MB for each thread) goes to `scratch`.
    """
    used = _threads() if threads is None else int(threads)
    connection = duckdb.connect(config={**_SETTINGS, "threads": used, "memory_limit": f"{max(1000, 256 * used)}MB"})
    connection.execute("SET enable_progress_bar=false")
    listed = ", ".join("'" + str(folder.resolve()).replace("'", "''") + "/'" for folder in folders)
    connection.execute(f"SET allowed_directories=[{listed}]")
    if scratch is not None:
        connection.execute("SET temp_directory='" + str(scratch.resolve() / "spill").replace("'", "''") + "'")
    connection.execute("SET GLOBAL TimeZone='UTC'")  # the machine's own zone decides nothing
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    return connection


@contextmanager
def connected(
    folders: Sequence[Path], scratch: Path | None = None, beside: duckdb.DuckDBPyConnection | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with tables of its own, until the block ends.

    `beside` one that is open, and may read all that this one asks for, it is a further database in that one's memory:
    neither sees the other's tables, and it takes a hundredth of the time, as DuckDB builds no catalogue of functions.
    """
    if beside is None:
        connection = connect(folders, None, scratch)
        try:
            yield connection
        finally:
            connection.close()
        return
    name, own = identifier(f"beside_{next(_NUMBERS)}"), beside.cursor()
    own.execute(f"ATTACH ':memory:' AS {name}")
    own.execute(f"USE {name}")
    try:
        yield own
    finally:
        own.close()
        with beside.cursor() as last:  # of its own, so that nothing that is still being read is lost
            last.execute(f"DETACH {name}")


def again(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A further connection to the same tables, with temporary ones of its own."""
    ((name,),) = connection.execute("SELECT current_database()").fetchall()
    found = connection.cursor()
    found.execute(f"USE {identifier(name)}")
    return found


@cache
def _threads() -> int:
    """How many threads DuckDB takes on this machine where nobody says."""
    with duckdb.connect(config=_SETTINGS) as connection:
        return int(connection.execute("SELECT current_setting('threads')").fetchall()[0][0])


def open_table(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, rows_in_memory_max: int = ROWS_IN_MEMORY_MAX
) -> None:
    """A kept table under its name: in memory, or as a view of its file where it is large.

    A column that the table did not have when it was kept is blank, as it is for a source without it.
    """
    file = "read_parquet('" + str(path).replace("'", "''") + "', file_row_number=true)"
    try:
        metadata = pq.read_metadata(path)  # its end says it all: to ask for it by queries takes ten times as long
    except (pa.ArrowInvalid, OSError) as error:
        raise duckdb.IOException(str(error)) from None  # as a query of it would
    kind = "TABLE" if rows_in_memory_max and metadata.num_rows <= rows_in_memory_max else "VIEW"
    there = set(metadata.schema.to_arrow_schema().names)
    added = "".join(
        f", CAST(NULL AS {SQL_TYPES[column.type]}) AS {identifier(column.name)}"
        for column in table.columns
        if column.name not in there
    )
    query = f"SELECT * EXCLUDE (file_row_number){added}, file_row_number + 1 AS {_PLACE} FROM {file}"
    connection.execute(f"CREATE {kind} {table_name(table.name)} AS {query}")
