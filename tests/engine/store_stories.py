"""What the stories about the store share: a run for July, and how a failure is told."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.digest import canonical, sha256
from engine.store import Acceptance, RunRecord
from rules.problem import PartageError

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["engine.store.writing", "engine.store.postgres", "alembic.command"])
LINES = b"ada,120.00\n"


def july(note: str = "", **changes: Any) -> RunRecord:
    """A run for July, not kept yet; another note makes another run."""
    manifest = canonical({"t": "partage/manifest/1", "period": "2026-07", "note": note})
    record = RunRecord(
        number=0,
        run_id=sha256(manifest),
        kind="official",
        program="Partner rewards",
        file="program.yaml",
        period="2026-07",
        currency="EUR",
        total_minor=12_000,
        partners=1,
        lines=1,
        created_at=datetime(2026, 8, 1, 9, 30, 0, 250_000, tzinfo=UTC),
        actor="ada",
        engine="0.1.0",
        manifest=manifest,
        blobs={},
    )
    return replace(record, **changes)


def accepted(document: bytes) -> Acceptance:
    """Ada's word for a partner on a plan, not kept yet."""
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    named = "Rewards", "program.yaml", sha256(b"program"), sha256(document), "P-1", "Ada Jung"
    return Acceptance(0, *named, at.date(), "", at, "ops", "0.1.0")


@contextmanager
def fault(kind: type[PartageError], code: str, words: str) -> Iterator[None]:
    """What is inside fails as the user is told: the class gives the exit code, and the message is in words."""
    with pytest.raises(kind) as caught:
        yield
    (problem,) = caught.value.problems
    assert type(caught.value) is kind and problem.code == code
    assert words in f"{problem.message} {problem.hint}" and problem.hint and problem.place.file


def by_sql(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
