"""Columns of large answers, taken batch by batch, so that an answer is never held twice.

In: a reader of an answer's batches, and how to read some of its columns. Out: the columns, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rules.expressions.vector import Truth
from rules.quantities.exact import Exact

BATCH_ROWS = 1 << 17
_GROWTH_ROWS = 1 << 22  # of a column that grows: what it takes beyond its rows is never touched, and so takes no memory
Read = Callable[[pa.ChunkedArray], Any]  # gives an array, an Exact, a Truth, or an Arrow column


def columns(answer: pa.RecordBatchReader, read: Mapping[str, Read]) -> dict[str, Any]:
    """The columns of an answer by name: those that `read` names as it says, all others as int64."""
    grown: dict[str, _Growing] = {name: _Growing() for name in answer.schema.names}
    for batch in chain([pa.RecordBatch.from_pylist([], answer.schema)], answer):
        for name, own in zip(batch.schema.names, batch.columns, strict=True):
            column = pa.chunked_array([own])
            grown[name].add(read[name](column) if name in read else column.to_numpy().astype(np.int64))
    return {name: grown.pop(name).whole() for name in list(grown)}


class _Growing:
    """A column to which parts are added, in one piece of memory: the many small ones of the parts would leave holes."""

    def __init__(self) -> None:
        self._parts: list[Any] = []  # none but where Arrow holds them
        self._first: Any = None
        self._values, self._below, self._known = _Buffer(), _Buffer(), _Buffer()

    def add(self, part: Any) -> None:
        if self._first is None:
            self._first = part
        if isinstance(part, Exact):
            if isinstance(part.denominator, np.ndarray):
                self._below.add(part.denominator)
            else:
                assert part.denominator == self._first.denominator, "but for exact amounts, one for all rows"
            self._values.add(part.numerator)
            self._known.add(part.is_known())
        elif isinstance(part, Truth):
            self._values.add(part.yes)
            self._known.add(part.known)
        elif isinstance(part, np.ndarray):
            self._values.add(part)
        else:
            self._parts.append(part)

    def whole(self) -> Any:
        if self._parts:
            return joined(self._parts)
        values, known = self._values.whole(), self._known.whole()
        if isinstance(self._first, Exact):
            below = self._first.denominator if isinstance(self._first.denominator, int) else self._below.whole()
            return Exact(values, below, None if known.all() else known)
        return Truth(values, known) if isinstance(self._first, Truth) else values


class _Buffer:
    """An array to which arrays are added; whole numbers become Python integers where a part of them is."""

    def __init__(self) -> None:
        self._held: NDArray[Any] = np.empty(0, dtype=np.bool_)
        self._rows = 0

    def add(self, part: NDArray[Any]) -> None:
        end = self._rows + len(part)
        dtype = part.dtype if not self._rows else np.result_type(self._held, part)
        if end > len(self._held) or dtype != self._held.dtype:
            rows = end if end <= BATCH_ROWS else max(2 * len(self._held), _GROWTH_ROWS)
            held = np.empty(rows, dtype=dtype)
            held[: self._rows] = self._held[: self._rows]
            self._held = held
        self._held[self._rows : end] = part
        self._rows = end

    def whole(self) -> NDArray[Any]:
        return self._held[: self._rows]


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

    def __init__(self, column: pa.ChunkedArray, rows: NDArray[np.int64]) -> None:
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
