"""Where a store is: the path of a file, or the address of a database of PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from engine.store.database import Database
from engine.store.server import server_of
from engine.store.sqlite import SqliteDatabase

Address = Path | str  # of a store: the path of a file, or the URL of a database


def open_database(address: Path | str, create: bool, busy_ms: int) -> Database:
    """The database at an address, opened."""
    if not is_url(address):
        return SqliteDatabase(Path(address), create, busy_ms)
    server = server_of(str(address))
    from engine.store.postgres import PostgresDatabase  # its driver takes a while to import

    return PostgresDatabase(server, create, busy_ms)


def is_url(address: Path | str) -> bool:
    """Whether an address is that of a server; a path is always one of a file."""
    return isinstance(address, str) and "://" in address


def is_there(address: Address) -> bool:
    """Whether there may be a store at an address: a server is asked, a file has to exist."""
    return is_url(address) or Path(address).exists()


def shown(address: Path | str) -> str:
    """An address as it may be printed: without a password."""
    return server_of(str(address)).shown if is_url(address) else str(address)
