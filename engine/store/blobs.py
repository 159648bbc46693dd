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
_NAME = re.compile("[0-9a-f]{64}")


def put(folder: Path, content: bytes | Path) -> str:
    """Keep bytes, or those of a file, and give their digest."""
    sha256 = sha256_of(content) if isinstance(content, bytes) else file_sha256(content)
    target = path_of(folder, sha256)
    if target.exists():
        verified(folder, sha256)
    else:
        _make_folder(target.parent)
        with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
            _write(source, target, sha256)
    sync(target.parent)  # also where it existed: the one who wrote it may not have come so far yet
    return sha256


def verified(folder: Path, sha256: str) -> Path:
    """The path of a blob whose bytes still are what its name says; otherwise `CheckFailed`."""
    path = present(folder, sha256)
    if file_sha256(path) != sha256:
        raise fault(sha256, "was changed", str(path))
    return path


def verified_bytes(folder: Path, sha256: str) -> bytes:
    """The bytes of a blob, if they still are what its name says; otherwise `CheckFailed`."""
    path = present(folder, sha256)
    data = path.read_bytes()
    if sha256_of(data) != sha256:
        raise fault(sha256, "was changed", str(path))
    return data


def present(folder: Path, sha256: str) -> Path:
    """The path of a blob that is there, whatever its bytes are; otherwise `CheckFailed`."""
    path = path_of(folder, sha256)
    if not path.exists():
        raise fault(sha256, "is missing", str(path))
    return path


def names(folder: Path) -> list[str]:
    """The names of the blobs that are there, sorted, whatever their bytes are."""
    found = (each.name for each in folder.glob("[0-9a-f][0-9a-f]/*"))
    return sorted(name for name in found if _NAME.fullmatch(name) and path_of(folder, name).exists())


def fault(sha256: str, what: str, shown: str) -> CheckFailed:
    """A blob that is not what it should be."""
    hint = "restore the blobs from a backup of the store"
    return CheckFailed(Problem("S209", f"the blob {sha256[:12]} {what}", Place(shown), hint))


def path_of(folder: Path, sha256: str) -> Path:
    """Where the blob of this name stands, if it is there."""
    assert _NAME.fullmatch(sha256), "a blob is named by its SHA-256"
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
            sync(each.parent)


def sync(folder: Path) -> None:
    """A new name in a folder survives a loss of power only once the folder itself is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(path: Path) -> str:
    """The digest of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
