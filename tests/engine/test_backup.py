"""Backups: what was kept is kept twice, and is the same books again wherever it is restored; or it is said that not."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from backup_stories import add_one, blobs, database, fill, rows
from event_stories import closed, command, lines, paying, posting
from hypothesis import given, settings, strategies as st
from proxy_stories import AFTER, BEFORE, proxied
from spine_stories import partage
from store_stories import LINES, accepted, by_sql, fault, july

from engine.acts.backup import backup, restore
from engine.digest import canonical, sha256
from engine.store import Store, backups
from engine.store.contents import TABLES, Contents
from engine.store.models import RunRow
from engine.values import Draft
from rules.problem import Refused, Unavailable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "july"


@pytest.fixture(params=["to a file", "to a server"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where no store is yet: a file, or a database."""
    if request.param == "to a file":
        (tmp_path / "clean").mkdir()
        return tmp_path / "clean" / "books.db"
    return str(request.getfixturevalue("second"))


@pytest.fixture
def second(server: str) -> Iterator[str]:
    """Another empty database."""
    with database(server) as address:
        yield address


def files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


# There and back


def test_what_is_restored_is_what_was_backed_up(store_address: Path | str, folder: Path, elsewhere: Path | str) -> None:
    fill(store_address)
    before = rows(store_address)
    made = backup(store_address, folder)
    again = restore(folder, elsewhere)
    assert rows(store_address) == before == rows(folder / "partage.db") == rows(elsewhere)
    assert blobs(store_address) == blobs(folder / "partage.db") == blobs(elsewhere)
    assert again == made
    with Store.open(store_address, create=False) as ours, Store.open(elsewhere, create=False) as theirs:
        assert (ours.events(), ours.runs(), ours.acceptances()) == (
            theirs.events(),
            theirs.runs(),
            theirs.acceptances(),
        )
        assert (list(ours.postings()), ours.owed()) == (list(theirs.postings()), theirs.owed())
        assert theirs.record(command("a"), closed()).is_replayed, "a command sent before has its effect once"
        assert theirs.record(command("z"), closed(postings=[posting()])).event.number == len(ours.events()) + 1


def test_the_same_books_give_the_same_record_from_whichever_database(
    store_address: Path | str, folder: Path, elsewhere: Path | str
) -> None:
    fill(store_address)
    first = backup(store_address, folder)
    restore(folder, elsewhere)
    second = backup(elsewhere, folder.with_name("again"))
    assert files(folder)["backup.json"] == files(second.folder)["backup.json"]
    assert first.contents == second.contents
    record = json.loads(files(folder)["backup.json"])
    assert canonical(record) + b"\n" == files(folder)["backup.json"]
    assert {name: each["rows"] for name, each in record["tables"].items()} == {
        name: len(found) for name, found in rows(store_address).items()
    }
    with Store.open(store_address) as store:
        assert record["events"] == {"number": len(store.events()), "sha256": store.events()[-1].sha256}


def test_an_empty_store_is_backed_up_and_restored(
    store_address: Path | str, folder: Path, elsewhere: Path | str
) -> None:
    Store.open(store_address).close()
    assert sum(backup(store_address, folder).contents.rows.values()) == 0
    restore(folder, elsewhere)
    assert add_one(elsewhere, "first").number == 1


notes = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)
amounts = st.integers(-(2**63) + 1, 2**63 - 1)
deeds = st.one_of(
    st.tuples(st.just("keep"), notes, st.binary(max_size=40)),
    st.tuples(st.just("accept"), notes, st.binary(max_size=40)),
    st.tuples(st.just("post"), notes, st.lists(amounts, max_size=4)),
    st.tuples(st.just("pay"), notes, st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=4)),
)


