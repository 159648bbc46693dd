"""The store's face: open it, keep a run, record an event, read what was kept.

A run is kept in two moves: its blobs first, then one transaction that adds the run and names the blobs. A command that
dies in between leaves blobs without a run, which nobody sees; so a run is either all there or not at all. SQLModel is
imported where something is written, as a command that only reads should not wait for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from engine.digest import canonical
from engine.store import (
    acceptances as kept_acceptances,
    lines as kept_lines,
    postings as kept_postings,
    runs as kept_runs,
)
from engine.store.acceptance import Acceptance
from engine.store.address import open_database
from engine.store.contents import broken
from engine.store.database import BUSY_MS, Database, Reader, written
from engine.store.events import Log
from engine.store.migrate import bring_to_head
from engine.store.recording import record
from engine.values import Line, frozen
from engine.values.draft import Draft, Recorded
from engine.values.event import Command, Event
from engine.values.posting import Owed, Posted
from engine.values.record import RunRecord
from rules.problem import Place, Problem, Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Store:
    """An open store: a file of SQLite with its blobs beside it, or a database of PostgreSQL. Use it in a `with`.

    Every failure of the disk or the database is a `PartageError`: `Conflict` where another command is writing,
    `Unavailable` for the environment, `CheckFailed` where what is read is not what was kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shown = database.shown
        self._log = Log(database.shown)

    @classmethod
    def open(cls, address: Path | str, create: bool = True, busy_ms: int = BUSY_MS) -> Store:
        """Open the store at `address`: the path of a file, or `postgresql://USER@HOST/DATABASE`.

        It is made where there is none and `create` says so, and its schema is brought to the head. A writer waits at
        most `busy_ms` for another one.
        """
        database = open_database(address, create, busy_ms)
        try:
            bring_to_head(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @property
    def login(self) -> str:
        """Who logged in, as the server of PostgreSQL says; "" of a file, into which nobody logs in."""
        return self._database.login

    def close(self) -> None:
        """Give the database back."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def keep(self, record: RunRecord, blobs: Mapping[str, bytes | Path]) -> RunRecord:
        """Keep a run and its blobs, by role, and give it back with its number: 1, 2, 3 and so on, without a gap.

        A blob is bytes or the path of a file. Digests that the record names already are held against them; a role
        without bytes must be in the store. A run that was kept before (same `run_id` and kind) is given back unchanged.
        """
        assert record.number == 0, "the store numbers runs"
        assert canonical(json.loads(record.manifest)) == record.manifest, "a manifest is canonical JSON"
        earlier = self.run_by_id(record.run_id, record.kind)
        if earlier is not None:
            return earlier
        kept = replace(record, blobs=self._put(record.blobs, blobs))

        def known(reader: Reader) -> RunRecord | None:
            return kept_runs.by_id(reader, record.run_id, record.kind, self._shown)

        def work(connection: Connection) -> RunRecord:
            from engine.store import writing

            earlier = known(self._database.reader_of(connection))  # another process may have been first
            return earlier if earlier is not None else writing.add_run(connection, kept)

        return written(self._database, work, known)

    def run(self, number: int) -> RunRecord:
        """The run of that number; raises Refused where there is none."""
        with self._database.reading() as reader:
            found = kept_runs.run(reader, number, self._shown)
            last = kept_runs.last_number(reader)
        if found is not None:
            return found
        message = f"there is no run {number}: " + (f"runs 1 to {last} are kept" if last else "no run is kept yet")
        hint = "`partage show` shows the latest run" if last else "`partage run` calculates and keeps one"
        raise Refused(Problem("S210", message, Place(self._shown), hint))

    def run_by_id(self, run_id: str, kind: str) -> RunRecord | None:
        """The run of this id and kind, if it is kept."""
        with self._database.reading() as reader:
            return kept_runs.by_id(reader, run_id, kind, self._shown)

    def runs(self) -> tuple[RunRecord, ...]:
        """All runs, in the order in which they were kept."""
        with self._database.reading() as reader:
            return kept_runs.runs(reader, self._shown)

    def latest(self) -> RunRecord | None:
        """The run that was kept last; None in an empty store."""
        with self._database.reading() as reader:
            return kept_runs.run(reader, kept_runs.last_number(reader), self._shown)

    def accept(self, acceptance: Acceptance, document: bytes) -> Acceptance:
        """Keep an acceptance and the bytes of the plan that was read, and give it back with its number.

        One of the same version by the same partner that was kept before is given back unchanged.
        """
        assert acceptance.number == 0, "the store numbers acceptances"
        self._put({"document": acceptance.document_sha256}, {"document": document})

        def known(reader: Reader) -> Acceptance | None:
            return kept_acceptances.same(reader, acceptance)

        def work(connection: Connection) -> Acceptance:
            from engine.store import writing

            earlier = known(self._database.reader_of(connection))
            return earlier if earlier is not None else writing.add_acceptance(connection, acceptance)

        return written(self._database, work, known)

    def acceptances(self) -> tuple[Acceptance, ...]:
        """All acceptances, in the order in which they were recorded."""
        with self._database.reading() as reader:
            return kept_acceptances.acceptances(reader)

    def record(self, command: Command, decide: Callable[[Sequence[Event]], Draft]) -> Recorded:
        """Record what a command does: its event, and the runs, lines and postings that come with it, or none of them.

        `decide` is given all events, and is asked again where the database could not finish; it must have no effect of
        its own. The same key with the same request has one effect, and gives the event that it had; with another
        request it is Refused. A Conflict that `decide` raises is recorded as an event `refused` without a key, then
        raised; whatever else it raises leaves no trace.
        """
        return record(self._database, self._log, command, decide)

    def events(self) -> tuple[Event, ...]:
        """All events in their order; raises CheckFailed where the chain or the bytes of one were changed."""
        with self._database.reading() as reader:
            return self._log.read(reader)

    def line_rows(self, number: int) -> Iterator[tuple[int, Line]]:
        """The lines of a run that are kept as rows for who asks by SQL, each with its number; those of a run that no
        locked cycle pays are not."""
        after = 0
        while True:
            with self._database.reading() as reader:
                found = kept_lines.page(reader, number, after)
            if not found:
                return
            yield from found
            after = found[-1][0]

    def postings(self, cycle: str | None = None) -> Iterator[Posted]:
        """All postings, or those of a cycle, in the order of their events; those added meanwhile are left out."""
        with self._database.reading() as reader:
            last = kept_postings.last_event(reader)
        after = (0, 0)
        while True:
            with self._database.reading() as reader:
                found, after = kept_postings.page(reader, cycle, after, last)
            if not found:
                return
            yield from found

    def hold_postings(self) -> None:
        """Hold all postings against the events that bind them; raises CheckFailed where one was changed, added or
        taken out. Who pays by them asks this first."""
        with self._database.reading() as reader:  # in one view: others may post meanwhile
            wrong = kept_postings.held(kept_postings.every(reader), self._log.read(reader))
        if wrong is not None:
            message = f"the postings of event {wrong} are not those that it was recorded with"
            raise broken(self._database.shown, message)

    def owed(self, as_of: date | None = None) -> tuple[Owed, ...]:
        """What postings come to by payee, program, currency and kind; those that count up to a day, or all."""
        with self._database.reading() as reader:
            return kept_postings.owed(reader, as_of)

    def put(self, content: bytes | Path) -> str:
        """Keep bytes, or those of a file, and give their digest: what a run or an event names must be kept before."""
        return self._database.put(content)

    def blob(self, sha256: str) -> Path:
        """The path of a blob, whose bytes were hashed again just now; raises CheckFailed where they differ.

        With PostgreSQL it is a copy, which is gone when the store is closed.
        """
        return self._database.verified(sha256)

    def blob_bytes(self, sha256: str) -> bytes:
        """The bytes of a blob, hashed again just now; raises CheckFailed where they differ."""
        return self._database.verified_bytes(sha256)

    def blob_path(self, sha256: str) -> Path:
        """The path of a blob, not hashed again: for who reads a part, and holds what comes of it against the run."""
        return self._database.present(sha256)

    def _put(self, named: Mapping[str, str], blobs: Mapping[str, bytes | Path]) -> Mapping[str, str]:
        digests = dict(named)
        for role, content in blobs.items():
            digest = self._database.put(content)
            assert digests.setdefault(role, digest) == digest, f"the blob {role} is not what the record names"
        for role in named.keys() - blobs.keys():
            self._database.verified(named[role])
        return frozen(digests)
