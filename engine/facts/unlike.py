"""The rows of two kept files that are not alike, so that the few late ones alone are held against each other by their
keys.

In: two Parquet files in the order of their keys. Out: the rows of each that are left when those are put aside that
stand in both with the same cells. Rows are held against each other whole, not by a digest; what the files hold byte for
byte alike is not read. That files are in order is what makes this quick: where they are not, more rows are left, and
never fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        schemas = [{each.name: each.remove_metadata() for each in file.schema_arrow} for file in (one, other)]
        if not (schemas[0].keys() & schemas[1].keys()).issuperset(names):
            return None
        if any(schemas[0][name] != schemas[1][name] for name in names):
            return None
        with pa.memory_map(str(before)) as first, pa.memory_map(str(now)) as second:
            sides = _Side.of(one, first, names), _Side.of(other, second, names)
            return tuple(each.unlike() for each in sides) if _walk(*sides, key, others) else None


@dataclass(slots=True, eq=False)
class _Side:
    """One of the files as it is read: the rows that come next, and those that were found to be unlike."""

    file: pq.ParquetFile
    data: pa.MemoryMappedFile
    schema: pa.Schema
    rows: pa.RecordBatch
    group: int = 0  # the row group that is read next
    found: list[pa.RecordBatch] = field(default_factory=list)

    @staticmethod
    def of(file: pq.ParquetFile, data: pa.MemoryMappedFile, names: Sequence[str]) -> _Side:
        schema = pa.schema([file.schema_arrow.field(name).remove_metadata() for name in names])
        return _Side(file, data, schema, pa.RecordBatch.from_pylist([], schema))

    @property
    def groups_left(self) -> int:
        return int(self.file.num_row_groups) - self.group

    def has_more(self) -> bool:
        """Whether there are rows still; reads on where there are none at hand."""
        while not len(self.rows) and self.groups_left:
            self.rows = self.read(self.schema.names)
            self.group += 1
        return len(self.rows) > 0

    def read(self, names: Sequence[str]) -> pa.RecordBatch:
        """Columns of the row group that comes next."""
        table = self.file.read_row_group(self.group, list(names), use_threads=False).select(list(names))
        (batch,) = table.combine_chunks().to_batches() or (pa.RecordBatch.from_pylist([], table.schema),)
        return batch.replace_schema_metadata(None)

    def stored(self, name: str) -> tuple[tuple[object, ...], pa.Buffer] | None:
        """A column of the row group that comes next, as it is stored: how, and its bytes; None where a dictionary is
        used that the file does not say the place of."""
        of = self.file.metadata.row_group(self.group).column(self.file.schema_arrow.get_field_index(name))
        if any("DICTIONARY" in each for each in of.encodings) and not of.has_dictionary_page:
            return None
        start = of.dictionary_page_offset if of.has_dictionary_page else of.data_page_offset
        how = of.physical_type, of.compression, of.encodings, of.num_values, of.data_page_offset - start
        self.data.seek(start)
        return how, self.data.read_buffer(of.total_compressed_size)

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
        return pa.Table.from_batches(self.found, self.schema)


def _walk(one: _Side, other: _Side, key: Sequence[str], others: Sequence[str]) -> bool:
    """Go through both as far as both have rows; whether they have enough in common."""
    reach, runs = _BATCH_ROWS, 0
    while True:
        _pass_twins(one, other, key, others)
        if not (one.has_more() and other.has_more()):
            return True
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


def _pass_twins(one: _Side, other: _Side, key: Sequence[str], others: Sequence[str]) -> None:
    """Go past row groups whose keys are stored alike: of these, the columns that are not are read, and the others only
    where there is a row that differs, once for both."""
    while not len(one.rows) and not len(other.rows) and one.groups_left and other.groups_left:
        alike = [name for name in one.schema.names if _is_stored_alike(one, other, name)]
        differ = [name for name in others if name not in alike]
        if not set(key).issubset(alike):
            break
        if differ:
            _compare_groups(one, other, alike, differ)
        one.group, other.group = one.group + 1, other.group + 1


def _compare_groups(one: _Side, other: _Side, alike: Sequence[str], differ: Sequence[str]) -> None:
    """Find the rows of a row group that are unlike in columns that `differ`; the others are stored `alike`."""
    own = one.read(differ), other.read(differ)
    same = _same(*own, differ)
    if same is None:
        return
    differs, shared = pa.array(~same), one.read(alike)
    for side, read in zip((one, other), own, strict=True):
        lots = [shared, read, *([] if "record" in alike else [side.read(["record"])])]
        columns = {name: lot.column(name) for lot in lots for name in lot.schema.names}
        every = pa.RecordBatch.from_arrays([columns[name] for name in side.schema.names], schema=side.schema)
        side.found.append(every.filter(differs))


def _is_stored_alike(one: _Side, other: _Side, name: str) -> bool:
    stored, stored_other = one.stored(name), other.stored(name)
    if stored is None or stored_other is None or stored[0] != stored_other[0]:
        return False
    return bool(stored[1].equals(stored_other[1]))


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
