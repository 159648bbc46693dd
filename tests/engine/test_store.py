"""The store: what was kept is read back as it was, or it is said that it was changed."""

import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from store_stories import LINES, by_sql, fault, july

from engine.digest import sha256
from engine.store import Store, sqlite
from engine.store.migrate import MIGRATIONS, REVISIONS
from engine.store.models import RunRow
from rules.problem import CheckFailed, Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "partage.db"


@pytest.fixture
def kept(path: Path) -> Path:
    """A store with one run."""
    with Store.open(path) as store:
        store.keep(july(), {"lines": LINES})
    return path


# What is kept is read back


def test_a_run_is_kept_and_read_back_by_another_process_later(store_address: Path | str, tmp_path: Path) -> None:
    table = tmp_path / "partners.parquet"
    table.write_bytes(b"P" * 3_000_000)
    with Store.open(store_address) as store:
        record = store.keep(july(), {"lines": LINES, "table:partners": table})
    assert record == july(number=1, blobs={"lines": sha256(LINES), "table:partners": sha256(table.read_bytes())})
    with Store.open(store_address, create=False) as store:
        assert store.run(1) == store.latest() == record
        assert store.runs() == (record,)
        assert store.blob_bytes(record.blobs["lines"]) == LINES
        assert store.blob(record.blobs["table:partners"]).read_bytes() == table.read_bytes()


def test_blobs_stand_beside_the_database_under_their_digest(kept: Path) -> None:
    files = [each for each in kept.with_name("partage.db.blobs").rglob("*") if each.is_file()]
    assert files == [kept.with_name("partage.db.blobs") / sha256(LINES)[:2] / sha256(LINES)]
    assert sorted(each.name for each in kept.parent.iterdir()) == ["partage.db", "partage.db.blobs"]


def test_the_same_run_again_is_the_earlier_run(store_address: Path | str) -> None:
    later = july(created_at=datetime(2027, 1, 1, tzinfo=UTC), actor="grace")
    with Store.open(store_address) as store:
        first = store.keep(july(), {"lines": LINES})
        assert store.keep(later, {"lines": b"other bytes"}) == first
        assert store.runs() == (first,)
        assert store.keep(replace(later, kind="preview"), {}).number == 2


