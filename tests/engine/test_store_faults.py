"""The store when things go wrong: others write, processes are killed, disks are full, files are something else.

Process stories use real processes on a real file. Rights are tested as a user without any, so that they hold for root.
"""

import os
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from event_stories import closed, command, posting
from store_stories import LINES, PROCESSES, by_sql, fault, july

from engine.store import Store
from rules.problem import Conflict, PartageError, Refused, Unavailable

NOBODY = 65_534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "partage.db"


@pytest.fixture
def kept(path: Path) -> Path:
    """A store with one run."""
    with Store.open(path) as store:
        store.keep(july(), {"lines": LINES})
    return path


# Who else writes, and who is killed


def keep_ten(path: Path, who: str) -> None:
    with Store.open(path) as store:
        for each in range(10):
            store.keep(july(f"{who} {each}"), {"lines": f"{who} {each}".encode(), "program": b"shared by all"})


def test_four_processes_keep_ten_runs_each_in_a_new_store(path: Path) -> None:
    workers = [PROCESSES.Process(target=keep_ten, args=(path, who)) for who in "abcd"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    with Store.open(path, create=False) as store:
        runs = store.runs()
        assert [record.number for record in runs] == list(range(1, 41))
        assert len({record.run_id for record in runs}) == 40
        assert all(store.blob_bytes(digest) for record in runs for digest in record.blobs.values())


def test_a_writer_that_does_not_get_its_turn_is_told_so_and_a_reader_never_waits(kept: Path) -> None:
    other = sqlite3.connect(kept, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store.open(kept, busy_ms=50) as store:
        assert store.run(1).number == 1
        with fault(Conflict, "S205", "another command is writing"):
            store.keep(july("second"), {})
        other.execute("ROLLBACK")
        assert store.keep(july("second"), {}).number == 2
    other.close()


def keep_until_killed(path: Path, turn: int, told: Any) -> None:
    with Store.open(path) as store:
        for each in range(10_000):
            told.send(store.keep(july(f"{turn} {each}"), {"lines": os.urandom(2_000)}).number)


def test_a_process_killed_at_any_moment_leaves_whole_runs_and_none_that_it_told_is_lost(path: Path) -> None:
    chance = random.Random(7)
    last_told = 0
    for turn in range(8):
        ours, theirs = PROCESSES.Pipe(duplex=False)
        worker = PROCESSES.Process(target=keep_until_killed, args=(path, turn, theirs))
        worker.start()
        theirs.close()
        if turn:  # the first one is killed while it makes the store, or thereabouts
            last_told = ours.recv()
        time.sleep(chance.random() * 0.05)
        worker.kill()
        worker.join()
        while ours.poll():
            try:
                last_told = ours.recv()
            except EOFError:
                break
        with Store.open(path) as store:
            runs = store.runs()
            assert len(runs) - last_told in (0, 1), "kept and not told at most once"
            assert [record.number for record in runs] == list(range(1, len(runs) + 1))
            assert all(store.blob(record.blobs["lines"]) for record in runs)
    assert last_told > 8


# What is no store, or not for this engine


def a_folder(path: Path) -> None:
    path.mkdir()


def a_text(path: Path) -> None:
    path.write_text("name,amount\n" * 1_000)


def of_other_software(path: Path) -> None:
    by_sql(path, "create table invoices (id integer)")


def with_other_migrations(path: Path) -> None:
    by_sql(path, "create table alembic_version (version_num text)", "insert into alembic_version values ('0001')")


def of_a_newer_engine(path: Path) -> None:
    Store.open(path).close()
    by_sql(path, "update alembic_version set version_num = '9001'")


def damaged(path: Path) -> None:
    with Store.open(path) as store:
        store.keep(july(), {})
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/null")


def links_in_a_circle(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "kind", "code", "words"),
    [
        (a_folder, Refused, "S202", "a store is a file"),
        (a_device, Refused, "S202", "a store is a file"),
        (a_text, Refused, "S202", "not a database"),
        (of_other_software, Refused, "S202", "other software"),
        (with_other_migrations, Refused, "S202", "other software"),
        (of_a_newer_engine, Unavailable, "S206", "schema 9001"),
        (damaged, Unavailable, "S208", "damaged"),
        (links_in_a_circle, Unavailable, "S203", "cannot use the store"),
    ],
)
def test_what_is_no_store_is_refused_and_left_as_it_is(
    path: Path, make: Callable[[Path], None], kind: type[PartageError], code: str, words: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with fault(kind, code, words), Store.open(path) as store:
        store.runs()
    assert before is None or path.read_bytes() == before


def test_reading_makes_no_store(path: Path) -> None:
    with fault(Refused, "S201", "there is no store here"):
        Store.open(path, create=False)
    assert not path.exists()
    path.touch()
    with fault(Refused, "S201", "the file is empty"):
        Store.open(path, create=False)
    assert path.read_bytes() == b""
    with fault(Refused, "S201", "folder of the store does not exist"):
        Store.open(path.parent / "nowhere" / "partage.db")


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with Store.open(path) as store:
        assert store.keep(july(), {}).number == 1


@pytest.mark.parametrize("number", [0, 2, -1, 10**30])
def test_an_unknown_run_is_refused_with_those_that_are_there(kept: Path, number: int) -> None:
    with Store.open(kept) as store, fault(Refused, "S210", "runs 1 to 1 are kept"):
        store.run(number)


def test_an_unknown_run_of_an_empty_store(path: Path) -> None:
    with Store.open(path) as store, fault(Refused, "S210", "no run is kept yet"):
        store.run(1)


# Rights and disks


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Nothing in a folder may be written; as root, to whom that does not apply, work as a user to whom it does."""
    is_root = os.geteuid() == 0
    folder.chmod(0o555)
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_folder_that_may_not_be_written() -> None:
    with tempfile.TemporaryDirectory() as name:  # unlike the folders of pytest, one that every user may enter
        folder = Path(name)
        path = folder / "partage.db"
        with without_rights(folder), fault(Unavailable, "S203", "may not be written"):
            Store.open(path)
        with Store.open(path) as store:
            store.keep(july(), {"lines": LINES})
        path.chmod(0o444)
        with without_rights(folder), fault(Unavailable, "S203", "may not be written"):
            Store.open(path, create=False)
        path.chmod(0o644)
        (folder / "partage.db.blobs").chmod(0o555)
        with Store.open(path) as store, without_rights(folder), fault(Unavailable, "S203", "permission denied"):
            store.keep(july("second"), {"lines": b"new bytes"})
        with Store.open(path) as store:
            assert store.latest() == store.run(1)


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """No file may grow beyond: writes fail as they do on a full disk, in the middle of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_has_no_room_for_a_blob(kept: Path) -> None:
    with Store.open(kept) as store:
        with files_up_to(100_000), fault(Unavailable, "S204", "bytes free"):
            store.keep(july("second"), {"lines": b"x" * 200_000})
        assert len(store.runs()) == 1
        assert [each.name for each in kept.with_name("partage.db.blobs").rglob(".new-*")] == []
        assert store.keep(july("second"), {"lines": b"x" * 200_000}).number == 2


def test_a_disk_that_has_no_room_for_the_run(kept: Path) -> None:
    big = july("x" * 300_000)
    with Store.open(kept) as store:
        with files_up_to(100_000), fault(Unavailable, "S204", "bytes free"):
            store.keep(big, {"lines": LINES})
        assert len(store.runs()) == 1
        assert store.keep(big, {"lines": LINES}).number == 2


def test_a_disk_that_has_no_room_for_an_event(kept: Path) -> None:
    many = [posting(f"P-{each}") for each in range(20_000)]
    with Store.open(kept) as store:
        with files_up_to(200_000), fault(Unavailable, "S204", "bytes free"):
            store.record(command("a"), closed(postings=many))
        assert (store.events(), list(store.postings())) == ((), [])
        assert store.record(command("a"), closed(postings=many)).event.number == 1


def test_a_disk_that_has_no_room_for_a_store(path: Path) -> None:
    with files_up_to(10_000), fault(Unavailable, "S204", "bytes free"):
        Store.open(path)
    with Store.open(path) as store:
        assert store.keep(july(), {}).number == 1
