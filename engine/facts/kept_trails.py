"""Trails kept beside a run, so that a partner's rows of a table of many millions are found at once.

A kept trail is one Parquet file for one way of reading a table: the rows of all partners as `engine.facts.trail` gives
them, partner after partner. It says nothing that the kept tables do not: who reads those again gets the same rows, and
who keeps the trails again the same bytes. The index names the SHA-256 of every stretch of a file, and a stretch that
is read is hashed first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow.parquet as pq

from engine.arrow import integers
from engine.digest import canonical
from engine.facts.connection import ROWS_IN_MEMORY_MAX
from engine.facts.read import table_name
from engine.facts.seen import Seen
from engine.facts.trail import IN_ORDER, trail_rows, trail_sql, wanted_by
from engine.values import TrailRow
from rules.calendar import Period
from rules.expressions.tree import Column
from rules.meaning import MeasureMeaning
from rules.problem import CheckFailed, Place, Problem
from rules.tables import Table

INDEX = "trails"  # the role of the index among the blobs of a run; `trails:0` and on are those of the files
ROWS_MIN = ROWS_IN_MEMORY_MAX  # of a smaller table, all rows are gone through soon enough
_GROUP_ROWS = 40_960


@dataclass(frozen=True, slots=True)
class Stretch:
    """The bytes of a file from `start` to before `end`, and the partners in it by their places, `first` to `last`."""

    first: int
    last: int
    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """One kept trail: what is read and how, its columns in their order, its file by role, its stretches and footer."""

    reading: str
    columns: tuple[str, ...]
    role: str
    groups: tuple[Stretch, ...]
    footer: Stretch


def keep_trails(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    measures: Iterable[MeasureMeaning],
    folder: Path,
) -> Mapping[str, bytes | Path]:
    """The trails of measures as blobs by role, with files in `folder`; of tables with more than ROWS_MIN rows."""
    alike: dict[str, list[MeasureMeaning]] = {}
    for each in measures:
        alike.setdefault(_reading(each), []).append(each)
    blobs: dict[str, bytes | Path] = {}
    kept: list[_Kept] = []
    for reading, members in alike.items():
        sql = trail_sql(tables, period, members)
        counts = [f"SELECT count(*) FROM {table_name(each)}" for each in sql.tables]
        if max(count for query in counts for (count,) in connection.execute(query).fetchall()) <= ROWS_MIN:
            continue
        role = f"{INDEX}:{len(kept)}"
        path = folder / f"trail_{len(kept)}.parquet"
        file = str(path).replace("'", "''")
        connection.execute(f"""COPY (SELECT e.place AS place, {sql.columns}
            FROM {table_name(members[0].rows.table)} AS t {sql.joins}
            JOIN eligible_partners AS e ON e.partner_id = {sql.owner} ORDER BY e.place, {IN_ORDER})
            TO '{file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_GROUP_ROWS})""")
        columns = tuple(str(column) for column in wanted_by(members))
        kept.append(_Kept(reading, columns, role, *_stretches(path)))
        blobs[role] = path
    if kept:
        blobs[INDEX] = canonical([asdict(each) for each in kept])
    return blobs


class KeptTrails:
    """The kept trails of a run: their index, and the paths of their files by role."""

    def __init__(self, index: bytes, path_of: Callable[[str], Path]) -> None:
        self._kept = tuple(_kept(**each) for each in json.loads(index))
        self._path_of = path_of

    def rows(
        self, tables: Mapping[str, Table], period: Period, measures: Sequence[MeasureMeaning], place: int
    ) -> Sequence[TrailRow] | None:
        """The rows of the partner at a place, as measures that read alike need them; None where none are kept.

        Raises CheckFailed where what is read is not what was kept.
        """
        wanted = wanted_by(measures)
        for each in self._kept:
            if each.reading == _reading(measures[0]) and {str(column) for column in wanted} <= set(each.columns):
                seen = Seen(tables, measures[0].rows.table, period)
                return list(trail_rows(seen, wanted, self._read(each, wanted, place)))
        return None

    def _read(self, kept: _Kept, wanted: Sequence[Column], place: int) -> Iterable[Sequence[object]]:
        groups = [at for at, group in enumerate(kept.groups) if group.first <= place <= group.last]
        if not groups:
            return []
        path = self._path_of(kept.role)
        with path.open("rb") as file:
            for each in (*(kept.groups[at] for at in groups), kept.footer):
                if _sha256(file, each.start, each.end) != each.sha256:
                    hint = "restore the folder of the blobs from a backup"
                    message = f"the blob {path.name[:12]} was changed"
                    raise CheckFailed(Problem("S209", message, Place(str(path)), hint))
        names = ["key", "record", "num", "den", *(f"c{kept.columns.index(str(column))}" for column in wanted)]
        found = pq.ParquetFile(path).read_row_groups(groups, columns=["place", *names])
        first, end = np.searchsorted(integers(found["place"]), [place, place + 1]).tolist()
        return zip(*(found[name].slice(first, end - first).to_pylist() for name in names), strict=True)


def _reading(measure: MeasureMeaning) -> str:
    """The way in which a measure reads a table: measures that read alike have the same."""
    return f"{measure.rows.table} of {measure.owner}, {measure.credited or 'own'}"


def _kept(
    reading: str,
    columns: Sequence[str],
    role: str,
    groups: Sequence[Mapping[str, int | str]],
    footer: Mapping[str, int | str],
) -> _Kept:
    stretches = [Stretch(**each) for each in (*groups, footer)]  # type: ignore[arg-type]
    return _Kept(reading, tuple(columns), role, tuple(stretches[:-1]), stretches[-1])


def _stretches(path: Path) -> tuple[tuple[Stretch, ...], Stretch]:
    """The row groups of a file, each up to the next one, and its footer."""
    with pq.ParquetFile(path) as parquet, path.open("rb") as file:
        held = parquet.metadata
        starts, places = [], []
        for at in range(held.num_row_groups):
            group = held.row_group(at)
            chunks = [group.column(column) for column in range(group.num_columns)]
            starts.append(min(chunk.dictionary_page_offset or chunk.data_page_offset for chunk in chunks))
            places.append((int(chunks[0].statistics.min), int(chunks[0].statistics.max)))
        size = path.stat().st_size
        footer = size - 8 - int(held.serialized_size)  # its length and the magic number come after it
        assert starts == sorted(starts), "row groups come one after the other"
        ends = [*starts[1:], footer]
        groups = tuple(
            Stretch(*place, start, end, _sha256(file, start, end))
            for place, start, end in zip(places, starts, ends, strict=True)
        )
        return groups, Stretch(0, 0, footer, size, _sha256(file, footer, size))


def _sha256(file: BinaryIO, start: int, end: int) -> str:
    file.seek(start)
    return hashlib.sha256(file.read(end - start)).hexdigest()
