"""The log of events, and what comes into the books with them: postings, and the lines of official runs.

PostgreSQL keeps blobs too, in chunks; with SQLite they are files beside it.
"""

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.triggers import append_only, in_order, in_order_together, is_postgres

revision = "0004"
down_revision = "0003"

_FIRST = "0" * 64


def upgrade() -> None:
    """Make the tables and the triggers that guard them."""
    _events()
    _lines()
    _postings()
    if is_postgres():
        _blobs()


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("before_sha256", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("key", name="event_key"),
        sa.CheckConstraint("number >= 1", name="event_number"),
    )
    append_only("event")
    in_order(
        "event",
        "events are numbered without gaps, each names the one before, and a key is used once",
        "new.number <> (select coalesce(max(number), 0) + 1 from event) or new.before_sha256 <>"
        f" coalesce((select sha256 from event where number = (select max(number) from event)), '{_FIRST}')"
        " or exists (select 1 from event where key = new.key)",
    )


def _lines() -> None:
    op.create_table(
        "line",
        sa.Column("run_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("run_number >= 1 and number >= 1", name="line_number"),
        sqlite_with_rowid=False,
    )
    append_only("line")
    in_order_together(
        "line",
        "lines are numbered without gaps, as many as their run has",
        "new.number <> (select coalesce(max(number), 0) + 1 from line where run_number = new.run_number)"
        " or new.number > coalesce((select lines from run where run.number = new.run_number), 0)",
        "(select max(run_number) from line) > (select coalesce(max(number), 0) from run) or exists"
        " (select 1 from run where (select max(number) from line where run_number = run.number) > run.lines)",
    )


def _postings() -> None:
    op.create_table(
        "posting",
        sa.Column("event", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("payee", sa.String(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("effective", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("number >= 1", name="posting_number"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_posting_payee", "posting", ["payee"])
    append_only("posting")
    in_order_together(
        "posting",
        "postings come with their event, numbered without gaps",
        "new.event is not (select max(number) from event)"
        " or new.number <> (select coalesce(max(number), 0) + 1 from posting where event = new.event)",
        "exists (select 1 from added where event is distinct from (select max(number) from event))",
        added="added",
    )


def _blobs() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(), primary_key=True),
        sa.Column("chunks", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("chunks >= 0", name="blob_chunks"),
    )
    op.create_table(
        "blob_chunk",
        sa.Column("sha256", sa.String(), sa.ForeignKey("blob.sha256"), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.execute("alter table blob_chunk alter column content set storage external")  # Parquet does not shrink twice
    append_only("blob")
    append_only("blob_chunk")
    in_order(
        "blob_chunk",
        "a blob has as many chunks as it says, numbered without gaps",
        "new.number <> (select coalesce(max(number), 0) + 1 from blob_chunk where sha256 = new.sha256)"
        " or new.number > (select chunks from blob where sha256 = new.sha256)",
    )
