"""The lines of a run as Parquet bytes, and back; and the rows that are kept of them for who asks by SQL."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from engine.store.database import Reader
from engine.values import LateLines, Line, Lines

_TEXTS = ("partner", "component", "table", "key")
_PAGE_ROWS = 20_000
_SCHEMA = pa.schema([*((name, pa.string()) for name in _TEXTS), ("amount_minor", pa.int64())])


def lines_to_parquet(lines: Lines | LateLines) -> bytes:
    """The bytes under which lines are kept: the same lines give the same bytes with the same libraries."""
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, _SCHEMA, compression="zstd") as writer:
        for chunk in lines.chunks():
            columns = {name: pa.array(getattr(chunk, name), pa.string()) for name in _TEXTS}
            writer.write_table(pa.table(columns | {"amount_minor": pa.array(chunk.amount_minor, pa.int64())}))
    return buffer.getvalue()


def lines_from_parquet(data: bytes) -> Lines:
    """The lines that were kept as `data`."""
    table = pq.ParquetFile(io.BytesIO(data)).read()
    partner, component, source, key = (table[name].to_numpy() for name in _TEXTS)
    return Lines(partner, component, source, key, table["amount_minor"].to_numpy())


def page(reader: Reader, number: int, after: int) -> list[tuple[int, Line]]:
    """The next rows of a run's lines after one, each with its number; none after the last."""
    rows = reader.execute(
        "SELECT number, partner, component, table_name, key, amount_minor FROM line"
        f" WHERE run_number = ? AND number > ? ORDER BY number LIMIT {_PAGE_ROWS}",
        [number, after],
    ).fetchall()
    return [(at, Line(*rest)) for at, *rest in rows]
