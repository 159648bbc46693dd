"""The digest of the engine: of every file of its code and of the definitions that it brings along."""

from __future__ import annotations

from pathlib import Path

import engine
import rules
from engine.digest import digest, sha256

_NOT_CODE = {"__pycache__"}


def engine_sha256() -> str:
    """The digest of the engine that runs: the same files give the same digest on every machine."""
    found = []
    for package in (engine, rules):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder.parent)
            if path.is_file() and not _NOT_CODE & set(name.parts):
                found.append([name.as_posix(), sha256(path.read_bytes())])
    return digest({"t": "partage/engine/1", "files": found})
