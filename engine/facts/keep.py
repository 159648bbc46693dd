"""The accepted rows of a table, kept as Parquet in the order of their keys, and the digest over them.

Rows of a table without a key come in the order of their cells. Blanks come first and texts by their bytes, so that the
order, and the digest over it, do not depend on the source, its format, or the number of threads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from engine.digest import rows_digest
from engine.facts.clashes import register_records
from engine.facts.grammar import NUMBER_DECIMALS
from engine.facts.read import Staged
from engine.facts.sql import identifier
from rules.expressions.tree import Type
from rules.tables import Table, TableColumn

_BATCH_ROWS = 100_000
_FP = 10**NUMBER_DECIMALS


def order_sql(table: Table) -> str:
    """The order in which a table is kept."""
    names = table.key or sorted(column.name for column in table.columns)
    return ", ".join([*(f"{identifier(name)} NULLS FIRST" for name in names), "record"])


def keep_sorted(connection: duckdb.DuckDBPyConnection, staged: Staged, rejected: Collection[int], path: Path) -> None:
    """Write the rows that were not rejected, in the order of their keys, with their record numbers."""
    columns = ", ".join(["record", *(identifier(column.name) for column in staged.table.columns)])
    accepted = staged.view
    if rejected:
        register_records(connection, "gone", rejected)
        accepted += " ANTI JOIN gone USING (record)"
    where = str(path).replace("'", "''")
    connection.execute(f"""COPY (SELECT {columns} FROM {accepted} ORDER BY {order_sql(staged.table)})
        TO '{where}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_BATCH_ROWS})""")


def digest_rows(connection: duckdb.DuckDBPyConnection, table: Table, relation: str) -> tuple[str, int]:
    """The digest of a relation that is in the order of its keys, and the number of its rows."""
    columns = _present(connection, table, relation)
    cells = " || ',' || ".join(_cell(column) for column in columns) or "''"
    lines = connection.sql(f"SELECT '[' || {cells} || ']' || chr(10) FROM {relation}")
    count = 0

    def texts() -> Iterator[bytes]:
        nonlocal count
        for batch in lines.to_arrow_reader(_BATCH_ROWS):
            count += batch.num_rows
            if batch.num_rows:
                yield _bytes(batch.column(0))

    described = [(column.name, column.type.value) for column in columns]
    return rows_digest(table.name, described, texts()), count


def _present(connection: duckdb.DuckDBPyConnection, table: Table, relation: str) -> Sequence[TableColumn]:
    """The columns of a table by name that hold anything."""
    columns = sorted(table.columns, key=lambda column: column.name)
    counts = ", ".join(f"count({identifier(column.name)})" for column in columns)
    found = connection.execute(f"SELECT {counts} FROM {relation}").fetchall()[0]
    return [column for column, filled in zip(columns, found, strict=True) if filled or column.in_key]


def _cell(column: TableColumn) -> str:
    """The canonical JSON of a cell: a string, or null where it is blank."""
    name = identifier(column.name)
    if column.type == Type.TEXT:
        text = f"CAST(to_json({name}) AS VARCHAR)"
    elif column.type == Type.NUMBER:
        text = f"'\"' || CAST(CAST({name} * {_FP} AS DECIMAL(38,0)) AS VARCHAR) || '\"'"
    else:
        text = f"'\"' || CAST({name} AS VARCHAR) || '\"'"
    return f"coalesce({text}, 'null')"


def _bytes(column: pa.Array) -> bytes:
    """The texts of a column, end to end: a slice of the buffer in which Arrow keeps them."""
    wide = pa.types.is_large_string(column.type)
    assert wide or pa.types.is_string(column.type), "lines are texts"
    _, ends, data = column.buffers()
    offsets = np.frombuffer(ends, dtype=np.int64 if wide else np.int32)
    first, last = offsets[column.offset], offsets[column.offset + len(column)]
    return bytes(memoryview(data)[int(first) : int(last)])
