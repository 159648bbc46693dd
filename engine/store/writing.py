"""What the store writes by SQLModel: a run and its blobs, an acceptance, an event.

In: a connection inside a write transaction of `engine.store.database`. It is imported where something is written:
SQLModel takes as long to import as it takes to explain a number.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection
from sqlmodel import Session, func, select

from engine.digest import sha256
from engine.store.acceptance import Acceptance
from engine.store.acceptances import COLUMNS as ACCEPTANCE_COLUMNS
from engine.store.models import AcceptanceRow, EventRow, RunBlobRow, RunRow
from engine.store.runs import COLUMNS
from engine.values.event import Event
from engine.values.record import RunRecord


def add_run(connection: Connection, record: RunRecord) -> RunRecord:
    """Keep a run under the next number: 1, 2, 3 and so on, without a gap."""
    with Session(connection) as session:
        numbered = replace(record, number=_last_number(session, RunRow) + 1)
        session.add(RunRow(**{name: getattr(numbered, name) for name in COLUMNS}))
        session.flush()  # the run before its blobs, which refer to it
        for role, digest in numbered.blobs.items():
            session.add(RunBlobRow(run_number=numbered.number, role=role, sha256=digest))
        session.flush()
    return numbered


def add_acceptance(connection: Connection, acceptance: Acceptance) -> Acceptance:
    """Keep an acceptance under the next number."""
    with Session(connection) as session:
        numbered = replace(acceptance, number=_last_number(session, AcceptanceRow) + 1)
        session.add(AcceptanceRow(**{name: getattr(numbered, name) for name in ACCEPTANCE_COLUMNS}))
        session.flush()
    return numbered


def add_event(connection: Connection, event: Event) -> None:
    """Add an event to the end of the log."""
    content = event.content
    with Session(connection) as session:
        row = EventRow(
            number=event.number,
            before_sha256=event.before_sha256,
            sha256=sha256(content),
            type=event.type,
            cycle=event.cycle,
            key=event.key or None,
            content=content,
        )
        session.add(row)
        session.flush()


def _last_number(session: Session, table: type[RunRow] | type[AcceptanceRow]) -> int:
    return session.exec(select(func.coalesce(func.max(table.number), 0))).one()
