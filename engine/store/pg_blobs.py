"""Blobs in PostgreSQL: bytes in chunks of a table, each blob named by its own SHA-256, as files are with SQLite.

In: bytes, or the path of a file. Out: the digest. A blob is in the database, whole, before `put` returns; one that
exists is checked and never written again.
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from engine.digest import sha256 as sha256_of
from engine.store.blobs import fault, file_sha256

_CHUNK_BYTES = 1 << 20
_ADD = "INSERT INTO blob (sha256, chunks) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING sha256"

Link = psycopg.Connection[Any]


def put(connection: Link, content: bytes | Path, shown: str) -> str:
    """Keep bytes, or those of a file, and give their digest."""
    if isinstance(content, bytes):
        sha256, size = sha256_of(content), len(content)
    else:
        sha256, size = file_sha256(content), content.stat().st_size
    with connection.transaction():
        # Where two keep the same blob, the second waits here until the first has committed.
        is_new = connection.execute(_ADD, [sha256, -(-size // _CHUNK_BYTES)]).fetchall()
        if is_new:
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                _add_chunks(connection, source, sha256)
    if not is_new:
        for _ in chunks(connection, sha256, shown):
            pass
    return sha256


def holds(connection: Link, sha256: str) -> bool:
    """Whether a blob of this name is there."""
    return bool(connection.execute("SELECT 1 FROM blob WHERE sha256 = %s", [sha256]).fetchall())


def chunks(connection: Link, sha256: str, shown: str) -> Iterator[bytes]:
    """The bytes of a blob, piece by piece; raises CheckFailed at the end where they are not what its name says."""
    assert re.fullmatch("[0-9a-f]{64}", sha256), "a blob is named by its SHA-256"
    rows = connection.execute("SELECT chunks FROM blob WHERE sha256 = %s", [sha256]).fetchall()
    if not rows:
        raise fault(sha256, "is missing", shown)
    state = hashlib.sha256()
    query = "SELECT content FROM blob_chunk WHERE sha256 = %s AND number = %s"
    for number in range(1, rows[0][0] + 1):
        found = connection.execute(query, [sha256, number], binary=True).fetchall()
        if not found:
            raise fault(sha256, "was changed", shown)
        state.update(found[0][0])
        yield found[0][0]
    if state.hexdigest() != sha256:
        raise fault(sha256, "was changed", shown)


def copied(connection: Link, sha256: str, folder: Path, shown: str) -> Path:
    """The path of a copy of a blob in a folder, verified; one that was made before is replaced by the same bytes."""
    target = folder / sha256
    temporary = folder / f".new-{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as file:
            for chunk in chunks(connection, sha256, shown):
                file.write(chunk)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _add_chunks(connection: Link, source: io.BufferedIOBase, sha256: str) -> None:
    state = hashlib.sha256()
    number = 0
    while chunk := source.read(_CHUNK_BYTES):
        number += 1
        state.update(chunk)
        connection.execute("INSERT INTO blob_chunk VALUES (%s, %s, %b)", [sha256, number, chunk])
    assert state.hexdigest() == sha256, "nobody writes to a file while it is kept"
