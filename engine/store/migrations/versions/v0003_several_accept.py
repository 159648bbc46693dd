"""Several people of a partner accept one version of a plan, each of them once."""

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.triggers import append_only, in_order, is_postgres, let_change

revision = "0003"
down_revision = "0002"

_ONCE = ("program_sha256", "document_sha256", "partner", "accepted_by")
_COLUMNS = (
    "number, program, file, program_sha256, document_sha256, partner, accepted_by, accepted_on, note, recorded_at, "
    "actor, engine"
)


def upgrade() -> None:
    """Change what is unique, and the triggers that guard the table."""
    let_change("acceptance")
    if is_postgres():
        op.drop_constraint("acceptance_once", "acceptance")
        op.create_unique_constraint("acceptance_once", "acceptance", list(_ONCE))
    else:
        _make_anew()
        append_only("acceptance")
    in_order(
        "acceptance",
        "acceptances are numbered without gaps, and each is kept once",
        "new.number <> (select coalesce(max(number), 0) + 1 from acceptance)"
        " or exists (select 1 from acceptance where program_sha256 = new.program_sha256"
        " and document_sha256 = new.document_sha256 and partner = new.partner and accepted_by = new.accepted_by)",
    )


def _make_anew() -> None:
    """Make the table anew with what it holds: SQLite changes no constraint in place."""
    op.rename_table("acceptance", "acceptance_before")
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
        sa.UniqueConstraint(*_ONCE, name="acceptance_once"),
        sa.CheckConstraint("number >= 1", name="acceptance_number"),
    )
    op.execute(f"insert into acceptance ({_COLUMNS}) select {_COLUMNS} from acceptance_before order by number")
    op.drop_table("acceptance_before")
