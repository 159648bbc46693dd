"""Blobs: bytes in a folder, each named by its own SHA-256, so that a name can't come to mean other bytes.

In: bytes, or the path of a file. Out: the digest. A blob is on the disk, its name included, before `put` returns; a
blob that exists is checked and never written again. Files without a run that names them are harmless: they are what
a killed command leaves.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
from pathlib import Path
from typing import BinaryIO

from engine.digest import sha256 as sha256_of
from rules.problem import CheckFailed, Place, Problem

_CHUNK_BYTES = 1 << 20


def put(folder: Path, content: bytes | Path) -> str:
    """Keep bytes, or those of a file, and give their digest."""
    sha256 = sha256_of(content) if isinstance(content, bytes) else _file_sha256(content)
    target = _path(folder, sha256)
    if target.exists():
        verified(folder, sha256)
    else:
        _make_folder(target.parent)
        with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
            _write(source, target, sha256)
    _sync(target.parent)  # also where it existed: the one who wrote it may not have come so far yet
    return sha256


def verified(folder: Path, sha256: str) -> Path:
    """The path of a blob whose bytes still are what its name says; otherwise `CheckFailed`."""
    path = present(folder, sha256)
    if _file_sha256(path) != sha256:
        raise _fault(path, "was changed")
    return path


def verified_bytes(folder: Path, sha256: str) -> bytes:
    """The bytes of a blob, if they still are what its name says; otherwise `CheckFailed`."""
    path = present(folder, sha256)
    data = path.read_bytes()
    if sha256_of(data) != sha256:
        raise _fault(path, "was changed")
    return data


def present(folder: Path, sha256: str) -> Path:
    """The path of a blob that is there, whatever its bytes are; otherwise `CheckFailed`."""
    path = _path(folder, sha256)
    if not path.exists():
        raise _fault(path, "is missing")
    return path


def _fault(path: Path, what: str) -> CheckFailed:
    hint = "restore the folder of the blobs from a backup"
    return CheckFailed(Problem("S209", f"the blob {path.name[:12]} {what}", Place(str(path)), hint))


def _path(folder: Path, sha256: str) -> Path:
    assert re.fullmatch("[0-9a-f]{64}", sha256), "a blob is named by its SHA-256"
    return folder / sha256[:2] / sha256


def _write(source: BinaryIO, target: Path, sha256: str) -> None:
    """Copy to a file beside the target, see it on the disk, and only then give it its name."""
    state = hashlib.sha256()
    temporary = target.parent / f".new-{secrets.token_hex(8)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    try:
        with os.fdopen(descriptor, "wb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                state.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        assert state.hexdigest() == sha256, "nobody writes to a file while it is kept"
        temporary.rename(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _make_folder(folder: Path) -> None:
    for each in (folder.parent, folder):
        if not each.is_dir():
            each.mkdir(exist_ok=True)
            _sync(each.parent)


def _sync(folder: Path) -> None:
    """A new name in a folder survives a loss of power only once the folder itself is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
