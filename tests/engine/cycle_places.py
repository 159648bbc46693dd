"""Where the books of a test are: in memory where there is some, and in databases that are as they were once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from cycle_beside import NOON, Fresh
from cycle_desk import Desk, asking, at_a_desk

_NOTED = count()


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, where there is one: what is synced there costs nothing."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as name:
        yield Path(name)


def rows_put_back(address: str) -> Callable[[], None]:
    """Note all rows of a database, and give what makes them its only rows again, past the triggers that forbid it."""
    noted = f"noted_{next(_NOTED)}"
    with psycopg.connect(address, autocommit=True) as connection:
        names = [name for (name,) in connection.execute(b"SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        connection.execute(f"CREATE SCHEMA {noted}".encode())
        for name in names:
            connection.execute(f"CREATE TABLE {noted}.{name} AS TABLE public.{name}".encode())
        database = urlsplit(address).path.lstrip("/")
        connection.execute(f"ALTER DATABASE {database} SET synchronous_commit = off".encode())

    def put_back() -> None:
        with psycopg.connect(address) as connection:
            connection.execute(b"SET session_replication_role = replica")
            connection.execute(f"TRUNCATE {', '.join(names)}".encode())
            for name in names:
                connection.execute(f"INSERT INTO public.{name} SELECT * FROM {noted}.{name}".encode())

    return put_back


def in_order(desk: Desk) -> Mapping[str, int]:
    """Two programs are put into force, two more versions were asked for: the requests by version."""
    numbers = {}
    with at_a_desk(desk.address):
        for version, who in (("v1", "ana"), ("fees", "dan"), ("v2", "ana"), ("v3", "dan")):
            event, *_ = desk.send("program_submit", {"version": version}, asking(who, NOON))
            assert event
            numbers[version] = event.number
        for version in ("v1", "fees"):
            desk.send("program_approve", {"number": numbers[version]}, asking("bob", NOON))
            desk.send("program_activate", {"number": numbers[version]}, asking("cyd", NOON))
    return numbers


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, memory: Path) -> Fresh:
    """Books with nothing but the programs in them, as often as it is called."""
    if request.param == "sqlite":
        first = Desk(memory / "first" / "books.db", memory)
        (memory / "first").mkdir()
        requests = in_order(first)

        def copied() -> tuple[Desk, Mapping[str, int]]:
            shutil.rmtree(memory / "now", ignore_errors=True)
            shutil.copytree(memory / "first", memory / "now")
            return Desk(memory / "now" / "books.db", memory), requests

        return copied
    desk = Desk(request.getfixturevalue("postgres"), memory)
    requests = in_order(desk)
    put_back = rows_put_back(str(desk.address))

    def emptied() -> tuple[Desk, Mapping[str, int]]:
        put_back()
        return desk, requests

    return emptied
