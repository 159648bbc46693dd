"""Acceptances of plans by partners, append-only."""

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.triggers import append_only, in_order

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table and the triggers that guard it."""
    op.create_table(
        "acceptance",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("program_sha256", sa.String(), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.UniqueConstraint("program_sha256", "document_sha256", "partner", name="acceptance_once"),
        sa.CheckConstraint("number >= 1", name="acceptance_number"),
    )
    append_only("acceptance")
    in_order(
        "acceptance",
        "acceptances are numbered without gaps, and each is kept once",
        "new.number <> (select coalesce(max(number), 0) + 1 from acceptance)"
        " or exists (select 1 from acceptance where program_sha256 = new.program_sha256"
        " and document_sha256 = new.document_sha256 and partner = new.partner)",
    )
