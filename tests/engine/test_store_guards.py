"""Rows are only ever added, and only where they fit: both databases refuse the rest, whoever asks and however.

What gets past the guards, because they were taken off, is found by who reads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from event_stories import closed, column, command, lines, paying, posting
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select
from store_stories import LINES, accepted, fault, july

from engine.digest import sha256
from engine.store import Store, migrate
from engine.store.address import open_database
from engine.store.bulk import LINE_COLUMNS
from engine.store.database import BUSY_MS
from engine.store.models import AcceptanceRow, BlobChunkRow, BlobRow, EventRow, LineRow, PostingRow, RunBlobRow, RunRow
from rules.problem import CheckFailed

ROWS = (RunRow, RunBlobRow, AcceptanceRow, EventRow, LineRow, PostingRow)
TABLES = {str(row.__tablename__): row for row in ROWS}
BLOBS = {"blob": BlobRow, "blob_chunk": BlobChunkRow}
KEYS = {
    "run": ("number", "run_id, kind"),
    "run_blob": ("run_number, role",),
    "acceptance": ("number",),
    "event": ("number", "key"),
    "line": ("run_number, number",),
    "posting": ("event, number",),
    "blob": ("sha256",),
    "blob_chunk": ("sha256, number",),
}


@pytest.fixture
def kept(store_address: Path | str) -> Path | str:
    """A store with a row, or some, in every table."""
    found = lines([500, -20])
    run = replace(paying(found, "paid"))
    with Store.open(store_address) as store:
        store.keep(july(), {"lines": LINES})
        store.record(command("a"), closed(runs=(run,), lines=((run.run_id, found),), postings=[posting()]))
        store.record(command("b"), closed({"note": "second"}, postings=[posting("P-2")]))
        store.accept(accepted(b"the plan"), b"the plan")
    return store_address


@contextmanager
def connected(address: Path | str) -> Iterator[Connection]:
    """A connection of somebody else's software, without the store's settings."""
    url = str(address).replace("postgresql:", "postgresql+psycopg:") if is_server(address) else f"sqlite:///{address}"
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def is_server(address: Path | str) -> bool:
    return isinstance(address, str)


def tables(address: Path | str) -> list[str]:
    return [*TABLES, *(BLOBS if is_server(address) else [])]


def by_hand(address: Path | str, *statements: str) -> None:
    """Change the books as their owner can: the guards off first, where the statements do that."""
    if isinstance(address, str):
        with psycopg.connect(address) as connection:
            for each in statements:
                connection.execute(each.encode())
        return
    other = sqlite3.connect(address)
    with other:
        for each in statements:
            other.execute(each)
    other.close()


def unguarded(address: Path | str, table: str) -> list[str]:
    """What takes the guards off a table."""
    if is_server(address):
        return [f"ALTER TABLE {table} DISABLE TRIGGER USER"]
    return [f"DROP TRIGGER {table}_{each}" for each in ("no_update", "no_delete", "in_order")]


def refused(address: Path | str, *statements: str) -> str:
    """The words in which the database refuses a statement."""
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.IntegrityError)) as caught:
        by_hand(address, *statements)
    return str(caught.value)


# By SQL


def test_no_row_of_any_table_is_changed_or_removed(kept: Path | str) -> None:
    for table in tables(kept):
        column = KEYS[table][0].split(", ")[0]
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            assert f"{table} is append-only" in refused(kept, statement), statement
    with Store.open(kept, create=False) as store:
        assert len(store.events()) == 2 and len(store.runs()) == 2


def test_no_row_is_put_in_the_place_of_another(kept: Path | str) -> None:
    for table in tables(kept):
        for statement in instead(kept, table):
            assert refused(kept, *statement), statement


def instead(address: Path | str, table: str) -> Iterator[tuple[str, ...]]:
    """The ways in which a row may take another one's place."""
    if is_server(address):
        yield (f"MERGE INTO {table} USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",)
    else:
        for setting in ("OFF", "ON"):
            yield f"PRAGMA recursive_triggers = {setting}", f"REPLACE INTO {table} SELECT * FROM {table}"
    for key in KEYS[table]:
        column = key.split(", ")[0]
        upsert = f"ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}"
        yield (f"INSERT INTO {table} SELECT * FROM {table} WHERE true {upsert}",)


