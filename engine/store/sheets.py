"""What partners were found to have, as Parquet bytes, and back: every KPI, score, tier, rank and payout by partner.

A column is kept as its numerators, their denominators where they differ by row (else the one is in the metadata), and
whether each is known. Numerators and denominators beyond 64 bits are kept as texts.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.arrow import integers, is_known
from engine.values import PARTNERS, Sheet
from rules.quantities.exact import Exact, Integers

_SHARED = b"partage.denominators"


def sheet_to_parquet(sheet: Sheet) -> bytes:
    """The bytes under which a sheet's columns of partners are kept: the same with the same libraries."""
    columns: dict[str, pa.Array] = {}
    shared: dict[str, str] = {}
    for name in sorted(name for name, frame in sheet.frame_of.items() if frame == PARTNERS):
        column = sheet.columns[name]
        known = column.is_known()
        columns[f"{name}/top"] = _array(column.numerator, ~known)
        if isinstance(column.denominator, int):
            shared[name] = str(column.denominator)
        else:
            columns[f"{name}/below"] = _array(column.denominator, ~known)
    table = pa.table(columns).replace_schema_metadata({_SHARED: json.dumps(shared, sort_keys=True).encode()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def sheet_from_parquet(data: bytes) -> Mapping[str, Exact]:
    """The columns that were kept as `data`, by name."""
    table = pq.ParquetFile(io.BytesIO(data)).read()
    shared = {name: int(text) for name, text in json.loads(table.schema.metadata[_SHARED]).items()}
    found = {}
    for each in table.column_names:
        if each.endswith("/top"):
            name = each.removesuffix("/top")
            below = shared[name] if name in shared else _integers(table[f"{name}/below"], 1)
            known = is_known(table[each])
            found[name] = Exact(_integers(table[each], 0), below, None if known.all() else known)
    return found


def _array(numbers: Integers, unknown: Integers) -> pa.Array:
    if numbers.dtype == np.int64:
        return pa.array(numbers, pa.int64(), mask=unknown)
    return pa.array([None if blank else str(each) for each, blank in zip(numbers, unknown, strict=True)], pa.string())


def _integers(column: pa.ChunkedArray, blank: int) -> Integers:
    """Whole numbers of a column, `blank` where there is none."""
    if pa.types.is_integer(column.type):
        return integers(column, blank)
    return np.array([blank if each is None else int(each) for each in column.to_pylist()], dtype=object)