@settings(max_examples=5)
@given(st.lists(deeds, max_size=8))
def test_any_books_come_back_row_by_row(
    tmp_path_factory: pytest.TempPathFactory, schemas: Callable[[], str], done: list[tuple[str, str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("books")
    book, moved, back = folder / "books.db", schemas(), folder / "back.db"
    with Store.open(book) as store:
        for deed in done:
            do(store, *deed)
    backup(book, folder / "one")
    restore(folder / "one", moved)
    backup(moved, folder / "two")
    restore(folder / "two", back)
    assert rows(book) == rows(moved) == rows(back)
    assert blobs(book) == blobs(moved) == blobs(back)


def do(store: Store, deed: str, note: str, given: object) -> None:
    """One thing that changes the books."""
    match deed, given:
        case "keep", bytes():
            store.keep(july(note), {"lines": given, note: LINES})
        case "accept", bytes():
            store.accept(accepted(given), given)
        case "post", list():
            postings = [posting(note or "P", each) for each in given]
            store.record(command(), lambda _: Draft("posted", note, {"note": note}, postings=postings))
        case "pay", list():
            found = lines(given)
            run = paying(found, f"{note} {given}")
            if store.run_by_id(run.run_id, "official") is None:
                store.record(command(), closed({"note": note}, runs=(run,), lines=((run.run_id, found),)))


@pytest.fixture(scope="module")
def schemas(server: str) -> Iterator[Callable[[], str]]:
    """Makes addresses of empty schemas of one database."""
    with database(server) as address:

        def made() -> str:
            name = f"s{os.urandom(6).hex()}"
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(f"CREATE SCHEMA {name}".encode())
            return f"{address}{'&' if '?' in address else '?'}options=-csearch_path%3D{name}%20-cTimeZone%3DUTC"

        yield made


def test_the_tables_of_a_backup_are_those_of_the_store() -> None:
    ours = {each.name: [*each.columns] for each in TABLES}
    declared = {
        name: [column.name for column in table.columns]
        for name, table in RunRow.metadata.tables.items()
        if table.info.get("only") != "postgresql"
    }
    assert ours == declared


# One view, while others write


def test_a_backup_is_of_one_moment_while_others_write(store_address: Path | str, folder: Path) -> None:
    fill(store_address)
    ended, count = threading.Event(), 0

    def write() -> None:
        nonlocal count
        with Store.open(store_address) as store:
            while not ended.is_set():
                count += 1
                found = lines([count, 5])
                run = paying(found, f"run {count}")
                blob = {"lines": store.put(str(count).encode())}
                draft = closed(
                    runs=(july(f"run {count}", lines=2, total_minor=run.total_minor, blobs=blob),),
                    lines=((run.run_id, found),),
                    postings=[posting("P-1", count), posting("P-2", -count)],
                )
                store.record(command(), draft)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backup(store_address, folder.with_name(f"{each}")) for each in range(3)]
    finally:
        ended.set()
        writer.join()
    assert made[0].contents.events < made[-1].contents.events or count < 3
    with Store.open(store_address) as store:
        events = store.events()
    for each in made:
        found = each.contents
        assert found.head_sha256 == events[found.events - 1].sha256
        assert found.rows["run"] == 2 + (found.events - 5), "each event after those of `fill` came with a run"
        assert found.rows["posting"] == 4 + 2 * (found.events - 5), "and with two postings"


# Nothing is written over, and nothing half-done has the name


def test_a_backup_is_never_written_over(store_address: Path | str, folder: Path) -> None:
    fill(store_address)
    for make in (folder.mkdir, lambda: folder.write_text("mine"), lambda: folder.symlink_to("nowhere")):
        make()
        with fault(Refused, "S222", "there already"):
            backup(store_address, folder)
        folder.rmdir() if folder.is_dir() else folder.unlink()
    with fault(Refused, "S222", "no folder"):
        backup(store_address, folder / "deeper")


def test_a_store_is_never_restored_over(store_address: Path | str, folder: Path) -> None:
    fill(store_address)
    before = rows(store_address)
    backup(store_address, folder)
    with fault(Refused, "S222", "there is a store already"):
        restore(folder, store_address)
    assert rows(store_address) == before


def test_blobs_that_a_lost_store_left_stay_and_do_no_harm(folder: Path, tmp_path: Path) -> None:
    book = tmp_path / "books.db"
    fill(book)
    backup(book, folder)
    before = rows(book)
    add_one(book, "after the backup")
    book.unlink()
    restore(folder, book)
    assert rows(book) == before and add_one(book, "after the backup").number == 3


def test_a_database_of_others_is_not_restored_into(folder: Path, tmp_path: Path, postgres: str) -> None:
    fill(tmp_path / "books.db")
    backup(tmp_path / "books.db", folder)
    by_sql(tmp_path / "other.db", "create table invoices (id integer)")
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE TABLE invoices (id integer)")
    for address in (tmp_path / "other.db", postgres):
        with fault(Refused, "S202", "other software"):
            restore(folder, address)


def test_there_is_nothing_to_back_up_where_no_store_is(folder: Path) -> None:
    with fault(Refused, "S201", "no store"):
        backup(folder.parent / "none.db", folder)
    assert list(folder.parent.iterdir()) == []


def test_a_backup_that_fails_leaves_nothing(
    store_address: Path | str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store_address)

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(backups, "_write", full)
    with fault(Unavailable, "S204", "bytes free"):
        backup(store_address, folder)
    assert list(folder.parent.iterdir()) == []


def test_a_restore_that_fails_leaves_no_store_and_may_be_tried_again(
    folder: Path, tmp_path: Path, elsewhere: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "books.db")
    backup(tmp_path / "books.db", folder)
    from engine.store import copying

    def broken_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(copying, "hold_equal", broken_off)
        with pytest.raises(KeyboardInterrupt):
            restore(folder, elsewhere)
    with fault(Refused, "S201", "no store"):
        Store.open(elsewhere, create=False)
    restore(folder, elsewhere)
    assert rows(elsewhere) == rows(tmp_path / "books.db")


def test_a_restore_whose_connection_breaks_at_the_end_tells_what_became_of_it(
    folder: Path, tmp_path: Path, postgres: str
) -> None:
    fill(tmp_path / "books.db")
    backup(tmp_path / "books.db", folder)
    with proxied(postgres) as proxy:
        proxy.armed = BEFORE
        with fault(Unavailable, "S216", "nothing was kept"):
            restore(folder, proxy.address)
        proxy.armed = AFTER
        restore(folder, proxy.address)
        assert proxy.broken == 2
    assert rows(postgres) == rows(tmp_path / "books.db")


def test_a_backup_may_stand_where_nothing_is_written_and_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    fill(tmp_path / "books.db")
    backup(tmp_path / "books.db", folder)
    before = files(folder)
    for each in (folder, *folder.rglob("*")):
        each.chmod(each.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    restore(folder, tmp_path / "again.db")
    assert files(folder) == before


# The commands


def test_the_commands_say_what_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "partage.db")
    made = partage("backup", "first")
    assert made.exit_code == 0, made.err
    assert "events    5, the last one" in made.out and "run 2" in made.out and "next: partage" in made.out
    again = partage("backup", "first")
    assert again.exit_code == 2 and "S222" in again.err
    back = partage("--store", "back.db", "restore", "first")
    assert back.exit_code == 0 and "the store back.db holds what the backup holds" in back.out
    as_json = partage("backup", "second", "--json")
    record = json.loads((tmp_path / "second" / "backup.json").read_text())
    record.pop("t")
    assert json.loads(as_json.out) == {"folder": "second", **record}
    restored = partage("--store", "third.db", "restore", "second", "--json")
    assert json.loads(restored.out) == {"folder": "second", **record, "store": "third.db"}
    assert partage("--store", "back.db", "log", "--json").out == partage("log", "--json").out
    assert sha256(files(tmp_path / "first")["backup.json"]) == sha256(files(tmp_path / "second")["backup.json"])
    by_sql(tmp_path / "back.db", "DROP TRIGGER event_no_delete", "DELETE FROM event WHERE number = 5")
    ended = partage("--store", "back.db", "log")
    assert ended.exit_code == 1 and "S213" in ended.err and not ended.out


def test_contents_are_told_by_table() -> None:
    assert Contents("0004", 0, "", (), 0, "").rows == {}
