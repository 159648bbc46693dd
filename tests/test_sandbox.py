"""What a command touches, as the system sees it: no network, no file outside its folders, no half-kept run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.store import Store

ROOT = Path(__file__).parents[1]
SEASON = ROOT / "docs" / "examples" / "premier-league-2015-16"

pytestmark = pytest.mark.ci


def partage(folder: Path, *traced: str) -> subprocess.CompletedProcess[str]:
    """Run the season in a folder of its own under strace."""
    program = folder / "season"
    if not program.exists():
        shutil.copytree(SEASON, program)
    run = ["run", str(program / "program.yaml"), "--period", "2015-16"]
    command = [sys.executable, "-m", "cli", "--store", str(folder / "books" / "partage.db"), *run]
    for each in ("books", "scratch"):
        (folder / each).mkdir(exist_ok=True)
    return subprocess.run(
        ["strace", "-f", "-qq", "-o", str(folder / "trace"), *traced, *command],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder / "scratch")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_run_reaches_no_network(tmp_path: Path) -> None:
    ended = partage(tmp_path, "-e", "trace=connect,bind,sendto,sendmsg")
    assert ended.returncode == 0, ended.stderr
    calls = (tmp_path / "trace").read_text("utf-8")
    assert not re.search(r"AF_INET6?\b", calls), calls


def test_a_run_writes_only_its_books_and_scratch(tmp_path: Path) -> None:
    ended = partage(tmp_path, "-e", "trace=openat,mkdir,rename,renameat2")
    assert ended.returncode == 0, ended.stderr
    written = set()
    for line in (tmp_path / "trace").read_text("utf-8").splitlines():
        path = re.search(r'openat\(AT_FDCWD, "([^"]+)", [^)]*O_(?:WRONLY|RDWR|CREAT)', line)
        if path and " = -1 " not in line and not path[1].startswith(("/dev/", "/proc/")):
            written.add(path[1])
    allowed = (str(tmp_path / "books"), str(tmp_path / "scratch"))
    strange = {path for path in written if not path.startswith(allowed) and "__pycache__" not in path}
    assert not strange


@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "fsync", "rename"])
@pytest.mark.parametrize("nth", [1, 2, 4, 7, 12])
def test_killed_at_any_write_a_run_is_kept_whole_or_not_at_all(tmp_path: Path, call: str, nth: int) -> None:
    """The process is killed at the nth call; the books open, hold the run or not, and the next try keeps it once."""
    partage(tmp_path, "-e", f"inject={call}:signal=KILL:when={nth}")
    store = tmp_path / "books" / "partage.db"
    if store.exists() and store.stat().st_size:
        with Store.open(store) as books:
            assert len(books.runs()) in (0, 1)
    again = partage(tmp_path)
    assert again.returncode == 0, again.stderr
    with Store.open(store, create=False) as books:
        (record,) = books.runs()
        assert books.blob_bytes(record.blobs["lines"])
