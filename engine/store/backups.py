"""Backups: a folder with a store of its own (`partage.db`, its blobs) and `backup.json`, which says what is in it.

A backup has its name only once it is whole, on the disk, opened anew and verified; it is never written to again, so it
may stand on a disk that can only be read. The same books give the same `backup.json`, whichever database they are in:
it names no clock, no machine and no path.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.digest import canonical
from engine.store.blobs import sync
from engine.store.contents import TABLES, Contents, Counted, Told, silent
from engine.store.database import BUSY_MS, Database
from engine.store.faults import os_fault
from engine.store.soundness import hold, verified
from engine.store.sqlite import SqliteDatabase, clean_faults
from engine.version import VERSION
from rules.problem import CheckFailed, Place, Problem, Refused

FILE, RECORD = "partage.db", "backup.json"
_RECORD_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: where it is, what is in it, and the version of the engine that wrote it."""

    folder: Path
    contents: Contents
    engine: str

    @property
    def record(self) -> Mapping[str, Any]:
        """What `backup.json` says."""
        found = self.contents
        return {
            "t": "partage/backup/1",
            "schema": found.schema,
            "engine": self.engine,
            "events": {"number": found.events, "sha256": found.head_sha256},
            "tables": {each.name: {"rows": each.rows, "sha256": each.sha256} for each in found.tables},
            "blobs": {"count": found.blobs, "sha256": found.blobs_sha256},
        }


class BackupDatabase(SqliteDatabase):
    """The database of a backup, which is only read: no file of the folder is made, changed or locked."""

    def __init__(self, folder: Path) -> None:
        self.shown = str(folder / FILE)
        self._path, self._folder = folder / FILE, folder
        self._blobs = folder / f"{FILE}.blobs"
        with clean_faults(self.shown, folder):
            self._connection = sqlite3.connect(_unchanging(folder / FILE), uri=True, isolation_level=None)


def write(source: Database, folder: Path, told: Told = silent) -> Backup:
    """Back a store up into a folder that is not there yet: one view of it, whatever is written meanwhile.

    Raises CheckFailed where the store is damaged, and Refused where something has the folder's name.
    """
    refuse_there(folder)
    with _built(folder) as new, source.reading() as reader:
        from engine.store.copying import copy

        hold(source, reader)
        with closing(SqliteDatabase(new / FILE, create=True, busy_ms=BUSY_MS)) as target:
            target.shown = str(folder / FILE)
            with target.writing() as connection:
                contents = copy(source, reader, target, connection, told)
        made = Backup(folder, contents, VERSION)
        _write(new / RECORD, canonical(made.record) + b"\n")
        _sync(new / FILE)
        sync(new)
        held(new, told)
    return made


def read(folder: Path) -> Backup:
    """What the record of a backup says, not verified; raises Refused where there is none."""
    try:
        with (folder / RECORD).open("rb") as file:
            data = file.read(_RECORD_BYTES_MAX)
    except (FileNotFoundError, NotADirectoryError):
        hint = f"name the folder that `partage backup` wrote: {RECORD} is in it"
        raise Refused(Problem("S223", "this is no backup", Place(str(folder)), hint)) from None
    except OSError as error:
        raise os_fault(error, str(folder), folder.parent) from None
    try:
        found = json.loads(data)
        tables = tuple(Counted(name, each["rows"], each["sha256"]) for name, each in found["tables"].items())
        events, blobs = found["events"], found["blobs"]
        contents = Contents(
            found["schema"], events["number"], events["sha256"], _in_order(tables), blobs["count"], blobs["sha256"]
        )
        backup = Backup(folder, contents, found["engine"])
        if canonical(backup.record) + b"\n" == data:
            return backup
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError, RecursionError):
        pass
    raise damaged(folder / RECORD, "the record of the backup is not what Partage wrote")


@contextmanager
def opened(folder: Path) -> Iterator[BackupDatabase]:
    """The database of a backup, to be read."""
    if not (folder / FILE).is_file():
        raise damaged(folder / FILE, "the database of the backup is missing")
    with closing(BackupDatabase(folder)) as database:
        yield database


def held(folder: Path, told: Told = silent) -> Backup:
    """A backup, after everything in it was held against everything else and against its record."""
    backup = read(folder)
    with opened(folder) as database:
        contents = verified(database, told)
    if contents != backup.contents:
        raise damaged(folder / FILE, "the backup does not hold what its record says")
    return backup


def refuse_there(folder: Path) -> None:
    """Nothing is ever written over: raises Refused where something has the folder's name."""
    if os.path.lexists(folder):
        hint = "name a folder that is not there yet: a backup is never written over"
        raise Refused(Problem("S222", "something of this name is there already", Place(str(folder)), hint))
    if not folder.parent.is_dir():
        hint = "make that folder first"
        raise Refused(Problem("S222", f"there is no folder {folder.parent} for it", Place(str(folder)), hint))


def damaged(path: Path, message: str) -> CheckFailed:
    """A backup that is not what was written."""
    hint = "use another backup: this one was changed or its disk is failing"
    return CheckFailed(Problem("S221", message, Place(str(path)), hint))


@contextmanager
def _built(folder: Path) -> Iterator[Path]:
    """A folder beside the one that is to be, which gets its name at the end, or is gone."""
    new = folder.parent / f".{folder.name}.new-{secrets.token_hex(8)}"
    try:
        new.mkdir()
        yield new
        refuse_there(folder)
        new.rename(folder)  # fails where somebody has put a folder with files there just now
        sync(folder.parent)
    except OSError as error:
        raise os_fault(error, str(folder), folder.parent) from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _unchanging(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=ro&immutable=1"


def _in_order(tables: tuple[Counted, ...]) -> tuple[Counted, ...]:
    names = [each.name for each in TABLES]
    return tuple(sorted(tables, key=lambda each: names.index(each.name)))
