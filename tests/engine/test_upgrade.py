"""Stores of older schemas: refused by every command but those that back them up and upgrade them, row by row."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from backup_stories import add_one, database
from event_stories import closed, command
from spine_stories import partage
from store_stories import LINES, accepted, fault, july

from engine.acts.backup import backup, restore, upgrade
from engine.digest import sha256
from engine.store import Store, upgrading
from engine.store.address import open_database
from engine.store.contents import Contents, contents_of
from engine.store.database import BUSY_MS, Database, Reader
from engine.store.migrate import HEAD, REVISIONS, migrate
from rules.problem import CheckFailed, Conflict, Refused, Unavailable

OLDER = REVISIONS[:-1]
SINCE = {"run": "0001", "run_blob": "0001", "acceptance": "0002", "event": "0004", "line": "0004", "posting": "0004"}
AT = "2026-08-01 09:30:00.250000"


@pytest.fixture(params=OLDER)
def old(request: pytest.FixtureRequest) -> str:
    """A schema that an older engine made."""
    return str(request.param)


def make(address: Path | str, revision: str) -> Path | str:
    """A small store as the engine of that schema left it: two runs, two acceptances; in a file, also their blobs."""
    with closing(open_database(address, create=True, busy_ms=BUSY_MS)) as made:
        with made.writing() as connection:
            migrate(made, connection, revision)
        if not isinstance(address, str):
            for content in (LINES, b"the plan"):
                made.put(content)
    plain(address, *rows_of(revision, isinstance(address, str)))
    return address


def rows_of(revision: str, is_server: bool) -> list[str]:
    """The rows of such a store as plain SQL. A database kept no blobs in those days."""
    found = []
    for number, each in enumerate((july("first"), july("second", total_minor=-(2**62))), 1):
        manifest = f"decode('{each.manifest.hex()}', 'hex')" if is_server else f"x'{each.manifest.hex()}'"
        found.append(
            f"INSERT INTO run VALUES ({number}, '{each.run_id}', 'official', 'Rewards', 'program.yaml', '2026-07',"
            f" 'EUR', {each.total_minor}, 1, 1, '{AT}', 'ada', '0.1.0', {manifest})"
        )
        if not is_server:
            found.append(f"INSERT INTO run_blob VALUES ({number}, 'lines', '{sha256(LINES)}')")
    if revision >= "0002" and not is_server:
        for number, (partner, who) in enumerate((("P-1", "Ada"), ("P-2", "é")), 1):
            plan = f"'{sha256(b'program')}', '{sha256(b'the plan')}'"
            found.append(
                f"INSERT INTO acceptance VALUES ({number}, 'Rewards', 'program.yaml', {plan}, '{partner}', '{who}',"
                f" '2026-03-02', '', '{AT}', 'ops', '0.1.0')"
            )
    return found


def plain(address: Path | str, *statements: str) -> None:
    """Somebody else's SQL."""
    if isinstance(address, str):
        with psycopg.connect(address, options="-c timezone=UTC") as server:
            for each in statements:
                server.execute(each.encode())
        return
    with closing(sqlite3.connect(address)) as file, file:
        for each in statements:
            file.execute(each)


