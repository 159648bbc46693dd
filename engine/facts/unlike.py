"""The rows of two kept files that are not alike, so that the few late ones alone are held against each other by their
keys.

In: two Parquet files in the order of their keys. Out: the rows of each that are left when those are put aside that stand
in both with the same cells. Rows are held against each other whole, not by a digest. That files are in order is what
makes this quick: where they are not, more rows are left, and never fewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

_BATCH_ROWS = 65_536
_REACH_ROWS = 64  # how far it is looked at first, from a place where rows differ in their keys
_RUNS_MAX = 5_000  # of rows that stand in one file alone: with more of them, a join is quicker


def unlike(before: Path, now: Path, key: Sequence[str], others: Sequence[str]) -> tuple[pa.Table, pa.Table] | None:
    """The rows of two files that differ from each other in a column of their `key` or in the `others`, with their
    `record`; None where the files have not the same columns, or little in common."""
    names = ["record", *key, *others]
    with pq.ParquetFile(before) as one, pq.ParquetFile(now) as other:
        schemas = [{field.name: field.type for field in each.schema_arrow} for each in (one, other)]
        if any(name not in schemas[0] or schemas[0][name] != schemas[1].get(name) for name in names):
            return None
        sides = _Side.of(one, names), _Side.of(other, names)
        if not _walk(*sides, key, others):
            return None
    return sides[0].unlike(), sides[1].unlike()


@dataclass(slots=True, eq=False)
class _Side:
    """One of the files as it is read: the rows that come next, and those that were found to be unlike."""

    batches: Iterator[pa.RecordBatch]
    rows: pa.RecordBatch
    found: list[pa.RecordBatch] = field(default_factory=list)

    @staticmethod
    def of(file: pq.ParquetFile, names: Sequence[str]) -> _Side:
        schema = pa.schema([file.schema_arrow.field(name) for name in names])
        batches = file.iter_batches(_BATCH_ROWS, columns=list(names), use_threads=False)
        return _Side((each.select(list(names)) for each in batches), pa.RecordBatch.from_pylist([], schema))

    def has_more(self) -> bool:
        """Whether there are rows still; reads on where there are none at hand."""
        while not len(self.rows):
            following = next(self.batches, None)
            if following is None:
                return False
            self.rows = following
        return True

    def skip(self, count: int) -> None:
        """Go past rows that are alike."""
        self.rows = self.rows.slice(count)

    def leave(self, count: int) -> None:
        """Go past rows that the other file has not."""
        self.found.append(self.rows.slice(0, count))
        self.skip(count)

    def key(self, row: int, key: Sequence[str]) -> tuple[tuple[bool, Any], ...]:
        """The key of a row, to be compared with another: a blank comes first, and a text by its characters."""
        cells = (self.rows.column(name)[row].as_py() for name in key)
        return tuple((cell is not None, cell) for cell in cells)

    def run_before(self, end: tuple[tuple[bool, Any], ...], key: Sequence[str]) -> int:
        """How many of the rows at hand, at least one, come before a key."""
        low, high = 1, 1
        while high < len(self.rows) and self.key(high, key) < end:
            low, high = high + 1, 2 * high
        high = min(high, len(self.rows))
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.key(middle, key) < end else (low, middle)
        return low

    def unlike(self) -> pa.Table:
        while self.has_more():
            self.leave(len(self.rows))
        return pa.Table.from_batches(self.found, self.rows.schema)


def _walk(one: _Side, other: _Side, key: Sequence[str], others: Sequence[str]) -> bool:
    """Go through both as far as both have rows; whether they have enough in common."""
    reach, runs = _BATCH_ROWS, 0
    while one.has_more() and other.has_more():
        count = min(len(one.rows), len(other.rows), reach)
        same = _same(one.rows.slice(0, count), other.rows.slice(0, count), key)
        aligned = count if same is None else int(np.argmin(same))
        _compare(one, other, aligned, others)
        reach = min(2 * reach, _BATCH_ROWS)
        if aligned < count:
            keys = one.key(0, key), other.key(0, key)
            lesser, end = (one, keys[1]) if keys[0] < keys[1] else (other, keys[0])
            lesser.leave(lesser.run_before(end, key))
            reach, runs = _REACH_ROWS, runs + 1
            if runs > _RUNS_MAX:
                return False
    return True


def _compare(one: _Side, other: _Side, count: int, names: Sequence[str]) -> None:
    """Go past rows with the same keys; those that differ in another column are unlike."""
    sides = one.rows.slice(0, count), other.rows.slice(0, count)
    same = _same(*sides, names)
    if same is not None:
        differs = pa.array(~same)
        one.found.append(sides[0].filter(differs))
        other.found.append(sides[1].filter(differs))
    one.skip(count)
    other.skip(count)


def _same(one: pa.RecordBatch, other: pa.RecordBatch, names: Sequence[str]) -> NDArray[np.bool_] | None:
    """Which rows are the same in some columns, a blank cell as another; None: all."""
    found: NDArray[np.bool_] | None = None
    for name in names:
        a, b = one.column(name), other.column(name)
        if a.equals(b):
            continue
        same = pc.equal(a, b)
        if same.null_count:
            same = pc.or_(pc.fill_null(same, False), pc.and_(pc.is_null(a), pc.is_null(b)))
        here = same.to_numpy(zero_copy_only=False)
        found = here if found is None else found & here
    return found
