"""Commands of a cycle that are killed at every step, or run out of disk: the books are as before or as after, never
between, and the same command sent again has its one effect."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cycle_forks import Forks, Job
from cycle_places import memory, rows_put_back

from engine.store import Store

__all__ = ["memory"]
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
V1 = ("v1", (1,))
BY_HAND = {"payee": "bolt", "title": "Sales", "amount": "-1240", "to": "", "reason": "agreed", "evidence": "ticket 17"}
STORY: list[tuple[str, str, dict[str, Any]]] = [
    ("program_submit", "ana", {"version": "v1"}),
    ("program_approve", "bob", {"number": 1}),
    ("program_activate", "bob", {"number": 1}),
    ("open", "eve", {"cycle": "c1", "versions": ["v1"], "period": "2026-01"}),
    ("calculate", "eve", {"calc": V1, "period": "2026-01"}),
    ("adjust", "dan", {"cycle": "c1", **BY_HAND}),
    ("adjust_approve", "bob", {"number": 6}),
    ("submit", "eve", {"cycle": "c1"}),
    ("reject", "bob", {"cycle": "c1", "reason": "look again"}),
    ("submit", "eve", {"cycle": "c1"}),
    ("approve", "bob", {"cycle": "c1", "digest": ""}),
    ("approve", "cyd", {"cycle": "c1", "digest": ""}),
    ("lock", "eve", {"cycle": "c1"}),
    ("hold", "eve", {"payee": "bolt", "reason": "a letter"}),
    ("pay", "eve", {"cycle": "c1", "only": (), "on": date(2026, 4, 2)}),
    ("take_back", "eve", {"cycle": "c1", "number": 1, "payees": ["acme"], "currency": "", "reason": "closed"}),
    ("pay", "eve", {"cycle": "c1", "only": ("acme",), "on": date(2026, 4, 3)}),
    ("close", "eve", {"cycle": "c1"}),
    ("program_submit", "ana", {"version": "v2"}),
]


class Books:
    """One store whose state can be noted and put back; `rows` is all that it says, bytes of blobs apart."""

    def __init__(self, address: Path | str, folder: Path) -> None:
        self.address, self.folder = address, folder
        Store.open(address).close()

    def noted(self) -> Callable[[], None]:
        if isinstance(self.address, str):
            return rows_put_back(self.address)
        copy = self.folder / f"copy {len(list(self.folder.iterdir()))}"
        shutil.copytree(self.address.parent, copy)

        def put_back() -> None:
            assert isinstance(self.address, Path)
            shutil.rmtree(self.address.parent)
            shutil.copytree(copy, self.address.parent)

        return put_back

    def rows(self) -> dict[str, list[str]]:
        """All rows of all tables; the chain of events is verified on the way."""
        with Store.open(self.address, create=False) as store:
            store.events()
        if isinstance(self.address, str):
            with psycopg.connect(self.address) as on:
                found = on.execute(b"SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
                tables = [name for (name,) in found if name not in ("blob", "blob_chunk")]
                return {each: sorted(map(repr, on.execute(f"SELECT * FROM {each}".encode()))) for each in tables}
        connection = sqlite3.connect(self.address)
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = {name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for (name,) in found}
        connection.close()
        return rows


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, memory: Path) -> Books:
    if request.param == "postgresql":
        return Books(request.getfixturevalue("postgres"), memory)
    (memory / "store").mkdir()
    return Books(memory / "store" / "books.db", memory)


@pytest.fixture
def forks(memory: Path) -> Iterator[Forks]:
    (memory / "scratch").mkdir()
    with Forks(memory / "scratch") as found:
        yield found


def jobs(books: Books) -> Iterator[Job]:
    for at, (name, actor, args) in enumerate(STORY):
        yield Job(books.address, books.folder, name, args, actor, AT, key=f"key {at}")


def some(steps: int, at_most: int, chance: random.Random) -> list[int]:
    """Steps to be killed at: the first, the last, and others in between."""
    if steps <= at_most:
        return list(range(1, steps + 1))
    return sorted({steps, *chance.sample(range(1, steps), at_most - 1)})


def killed_at(books: Books, forks: Forks, at_most: int, names: Collection[str] = ()) -> int:
    """Kill each command of the story (or the first of each of these names) at some of its steps; how often that was."""
    chance, kills = random.Random(6), 0
    for job in jobs(books):
        if names and job.name not in names:
            assert forks.one(job).exit_code == 0
            continue
        names = [each for each in names if each != job.name] or (["none more"] if names else ())
        before, put_back = books.rows(), books.noted()
        whole = forks.one(job)
        assert (whole.exit_code, whole.is_killed, whole.is_replayed) == (0, False, False), whole.said
        after = books.rows()
        assert after != before and len(after["event"]) == len(before["event"]) + 1
        was_after = False
        for step in some(whole.steps, at_most, chance):
            put_back()
            assert forks.one(replace(job, kill=step)).is_killed, (job.name, step)
            kills += 1
            found = books.rows()
            assert found in (before, after), f"{job.name}, killed at step {step} of {whole.steps}, is between"
            is_after = found == after
            assert is_after >= was_after, "what was kept stays kept"
            was_after = is_after
            again = forks.one(job)
            assert (again.exit_code, again.is_replayed) == (0, is_after), (job.name, step, again)
            assert books.rows() == after, f"{job.name}, sent again after step {step} of {whole.steps}"
        assert was_after, f"{job.name} was killed after its commit as well"
    return kills


@pytest.mark.ci
def test_a_command_that_is_killed_leaves_the_books_before_or_after_it(books: Books, forks: Forks) -> None:
    names = ("open", "calculate", "submit", "approve", "lock", "pay", "adjust", "close", "program_submit")
    assert killed_at(books, forks, 3, names) == 27


@pytest.mark.soak
def test_a_command_that_is_killed_at_any_of_its_steps(books: Books, forks: Forks) -> None:
    assert killed_at(books, forks, at_most=10_000) > 150


@pytest.mark.ci
def test_a_disk_that_is_full_stops_a_command_before_it_begins_or_lets_it_end(memory: Path, forks: Forks) -> None:
    (memory / "store").mkdir()
    books = Books(memory / "store" / "books.db", memory)
    seen = set()
    for job in jobs(books):
        before, put_back = books.rows(), books.noted()
        size = (memory / "store" / "books.db").stat().st_size
        outcomes = []
        for limit in (512, 30_000, size - 1, 10 * size):
            put_back()
            told = forks.one(replace(job, file_bytes=limit))
            found = books.rows()
            assert told.exit_code in (0, 4), f"{job.name} with files up to {limit}: {told}"
            assert (found == before) == (told.exit_code == 4), f"{job.name} with files up to {limit}"
            assert len(found["event"]) == len(before["event"]) + (told.exit_code == 0)
            assert told.exit_code == 0 or "free" in told.said, told.said
            outcomes.append(told.exit_code)
        assert outcomes[-1] == 0
        seen |= set(outcomes)
    assert seen == {0, 4}