def rows(address: Path | str, revision: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the tables of a schema, as anybody reads them."""
    found = {}
    for table in (name for name, since in SINCE.items() if since <= revision):
        query = f"SELECT * FROM {table}"
        if isinstance(address, str):
            with psycopg.connect(address) as server:
                found[table] = sorted(server.execute(query.encode()).fetchall(), key=repr)
        else:
            with closing(sqlite3.connect(address)) as file:
                found[table] = sorted(file.execute(query).fetchall(), key=repr)
    return found


def revision(address: Path | str) -> str:
    query = "SELECT version_num FROM alembic_version"
    if isinstance(address, str):
        with psycopg.connect(address) as server:
            return str(server.execute(query).fetchall()[0][0])
    with closing(sqlite3.connect(address)) as file:
        return str(file.execute(query).fetchall()[0][0])


# An older store


def test_an_older_store_is_refused_and_left_as_it_is(store_address: Path | str, old: str) -> None:
    make(store_address, old)
    before = rows(store_address, old)
    for create in (True, False):
        with fault(Unavailable, "S219", "partage upgrade"):
            Store.open(store_address, create=create)
    assert (revision(store_address), rows(store_address, old)) == (old, before)


def test_an_upgrade_keeps_every_row_and_takes_a_backup_first(
    store_address: Path | str, old: str, tmp_path: Path
) -> None:
    make(store_address, old)
    before = rows(store_address, old)
    done = upgrade(store_address, tmp_path / "before")
    assert (done.before, done.after, revision(store_address)) == (old, HEAD, HEAD)
    assert rows(store_address, old) == before
    assert done.backup is not None and revision(tmp_path / "before" / "partage.db") == old
    assert done.backup.contents.rows == {name: len(found) for name, found in before.items()}
    with Store.open(store_address, create=False) as store:
        assert [each.number for each in store.runs()] == [1, 2] and store.events() == ()
        assert store.record(command("a"), closed()).event.number == 1
        assert store.accept(accepted(b"another"), b"another").number == len(store.acceptances())
    assert add_one(store_address, "third").number == 3


def test_an_older_store_is_backed_up_and_restored_as_it_is(
    store_address: Path | str, old: str, tmp_path: Path, server: str
) -> None:
    make(store_address, old)
    backup(store_address, tmp_path / "made")
    with database(server) as elsewhere:
        for target in (tmp_path / "again.db", elsewhere):
            if isinstance(target, Path) or isinstance(store_address, str):
                restore(tmp_path / "made", target)
                assert revision(target) == old
                upgrade(target, tmp_path / f"before {type(target).__name__}")
                backup(target, tmp_path / f"after {type(target).__name__}")
    names = [each.name for each in tmp_path.iterdir() if each.name.startswith("after")]
    assert len({(tmp_path / each / "backup.json").read_bytes() for each in names}) == 1


def test_a_store_that_is_up_to_date_is_left_alone(store_address: Path | str, tmp_path: Path) -> None:
    add_one(store_address, "first")
    done = upgrade(store_address, tmp_path / "before")
    assert (done.before, done.after, done.backup) == (HEAD, HEAD, None)
    assert not (tmp_path / "before").exists()


def test_a_store_of_a_newer_engine_is_refused(store_address: Path | str, tmp_path: Path) -> None:
    Store.open(store_address).close()
    plain(store_address, "UPDATE alembic_version SET version_num = '9001'")
    for act in (
        lambda: upgrade(store_address, tmp_path / "before"),
        lambda: backup(store_address, tmp_path / "before"),
        lambda: Store.open(store_address),
    ):
        with fault(Unavailable, "S206", "schema 9001"):
            act()
    assert not (tmp_path / "before").exists() and revision(store_address) == "9001"


# Where the backup goes


def test_beside_a_file_the_backup_is_named_after_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    make(tmp_path / "real" / "books.db", "0002")
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "books.db")
    done = upgrade(tmp_path / "link.db")
    assert done.backup is not None and done.backup.folder == tmp_path / "real" / f"books.db.before-{HEAD}"
    restore(done.backup.folder, tmp_path / "back.db")
    assert rows(tmp_path / "back.db", "0002") == rows(tmp_path / "real" / "books.db", "0002")


def test_a_database_needs_a_folder_for_the_backup(postgres: str) -> None:
    make(postgres, "0003")
    with fault(Refused, "S224", "--backup"):
        upgrade(postgres)
    assert revision(postgres) == "0003"


def test_an_upgrade_that_was_broken_off_takes_its_backup_again(
    store_address: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(store_address, "0003")
    before = rows(store_address, "0003")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(upgrading, "hold_unchanged", killed)
        with pytest.raises(KeyboardInterrupt):
            upgrade(store_address, tmp_path / "before")
    assert (revision(store_address), rows(store_address, "0003")) == ("0003", before)
    made = (tmp_path / "before" / "partage.db").stat()
    upgrade(store_address, tmp_path / "before")
    again = (tmp_path / "before" / "partage.db").stat()
    assert (made.st_ino, made.st_mtime_ns) == (again.st_ino, again.st_mtime_ns)


def test_a_backup_of_other_books_is_not_taken_for_it(tmp_path: Path) -> None:
    make(tmp_path / "books.db", "0003")
    make(tmp_path / "other.db", "0001")
    backup(tmp_path / "other.db", tmp_path / "before")
    (tmp_path / "mine").mkdir()
    for folder in ("before", "mine"):
        with fault(Refused, "S222", "there already"):
            upgrade(tmp_path / "books.db", tmp_path / folder)
    assert revision(tmp_path / "books.db") == "0003"


# What may not happen


def test_a_store_that_is_written_to_meanwhile_is_not_upgraded(
    store_address: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(store_address, "0003")
    third = (
        rows_of("0001", isinstance(store_address, str))[0]
        .replace("VALUES (1,", "VALUES (3,")
        .replace("'official'", "'preview'")
    )
    from engine.acts import backup as act

    def first(database: Database, before: Contents) -> None:
        plain(store_address, third)
        upgrading.upgrade_from(database, before)

    monkeypatch.setattr(act, "upgrade_from", first)
    with fault(Conflict, "S225", "written to after the backup"):
        upgrade(store_address, tmp_path / "before")
    assert revision(store_address) == "0003" and len(rows(store_address, "0003")["run"]) == 3


def test_a_migration_that_would_change_a_row_is_undone(
    store_address: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(store_address, "0003")
    before = rows(store_address, "0003")
    calls = []

    def careless(database: Database, reader: Reader, names: list[str]) -> Contents:
        found = contents_of(database, reader, names)
        calls.append(found)
        if len(calls) == 1:
            return found
        return Contents(found.schema, 7, found.head_sha256, found.tables[1:], 9, found.blobs_sha256)

    monkeypatch.setattr(upgrading, "contents_of", careless)
    with fault(CheckFailed, "S225", "would change run, the end of the log, the blobs"):
        upgrade(store_address, tmp_path / "before")
    assert (revision(store_address), rows(store_address, "0003")) == ("0003", before)


def test_a_damaged_older_store_is_not_upgraded(tmp_path: Path) -> None:
    book = tmp_path / "books.db"
    make(book, "0003")
    plain(book, "DROP TRIGGER run_no_update", "UPDATE run SET manifest = x'7b7d' WHERE number = 2")
    with fault(CheckFailed, "S211", "manifest of run 2"):
        upgrade(book)
    assert revision(book) == "0003" and not list(tmp_path.glob("*before*"))


# The command


def test_the_command_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "partage.db", "0003")
    refused = partage("show")
    assert refused.exit_code == 4 and "S219" in refused.err and "partage upgrade" in refused.err
    done = partage("upgrade")
    assert done.exit_code == 0, done.err
    assert "upgraded  partage.db from schema 0003 to 0004; every row is as it was" in done.out
    assert "nothing to do" in partage("upgrade").out
    make(tmp_path / "other.db", "0001")
    as_json = json.loads(partage("--store", "other.db", "upgrade", "--backup", "kept", "--json").out)
    assert as_json == {"store": "other.db", "from_schema": "0001", "schema": HEAD, "backup": "kept"}
    as_json = json.loads(partage("--store", "other.db", "upgrade", "--json").out)
    assert as_json == {"store": "other.db", "from_schema": HEAD, "schema": HEAD, "backup": None}
