"""SQLite: how a store's file is opened, and what each of its failures means to the user.

In: a path. Out: a connection, or an SQLAlchemy engine of them; all have the settings below, read back. Python's own
handling of transactions is off; a write begins with BEGIN IMMEDIATE, so that it waits for its turn at the start and
never fails half-way for a lock. SQLAlchemy is imported by who writes alone: to read a run takes less time than that.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rules.problem import Conflict, PartageError, Place, Problem, Refused, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

APPLICATION_ID = 0x50544745  # "PTGE": how a store is told from any other SQLite file
BUSY_MS = 10_000
SETTINGS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_MS}  # 2 is FULL


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
        raise _os_fault(error, shown, folder) from None
    except Exception as error:
        cause = getattr(error, "orig", error)  # SQLAlchemy brings what SQLite raised along
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
    is_write = connection.get_execution_options().get("is_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _fault(error: BaseException, shown: str, folder: Path) -> PartageError | None:
    """What an error of SQLite means to the user; None where it is a fault of the code."""
    place = Place(shown)
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            hint = "nothing was written: run the command again when the other one has ended"
            return Conflict(Problem("S205", "another command is writing to the store", place, hint))
        case sqlite3.SQLITE_NOTADB:
            hint = "name the file of a Partage store; if it was one, restore it from a backup"
            return Refused(Problem("S202", "this file is not a database", place, hint))
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return _no_access(place, "the database or its folder may not be written")
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return _no_write(place, folder, str(error))
        case sqlite3.SQLITE_CORRUPT:
            hint = "restore the store and its blobs from a backup"
            return Unavailable(Problem("S208", "the database file is damaged", place, hint))
    return None


def _os_fault(error: OSError, shown: str, folder: Path) -> PartageError:
    place = Place(str(error.filename or shown))
    reason = (error.strerror or str(error)).lower()
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOENT):
        return _no_access(place, reason)
    return _no_write(place, folder, reason)


def _no_access(place: Place, reason: str) -> Unavailable:
    hint = "a store needs a folder that may be written, for its log and its blobs: check the path and its rights"
    return Unavailable(Problem("S203", f"cannot use the store: {reason}", place, hint))


def _no_write(place: Place, folder: Path, reason: str) -> Unavailable:
    free_bytes = shutil.disk_usage(folder).free
    hint = f"the disk has {free_bytes:,} bytes free; nothing was kept, so mend the cause and run the command again"
    return Unavailable(Problem("S204", f"cannot write to the store: {reason}", place, hint))
