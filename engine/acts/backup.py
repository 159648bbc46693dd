"""Back up, restore, upgrade: the books as a folder, as a store again, and under the schema of today.

In: where a store is, and a folder. Out: what was written, after it was opened anew and held against what was read.
Each is done wholly or not at all.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.store.address import Address, is_url, open_database
from engine.store.backups import Backup, held, opened, refuse_there, write
from engine.store.contents import Told, contents_of, silent
from engine.store.database import BUSY_MS, Database
from engine.store.migrate import HEAD, revision_of
from engine.store.soundness import verified
from engine.store.upgrading import hold_unchanged, upgrade_from
from rules.problem import PartageError, Place, Problem, Refused


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which schema to which, and the backup that was taken first; None where there was nothing to do."""

    before: str
    after: str
    backup: Backup | None


def backup(store: Address, folder: Path, told: Told = silent) -> Backup:
    """Back a store of any known schema up into a folder that is not there yet, while others may write.

    Raises CheckFailed or Unavailable where the store is damaged: then no backup is made.
    """
    refuse_there(folder)
    with closing(open_database(store, create=False, busy_ms=BUSY_MS)) as source:
        return write(source, folder, told)


def restore(folder: Path, store: Address, told: Told = silent) -> Backup:
    """Make a store of a backup where there is none yet: a file, or an empty schema of PostgreSQL.

    The backup is verified first, and the store afterwards. All rows come in one transaction, so that a restore that is
    broken off leaves no store.
    """
    found = held(folder, told)
    with (
        opened(folder) as source,
        source.reading() as reader,
        closing(open_database(store, create=True, busy_ms=BUSY_MS)) as target,
    ):
        from engine.store.copying import fill, hold_equal

        fill(source, reader, target, told)
        names = source.blob_names(reader)
    with closing(open_database(store, create=False, busy_ms=BUSY_MS)) as target:
        hold_equal(found.contents, verified(target, told, names), target.shown)
    return found


def upgrade(store: Address, folder: Path | None = None, told: Told = silent) -> Upgraded:
    """Bring a store to the schema of this engine, after a verified backup into `folder`.

    Beside a file, the folder is named after it unless it is given. A backup that is there and holds the same is taken
    for the one of an upgrade that was broken off. What was kept is counted and hashed before and after, in the
    transaction that migrates: raises CheckFailed, and changes nothing, where one row would differ.
    """
    with closing(open_database(store, create=False, busy_ms=BUSY_MS)) as database:
        with database.reading() as reader:
            before = revision_of(database, reader)
        if before == HEAD:
            return Upgraded(before, HEAD, None)
        made = _backup_before(database, folder or _beside(store, database.shown), told)
        upgrade_from(database, made.contents)
    with closing(open_database(store, create=False, busy_ms=BUSY_MS)) as database:
        hold_unchanged(made.contents, verified(database, told), database.shown)
    return Upgraded(before, HEAD, made)


def _beside(store: Address, shown: str) -> Path:
    """The folder for the backup of a file that is upgraded."""
    if is_url(store):
        hint = "name a folder for it: --backup FOLDER; nothing was changed"
        raise Refused(Problem("S224", "an upgrade takes a backup first", Place(shown), hint))
    path = Path(os.path.realpath(store))
    return path.with_name(f"{path.name}.before-{HEAD}")


def _backup_before(database: Database, folder: Path, told: Told) -> Backup:
    try:
        earlier = held(folder, told)
    except PartageError:
        return write(database, folder, told)  # which refuses a folder that is there
    with database.reading() as reader:
        if contents_of(database, reader, database.blob_names(reader)) != earlier.contents:
            refuse_there(folder)
    return earlier
