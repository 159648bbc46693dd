"""A command answers at once where it is only asked how it is used: nothing that takes a while to load is imported.

What is loaded is counted, not how long it took: the first is the same on every machine.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
SLOW = (
    *("numpy", "pandas", "scipy", "pyarrow", "pydantic", "pydantic_core", "duckdb", "psycopg", "sqlalchemy"),
    *("sqlmodel", "alembic", "sqlglot", "ruamel", "rich", "altair", "python_calamine"),
)
PROBE = """
import sys
import cli
slow, sys.argv = sys.argv[1].split(","), ["partage", *sys.argv[2:]]
try:
    cli.main()
except SystemExit:
    pass
print("loaded", *(name for name in slow if name in sys.modules), file=sys.stderr)
"""


def loaded_by(*arguments: str) -> tuple[str, set[str]]:
    """What the command line prints in a process of its own, and which of the slow libraries it has loaded there."""
    asked = [sys.executable, "-c", PROBE, ",".join(SLOW), *arguments]
    ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    *said, loaded = (ended.stdout + ended.stderr).splitlines()
    assert loaded.startswith("loaded")
    return "\n".join(said), set(loaded.split()[1:])


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_nothing_slow(command: str) -> None:
    said, loaded = loaded_by(command, "--help")
    assert (said.startswith(f"Usage: partage {command} [OPTIONS]"), loaded) == (True, set()), said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Commands"),
        (("--help",), "Commands"),
        (("--version",), "partage"),
        (("chekc",), "Did you mean 'check'?"),
        (("run", "program.yaml"), "Missing option '--period'"),
        (("run", "program.yaml", "--perod", "2026-Q2"), "Did you mean '--period'?"),
        (("explain", "one", "acme"), "'one' is not a valid integer"),
        (("metrics", "program.yaml", "--period", "2026-Q2", "--by", "planet"), "'segment'"),
        (("init", " "), "the folder has no name"),
        (("init", "there", "--template", "pyramid"), "'referral'"),
        (("accept", "program.yaml", "--by", "Ada"), "--partner"),
        (("curve", "program.yaml", "commission", "--with", "base"), "--with takes NAME=VALUE"),
    ],
    ids=" ".join,
)
def test_a_mistake_of_usage_loads_nothing_slow(arguments: tuple[str, ...], words: str) -> None:
    said, loaded = loaded_by(*arguments)
    assert (words in said, loaded) == (True, set()), said


TEMPLATE = ROOT / "rules/templates/channel/program.yaml"
BOOKS = {"alembic", "sqlalchemy", "sqlmodel"}
TABLES = {"duckdb", "pandas", "pyarrow"}


def test_to_check_a_program_loads_neither_tables_nor_books() -> None:
    said, loaded = loaded_by("check", str(TEMPLATE))
    assert said == "program.yaml: nothing is wrong"
    assert "pydantic" in loaded and not loaded & (BOOKS | TABLES)


def test_to_score_partners_loads_no_books() -> None:
    said, loaded = loaded_by("score", str(TEMPLATE), "--period", "2026-Q1")
    assert "2026-Q1" in said and "duckdb" in loaded and not loaded & BOOKS


def test_to_explain_a_number_of_a_kept_run_loads_no_library_that_only_writes(tmp_path: Path) -> None:
    """SQLAlchemy and pandas take longer to load than the number takes to explain, and neither is needed for it."""
    store = str(tmp_path / "books.db")
    loaded_by("--store", store, "run", str(TEMPLATE), "--period", "2026-Q1")
    for name in ("sourced", "performance", "performance.rank"):
        said, loaded = loaded_by("--store", store, "explain", "1", "P-01", name)
        assert "adds up" in said and "duckdb" in loaded and not loaded & {*BOOKS, "pandas", "scipy"}
