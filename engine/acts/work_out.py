"""Work out kept programs over kept facts: a kept run as it was kept, and the run that a program makes of some tables.

What compares and proves runs puts these together in ways of its own; `engine.acts.reopen` is for who explains a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.acts.versions import kept_versions
from engine.digest import sha256
from engine.facts.gather import Gathered, reopen_facts
from engine.facts.opened import opens_with, with_openings
from engine.facts.rejected import Rejected, from_bytes
from engine.plan import compile_plan
from engine.settle import lines_digest, settle
from engine.sheet import evaluate
from engine.store import Store
from engine.store.lines import lines_from_parquet
from engine.values import Lines, Plan, Run, Sheet
from engine.values.record import RunRecord
from engine.values.versions import LockedBy
from rules.calendar import Period
from rules.load import Loaded, understand
from rules.meaning import Meaning
from rules.problem import CheckFailed, Place, Problem

TABLE = "table:"


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A run as it was kept: its record and manifest, its program as this engine understands it, its tables, the
    rows that were left out, and the versions that earlier periods were locked with."""

    record: RunRecord
    manifest: Mapping[str, Any]
    program: Loaded
    tables: Mapping[str, Path]
    rejected: tuple[Rejected, ...]
    versions: tuple[LockedBy, ...] = ()

    @property
    def is_opened(self) -> bool:
        """Whether it was given what the period before ended with."""
        return "opening" in self.record.blobs

    @property
    def rows_sha256(self) -> Mapping[str, str]:
        """The digest of each table's rows, by the manifest."""
        return {each["table"]: each["rows_sha256"] for each in self.manifest["inputs"]}


@dataclass(frozen=True, slots=True, eq=False)
class WorkedOut:
    """A run that was worked out, and all that it was worked out of."""

    plan: Plan
    sheet: Sheet
    facts: Gathered
    run: Run


def kept_run(books: Store, number: int) -> Kept:
    """The run of that number, its blobs hashed again; raises CheckFailed where the program is not the manifest's."""
    record = books.run(number)
    manifest = json.loads(record.manifest)
    data = books.blob_bytes(record.blobs["program"])
    if sha256(data) != manifest["program_sha256"]:
        message = f"the kept program of run {number} is not the one that its manifest names"
        raise CheckFailed(Problem("S212", message, Place(), "restore the store from a backup"))
    tables = {role.removeprefix(TABLE): books.blob(sha) for role, sha in record.blobs.items() if role.startswith(TABLE)}
    rejected = from_bytes(books.blob_bytes(record.blobs["rejected"])) if "rejected" in record.blobs else ()
    program = understand(data, record.file, Path(), warns=False)
    return Kept(record, manifest, program, tables, tuple(rejected), kept_versions(books, record))


def kept_lines(books: Store, kept: Kept) -> Lines:
    """The lines of a run as they were kept; raises CheckFailed where they are not those of its manifest."""
    lines = lines_from_parquet(books.blob_bytes(kept.record.blobs["lines"]))
    if lines_digest(lines, kept.record.currency) != kept.manifest["lines_sha256"]:
        message = f"the kept lines of run {kept.record.number} are not those that its manifest names"
        hint = f"partage replay {kept.record.number} says which differ; restore the store from a backup"
        raise CheckFailed(Problem("S161", message, Place(), hint))
    return lines


def opened(meaning: Meaning, is_opened: bool) -> Meaning:
    """What a program means over facts that were given what the period before ended with, where they were."""
    return with_openings(meaning, opens_with(compile_plan(meaning))) if is_opened else meaning


@contextmanager
def worked_out(
    meaning: Meaning,
    program_sha256: str,
    tables: Mapping[str, Path],
    period: Period,
    rejected: tuple[Rejected, ...],
    engine_version: str,
    is_opened: bool = False,
    versions: Sequence[LockedBy] = (),
) -> Iterator[WorkedOut]:
    """The run that a program makes of kept tables, in a period; raises Refused as a run does. Of tables, those that the
    program has a source for are read, and those that the period `is_opened` with; what earlier periods paid is worked
    out by their `versions`."""
    plan = compile_plan(meaning)
    meaning = opened(meaning, is_opened)
    read = {source.table: tables[source.table] for source in meaning.sources if source.table in tables}
    ordered = {table: read[table] for table in sorted(read)}
    with reopen_facts(meaning, ordered, period, rejected) as facts:
        sheet = evaluate(plan, facts.snapshot, period, versions=versions)
        run = settle(plan, sheet, program_sha256, facts.inputs, engine_version, versions)
        yield WorkedOut(plan, sheet, facts, run)
