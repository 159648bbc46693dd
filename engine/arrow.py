"""Columns of Arrow as arrays of NumPy, by their bytes.

Arrow's own ways there import pandas where that is installed, which takes longer than it takes to explain a number.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from rules.quantities.exact import Flags, Integers


def flags(column: pa.ChunkedArray) -> Flags:
    """Truth values, (rows,); a blank one is false."""
    found = [_bits(chunk, 1) & _bits(chunk, 0) for chunk in column.chunks]
    return np.concatenate(found) if found else np.zeros(0, dtype=bool)


def is_known(column: pa.ChunkedArray) -> Flags:
    """Which values are not blank, (rows,)."""
    return flags(column.is_valid())


def integers(column: pa.ChunkedArray, blank: int = 0) -> Integers:
    """Whole numbers as int64, (rows,), `blank` where there is none."""
    found = []
    for chunk in column.cast(pa.int64()).chunks:
        numbers = np.frombuffer(chunk.buffers()[1] or b"", dtype=np.int64)[chunk.offset :][: len(chunk)]
        found.append(np.where(_bits(chunk, 0), numbers, blank) if chunk.null_count else numbers)
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _bits(chunk: pa.Array, place: int) -> Flags:
    """The bits of a buffer of an array: 0 says which values are known, and may be left out where all are."""
    held = chunk.buffers()[place]
    if held is None:
        return np.ones(len(chunk), dtype=bool)
    bits = np.unpackbits(np.frombuffer(held, dtype=np.uint8), bitorder="little")
    return bits[chunk.offset :][: len(chunk)].astype(bool)
