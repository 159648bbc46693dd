"""Acceptances read back: all of them, or the one that was there before.

In: a reader. Out: values. What writes them is in `engine.store.writing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from engine.store.acceptance import Acceptance
from engine.store.database import Reader
from engine.store.runs import in_utc

COLUMNS = [each.name for each in fields(Acceptance)]
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM acceptance"


def acceptances(reader: Reader) -> tuple[Acceptance, ...]:
    """All acceptances, in the order in which they were recorded."""
    return tuple(_value(row) for row in reader.execute(f"{_SELECT} ORDER BY number"))


def same(reader: Reader, acceptance: Acceptance) -> Acceptance | None:
    """The earlier acceptance of the same version by the same person of the same partner, if there is one."""
    rows = reader.execute(
        f"{_SELECT} WHERE program_sha256 = ? AND document_sha256 = ? AND partner = ? AND accepted_by = ?",
        [acceptance.program_sha256, acceptance.document_sha256, acceptance.partner, acceptance.accepted_by],
    ).fetchall()
    return _value(rows[0]) if rows else None


def _value(row: Sequence[Any]) -> Acceptance:
    values = dict(zip(COLUMNS, row, strict=True))
    day = values["accepted_on"]
    values["accepted_on"] = day if isinstance(day, date) else date.fromisoformat(str(day))  # SQLite has no dates
    return Acceptance(**values | {"recorded_at": in_utc(values["recorded_at"])})
