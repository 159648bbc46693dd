"""A store brought to the schema of this engine, with every row that was kept held against what was backed up.

In: an open database of an older schema, and what its backup holds. Out: the same rows under the new schema, all in one
transaction, or nothing changed.
"""

from __future__ import annotations

from sqlalchemy import Connection

from engine.store.contents import Contents, contents_of
from engine.store.database import Database, written
from engine.store.migrate import HEAD, migrate, revision_of
from rules.problem import CheckFailed, Conflict, Place, Problem


def upgrade_from(database: Database, before: Contents) -> None:
    """Migrate what still is as it was backed up; raises Conflict where it is not, CheckFailed where a row would differ
    afterwards."""

    def work(connection: Connection) -> bool:
        reader = database.reader_of(connection)
        if contents_of(database, reader, database.blob_names(reader)) != before:
            hint = "nothing was changed: run `partage upgrade` again, with another folder"
            message = "the store was written to after the backup was taken"
            raise Conflict(Problem("S225", message, Place(database.shown), hint))
        migrate(database, connection, HEAD)
        hold_unchanged(before, contents_of(database, reader, database.blob_names(reader)), database.shown)
        return True

    written(database, work, lambda reader: revision_of(database, reader) == HEAD or None)


def hold_unchanged(before: Contents, after: Contents, shown: str) -> None:
    """Raise CheckFailed where a table that was there, the end of the log or the blobs differ."""
    there = {each.name: each for each in after.tables}
    changed = [each.name for each in before.tables if there.get(each.name) != each]
    if (before.events, before.head_sha256) != (after.events, after.head_sha256):
        changed.append("the end of the log")
    if (before.blobs, before.blobs_sha256) != (after.blobs, after.blobs_sha256):
        changed.append("the blobs")
    if changed:
        hint = "report this; the store can be restored from the backup that was taken"
        raise CheckFailed(Problem("S225", f"the upgrade would change {', '.join(changed)}", Place(shown), hint))
