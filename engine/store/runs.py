"""Runs as the store has them, read back: by their number, the latest, or all.

In: a connection of SQLite's own. Out: records, whose manifests were hashed again. A command that explains one number
reads one run, and spends no time on SQLAlchemy; what writes is in `engine.store.writing`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from engine.digest import sha256
from engine.store.record import RunRecord
from engine.values import frozen
from rules.problem import CheckFailed, Place, Problem

COLUMNS = [each.name for each in fields(RunRecord) if each.name != "blobs"]
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM run"


def run(connection: sqlite3.Connection, number: int, shown: str) -> RunRecord | None:
    """The run of that number, if there is one."""
    rows = connection.execute(f"{_SELECT} WHERE number = ?", [number]).fetchall() if 0 < number < 2**63 else []
    return _record(connection, rows[0], shown) if rows else None


def runs(connection: sqlite3.Connection, shown: str) -> tuple[RunRecord, ...]:
    """All runs, in the order of their numbers."""
    rows = connection.execute(f"{_SELECT} ORDER BY number").fetchall()
    return tuple(_record(connection, row, shown) for row in rows)


def same(connection: sqlite3.Connection, record: RunRecord, shown: str) -> RunRecord | None:
    """The run that was kept with the same id and kind, if there is one."""
    asked = [record.run_id, record.kind]
    rows = connection.execute(f"{_SELECT} WHERE run_id = ? AND kind = ?", asked).fetchall()
    return _record(connection, rows[0], shown) if rows else None


def last_number(connection: sqlite3.Connection) -> int:
    """The number of the latest run; 0 where none is kept."""
    ((number,),) = connection.execute("SELECT coalesce(max(number), 0) FROM run").fetchall()
    return int(number)


def _record(connection: sqlite3.Connection, row: tuple[Any, ...], shown: str) -> RunRecord:
    """The value of a row, whose manifest is hashed again."""
    values = dict(zip(COLUMNS, row, strict=True))
    manifest, number, run_id = values["manifest"], values["number"], str(values["run_id"])
    if not isinstance(manifest, bytes) or sha256(manifest) != run_id:  # a hand can put text there
        message = f"the manifest of run {number} is not what its id {run_id[:12]} is the digest of"
        hint = "the database was changed by hand: restore it from a backup"
        raise CheckFailed(Problem("S211", message, Place(shown), hint))
    query = "SELECT role, sha256 FROM run_blob WHERE run_number = ? ORDER BY role"
    blobs = dict(connection.execute(query, [number]).fetchall())
    # SQLite keeps no zone with a time: it is UTC, as it was when it went in.
    created_at = datetime.fromisoformat(str(values.pop("created_at"))).replace(tzinfo=UTC)
    return RunRecord(**values, created_at=created_at, blobs=frozen(blobs))
