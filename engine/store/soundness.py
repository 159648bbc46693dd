"""Whether what a store holds hangs together: its log, its runs, the rows that belong to them, and its blobs.

In: an open database. Out: nothing, or what it holds in short; the first fault is raised as an error that says which
event, run, row or blob it is. Nothing here trusts a figure that it can count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from engine.store import postings
from engine.store.blobs import fault
from engine.store.contents import Contents, Told, broken, contents_of, silent
from engine.store.database import Database, Reader
from engine.store.events import Log
from engine.store.lines import lines_from_parquet
from engine.store.migrate import revision_of
from engine.store.runs import runs
from engine.values.record import RunRecord
from rules.problem import CheckFailed, Problem

_HALF = 2**32  # sums of halves fit into 64 bits, whatever the amounts
_NAME = re.compile("[0-9a-f]{64}")
_FAULTS_MAX = 20
_PAGE_ROWS = 20_000
_PARQUET = b"PAR1"
_LINES = (
    "SELECT partner, component, table_name, key, amount_minor FROM line"
    " WHERE run_number = ? AND number > ? AND number <= ? ORDER BY number"
)


def verified(database: Database, told: Told = silent, names: Sequence[str] | None = None) -> Contents:
    """What the store holds in one view, after everything in it was held against everything else.

    All its blobs are read, or those of `names` where there may be others that no run rests on.
    """
    with database.reading() as reader:
        hold(database, reader)
        if names is None:
            names = database.blob_names(reader)
        contents = contents_of(database, reader, names, told=told)
        _blobs(database, names, told)
    return contents


def hold(database: Database, reader: Reader) -> None:
    """Hold the rows of a view against each other: raises CheckFailed, or Unavailable where the database knows best."""
    database.check(reader)
    revision = revision_of(database, reader)
    records = runs(reader, database.shown)
    if [each.number for each in records] != list(range(1, len(records) + 1)):
        raise broken(database.shown, "the runs are not numbered without gaps")
    _parts_of_runs(database, reader, records)
    named = {sha256: f"run {each.number}" for each in records for sha256 in each.blobs.values()}
    if revision >= "0002":
        rows = reader.execute("SELECT number, document_sha256 FROM acceptance ORDER BY number").fetchall()
        if [number for number, _ in rows] != list(range(1, len(rows) + 1)):
            raise broken(database.shown, "the acceptances are not numbered without gaps")
        named |= {sha256: f"acceptance {number}" for number, sha256 in rows}
    if revision >= "0004":
        events = Log(database.shown).read(reader)
        _lines(database, reader, records)
        _postings(database, reader)
        wrong = postings.held(postings.every(reader), events)
        if wrong is not None:
            raise broken(database.shown, f"the postings of event {wrong} are not those that it was recorded with")
    _nothing_missing(database, reader, named)


def _parts_of_runs(database: Database, reader: Reader, records: tuple[RunRecord, ...]) -> None:
    ((found,),) = reader.execute("SELECT count(*) FROM run_blob").fetchall()
    if found != sum(len(each.blobs) for each in records):
        raise broken(database.shown, "there are names of blobs that belong to no run")


def _lines(database: Database, reader: Reader, records: tuple[RunRecord, ...]) -> None:
    """The lines that are kept as rows are as many, and come to as much, as their run says."""
    rows = reader.execute(
        "SELECT run_number, count(*), min(number), max(number),"
        f" sum(amount_minor / {_HALF}), sum(amount_minor % {_HALF}) FROM line GROUP BY run_number"
    ).fetchall()
    by_number = {each.number: each for each in records}
    for number, count, first, last, upper, lower in rows:
        run = by_number.get(number)
        if run is None:
            raise broken(database.shown, f"there are lines of run {number}, which is not there")
        if (count, first, last) != (run.lines, 1, run.lines):
            raise broken(
                database.shown, f"run {number} has {run.lines:,} lines, and {count:,} of them are kept as rows"
            )
        if int(upper) * _HALF + int(lower) != run.total_minor or not _are_kept(database, reader, run):
            raise broken(database.shown, f"the lines of run {number} that are rows are not those of its blob")


def _are_kept(database: Database, reader: Reader, run: RunRecord) -> bool:
    """Whether the rows of a run's lines say what its blob says, whose digest the run names."""
    content = database.verified_bytes(run.blobs["lines"]) if "lines" in run.blobs else b""
    if not content.startswith(_PARQUET):
        return True
    lines = lines_from_parquet(content)
    for first in range(0, len(lines), _PAGE_ROWS):
        part = slice(first, first + _PAGE_ROWS)
        columns = (lines.partner, lines.component, lines.table, lines.key, lines.amount_minor)
        kept = list(zip(*(column[part].tolist() for column in columns), strict=True))
        rows = reader.execute(_LINES, [run.number, first, first + _PAGE_ROWS]).fetchall()
        if [tuple(row) for row in rows] != kept:
            return False
    return True


def _postings(database: Database, reader: Reader) -> None:
    rows = reader.execute(
        "SELECT event FROM posting GROUP BY event HAVING min(number) <> 1 OR max(number) <> count(*)"
        " OR event NOT IN (SELECT number FROM event) ORDER BY event LIMIT 1"
    ).fetchall()
    if rows:
        message = f"the postings of event {rows[0][0]} are not numbered without gaps, or the event is missing"
        raise broken(database.shown, message)


def _nothing_missing(database: Database, reader: Reader, named: dict[str, str]) -> None:
    there = set(database.blob_names(reader))
    problems: list[Problem] = []
    for sha256, by in sorted(named.items()):
        if not _NAME.fullmatch(sha256):
            raise broken(database.shown, f"{by} names a blob by what is no digest")
        if sha256 not in there:
            missing = fault(sha256, "is missing", database.shown).problems[0]
            problems.append(replace(missing, message=f"{missing.message}, which {by} rests on"))
    if problems:
        raise CheckFailed(*problems[:_FAULTS_MAX])


def _blobs(database: Database, names: Sequence[str], told: Told) -> None:
    problems: list[Problem] = []
    for at, sha256 in enumerate(names, 1):
        try:
            with database.borrowed(sha256):
                pass
        except CheckFailed as error:
            problems += error.problems
        told("blobs", at, len(names))
    if problems:
        raise CheckFailed(*problems[:_FAULTS_MAX])
