"""Where the books of a test are: in memory where there is some, and in databases that are as they were once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

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
