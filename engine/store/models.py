"""The tables, as SQLModel declares them. What makes them is the migrations; a test holds the two against each other.

A row here is read and written by the store alone. Whole numbers are BIGINT, as minor units pass 2^31 early. Times are
kept in UTC. Rows of all tables are only ever added: triggers refuse every change and removal.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlmodel import Field, SQLModel


class RunRow(SQLModel, table=True):
    """A kept run. Its number is given by the store, without gaps, so it is no sequence of the database."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("run_id", "kind", name="run_once"),
        CheckConstraint("number >= 1", name="run_number"),
        CheckConstraint("kind in ('preview', 'official')", name="run_kind"),
    )

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    run_id: str
    kind: str
    program: str
    file: str
    period: str
    currency: str
    total_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    partners: int = Field(sa_column=Column(BigInteger, nullable=False))
    lines: int = Field(sa_column=Column(BigInteger, nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    actor: str
    engine: str
    manifest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RunBlobRow(SQLModel, table=True):
    """A blob that a run rests on: what it is to the run, and the digest that names its bytes."""

    __tablename__ = "run_blob"

    run_number: int = Field(
        sa_column=Column(BigInteger, ForeignKey("run.number"), primary_key=True, autoincrement=False)
    )
    role: str = Field(primary_key=True)
    sha256: str


class AcceptanceRow(SQLModel, table=True):
    """A version of a plan that a person accepted for a partner. Its number is given by the store, without gaps."""

    __tablename__ = "acceptance"
    __table_args__ = (
        UniqueConstraint("program_sha256", "document_sha256", "partner", "accepted_by", name="acceptance_once"),
        CheckConstraint("number >= 1", name="acceptance_number"),
    )

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    program: str
    file: str
    program_sha256: str
    document_sha256: str
    partner: str
    accepted_by: str
    accepted_on: date
    note: str
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    actor: str
    engine: str


class EventRow(SQLModel, table=True):
    """An event as its canonical bytes; the other columns are copies of what these say, to find it by."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("key", name="event_key"), CheckConstraint("number >= 1", name="event_number"))

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    before_sha256: str
    sha256: str
    type: str
    cycle: str
    key: str | None
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LineRow(SQLModel, table=True):
    """A line of an official run of a locked cycle, for who asks by SQL; the run's own lines are its blob.

    No foreign key: it would be looked up for every one of millions of rows that are written together.
    """

    __tablename__ = "line"
    __table_args__ = (CheckConstraint("run_number >= 1 and number >= 1", name="line_number"),)

    run_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    partner: str
    component: str
    table_name: str
    key: str
    amount_minor: int = Field(sa_column=Column(BigInteger, nullable=False))


class PostingRow(SQLModel, table=True):
    """What an event changes in what a payee is owed."""

    __tablename__ = "posting"
    __table_args__ = (CheckConstraint("number >= 1", name="posting_number"),)

    event: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    cycle: str
    payee: str = Field(index=True)
    program: str
    period: str
    kind: str
    effective: str
    currency: str
    amount_minor: int = Field(sa_column=Column(BigInteger, nullable=False))


class BlobRow(SQLModel, table=True):
    """A blob in PostgreSQL, and how many chunks it is in. With SQLite, blobs are files."""

    __tablename__ = "blob"
    __table_args__ = (CheckConstraint("chunks >= 0", name="blob_chunks"), {"info": {"only": "postgresql"}})

    sha256: str = Field(primary_key=True)
    chunks: int = Field(sa_column=Column(BigInteger, nullable=False))


class BlobChunkRow(SQLModel, table=True):
    """A piece of a blob in PostgreSQL."""

    __tablename__ = "blob_chunk"
    __table_args__ = ({"info": {"only": "postgresql"}},)

    sha256: str = Field(sa_column=Column(String, ForeignKey("blob.sha256"), primary_key=True))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
