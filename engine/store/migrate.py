"""The schema of a store: which one it has, and bringing it to the one that this engine knows.

In: an open database. Out: the same, at the head of the migrations, or a refusal. A store that an older engine made is
changed by `partage upgrade` alone, which takes a backup first. Alembic is imported only when there is something to do,
since most commands meet a store that is up to date.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.store.database import Database, Reader
from rules.problem import Place, Problem, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection

REVISIONS = ("0001", "0002", "0003", "0004")  # oldest first; the files of migrations/versions
HEAD = REVISIONS[-1]

MIGRATIONS = Path(__file__).parent / "migrations"


def bring_to_head(database: Database) -> None:
    """Make the tables of a new store, all in one transaction or none; raises Unavailable where an older engine made
    it."""
    with database.reading() as reader:
        if _is_at_head(database, reader):
            return
    with database.writing() as connection:
        if not _is_at_head(database, database.reader_of(connection)):  # no other process was first
            migrate(database, connection, HEAD)


def revision_of(database: Database, reader: Reader) -> str:
    """The revision of the schema, "" of a database without one; raises Unavailable where a newer engine wrote it."""
    if not database.has_table(reader, "alembic_version"):
        return ""
    rows = reader.execute("SELECT version_num FROM alembic_version").fetchall()
    revision = str(rows[0][0]) if rows else "none"
    if revision not in REVISIONS:
        message = f"the store has schema {revision}, and this engine knows schemas up to {HEAD}"
        hint = "a newer Partage wrote it: install that version or a later one; nothing was changed"
        raise Unavailable(Problem("S206", message, Place(database.shown), hint))
    return revision


def migrate(database: Database, connection: Connection, revision: str) -> None:
    """Run the migrations that are missing up to a revision, in a transaction that writes."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    database.mark(connection)
    assert revision_of(database, database.reader_of(connection)) == revision, "the migrations end where they should"


def _is_at_head(database: Database, reader: Reader) -> bool:
    """Whether the schema is the one that this engine knows, or there is none yet; raises Unavailable on any other."""
    revision = revision_of(database, reader)
    if revision not in ("", HEAD):
        message = f"the store has schema {revision}, and this engine works with schema {HEAD}"
        hint = "run `partage upgrade`: it takes a verified backup first; nothing was changed"
        raise Unavailable(Problem("S219", message, Place(database.shown), hint))
    return revision == HEAD
