"""What is locked of a program: each period as it was last stated, and what late data changes of it.

A period was locked with a run, and every cycle that was locked since stated it anew: on the tables that were imported
then, with a batch where those changed anything. Nothing here writes: batches are values until a cycle takes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.acts.books.opening import opening_rows
from engine.acts.true_up import Seen, true_up
from engine.acts.versions import LockedProgram, kept_versions
from engine.ledger import Books
from engine.store import RunRecord, Store
from engine.values.closing import Closing, closing_from
from engine.values.late import Change
from engine.values.true_up import Batch, Stated, batch_from


@dataclass(frozen=True, slots=True)
class TruedUp:
    """What an import changes of locked periods: a batch for each that it changes, in the order of the periods; and what
    the next period opens with, None where nothing was ever locked or loaded."""

    batches: tuple[Batch, ...]
    opening: Closing | None


@dataclass(frozen=True, slots=True, eq=False)
class _Locked:
    """A locked run and the batches of its period so far."""

    run: RunRecord
    batches: tuple[Batch, ...]


def is_opened_by_books(store: Store, books: Books, program: str) -> bool:
    """Whether the next period of a program opens with what stands in the books."""
    return bool(books.locked(program)) or opening_rows(store, books, program) is not None


def trued_up(store: Store, books: Books, program: str, now: Mapping[str, Path]) -> TruedUp:
    """What the tables `now` change of each locked period of a program, one after the other: each opens with what the
    one before closes with by then."""
    batches: list[Batch] = []
    told: dict[Change, None] = {}
    seen: Seen = {}
    opening = opening_rows(store, books, program)
    for each in _stated(store, books, program):
        batch = true_up(each, now, opening if each.opening is not None else None, told, seen=seen)
        if batch is not None and (len(batch.lines) or batch.closings or batch.pools or batch.records):
            batches.append(batch)
            told |= dict.fromkeys(batch.records)
            each = replace(each, closing=_changed(each.closing, batch))
        opening = each.closing
    return TruedUp(tuple(batches), opening)


def locked_programs(store: Store, books: Books, program: str) -> tuple[LockedProgram, ...]:
    """The program that each locked period of it was locked with."""
    return tuple(
        LockedProgram(each.run.period, store.blob_bytes(each.run.blobs["program"]), each.run.file)
        for each in _runs(store, books, program)
    )


def _stated(store: Store, books: Books, program: str) -> Iterator[Stated]:
    """The locked periods of a program as they were last stated, in their order."""
    locked = books.locked(program)
    if not locked:
        return
    tables = {name: store.blob(sha) for name, sha in locked[-1].calculations[program].tables.items()}
    before = opening_rows(store, books, program)
    for each in _runs(store, books, program):
        closing = _kept_closing(store, each.run, "closing")
        for batch in each.batches:
            closing = _changed(closing, batch)
        yield Stated(
            program=store.blob_bytes(each.run.blobs["program"]),
            file=each.run.file,
            period=each.run.period,
            tables=tables,
            lines=store.blob(each.run.blobs["lines"]),
            opening=before if "opening" in each.run.blobs else None,
            closing=closing,
            batches=each.batches,
            sizes_minor=_sizes(each),
            versions=kept_versions(store, each.run),
        )
        before = closing


def _runs(store: Store, books: Books, program: str) -> Iterator[_Locked]:
    """The locked runs of a program in the order of their periods, each with the batches of its period."""
    found: dict[str, _Locked] = {}
    for cycle in books.locked(program):
        each = cycle.calculations[program]
        if each.run_id:
            run = store.run_by_id(each.run_id, "official")
            assert run is not None, "what was locked is kept"
            found[run.period] = _Locked(run, ())
        for sha256 in each.batches:
            batch = batch_from(store.blob_bytes(sha256))
            earlier = found[batch.period]
            found[batch.period] = replace(earlier, batches=(*earlier.batches, batch))
    yield from found.values()


def _sizes(locked: _Locked) -> Mapping[str, int]:
    """How large the pools of a period were by its last statement, in minor units."""
    pools = json.loads(locked.run.manifest)["pools"]
    found = {name: int(books["size_minor"]) for name, books in pools.items()}
    return found | {each.pool: each.after_minor for batch in locked.batches for each in batch.pools}


def _kept_closing(store: Store, run: RunRecord, role: str) -> Closing | None:
    return closing_from(store.blob_bytes(run.blobs[role])) if role in run.blobs else None


def _changed(closing: Closing | None, batch: Batch) -> Closing | None:
    return None if closing is None else closing.with_changes(batch.closings)
