"""Runs as the store has them, read back: by their number, the latest, or all.

In: a reader. Out: records, whose manifests were hashed again. A command that explains one number
reads one run, and spends no time on SQLAlchemy; what writes is in `engine.store.writing`.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from engine.digest import sha256
from engine.store.database import Reader
from engine.values import frozen
from engine.values.record import RunRecord
from rules.problem import CheckFailed, Place, Problem

COLUMNS = [each.name for each in fields(RunRecord) if each.name != "blobs"]
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM run"


def run(reader: Reader, number: int, shown: str) -> RunRecord | None:
    """The run of that number, if there is one."""
    rows = reader.execute(f"{_SELECT} WHERE number = ?", [number]).fetchall() if 0 < number < 2**63 else []
    return _record(reader, rows[0], shown) if rows else None


def runs(reader: Reader, shown: str) -> tuple[RunRecord, ...]:
    """All runs, in the order of their numbers."""
    rows = reader.execute(f"{_SELECT} ORDER BY number").fetchall()
    return tuple(_record(reader, row, shown) for row in rows)


def by_id(reader: Reader, run_id: str, kind: str, shown: str) -> RunRecord | None:
    """The run that was kept with this id and kind, if there is one."""
    rows = reader.execute(f"{_SELECT} WHERE run_id = ? AND kind = ?", [run_id, kind]).fetchall()
    return _record(reader, rows[0], shown) if rows else None


def last_number(reader: Reader) -> int:
    """The number of the latest run; 0 where none is kept."""
    ((number,),) = reader.execute("SELECT coalesce(max(number), 0) FROM run").fetchall()
    return int(number)


def in_utc(value: object) -> datetime:
    """A time as a database gives it back. SQLite keeps no zone with it: it is UTC, as it was when it went in."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _record(reader: Reader, row: tuple[Any, ...], shown: str) -> RunRecord:
    """The value of a row, whose manifest is hashed again."""
    values = dict(zip(COLUMNS, row, strict=True))
    manifest, number, run_id = values["manifest"], values["number"], str(values["run_id"])
    if not isinstance(manifest, bytes) or sha256(manifest) != run_id:  # a hand can put text there
        message = f"the manifest of run {number} is not what its id {run_id[:12]} is the digest of"
        hint = "the database was changed by hand: restore it from a backup"
        raise CheckFailed(Problem("S211", message, Place(shown), hint))
    query = "SELECT role, sha256 FROM run_blob WHERE run_number = ? ORDER BY role"
    blobs = dict(reader.execute(query, [number]).fetchall())
    try:
        created_at = in_utc(values.pop("created_at"))
        return RunRecord(**values, created_at=created_at, blobs=frozen(blobs))
    except (AssertionError, TypeError, ValueError):
        hint = "the database was changed by hand or damaged: restore it from a backup"
        message = f"run {number} is kept with figures that no run has"
        raise CheckFailed(Problem("S220", message, Place(shown), hint)) from None