def test_runs_are_numbered_in_their_order(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        assert store.latest() is None and store.runs() == ()
        assert [store.keep(july(note), {}).number for note in "cab"] == [1, 2, 3]
        assert [record.run_id for record in store.runs()] == [july(note).run_id for note in "cab"]
        assert store.latest() == store.run(3)


def test_amounts_beyond_32_bits_and_below_zero(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        for number, total in enumerate((2**63 - 1, -(2**63 - 1), 0), 1):
            store.keep(july(str(total), total_minor=total, lines=10**10), {})
            assert (store.run(number).total_minor, store.run(number).lines) == (total, 10**10)


def test_a_blob_that_is_there_is_named_again_and_not_written_again(kept: Path) -> None:
    with Store.open(kept) as store:
        before = store.blob(sha256(LINES)).stat()
        second = store.keep(july("second"), {"lines": LINES})
        third = store.keep(july("third", blobs={"lines": sha256(LINES)}), {})
        after = store.blob(sha256(LINES)).stat()
    assert second.blobs == third.blobs == {"lines": sha256(LINES)}
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_the_store_may_be_reached_by_a_link_and_have_an_odd_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "50% of #1?.db", tmp_path / "link.db"
    link.symlink_to(real)
    with Store.open(link) as store:
        store.keep(july(), {"lines": LINES})
    with Store.open(real, create=False) as store:
        assert store.blob_bytes(store.run(1).blobs["lines"]) == LINES
    assert {each.name for each in tmp_path.iterdir()} == {"real", "link.db"}


@pytest.mark.parametrize(
    "changes",
    [
        {"run_id": "0" * 64},
        {"kind": "draft"},
        {"total_minor": 2**63},
        {"partners": -1},
        {"created_at": datetime(2026, 8, 1)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_record_that_is_not_sound_is_a_fault_of_the_code(changes: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        july(**changes)


def test_a_record_must_name_the_bytes_that_come_with_it(store_address: Path | str) -> None:
    manifest = b'{ "not": "canonical" }'
    with Store.open(store_address) as store:
        with pytest.raises(AssertionError, match="not what the record names"):
            store.keep(july(blobs={"lines": sha256(b"else")}), {"lines": LINES})
        with pytest.raises(AssertionError, match="canonical"):
            store.keep(july(manifest=manifest, run_id=sha256(manifest)), {})
        with fault(CheckFailed, "S209", "is missing"):
            store.keep(july(blobs={"lines": sha256(b"never kept")}), {})
        assert store.runs() == ()


# What is tampered with


@pytest.mark.parametrize("tampered", [b"ada,920.00\n", b"", LINES + b"\n"])
def test_a_blob_with_other_bytes_is_refused(kept: Path, tampered: bytes) -> None:
    with Store.open(kept) as store:
        blob = store.blob(sha256(LINES))
        blob.chmod(0o644)
        blob.write_bytes(tampered)
        for read in (store.blob, store.blob_bytes):
            with fault(CheckFailed, "S209", "was changed"):
                read(sha256(LINES))
        with fault(CheckFailed, "S209", "was changed"):
            store.keep(july("second"), {"lines": LINES})
        blob.unlink()
        with fault(CheckFailed, "S209", "is missing"):
            store.blob(sha256(LINES))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update run set total_minor = 1", "run is append-only"),
        ("delete from run", "run is append-only"),
        ("update run_blob set sha256 = ''", "run_blob is append-only"),
        ("delete from run_blob", "run_blob is append-only"),
        ("insert or replace into run select * from run", "numbered without gaps"),
        ("insert into run_blob values (9, 'late', '')", "added with its run"),
        ("insert or replace into run_blob values (1, 'lines', '')", "added with its run"),
    ],
)
def test_a_kept_row_is_neither_changed_nor_removed(kept: Path, statement: str, words: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=words):
        by_sql(kept, statement)
    with Store.open(kept) as store:
        assert store.run(1) == july(number=1, blobs={"lines": sha256(LINES)})


@pytest.mark.parametrize("change", ["update run set manifest = x'7b7d'", "update run set manifest = '{}'"])
def test_a_manifest_changed_behind_the_triggers_is_seen(kept: Path, change: str) -> None:
    by_sql(kept, "drop trigger run_no_update", change)
    with Store.open(kept) as store:
        for read in (store.latest, store.runs, lambda: store.run(1)):
            with fault(CheckFailed, "S211", "run 1"):
                read()


# How it is built


def test_every_connection_has_the_settings_that_keep_runs_whole(kept: Path) -> None:
    engine = sqlite.open_engine(kept, str(kept), create=False)
    with engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in sqlite.SETTINGS}
    engine.dispose()
    assert found == sqlite.SETTINGS
    assert (found["journal_mode"], found["synchronous"], found["recursive_triggers"]) == ("wal", 2, 1)


def test_a_database_that_does_not_take_a_setting_is_not_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite.SETTINGS, "foreign_keys", 7)
    with fault(Unavailable, "S207", "foreign_keys"):
        Store.open(path)


def test_the_migrations_make_what_the_models_declare(kept: Path) -> None:
    engine = create_engine(f"sqlite:///{kept}")
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_object": lambda each, *_: each.info.get("only", "sqlite") == "sqlite"}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, RunRow.metadata) == []
    engine.dispose()


def test_the_engine_knows_every_migration_by_its_name() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert tuple(each.revision for each in script.walk_revisions())[::-1] == REVISIONS


def test_a_store_at_the_head_opens_without_alembic(kept: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from engine.store import Store\n"
        "with Store.open(Path(sys.argv[1]), create=False) as store: print(store.latest().number)\n"
        "sys.exit('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(kept)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_a_copy_of_the_file_and_its_blobs_is_a_store(kept: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "books.db"
    copy.parent.mkdir()
    shutil.copy(kept, copy)
    shutil.copytree(kept.with_name("partage.db.blobs"), copy.with_name("books.db.blobs"))
    with Store.open(copy, create=False) as store:
        assert store.blob_bytes(store.run(1).blobs["lines"]) == LINES
