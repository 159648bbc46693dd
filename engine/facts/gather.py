"""Gather the facts of a program: its sources from its folder, or the kept tables of an earlier run.

The connection is private to one snapshot, may read below one folder, and is closed with it. Every problem of every
source is reported at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.facts.read import ReadTable, Source, read_source, table_name
from engine.facts.snapshot import Snapshot, connect
from engine.values import Input
from rules.calendar import Period
from rules.meaning import Meaning, SourceMeaning
from rules.problem import Problem, Refused


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The facts of one period, and what each table was read from."""

    snapshot: Snapshot
    inputs: tuple[Input, ...]


@contextmanager
def gather_facts(meaning: Meaning, folder: Path, period: Period) -> Iterator[Gathered]:
    """The facts read from a program's folder; raises Refused with every problem of every source."""
    connection = connect([folder])
    try:
        problems: list[Problem] = []
        read: list[ReadTable] = []
        for source in meaning.sources:
            path, problem = _inside(folder, source)
            if problem is not None:
                problems.append(problem)
                continue
            decimals = meaning.terms.currency.decimals
            table = meaning.tables[source.table]
            read.append(
                read_source(connection, Source(table, path, source.file, source.columns, source.values, decimals))
            )
            problems += read[-1].problems
        if problems:
            raise Refused(*problems)
        snapshot = Snapshot(connection, meaning.tables, _files(meaning), period, meaning.eligible)
        inputs = []
        for each in read:
            rows_sha256, rows = snapshot.digest(each.source.table.name)
            inputs.append(Input(each.source.table.name, each.source.shown, each.raw_sha256, rows_sha256, rows))
        yield Gathered(snapshot, tuple(inputs))
    finally:
        connection.close()


@contextmanager
def reopen_facts(meaning: Meaning, kept: Mapping[str, Path], period: Period) -> Iterator[Gathered]:
    """The facts of an earlier run from its kept tables (table: Parquet file)."""
    connection = connect([path.parent for path in kept.values()])
    try:
        for table, path in kept.items():
            connection.execute(f"CREATE TABLE {table_name(table)} AS SELECT * FROM read_parquet(?)", [str(path)])  # noqa: S608
        snapshot = Snapshot(connection, meaning.tables, _files(meaning), period, meaning.eligible)
        inputs = []
        for table in kept:
            rows_sha256, rows = snapshot.digest(table)
            inputs.append(Input(table, "", "", rows_sha256, rows))
        yield Gathered(snapshot, tuple(inputs))
    finally:
        connection.close()


def _files(meaning: Meaning) -> Mapping[str, str]:
    return {source.table: source.file for source in meaning.sources}


def _inside(folder: Path, source: SourceMeaning) -> tuple[Path, Problem | None]:
    """The file of a source, which has to be below the program's folder after every link was followed."""
    root, path = folder.resolve(), (folder / source.file).resolve()
    if path.is_relative_to(root):
        return path, None
    message = f"'{source.file}' leads out of the program's folder"
    return path, Problem("P150", message, source.place, "copy the file below the program's folder")
