"""The lines of a run as Parquet bytes, and back."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from engine.values import Lines

_TEXTS = ("partner", "component", "table", "key")


def lines_to_parquet(lines: Lines) -> bytes:
    """The bytes under which lines are kept: the same lines give the same bytes with the same libraries."""
    columns = {name: pa.array(getattr(lines, name), pa.string()) for name in _TEXTS}
    columns["amount_minor"] = pa.array(lines.amount_minor, pa.int64())
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def lines_from_parquet(data: bytes) -> Lines:
    """The lines that were kept as `data`."""
    table = pq.read_table(io.BytesIO(data))
    partner, component, source, key = (table[name].to_numpy() for name in _TEXTS)
    return Lines(partner, component, source, key, table["amount_minor"].to_numpy())
