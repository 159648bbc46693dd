"""The checkout means the same on any machine: locks pin every byte, no file names one machine, and help comes at once.

The hosts and the folders looked for are written in pieces here, so that this file passes its own test.
"""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements.lock", "requirements-test.lock"]

# What .gitignore keeps out of a commit, and what git itself keeps.
NOT_COMMITTED = {".git", ".venv", "__pycache__", "build", ".hypothesis", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
NOT_COMMITTED_ENDINGS = (".egg-info", ".blobs", ".db", ".db-wal", ".db-shm")

HOSTS = ["pypi org", "pythonhosted org", "anaconda org", "npmjs org", "npmjs com", "crates io", "ghcr io", "docker io"]
OPTIONS = ["index url", "find links", "trusted host"]
FOLDERS = ["home", "Users", "root", "work", "mnt", "private"]

TIES = {
    "a registry's address": "|".join(re.escape(".".join(host.split())) for host in HOSTS),
    "an option that picks a registry": "|".join("--(?:extra-)?" + "-".join(option.split()) for option in OPTIONS),
    "a path of one machine": rf"(?<![\w.~/-])/(?:{'|'.join(FOLDERS)})/[\w.]|\b[A-Z]:\\{FOLDERS[1]}\\",
    "a password in an address": r"://[\w.-]+:[^\s/@{}$<>]+@[\w.-]+\.\w",
}

SLOW_LIBRARIES = {"duckdb", "numpy", "pandas", "pyarrow", "pydantic", "scipy", "sqlalchemy", "sqlglot", "sqlmodel"}


def committed_texts(root: Path) -> Iterator[tuple[str, str]]:
    """Every file that a commit would hold and that is text: its name below `root`, and what it says."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not ignored(name))
        for name in sorted(names):
            data = b"" if ignored(name) else Path(folder, name).read_bytes()
            if data and b"\0" not in data:
                yield Path(folder, name).relative_to(root).as_posix(), data.decode("utf-8", errors="replace")


def ignored(name: str) -> bool:
    return name in NOT_COMMITTED or name.endswith(NOT_COMMITTED_ENDINGS)


def ties(text: str) -> list[str]:
    """What in a text ties it to one machine or one registry: the line, the kind and the words."""
    return [
        f"{text.count(chr(10), 0, found.start()) + 1}: {kind}: {found[0]}"
        for kind, pattern in TIES.items()
        for found in re.finditer(pattern, text)
    ]


def test_no_committed_text_names_one_machine_or_one_registry() -> None:
    texts = dict(committed_texts(ROOT))
    assert {"Makefile", ".ci/run", "pyproject.toml", *LOCKS} <= set(texts)
    assert [f"{name}:{tie}" for name, text in texts.items() for tie in ties(text)] == []


@pytest.mark.parametrize(
    "pieces",
    [
        ["https://", "pypi", ".org/simple"],
        ["see files.", "pythonhosted", ".org"],
        ["pip install --", "index-url file:///x"],
        ["--extra-", "index-url=x"],
        ["cd /", "home/ada/partage"],
        ["path = '/", "root/x.db'"],
        ["C:", "\\Users\\ada"],
        ["postgresql://", "ada:", "secret@db.example.com/partage"],
    ],
    ids=lambda pieces: pieces[-1],
)
def test_a_planted_tie_is_found(tmp_path: Path, pieces: list[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(f"first\n{''.join(pieces)}\n", "utf-8")
    assert [tie[:2] for _, text in committed_texts(tmp_path) for tie in ties(text)] == ["2:"]


@pytest.mark.parametrize("text", ["https://example.com/home/x", "docs/work/x", "~/partage", "and/or", "file:///data"])
def test_ordinary_words_are_no_tie(text: str) -> None:
    assert ties(text) == []


def requirements(lock: str) -> dict[str, str]:
    """Each requirement of a lock (`name==version ; marker`) with its hashes; what is only a comment is left out."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", "")
    return {line.partition("--hash=")[0].strip(): line.partition("--hash=")[2] for line in text.splitlines()}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_byte_and_names_no_address(lock: str) -> None:
    assert "http" not in (ROOT / lock).read_text("utf-8")
    for requirement, hashes in requirements(lock).items():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+(?: ; .+)?", requirement), requirement
        assert re.match(r"sha256:[0-9a-f]{64}\b", hashes), f"{requirement} has no hash"


def test_tests_run_on_what_users_run_on() -> None:
    """The test lock is the run-time lock and more, so no test passes on another version than the one shipped."""
    run, test = (requirements(lock) for lock in LOCKS)
    assert run.items() <= test.items()


def test_the_locks_hold_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for lock, declared in zip(LOCKS, [extras["build"], extras["build"] + extras["test"]], strict=True):
        names = {
            re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", line)[0]) for line in project["dependencies"] + declared
        }
        assert names - {requirement.partition("==")[0] for requirement in requirements(lock)} == set(), "run make lock"


def test_help_comes_before_any_slow_library() -> None:
    """A command's name is all that help needs, so asking for it costs no second of loading what it won't use."""
    command = [sys.executable, "-X", "importtime", "-m", "cli", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "click" in loaded
    assert loaded & SLOW_LIBRARIES == set()
