"""Columns of large answers, taken batch by batch, so that an answer is never held twice.

In: a reader of an answer's batches, and how to read some of its columns. Out: the columns, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, overload

import numpy as np
import pyarrow as pa

BATCH_ROWS = 1 << 17
Read = Callable[[pa.ChunkedArray], Any]  # gives an array, or a value that joins many of its kind


def columns(answer: pa.RecordBatchReader, read: Mapping[str, Read]) -> dict[str, Any]:
    """The columns of an answer by name: those that `read` names as it says, all others as int64."""
    parts: dict[str, list[Any]] = {name: [] for name in answer.schema.names}
    for batch in chain([pa.RecordBatch.from_pylist([], answer.schema)], answer):
        for name, own in zip(batch.schema.names, batch.columns, strict=True):
            column = pa.chunked_array([own])
            parts[name].append(read[name](column) if name in read else column.to_numpy().astype(np.int64))
    return {name: joined(parts.pop(name)) for name in list(parts)}


def joined(parts: Sequence[Any]) -> Any:
    """One column of many, one after the other."""
    first = parts[0]
    if isinstance(first, pa.ChunkedArray):
        return pa.chunked_array([chunk for part in parts for chunk in part.chunks], first.type)
    return np.concatenate(parts) if isinstance(first, np.ndarray) else first.joined(parts)


def copied(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in memory of its own: a column of a batch holds on to all the others of its batch."""
    return pa.chunked_array([pa.concat_arrays([*column.chunks, pa.array([], column.type)])], column.type)


class Texts(Sequence[str]):
    """Texts as Arrow holds them, which takes a fifth of what Python strings do: those at some positions of a column."""

    def __init__(self, column: pa.ChunkedArray, rows: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        self._column, self._rows = column, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...

    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return Texts(self._column, self._rows[at])
        return str(self._column[int(self._rows[at])].as_py())
