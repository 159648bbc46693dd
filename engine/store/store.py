"""The store's face: open it, keep a run, read runs and blobs back.

A run is kept in two moves: its blobs first, then one transaction that adds the run and names the blobs. A command that
dies in between leaves blobs without a run, which nobody sees; so a run is either all there or not at all. SQLModel is
imported where something is written, as a command that only reads should not wait for it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from engine.digest import canonical
from engine.store import blobs as blob_files, runs as kept_runs
from engine.store.acceptance import Acceptance
from engine.store.migrate import is_at_head, upgrade
from engine.store.record import RunRecord
from engine.store.sqlite import BUSY_MS, clean_faults, connect, open_engine
from engine.values import frozen
from rules.problem import Place, Problem, Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlmodel import Session


class Store:
    """An open store: the database at `path`, its blobs in the folder `path` + `.blobs`. Use it in a `with`.

    Every failure of the disk or the database is a `PartageError`: `Conflict` where another command is writing,
    `Unavailable` for the environment, `CheckFailed` where what is read is not what was kept.
    """

    def __init__(self, path: Path, shown: str, connection: sqlite3.Connection, engine: Callable[[], Engine]) -> None:
        self._shown = shown
        self._folder = path.parent
        self._blobs = path.with_name(path.name + ".blobs")
        self._connection, self._open_engine = connection, engine

    @cached_property
    def _engine(self) -> Engine:
        return self._open_engine()

    @classmethod
    def open(cls, path: Path, create: bool = True, busy_ms: int = BUSY_MS) -> Store:
        """Open the store at `path`, and make it where there is none and `create` says so; its schema is brought to the
        head. A writer waits at most `busy_ms` for another one."""
        shown = str(path)
        with clean_faults(shown, path.parent):
            # SQLite keeps its log beside the file that a link leads to; the blobs belong there too.
            path = Path(os.path.realpath(path))
            _refuse_what_is_no_store(path, shown, create)
            engine = partial(open_engine, path, shown, create, busy_ms)
            store = cls(path, shown, connect(path, shown, create, busy_ms), engine)
        try:
            store._bring_to_head()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Give the database back; the last one to close also clears its log."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
        self._connection.close()

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
        with self._reading() as connection:
            earlier = kept_runs.same(connection, record, self._shown)
        if earlier is not None:
            return earlier
        from engine.store import writing

        kept = replace(record, blobs=self._put(record.blobs, blobs))
        with self._session(is_write=True) as session, self._reading() as connection:
            earlier = kept_runs.same(connection, record, self._shown)  # another process may have been first
            return earlier if earlier is not None else writing.add_run(session, kept)

    def run(self, number: int) -> RunRecord:
        """The run of that number; raises Refused where there is none."""
        with self._reading() as connection:
            found = kept_runs.run(connection, number, self._shown)
            last = kept_runs.last_number(connection)
        if found is not None:
            return found
        message = f"there is no run {number}: " + (f"runs 1 to {last} are kept" if last else "no run is kept yet")
        hint = "`partage show` shows the latest run" if last else "`partage run` calculates and keeps one"
        raise Refused(Problem("S210", message, Place(self._shown), hint))

    def runs(self) -> tuple[RunRecord, ...]:
        """All runs, in the order in which they were kept."""
        with self._reading() as connection:
            return kept_runs.runs(connection, self._shown)

    def latest(self) -> RunRecord | None:
        """The run that was kept last; None in an empty store."""
        with self._reading() as connection:
            return kept_runs.run(connection, kept_runs.last_number(connection), self._shown)

    def accept(self, acceptance: Acceptance, document: bytes) -> Acceptance:
        """Keep an acceptance and the bytes of the plan that was read, and give it back with its number.

        One of the same version by the same partner that was kept before is given back unchanged.
        """
        assert acceptance.number == 0, "the store numbers acceptances"
        from engine.store import writing

        self._put({"document": acceptance.document_sha256}, {"document": document})
        with self._session(is_write=True) as session:
            earlier = writing.found(session, acceptance)
            return earlier if earlier is not None else writing.add_acceptance(session, acceptance)

    def acceptances(self) -> tuple[Acceptance, ...]:
        """All acceptances, in the order in which they were recorded."""
        from engine.store import writing

        with self._session() as session:
            return writing.acceptances(session)

    def blob(self, sha256: str) -> Path:
        """The path of a blob, whose bytes were hashed again just now; raises CheckFailed where they differ."""
        with clean_faults(self._shown, self._folder):
            return blob_files.verified(self._blobs, sha256)

    def blob_bytes(self, sha256: str) -> bytes:
        """The bytes of a blob, hashed again just now; raises CheckFailed where they differ."""
        with clean_faults(self._shown, self._folder):
            return blob_files.verified_bytes(self._blobs, sha256)

    def blob_path(self, sha256: str) -> Path:
        """The path of a blob, not hashed again: for who reads a part, and holds what comes of it against the run."""
        with clean_faults(self._shown, self._folder):
            return blob_files.present(self._blobs, sha256)

    def _bring_to_head(self) -> None:
        with self._reading() as connection:
            if is_at_head(connection, self._shown):
                return
        with self._connected(is_write=True) as connection:
            upgrade(connection, self._shown)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One view of the database, whatever others write meanwhile."""
        with clean_faults(self._shown, self._folder):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                if self._connection.in_transaction:  # some failures have ended it
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _connected(self, is_write: bool) -> Iterator[Connection]:
        with (
            clean_faults(self._shown, self._folder),
            self._engine.connect().execution_options(is_write=is_write) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _session(self, is_write: bool = False) -> Iterator[Session]:
        """One transaction: all of it or nothing."""
        from sqlmodel import Session

        with self._connected(is_write) as connection, Session(connection) as session:
            yield session
            session.flush()

    def _put(self, named: Mapping[str, str], blobs: Mapping[str, bytes | Path]) -> Mapping[str, str]:
        digests = dict(named)
        with clean_faults(self._shown, self._folder):
            for role, content in blobs.items():
                digest = blob_files.put(self._blobs, content)
                assert digests.setdefault(role, digest) == digest, f"the blob {role} is not what the record names"
            for role in named.keys() - blobs.keys():
                blob_files.verified(self._blobs, named[role])
        return frozen(digests)


def _refuse_what_is_no_store(path: Path, shown: str, create: bool) -> None:
    if path.exists() and not path.is_file():
        hint = f"name a file, such as {Path(shown) / 'partage.db'}" if path.is_dir() else "name an ordinary file"
        raise Refused(Problem("S202", "a store is a file, and this is none", Place(shown), hint))
    if not create and not path.exists():
        hint = "check the path; `partage run` makes a store with its first run"
        raise Refused(Problem("S201", "there is no store here", Place(shown), hint))
    if not path.parent.is_dir():
        raise Refused(Problem("S201", "the folder of the store does not exist", Place(shown), "make the folder first"))
