"""What the store writes, by SQLModel: a run and its blobs, an acceptance; and acceptances read back.

In: a session inside a transaction of `engine.store.store`, which imports this where something is written: SQLModel
takes as long to import as it takes to explain a number.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC

from sqlmodel import Session, col, func, select

from engine.store.acceptance import Acceptance
from engine.store.models import AcceptanceRow, RunBlobRow, RunRow
from engine.store.record import RunRecord
from engine.store.runs import COLUMNS

_ACCEPTANCE = [each.name for each in fields(Acceptance)]


def add_run(session: Session, record: RunRecord) -> RunRecord:
    """Keep a run under the next number: 1, 2, 3 and so on, without a gap."""
    numbered = replace(record, number=_last_number(session, RunRow) + 1)
    session.add(RunRow(**{name: getattr(numbered, name) for name in COLUMNS}))
    session.flush()  # the run before its blobs, which refer to it
    for role, digest in numbered.blobs.items():
        session.add(RunBlobRow(run_number=numbered.number, role=role, sha256=digest))
    return numbered


def found(session: Session, acceptance: Acceptance) -> Acceptance | None:
    """The earlier acceptance of the same version by the same person of the same partner, if there is one."""
    same = select(AcceptanceRow).where(
        AcceptanceRow.program_sha256 == acceptance.program_sha256,
        AcceptanceRow.document_sha256 == acceptance.document_sha256,
        AcceptanceRow.partner == acceptance.partner,
        AcceptanceRow.accepted_by == acceptance.accepted_by,
    )
    row = session.exec(same).one_or_none()
    return None if row is None else _value(row)


def add_acceptance(session: Session, acceptance: Acceptance) -> Acceptance:
    """Keep an acceptance under the next number."""
    numbered = replace(acceptance, number=_last_number(session, AcceptanceRow) + 1)
    session.add(AcceptanceRow(**{name: getattr(numbered, name) for name in _ACCEPTANCE}))
    return numbered


def acceptances(session: Session) -> tuple[Acceptance, ...]:
    """All acceptances, in the order in which they were recorded."""
    rows = session.exec(select(AcceptanceRow).order_by(col(AcceptanceRow.number))).all()
    return tuple(_value(row) for row in rows)


def _value(row: AcceptanceRow) -> Acceptance:
    values = {name: getattr(row, name) for name in _ACCEPTANCE}
    # SQLite keeps no zone with a time: it is UTC, as it was when it went in.
    return Acceptance(**values | {"recorded_at": row.recorded_at.replace(tzinfo=UTC)})


def _last_number(session: Session, table: type[RunRow] | type[AcceptanceRow]) -> int:
    return session.exec(select(func.coalesce(func.max(table.number), 0))).one()
