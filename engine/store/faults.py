"""What may go wrong with any database, in the user's words."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from shlex import quote

from rules.problem import Conflict, Place, Problem, Refused, Unavailable


def busy(shown: str) -> Conflict:
    """Another command did not end in time."""
    hint = "nothing was written: run the command again when the other one has ended"
    return Conflict(Problem("S205", "another command is writing to the store", Place(shown), hint))


def lost(shown: str) -> Unavailable:
    """The connection broke, and it is known that nothing was kept."""
    hint = "nothing was kept: run the command again when the database answers"
    return Unavailable(Problem("S216", "the connection to the database broke", Place(shown), hint))


def undecided(shown: str, key: str | None) -> Unavailable:
    """The connection broke while the work was committed, and the database does not say what it made of it. `key` is
    that of the command: "" where it has none, None for what has its effect once without a key."""
    message = "the connection to the database broke at the very end, and it does not answer whether the work was kept"
    hint = "when the database answers, run the command again"
    if key is None:
        hint += ": what was kept is kept once"
    elif key:
        hint += f" with --key {quote(key)}: under that key it has its effect once"
    else:
        hint = "when the database answers, look into `partage log` before you run the command again"
    return Unavailable(Problem("S216", message, Place(shown), hint))


def no_access(shown: str, reason: str) -> Unavailable:
    """What the user of the database may not do."""
    hint = "a store needs a database user who may make tables in it and add rows: check the rights"
    return Unavailable(Problem("S203", f"cannot use the store: {reason}", Place(shown), hint))


def same_key(shown: str, key: str, number: int) -> Refused:
    """An idempotency key that came before with another request."""
    message = f"the key {key!r} was used for another request, which is event {number}"
    hint = "a key stands for one request for ever: send this one under a new key"
    return Refused(Problem("S214", message, Place(shown), hint))


def too_large(shown: str, what: str, amount_minor: int) -> Refused:
    """An amount that the books have no room for."""
    message = f"{what} is {amount_minor:,} minor units, beyond what the books hold"
    hint = "an amount is kept as a whole number of 64 bits: check the figures it comes from"
    return Refused(Problem("S218", message, Place(shown), hint))


def os_fault(error: OSError, shown: str, folder: Path) -> Unavailable:
    """What the machine does not do with a file."""
    place = Place(str(error.filename or shown))
    reason = (error.strerror or str(error)).lower()
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOENT):
        return no_folder(place, reason)
    return no_write(place, folder, reason)


def no_folder(place: Place, reason: str) -> Unavailable:
    """A file or folder of a store that can't be used."""
    hint = "a store needs a folder that may be written, for its log and its blobs: check the path and its rights"
    return Unavailable(Problem("S203", f"cannot use the store: {reason}", place, hint))


def no_write(place: Place, folder: Path, reason: str) -> Unavailable:
    """A disk that takes no more."""
    free_bytes = shutil.disk_usage(folder).free
    hint = f"the disk has {free_bytes:,} bytes free; nothing was kept, so mend the cause and run the command again"
    return Unavailable(Problem("S204", f"cannot write to the store: {reason}", place, hint))
