"""SQLite: the database of a store that is a file, and what each of its failures means to the user.

In: a path. Out: a database, whose connections have the settings below, read back. Its blobs stand beside it in a
folder. Python's own
handling of transactions is off; a write begins with BEGIN IMMEDIATE, so that it waits for its turn at the start and
never fails half-way for a lock. SQLAlchemy is imported by who writes alone: to read a run takes less time than that.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from engine.store import blobs
from engine.store.database import BUSY_MS, Reader
from engine.store.faults import busy, no_folder, no_write, os_fault
from engine.store.sqlite_load import load
from rules.problem import PartageError, Place, Problem, Refused, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from engine.store.bulk import Columns

APPLICATION_ID = 0x50544745  # "PTGE": how a store is told from any other SQLite file
SETTINGS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit is on the disk when it is told
    "foreign_keys": 1,
    "recursive_triggers": 1,  # REPLACE fires the triggers that refuse a removal
    "busy_timeout": BUSY_MS,
}

# A schema that lost a name is no error of pages to SQLite; a text that is none is one to Python alone.
_WORDS_OF_DAMAGE = ("no such table", "no such column", "unsupported file format", "Could not decode to UTF-8")


class SqliteDatabase:
    """A file of SQLite, and the folder of the same name + `.blobs`: see `engine.store.database`."""

    def __init__(self, address: Path, create: bool, busy_ms: int) -> None:
        self.shown = str(address)
        self._create, self._busy_ms = create, busy_ms
        self._folder = address.parent
        with self._clean_faults():
            # SQLite keeps its log beside the file that a link leads to; the blobs belong there too.
            path = Path(os.path.realpath(address))
            _refuse_what_is_no_store(path, self.shown, create)
            self._path, self._folder = path, path.parent
            self._blobs = path.with_name(path.name + ".blobs")
            self._connection = connect(path, self.shown, create, busy_ms)

    @property
    def login(self) -> str:
        """Who logged in: nobody does, into a file."""
        return ""

    @cached_property
    def _engine(self) -> Engine:
        return open_engine(self._path, self.shown, self._create, self._busy_ms)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One view of the database, whatever others write meanwhile."""
        with self._clean_faults():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                if self._connection.in_transaction:  # some failures have ended it
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, alone among writers from its start: all of it is kept, or nothing."""
        with self._clean_faults(), self._engine.connect() as connection, connection.begin():
            yield connection

    def reader_of(self, connection: Connection) -> sqlite3.Connection:
        """What queries are asked of inside a transaction that writes."""
        below = connection.connection.driver_connection
        assert isinstance(below, sqlite3.Connection), "the engine connects to SQLite"
        return below

    def load(self, connection: Connection, table: str, columns: Sequence[str], chunks: Iterable[Columns]) -> None:
        """Add rows, which come in chunks of columns: see `engine.store.sqlite_load`."""
        load(self.reader_of(connection), table, columns, chunks)

    def has_table(self, reader: Reader, name: str) -> bool:
        """Whether there is a table of this name."""
        return bool(reader.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name]).fetchall())

    def mark(self, connection: Connection) -> None:
        """Note in the file's head that it is a store."""
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")

    def put(self, content: bytes | Path) -> str:
        """Keep bytes, or those of a file, and give their digest."""
        with self._clean_faults():
            return blobs.put(self._blobs, content)

    def holds(self, sha256: str) -> bool:
        """Whether a blob of this name is there, whatever its bytes are."""
        with self._clean_faults():
            return blobs.path_of(self._blobs, sha256).exists()

    def verified(self, sha256: str) -> Path:
        """The path of a blob, whose bytes were hashed again just now."""
        with self._clean_faults():
            return blobs.verified(self._blobs, sha256)

    def verified_bytes(self, sha256: str) -> bytes:
        """The bytes of a blob, hashed again just now."""
        with self._clean_faults():
            return blobs.verified_bytes(self._blobs, sha256)

    def present(self, sha256: str) -> Path:
        """The path of a blob that is there, not hashed again."""
        with self._clean_faults():
            return blobs.present(self._blobs, sha256)

    def blob_names(self, reader: Reader) -> list[str]:
        """The names of all blobs, sorted: blobs are kept before what rests on them, so `reader` has begun first."""
        reader.execute("SELECT count(*) FROM sqlite_master").fetchall()  # a view begins when it is read first
        with self._clean_faults():
            return blobs.names(self._blobs)

    @contextmanager
    def borrowed(self, sha256: str) -> Iterator[Path]:
        """The path of a blob, whose bytes were hashed again just now."""
        yield self.verified(sha256)

    def put_with(self, connection: Connection, path: Path) -> str:
        """Keep the bytes of a file; a transaction that fails leaves them to no run."""
        return self.put(path)

    def check(self, reader: Reader) -> None:
        """Raise Unavailable where SQLite finds a fault in its own pages."""
        if reader.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
            raise _damaged(Place(self.shown))

    def close(self) -> None:
        """Give the database back; the last one to close also clears its log."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
        self._connection.close()

    @contextmanager
    def _clean_faults(self) -> Iterator[None]:
        with clean_faults(self.shown, self._folder):
            yield


def open_engine(path: Path, shown: str, create: bool, busy_ms: int = BUSY_MS) -> Engine:
    """An engine on the file; with `create` the file is made when it does not exist yet."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    def connected() -> sqlite3.Connection:
        return connect(path, shown, create, busy_ms)

    engine = create_engine("sqlite://", creator=connected, poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def clean_faults(shown: str, folder: Path) -> Iterator[None]:
    """Turn what a database or a disk raises into a `PartageError`; faults of the code itself pass through."""
    try:
        yield
    except OSError as error:
        raise os_fault(error, shown, folder) from None
    except Exception as error:
        cause = getattr(error, "orig", error)  # SQLAlchemy brings what SQLite raised along
        if isinstance(cause, UnicodeDecodeError):  # of a message of SQLite that names what a damaged schema holds
            raise _damaged(Place(shown)) from None
        if not isinstance(cause, sqlite3.Error):
            raise
        raise _fault(cause, shown, folder) or error from None


def connect(path: Path, shown: str, create: bool, busy_ms: int = BUSY_MS) -> sqlite3.Connection:
    """A connection to the file, with the settings; the file is made, or not, as in `open_engine`."""
    uri = f"file:{quote(str(path))}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, timeout=busy_ms / 1000, isolation_level=None, check_same_thread=False)
    try:
        _refuse_what_is_not_ours(connection, shown, create)
        _set_wal(connection, busy_ms)
        for name, value in (SETTINGS | {"busy_timeout": busy_ms}).items():
            if name != "journal_mode":
                connection.execute(f"PRAGMA {name} = {value}")
            (found,) = connection.execute(f"PRAGMA {name}").fetchone()
            if found != value:
                message = f"the database does not take the setting {name} = {value}: it stays {found}"
                hint = "put the store on a local disk: network folders often lack what SQLite's log needs"
                raise Unavailable(Problem("S207", message, Place(shown), hint))
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_what_is_not_ours(connection: sqlite3.Connection, shown: str, create: bool) -> None:
    """Before the first setting, as the log's is kept in the file itself: nobody else's database is touched."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application_id != APPLICATION_ID and (application_id or tables):
        hint = "name the file of a Partage store, or a file that does not exist yet"
        raise Refused(Problem("S202", "this database belongs to other software", Place(shown), hint))
    if not tables and not create:
        hint = "`partage run` makes a store with its first run"
        raise Refused(Problem("S201", "the file is empty: there is no store here", Place(shown), hint))


def _set_wal(connection: sqlite3.Connection, busy_ms: int) -> None:
    """Turn the write-ahead log on. Where two do it at once on a new file, SQLite fails one without its busy timeout."""
    until = time.monotonic() + busy_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _fault(error: BaseException, shown: str, folder: Path) -> PartageError | None:
    """What an error of SQLite means to the user; None where it is a fault of the code."""
    place = Place(shown)
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy(shown)
        case sqlite3.SQLITE_NOTADB:
            hint = "name the file of a Partage store; if it was one, restore it from a backup"
            return Refused(Problem("S202", "this file is not a database", place, hint))
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return no_folder(place, "the database or its folder may not be written")
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return no_write(place, folder, str(error))
        case sqlite3.SQLITE_CORRUPT:
            return _damaged(place)
    if str(error).startswith(_WORDS_OF_DAMAGE):
        return _damaged(place)
    return None


def _damaged(place: Place) -> Unavailable:
    hint = "restore the store and its blobs from a backup"
    return Unavailable(Problem("S208", "the database file is damaged", place, hint))


def _refuse_what_is_no_store(path: Path, shown: str, create: bool) -> None:
    if path.exists() and not path.is_file():
        hint = f"name a file, such as {Path(shown) / 'partage.db'}" if path.is_dir() else "name an ordinary file"
        raise Refused(Problem("S202", "a store is a file, and this is none", Place(shown), hint))
    if not create and not path.exists():
        hint = "check the path; `partage run` makes a store with its first run"
        raise Refused(Problem("S201", "there is no store here", Place(shown), hint))
    if not path.parent.is_dir():
        raise Refused(Problem("S201", "the folder of the store does not exist", Place(shown), "make the folder first"))
