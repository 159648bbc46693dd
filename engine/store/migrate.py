"""The schema of a store: which one it has, and bringing it to the one that this engine knows.

In: a connection inside a write transaction. Out: the same, at the head of the migrations, or a refusal. Alembic is
imported only when there is something to do, since most commands meet a store that is up to date.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from engine.store.sqlite import APPLICATION_ID
from rules.problem import Place, Problem, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection

REVISIONS = ("0001", "0002", "0003")  # oldest first; the files of migrations/versions
HEAD = REVISIONS[-1]

MIGRATIONS = Path(__file__).parent / "migrations"


def is_at_head(connection: sqlite3.Connection, shown: str) -> bool:
    """Whether the schema is the one that this engine knows; raises Unavailable where a newer engine wrote it."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall():
        return False
    ((revision,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if revision not in REVISIONS:
        message = f"the store has schema {revision}, and this engine knows schemas up to {HEAD}"
        hint = "a newer Partage wrote it: install that version or a later one; nothing was changed"
        raise Unavailable(Problem("S206", message, Place(shown), hint))
    return bool(revision == HEAD)


def upgrade(connection: Connection, shown: str) -> None:
    """Run the migrations that are missing: all of them on a new file. All in the caller's transaction, or none."""
    below = connection.connection.driver_connection
    assert isinstance(below, sqlite3.Connection), "the store is kept by SQLite"
    if is_at_head(below, shown):  # another process was first
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    assert is_at_head(below, shown), "the migrations end at the head"
