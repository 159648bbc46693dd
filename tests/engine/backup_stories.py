"""What the stories about backups share: books with a row in every table, and all rows as anybody reads them."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from event_stories import closed, command, lines, once, paying, posting
from store_stories import LINES, accepted, july

from engine.store import Store
from engine.store.lines import lines_to_parquet
from engine.values import Draft
from engine.values.record import RunRecord
from rules.problem import Conflict

TABLES = ("run", "run_blob", "acceptance", "event", "line", "posting")


def fill(address: Path | str) -> None:
    """Books of two cycles: previews, official runs, a plan that was accepted, payments, and a refusal."""
    found = lines([500, -20, 2**62])
    with Store.open(address) as store:
        store.keep(july("preview", kind="preview"), {"lines": LINES, "table:partners": b"", 'odd é, "role"': b"x"})
        run = replace(
            paying(found, "paid"),
            blobs={"lines": store.put(lines_to_parquet(found)), "table:deals": store.put(b"P" * 2_500_000)},
        )
        decide = closed({"é": "\u2028", "total_minor": "-1"}, runs=(run,), lines=((run.run_id, found),))
        store.record(command("a"), decide)
        store.record(
            command("b"), lambda _: Draft("opened", "2026-08", {}, postings=(posting("Ñ"), posting("P-2", -(2**62))))
        )
        store.record(command("c"), closed())
        with suppress(Conflict):
            store.record(command("d"), once)
        store.record(command("e"), closed(postings=[posting("P-1", 0), posting("P-9", effective="2026-08-15")]))
        store.accept(accepted(b"the plan"), b"the plan")


@contextmanager
def database(server: str) -> Iterator[str]:
    """The address of another empty database of a server, which is dropped."""
    name = f"partage_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def add_one(address: Path | str, note: str) -> RunRecord:
    """One more run."""
    with Store.open(address) as store:
        return store.keep(july(note), {"lines": note.encode()})


def rows(address: Path | str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of every table, sorted, without the store's own code."""
    if isinstance(address, str):
        with psycopg.connect(address, options="-c timezone=UTC" if "options=" not in address else None) as server:
            return {table: told(server.execute(f"SELECT * FROM {table}".encode()).fetchall()) for table in TABLES}
    with closing(sqlite3.connect(address)) as file:
        return {table: told(file.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES}


def told(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(plain, row)) for row in found), key=repr)


def plain(value: Any) -> Any:
    """A value as SQLite keeps it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def blobs(address: Path | str) -> dict[str, bytes]:
    """All blobs by name, without the store's own code."""
    if isinstance(address, str):
        found: dict[str, bytes] = {}
        with psycopg.connect(address) as server:
            for (name,) in server.execute("SELECT sha256 FROM blob"):
                found[name] = b""
            for name, content in server.execute("SELECT sha256, content FROM blob_chunk ORDER BY sha256, number"):
                found[name] += content
        return found
    folder = address.with_name(f"{address.name}.blobs")
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