def test_no_table_is_emptied(kept: Path | str) -> None:
    if is_server(kept):  # SQLite has no TRUNCATE, and its own way to empty a table is a DELETE
        for table in tables(kept):
            assert f"{table} is append-only" in refused(kept, f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("INSERT INTO event VALUES (4, '{last}', 'x', 'x', 'x', NULL, '')", "without gaps"),
        ("INSERT INTO event VALUES (2, '{last}', 'x', 'x', 'x', NULL, '')", "without gaps"),
        ("INSERT INTO event VALUES (3, '{first}', 'x', 'x', 'x', NULL, '')", "names the one before"),
        ("INSERT INTO event VALUES (3, '{last}', 'x', 'x', 'x', 'a', '')", "a key is used once"),
        ("INSERT INTO line VALUES (2, 3, 'P-1', 'c', 't', 'k', 1)", "as many as their run has"),
        ("INSERT INTO line VALUES (9, 1, 'P-1', 'c', 't', 'k', 1)", "as many as their run has"),
        ("INSERT INTO posting VALUES (1, 2, 'c', 'P-1', 'p', '', 'paid', '2026-08-01', 'EUR', 1)", "with their event"),
        ("INSERT INTO posting VALUES (3, 1, 'c', 'P-1', 'p', '', 'paid', '2026-08-01', 'EUR', 1)", "with their event"),
        ("INSERT INTO run_blob VALUES (1, 'late', 'x')", "added with its run"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(kept: Path | str, statement: str, words: str) -> None:
    with Store.open(kept) as store:
        first, last = (each.sha256 for each in store.events())
    assert words in refused(kept, statement.format(first=first, last=last))


def test_a_blob_gets_no_chunk_beyond_those_it_has(postgres: str) -> None:
    with Store.open(postgres) as store:
        digest = store.put(LINES)
    assert "as many chunks" in refused(postgres, f"INSERT INTO blob_chunk VALUES ('{digest}', 2, 'x')")


# By the millions


def loaded(address: Path | str, *keys: tuple[int, int]) -> None:
    """Load lines as the store does, by the numbers of their run and their own, past what it checks before."""
    run_numbers, numbers = (np.array(each) for each in zip(*keys, strict=True))
    texts = [column(["x"] * len(keys)) for _ in range(4)]
    database = open_database(address, create=False, busy_ms=BUSY_MS)
    try:
        with database.writing() as connection:
            database.load(connection, "line", LINE_COLUMNS, [(run_numbers, numbers, *texts, numbers)])
    finally:
        database.close()


def guards(address: Path) -> list[tuple[str, str]]:
    """The triggers of a file, word by word."""
    with closing(sqlite3.connect(address)) as file:
        return file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name").fetchall()


def test_lines_that_are_loaded_leave_every_guard_as_it_was(tmp_path: Path) -> None:
    address = tmp_path / "partage.db"
    Store.open(address).close()
    before = guards(address)
    found = lines(range(1_000))
    run = paying(found, "paid")
    with Store.open(address) as store:
        store.record(command("a"), closed(runs=(run,), lines=((run.run_id, found),)))
        assert len(list(store.line_rows(1))) == 1_000
    assert guards(address) == before and len(before) == 3 * len(ROWS)
    for number in (1, 1_000, 1_001):
        message = refused(address, f"INSERT OR REPLACE INTO line VALUES (1, {number}, 'P-1', 'c', 't', 'k', 1)")
        assert "as many as their run has" in message


@pytest.mark.parametrize(
    "keys",
    [
        ((1, 2),),
        ((1, 1), (1, 1)),
        ((1, 1), (1, 2)),
        ((2, 2),),
        ((2, 3),),
        ((3, 1), (3, 3)),
        ((3, 2), (3, 3)),
        ((3, 1), (3, 2), (3, 3), (3, 4)),
        ((3, 1), (9, 1)),
        ((3, 0), (3, 1)),
    ],
    ids=[
        "without its first",
        "twice",
        "too many",
        "again",
        "more than its run has",
        "with a gap",
        "from the second",
        "one too many",
        "of no run",
        "from nought",
    ],
)
def test_loaded_lines_that_do_not_fit_are_refused_and_leave_no_trace(tmp_path: Path, keys: Any) -> None:
    address = tmp_path / "partage.db"
    found = lines([500, -20])
    run = replace(paying(found, "paid"))
    with Store.open(address) as store:
        store.keep(july(), {"lines": LINES})
        store.record(command("a"), closed(runs=(run,), lines=((run.run_id, found),)))
        store.keep(july("three", lines=3), {"lines": LINES})
        before = guards(address), list(store.line_rows(2))
        with pytest.raises(sqlite3.IntegrityError):
            loaded(address, *keys)
        assert (guards(address), list(store.line_rows(2))) == before
        assert not list(store.line_rows(1)) and not list(store.line_rows(3))
    loaded(address, (3, 1), (3, 2))
    loaded(address, (3, 3))
    assert "as many" in refused(address, "INSERT INTO line VALUES (3, 4, 'P-1', 'c', 't', 'k', 1)")


def test_a_guard_that_somebody_took_off_is_no_hindrance_and_asked_all_the_same(tmp_path: Path) -> None:
    address = tmp_path / "partage.db"
    with Store.open(address) as store:
        store.keep(july(), {"lines": LINES})
    by_hand(address, "DROP TRIGGER line_in_order")
    with pytest.raises(sqlite3.IntegrityError, match="as many as their run has"):
        loaded(address, (1, 1), (1, 2))
    loaded(address, (1, 1))


# By SQLModel


def test_the_rows_of_sqlmodel_are_guarded_too(kept: Path | str) -> None:
    changes: list[Callable[[Session, Any], None]] = [lambda session, row: session.delete(row), change]
    for table in tables(kept):
        for each in changes:
            with connected(kept) as connection, Session(connection) as session:
                each(session, session.exec(select((TABLES | BLOBS)[table])).first())
                with pytest.raises(IntegrityError, match=f"{table} is append-only"):
                    session.flush()
                session.rollback()


def change(session: Session, row: Any) -> None:
    """Set the last column of a row to something else."""
    name = list(type(row).model_fields)[-1]
    value = getattr(row, name)
    setattr(row, name, value + (1 if isinstance(value, int) else b"x" if isinstance(value, bytes) else "x"))
    session.add(row)


# What was changed all the same

CHAIN = [
    ("UPDATE event SET type = 'paid' WHERE number = 1", "event 1 has columns that say something else"),
    ("UPDATE event SET cycle = '2026-08' WHERE number = 2", "event 2 has columns that say something else"),
    ("UPDATE event SET key = 'c' WHERE number = 2", "event 2 has columns that say something else"),
    ("UPDATE event SET before_sha256 = sha256 WHERE number = 1", "event 1 does not name the digest"),
    ("UPDATE event SET sha256 = before_sha256 WHERE number = 1", "event 1 is not what its digest says"),
    ("DELETE FROM event WHERE number = 1", "event 1 is missing"),
    ("UPDATE event SET number = 3 WHERE number = 2", "event 2 is missing"),
]


@pytest.mark.parametrize(("statement", "words"), CHAIN, ids=[each for _, each in CHAIN])
def test_a_chain_that_was_changed_by_hand_is_found(kept: Path | str, statement: str, words: str) -> None:
    with Store.open(kept) as store:
        assert len(store.events()) == 2
        by_hand(kept, *unguarded(kept, "event"), statement)
        for read in (store.events, lambda: store.record(command("c"), closed())):
            with fault(CheckFailed, "S213", words):
                read()


def test_any_flipped_bit_of_an_event_is_found(kept: Path | str) -> None:
    with Store.open(kept) as store:
        content = store.events()[0].content
        by_hand(kept, *unguarded(kept, "event"))
        for at in range(0, len(content), 29):
            flipped = bytearray(content)
            flipped[at] ^= 1 << at % 8
            write_content(kept, bytes(flipped), sha256(content))
            with fault(CheckFailed, "S213", "event 1 is not what its digest says"):
                store.events()
        write_content(kept, content, sha256(content))
        assert len(store.events()) == 2


@pytest.mark.parametrize("content", [b"{}", b"", b"[]", b"\xff", b'{"t":"partage/event/1"}', b"[" * 10_000])
def test_bytes_that_are_no_event_are_found_though_their_digest_fits(kept: Path | str, content: bytes) -> None:
    by_hand(kept, *unguarded(kept, "event"))
    write_content(kept, content, sha256(content))
    with Store.open(kept) as store, fault(CheckFailed, "S213", "event 1 has bytes that are no event"):
        store.events()


def test_an_event_moved_to_another_place_is_found_though_its_digest_fits(kept: Path | str) -> None:
    with Store.open(kept) as store:
        second = store.events()[1].content
    by_hand(kept, *unguarded(kept, "event"))
    write_content(kept, second, sha256(second))
    with Store.open(kept) as store, fault(CheckFailed, "S213", "event 1 has bytes that are no event of this place"):
        store.events()


def write_content(address: Path | str, content: bytes, digest: str) -> None:
    """Put bytes in the place of those of the first event, and a digest in the place of its own."""
    blob = f"decode('{content.hex()}', 'hex')" if is_server(address) else f"x'{content.hex()}'"
    by_hand(address, f"UPDATE event SET content = {blob}, sha256 = '{digest}' WHERE number = 1")


def test_a_blob_of_a_database_that_was_changed_by_hand_is_found(postgres: str) -> None:
    with Store.open(postgres) as store:
        digest, empty = store.put(LINES * 200_000), store.put(b"")
        copy = store.blob(digest)
        assert (store.blob_bytes(digest), copy.read_bytes()) == (LINES * 200_000,) * 2
        assert (store.blob(empty).read_bytes(), store.blob_path(digest)) == (b"", copy)
        by_hand(postgres, *unguarded(postgres, "blob_chunk"))
        for change, words in (
            ("UPDATE blob_chunk SET content = set_byte(content, 7, 0) WHERE number = 2", "was changed"),
            ("DELETE FROM blob_chunk WHERE number = 2", "was changed"),
        ):
            by_hand(postgres, change)
            for read in (store.blob, store.blob_bytes, lambda _: store.put(LINES * 200_000)):
                with fault(CheckFailed, "S209", words):
                    read(digest)
        with fault(CheckFailed, "S209", "is missing"):
            store.blob(sha256(b"never kept"))
    assert not copy.exists(), "a copy is gone with the store"


# What makes the tables


def test_the_migrations_make_what_the_models_declare(store_address: Path | str) -> None:
    Store.open(store_address).close()
    ours = "postgresql" if is_server(store_address) else "sqlite"
    with connected(store_address) as connection:
        opts = {"compare_type": True, "include_object": lambda each, *_: each.info.get("only", ours) == ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=opts), RunRow.metadata) == []


@pytest.mark.parametrize("last", [1, 2, 3])
def test_the_migrations_keep_what_an_earlier_store_holds(store_address: Path | str, last: int) -> None:
    earlier = migrate.REVISIONS[last - 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "REVISIONS", migrate.REVISIONS[:last])
        patch.setattr(migrate, "HEAD", earlier)
        with Store.open(store_address) as store:
            run = store.keep(july(), {})
    database = open_database(store_address, create=False, busy_ms=BUSY_MS)
    with database.writing() as connection:
        migrate.migrate(database, connection, migrate.HEAD)
    database.close()
    with Store.open(store_address) as store:
        assert (store.runs(), store.events()) == ((run,), ())
        store.accept(accepted(b"another plan"), b"another plan")
        assert store.record(command("a"), closed(postings=[posting()])).event.number == 1
    for table in ("run", "acceptance", "event", "posting"):
        assert "append-only" in refused(store_address, f"DELETE FROM {table}")
