"""A store copied into another database, row by row: what a backup, a restore and a move from one to another are.

In: a view of the source, and a transaction of the target. Out: what was read, counted and hashed. The rows come in the
order in which they were kept, with all guards of the target in force: it takes nothing that it would not have taken
from a command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter

import numpy as np
from sqlalchemy import Connection, insert

from engine.store.blobs import fault
from engine.store.bulk import Columns
from engine.store.contents import Contents, Row, Rows, Table, Told, broken, contents_of, silent, tables_of
from engine.store.database import Database, Reader, written
from engine.store.migrate import migrate, revision_of
from engine.store.models import AcceptanceRow, EventRow, RunBlobRow, RunRow
from rules.problem import CheckFailed, Place, Problem, Refused

_CHUNK_ROWS = 20_000
_MODELS = {"run": RunRow, "run_blob": RunBlobRow, "acceptance": AcceptanceRow, "event": EventRow}

Add = Callable[[Iterable[Row]], None]


def copy(source: Database, reader: Reader, target: Database, connection: Connection, told: Told = silent) -> Contents:
    """Fill an empty database with what a view of another holds, and give what that is."""
    revision = revision_of(source, reader)
    migrate(target, connection, revision)
    names = source.blob_names(reader)
    _copy_blobs(source, names, target, connection, told)
    rows = {each.name: Rows(reader, each, source.shown, told) for each in tables_of(revision)}
    _copy_rows(rows, source.shown, target, connection)
    return contents_of(source, reader, names, [each.counted() for each in rows.values()])


def fill(source: Database, reader: Reader, target: Database, told: Told = silent) -> Contents:
    """Copy into a database that has no store yet, and hold the two against each other, in one transaction; raises
    Refused where it has one."""
    names = source.blob_names(reader)

    def work(connection: Connection) -> Contents:
        if revision_of(target, target.reader_of(connection)):
            hint = "name a file that is not there yet, or an empty database: a store is never written over"
            raise Refused(Problem("S222", "there is a store already", Place(target.shown), hint))
        contents = copy(source, reader, target, connection, told)
        hold_equal(contents, contents_of(target, target.reader_of(connection), names), target.shown)
        return contents

    def known(after: Reader) -> Contents | None:
        return contents_of(target, after, names) if revision_of(target, after) else None

    return written(target, work, known)


def hold_equal(ours: Contents, theirs: Contents, shown: str) -> None:
    """Raise CheckFailed where a copy does not hold what was read."""
    if ours == theirs:
        return
    there = {each.name: each for each in theirs.tables}
    tables = [each.name for each in ours.tables if there.get(each.name) != each]
    what = f"the rows of {', '.join(tables)}" if tables else "the blobs, the log or the schema"
    hint = "try again on another disk; what was copied from is as it was"
    raise CheckFailed(Problem("S221", f"{what} are not what was read", Place(shown), hint))


def _copy_blobs(source: Database, names: Sequence[str], target: Database, connection: Connection, told: Told) -> None:
    for at, sha256 in enumerate(names, 1):
        with source.borrowed(sha256) as path:
            if target.put_with(connection, path) != sha256:
                raise fault(sha256, "was changed", source.shown)
        told("blobs", at, len(names))


def _copy_rows(rows: dict[str, Rows], shown: str, target: Database, connection: Connection) -> None:
    """Runs with their blobs, and events with their postings, follow each other as the guards of the tables ask."""

    def added(name: str) -> Add:
        return lambda found: _add(connection, rows[name].table, found)

    def loaded(name: str) -> Add:
        table = rows[name].table
        return lambda found: target.load(connection, name, list(table.columns), _columns(table, found))

    _together(rows["run"], rows["run_blob"], added("run"), added("run_blob"), shown)
    if "acceptance" in rows:
        added("acceptance")(rows["acceptance"])
    if "event" in rows:
        loaded("line")(rows["line"])
        _together(rows["event"], rows["posting"], added("event"), loaded("posting"), shown)


def _together(wholes: Rows, parts: Rows, add_wholes: Add, add_parts: Add, shown: str) -> None:
    """Rows in their order, each followed at once by its parts, whose first column is its number."""
    groups = groupby(parts, itemgetter(0))
    number, group = next(groups, (None, iter(())))
    waiting: list[Row] = []
    for whole in wholes:
        waiting.append(whole)
        if number == whole[0]:
            add_wholes(waiting)
            waiting = []
            add_parts(group)
            number, group = next(groups, (None, iter(())))
        elif len(waiting) == _CHUNK_ROWS:
            add_wholes(waiting)
            waiting = []
    add_wholes(waiting)
    if number is not None:
        raise broken(shown, f"the table {parts.table.name} has rows of number {number}, which is not there")


def _add(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    for part in _in_chunks(rows):
        values = [dict(zip(table.columns, row, strict=True)) for row in part]
        connection.execute(insert(_MODELS[table.name]), values)


def _columns(table: Table, rows: Iterable[Row]) -> Iterator[Columns]:
    kinds = [np.int64 if kind == "int" else object for kind in table.columns.values()]
    for part in _in_chunks(rows):
        columns = []
        for kind, values in zip(kinds, zip(*part, strict=True), strict=True):
            column = np.empty(len(part), dtype=kind)
            column[:] = values
            columns.append(column)
        yield tuple(columns)


def _in_chunks(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    rest = iter(rows)
    while part := list(islice(rest, _CHUNK_ROWS)):
        yield part
