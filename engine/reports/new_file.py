"""A file that a user asked for: written whole or not at all, and over one that is there only when told to."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from rules.problem import Place, Problem, Refused, Unavailable


def write_new(path: Path, content: str | bytes, force: bool, what: str) -> None:
    """Write a content (`what` it is, for a refusal) to a new file, all of it or nothing; over one that is there only
    with `force`."""
    refuse_existing(path, force)
    try:
        _write(Path(os.path.realpath(path)), content if isinstance(content, bytes) else content.encode(), force)
    except FileExistsError:  # another process made it meanwhile
        raise _there_already(path) from None
    except OSError as error:
        reason = (error.strerror or "not writable").lower()
        hint = "check the folder's rights and the disk, or name another file"
        raise Unavailable(Problem("S103", f"cannot write {what}: {reason}", Place(str(path)), hint)) from None


def refuse_existing(path: Path, force: bool) -> None:
    """Raise Refused where a file is there that is not to be written over."""
    if path.exists() and not force:
        raise _there_already(path)


def holds(path: Path, content: str) -> bool:
    """Whether a file is there already, with this very content."""
    try:
        return path.is_file() and path.read_bytes() == content.encode()
    except OSError:
        return False


def _there_already(path: Path) -> Refused:
    hint = "name a new file, or add --force; nothing was written"
    return Refused(Problem("S102", "there is a file of this name already", Place(str(path)), hint))


def _write(path: Path, data: bytes, force: bool) -> None:
    """Write bytes beside the path and then under its name, so that nobody ever sees or keeps a part of them."""
    if path.exists() and not path.is_file():  # a device or a pipe takes bytes, and is never replaced by a file
        path.write_bytes(data)
        return
    beside = path.with_name(f".partage-{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if force and path.exists():
            beside.chmod(path.stat().st_mode & 0o7777)
        elif not force:
            path.open("xb").close()  # takes the name, or finds it taken
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
