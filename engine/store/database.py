"""What the store asks of a database, whichever it is: one view to read, one transaction to write, bytes by digest.

`engine.store.sqlite` and `engine.store.postgres` answer it. Every failure comes out as a `PartageError`, but for two
that `written` deals with: a transaction that is to be tried again, and a connection that broke while it was committed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rules.problem import Conflict, Place, Problem, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.bulk import Columns

BUSY_MS = 10_000
RETRIES_MAX = 5
_PAUSE_SECONDS = 0.05

T = TypeVar("T")


class Found(Protocol):
    """The rows that a query found."""

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Reader(Protocol):
    """What a query is asked of; parameters stand as `?` in it."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Found: ...


class Database(Protocol):
    """An open database and the blobs that belong to it; `shown` is how it is named in messages."""

    shown: str

    @property
    def login(self) -> str:
        """Who logged in, as a server says; "" where nobody does."""

    def reading(self) -> AbstractContextManager[Reader]:
        """One view of the database, whatever others write meanwhile."""

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction, alone among writers from its start: all of it is kept, or nothing."""

    def reader_of(self, connection: Connection) -> Reader:
        """What queries are asked of inside a transaction that writes."""

    def load(self, connection: Connection, table: str, columns: Sequence[str], chunks: Iterable[Columns]) -> None:
        """Add rows, which come in chunks of columns, as fast as the database takes them."""

    def has_table(self, reader: Reader, name: str) -> bool:
        """Whether there is a table of this name."""

    def mark(self, connection: Connection) -> None:
        """Note that the tables are those of a store, so that nobody else's are ever taken for them."""

    def put(self, content: bytes | Path) -> str:
        """Keep bytes, or those of a file, and give their digest."""

    def holds(self, sha256: str) -> bool:
        """Whether a blob of this name is there, whatever its bytes are."""

    def verified(self, sha256: str) -> Path:
        """The path of a blob, whose bytes were hashed again just now."""

    def verified_bytes(self, sha256: str) -> bytes:
        """The bytes of a blob, hashed again just now."""

    def present(self, sha256: str) -> Path:
        """The path of a blob that is there, not hashed again where that takes time."""

    def blob_names(self, reader: Reader) -> list[str]:
        """The names of all blobs, sorted; those that what `reader` sees rests on are among them."""

    def borrowed(self, sha256: str) -> AbstractContextManager[Path]:
        """The path of a blob whose bytes were hashed just now, for as long as it is used."""

    def put_with(self, connection: Connection, path: Path) -> str:
        """Keep the bytes of a file, with what a transaction writes where the database keeps blobs itself."""

    def check(self, reader: Reader) -> None:
        """Raise Unavailable where the database finds by itself that it is damaged."""

    def close(self) -> None:
        """Give the database back."""


class TryAgain(Exception):
    """A transaction that another one stood in the way of: nothing was kept, and it may be tried again."""


class LostAtCommit(Exception):
    """The connection broke while a transaction was committed: whether it was kept must be asked."""


def written(
    database: Database, work: Callable[[Connection], T], known: Callable[[Reader], T | None], key: str | None = None
) -> T:
    """What `work` gives, done in one transaction; `known` finds what an earlier or a lost transaction has kept. `key`
    is what a command of its own has its effect once by: see `undecided`."""
    for left in reversed(range(RETRIES_MAX + 1)):
        try:
            with database.writing() as connection:
                return work(connection)
        except TryAgain:
            if not left:
                hint = "nothing was written: run the command again when the other one has ended"
                message = "other commands kept writing to the store at the same time"
                raise Conflict(Problem("S205", message, Place(database.shown), hint)) from None
            time.sleep(random.uniform(0, _PAUSE_SECONDS * (RETRIES_MAX - left + 1)))
        except LostAtCommit:
            return _told_after_all(database, known, key)
    raise AssertionError("the last try ends above")


def _told_after_all(database: Database, known: Callable[[Reader], T | None], key: str | None) -> T:
    """What was kept by a transaction whose end was not heard. The lock of writers is waited for, since the database may
    be about to commit it still."""
    from engine.store.faults import lost, undecided

    try:
        with database.writing() as connection:
            found = known(database.reader_of(connection))
    except (Unavailable, Conflict, TryAgain, LostAtCommit):
        raise undecided(database.shown, key) from None
    if found is None:
        raise lost(database.shown)
    return found
