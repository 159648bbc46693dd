"""Reopen: a kept run worked out again from its own program and facts, and held against what was kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.acts.period import period_of
from engine.acts.versions import kept_versions
from engine.digest import sha256
from engine.facts.gather import reopen_facts
from engine.facts.opened import opens_with, with_openings
from engine.facts.rejected import Rejected, from_bytes
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.store import RunRecord, Store
from engine.values import Plan, Run, Sheet
from engine.version import VERSION
from rules.load import understand
from rules.meaning import Meaning
from rules.problem import CheckFailed, Place, Problem


@dataclass(frozen=True, slots=True, eq=False)
class Reopened:
    """A kept run, worked out again: what it was kept as, and all that an explanation walks through."""

    record: RunRecord
    plan: Plan
    sheet: Sheet
    facts: Snapshot
    run: Run
    rejected: tuple[Rejected, ...]


@contextmanager
def reopen(store: Store, number: int) -> Iterator[Reopened]:
    """The run of that number, recomputed; raises CheckFailed where it is not, to the byte, the run that was kept."""
    record = store.run(number)
    data = store.blob_bytes(record.blobs["program"])
    meaning = understand(data, record.file, Path()).understood()
    period = period_of(meaning, record.period)
    kept = {
        role.removeprefix("table:"): store.blob(sha) for role, sha in record.blobs.items() if role.startswith("table:")
    }
    plan, versions = compile_plan(meaning), kept_versions(store, record)
    meaning = opened_as_kept(record, meaning, plan)
    rejected = from_bytes(store.blob_bytes(record.blobs["rejected"])) if "rejected" in record.blobs else ()
    with reopen_facts(meaning, kept, period, rejected) as facts:
        sheet = evaluate(plan, facts.snapshot, period, versions=versions)
        run = settle(plan, sheet, sha256(data), facts.inputs, record.engine, versions)
        if run.run_id != record.run_id:
            message = f"run {number} comes out as {run.run_id[:12]}, and was kept as {record.run_id[:12]}"
            hint = f"it was worked out by engine {record.engine}, and this is {VERSION}; recompute it with that version"
            raise CheckFailed(Problem("S130", message, Place(), hint))
        yield Reopened(record, plan, sheet, facts.snapshot, run, tuple(rejected))


def opened_as_kept(record: RunRecord, meaning: Meaning, plan: Plan) -> Meaning:
    """What a run's program means, with the tables that the run opened with where it was given any."""
    return with_openings(meaning, opens_with(plan)) if "opening" in record.blobs else meaning


@contextmanager
def reopen_run(store: Path | str, number: int) -> Iterator[Reopened]:
    """The run of that number in the store at a path, recomputed."""
    with Store.open(store, create=False) as books, reopen(books, number) as run:
        yield run
