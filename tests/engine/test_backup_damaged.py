"""Backups of what is damaged: a store or a backup that was changed, cut or copied by hand is told from a whole one."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from backup_stories import add_one, fill, rows
from store_stories import by_sql, fault

from engine.acts.backup import backup, restore
from engine.store import Store
from rules.problem import CheckFailed, PartageError, Refused, Unavailable

HEAD_WORDS = "there are postings of event"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "july"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books, and a backup of them, to be copied and damaged."""
    made = tmp_path_factory.mktemp("template")
    fill(made / "books.db")
    backup(made / "books.db", made / "july")
    return made


@pytest.fixture
def book(template: Path, tmp_path: Path) -> Path:
    """A file with a row in every table."""
    shutil.copy(template / "books.db", tmp_path / "books.db")
    shutil.copytree(template / "books.db.blobs", tmp_path / "books.db.blobs")
    return tmp_path / "books.db"


@pytest.fixture
def made(template: Path, folder: Path) -> Path:
    """A backup of it."""
    return Path(shutil.copytree(template / "july", folder))


# What is damaged is told


def changed(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        by_sql(path, *(f"DROP TRIGGER {name}" for (name,) in names), *statements)

    return change


def without_a_blob(path: Path) -> None:
    next(each for each in sorted(blob_files(path))).unlink()


def with_another_blob(path: Path) -> None:
    blob = next(each for each in sorted(blob_files(path)))
    blob.chmod(0o644)
    blob.write_bytes(b"other")


def blob_files(path: Path) -> list[Path]:
    return [each for each in path.with_name(f"{path.name}.blobs").rglob("*") if each.is_file()]


DAMAGE = [
    (changed("UPDATE event SET content = x'00' WHERE number = 3"), CheckFailed, "S213", "event 3 is not what"),
    (changed("DELETE FROM event WHERE number = 5"), CheckFailed, "S213", HEAD_WORDS),
    (changed("UPDATE run SET manifest = x'7b7d' WHERE number = 1"), CheckFailed, "S211", "manifest of run 1"),
    (changed("UPDATE run SET partners = 'many' WHERE number = 1"), CheckFailed, "S220", "figures that no run has"),
    (changed("UPDATE run SET created_at = 'soon' WHERE number = 1"), CheckFailed, "S220", "figures that no run has"),
    (changed("UPDATE run SET number = 4 WHERE number = 2"), CheckFailed, "S220", "without gaps"),
    (
        changed("DELETE FROM run_blob WHERE run_number = 2", "DELETE FROM run WHERE number = 2"),
        CheckFailed,
        "S220",
        "lines of run 2",
    ),
    (changed("INSERT INTO run_blob VALUES (7, 'lines', 'x')"), CheckFailed, "S220", "belong to no run"),
    (changed("UPDATE run_blob SET sha256 = 'x' WHERE role = 'table:deals'"), CheckFailed, "S220", "no digest"),
    (changed("UPDATE acceptance SET number = 2"), CheckFailed, "S220", "acceptances are not numbered"),
    (changed("UPDATE acceptance SET accepted_on = 'soon'"), CheckFailed, "S220", "no date"),
    (changed("DELETE FROM line WHERE number = 2"), CheckFailed, "S220", "2 of them are kept"),
    (changed("UPDATE line SET amount_minor = 7 WHERE number = 2"), CheckFailed, "S220", "not those of its blob"),
    (changed("UPDATE line SET partner = 'P-2' WHERE number = 2"), CheckFailed, "S220", "run 2 that are rows"),
    (changed("UPDATE posting SET payee = x'00' WHERE number = 2"), CheckFailed, "S220", "the postings of event"),
    (changed("UPDATE posting SET number = 5 WHERE number = 2"), CheckFailed, "S220", "postings of event 2"),
    (changed("UPDATE posting SET payee = CAST(x'ff' AS TEXT) WHERE number = 1"), Unavailable, "S208", "damaged"),
    (without_a_blob, CheckFailed, "S209", "is missing"),
    (with_another_blob, CheckFailed, "S209", "was changed"),
]


@pytest.mark.parametrize(("damage", "kind", "code", "words"), DAMAGE, ids=[words for *_, words in DAMAGE])
def test_a_damaged_store_is_not_backed_up(
    book: Path, folder: Path, damage: Callable[[Path], None], kind: type[PartageError], code: str, words: str
) -> None:
    damage(book)
    with fault(kind, code, words):
        backup(book, folder)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.parametrize("damage", [each[0] for each in DAMAGE], ids=[words for *_, words in DAMAGE])
def test_a_damaged_backup_is_not_restored(made: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(made / "partage.db")
    with pytest.raises((CheckFailed, Unavailable)):
        restore(made, tmp_path / "again.db")
    assert not (tmp_path / "again.db").exists()


def test_a_backup_whose_rows_were_changed_consistently_does_not_hold_what_its_record_says(
    made: Path, tmp_path: Path
) -> None:
    changed("UPDATE run SET actor = 'mallory'")(made / "partage.db")
    with fault(CheckFailed, "S221", "not hold what its record says"):
        restore(made, tmp_path / "again.db")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"t":"partage/backup/1"}', b"[" * 10_000])
def test_a_record_that_is_not_what_was_written_is_told(made: Path, tmp_path: Path, content: bytes) -> None:
    (made / "backup.json").write_bytes(content)
    with fault(CheckFailed, "S221", "the record"):
        restore(made, tmp_path / "again.db")


def test_a_folder_that_is_no_backup_is_refused(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    for each in (folder, folder / "none"):
        with fault(Refused, "S223", "no backup"):
            restore(each, tmp_path / "again.db")
    fill(tmp_path / "books.db")
    backup(tmp_path / "books.db", folder / "made")
    (folder / "made" / "partage.db").unlink()
    with fault(CheckFailed, "S221", "is missing"):
        restore(folder / "made", tmp_path / "again.db")
    assert not (tmp_path / "again.db").exists()


def test_a_row_that_vanished_from_the_server_is_told(postgres: str, folder: Path) -> None:
    fill(postgres)
    with psycopg.connect(postgres, autocommit=True) as connection:
        for table in ("event", "blob_chunk"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        connection.execute("DELETE FROM blob_chunk WHERE number = 2")
        with fault(CheckFailed, "S209", "was changed"):
            backup(postgres, folder)
        connection.execute("DELETE FROM event WHERE number = 5")
    with fault(CheckFailed, "S213", HEAD_WORDS):
        backup(postgres, folder)
    with Store.open(postgres) as store, fault(CheckFailed, "S213", HEAD_WORDS):
        store.events()


# Copies that were not made by `partage backup`


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Path]:
    """A store whose log was not brought into its file yet, since somebody has it open."""
    path = tmp_path / "live" / "books.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as holder:
        fill(path)
        holder.execute("SELECT count(*) FROM sqlite_master").fetchall()
        for each in range(20):
            add_one(path, f"run {each}")
        yield path


def test_a_copy_cut_anywhere_is_never_taken_for_the_whole(live: Path, tmp_path: Path) -> None:
    """What is cut from the file is told; what is cut from the log is the books of an earlier moment, or told."""
    with Store.open(live) as store:
        whole = [each.sha256 for each in store.events()]
        runs = store.runs()
    for name in ("books.db", "books.db-wal"):
        size = live.with_name(name).stat().st_size
        for cut in range(1, 6):
            copy = tmp_path / f"{name} {cut}" / "books.db"
            shutil.copytree(live.parent, copy.parent)
            os.truncate(copy.with_name(name), size * cut // 6 + cut)
            found = told_or_whole(copy)
            if isinstance(found, tuple):
                events, kept = found
                assert events == whole[: len(events)] and kept == runs[: len(kept)]
                assert name != "books.db" or (len(events), len(kept)) == (len(whole), len(runs))
            shutil.rmtree(copy.parent)


def told_or_whole(path: Path) -> str | tuple[list[str], tuple[object, ...]]:
    """The code of what is told of a store by who reads its log and backs it up, or what it holds."""
    target = path.with_name("backup")
    try:
        backup(path, target)
    except PartageError as error:
        return error.problems[0].code
    with Store.open(path, create=False) as store:
        return [each.sha256 for each in store.events()], store.runs()


def test_a_file_whose_log_was_deleted_is_told_or_is_an_earlier_moment(live: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "books.db"
    shutil.copytree(live.parent, copy.parent)
    for each in ("-wal", "-shm"):
        copy.with_name(f"books.db{each}").unlink(missing_ok=True)
    with Store.open(live) as store:
        whole = [each.sha256 for each in store.events()]
    found = told_or_whole(copy)
    assert isinstance(found, str) or found[0] == whole[: len(found[0])]


def test_a_flipped_bit_is_told_or_changes_nothing(book: Path, tmp_path: Path) -> None:
    before, data = rows(book), book.read_bytes()
    told = 0
    for at in range(100, len(data), len(data) // 16):
        flipped = bytearray(data)
        flipped[at] ^= 1 << at % 8
        copy = tmp_path / str(at) / "books.db"
        shutil.copytree(book.with_name("books.db.blobs"), copy.with_name("books.db.blobs"))
        copy.write_bytes(flipped)
        found = told_or_whole(copy)
        told += isinstance(found, str)
        assert isinstance(found, str) or unguessed(before, rows(copy)), at
        shutil.rmtree(copy.parent)
    assert told > 3


def unguessed(before: dict[str, list[tuple[object, ...]]], now: dict[str, list[tuple[object, ...]]]) -> bool:
    """Whether nothing differs that a chain or a digest stands for: events, manifests, and names of blobs."""
    return before["event"] == now["event"] and [row[-1] for row in before["run"]] == [row[-1] for row in now["run"]]
