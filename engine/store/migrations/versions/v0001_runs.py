"""Runs and the blobs that they rest on, both append-only."""

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.triggers import append_only, in_order

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables and the triggers that guard them."""
    op.create_table(
        "run",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("partners", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("run_id", "kind", name="run_once"),
        sa.CheckConstraint("number >= 1", name="run_number"),
        sa.CheckConstraint("kind in ('preview', 'official')", name="run_kind"),
    )
    op.create_table(
        "run_blob",
        sa.Column("run_number", sa.BigInteger(), sa.ForeignKey("run.number"), primary_key=True, autoincrement=False),
        sa.Column("role", sa.String(), primary_key=True),
        sa.Column("sha256", sa.String(), nullable=False),
    )
    append_only("run")
    append_only("run_blob")
    in_order(
        "run",
        "runs are numbered without gaps, and each is kept once",
        "new.number <> (select coalesce(max(number), 0) + 1 from run)"
        " or exists (select 1 from run where run_id = new.run_id and kind = new.kind)",
    )
    in_order(
        "run_blob",
        "a blob is added with its run, once",
        "new.run_number <> (select max(number) from run)"
        " or exists (select 1 from run_blob where run_number = new.run_number and role = new.role)",
    )
