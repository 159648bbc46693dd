"""The lines of a run as Parquet bytes, and back."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from engine.values import LateLines, Lines

_TEXTS = ("partner", "component", "table", "key")
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
