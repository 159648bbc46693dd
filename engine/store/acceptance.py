"""Acceptances as the store keeps them: who accepted which version of a plan for which partner, and when.

Rows are only added. A version is the program's digest and the document's: the same one is accepted once by a partner,
and accepting it again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session, col, func, select

from engine.store.models import AcceptanceRow


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One acceptance; `number` is 0 until the store gives it one.

    `program` is the title and `file` the name of the program that `program_sha256` is the digest of;
    `document_sha256` names the plan that was read, whose bytes the store keeps; `accepted_by` is a person's name as it
    was given, and `accepted_on` their day. `recorded_at` (UTC), `actor` and `engine` say when, by whom and with what
    it was recorded.
    """

    number: int
    program: str
    file: str
    program_sha256: str
    document_sha256: str
    partner: str
    accepted_by: str
    accepted_on: date
    note: str
    recorded_at: datetime
    actor: str
    engine: str

    def __post_init__(self) -> None:
        assert self.recorded_at.utcoffset() == timedelta(0), f"the time is given in {UTC}"


_COLUMNS = [each.name for each in fields(Acceptance)]


def found(session: Session, acceptance: Acceptance) -> Acceptance | None:
    """The earlier acceptance of the same version by the same partner, if there is one."""
    same = select(AcceptanceRow).where(
        AcceptanceRow.program_sha256 == acceptance.program_sha256,
        AcceptanceRow.document_sha256 == acceptance.document_sha256,
        AcceptanceRow.partner == acceptance.partner,
    )
    row = session.exec(same).one_or_none()
    return None if row is None else _value(row)


def add(session: Session, acceptance: Acceptance) -> Acceptance:
    """Keep an acceptance under the next number: 1, 2, 3 and so on, without a gap."""
    last = session.exec(select(func.coalesce(func.max(AcceptanceRow.number), 0))).one()
    numbered = replace(acceptance, number=last + 1)
    session.add(AcceptanceRow(**{name: getattr(numbered, name) for name in _COLUMNS}))
    return numbered


def every(session: Session) -> tuple[Acceptance, ...]:
    """All acceptances, in the order in which they were recorded."""
    rows = session.exec(select(AcceptanceRow).order_by(col(AcceptanceRow.number))).all()
    return tuple(_value(row) for row in rows)


def _value(row: AcceptanceRow) -> Acceptance:
    values = {name: getattr(row, name) for name in _COLUMNS}
    # SQLite keeps no zone with a time: it is UTC, as it was when it went in.
    return Acceptance(**values | {"recorded_at": row.recorded_at.replace(tzinfo=UTC)})
