"""The same program and facts give the same run: whatever the order of rows and columns, the line ends, the threads, the
machine's clock and language; and a kept run is the same run when another process opens it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings, strategies as st
from spine_stories import MONTH, told, write

import engine.facts.gather
from engine.facts.connection import connect

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = f"""{MONTH}
tables:
  standings: {{key: [partner_id], columns: {{partner_id: id, position: count, points: number}}}}
sources:
  partners: partners.csv
  deals: deals.csv
  credits: credits.csv
  standings: standings.csv
  revenue: revenue.csv
payouts:
  commission: {{base: deals.annual_value * credits.share, rate: 7.5%, dated: deals.closed_on}}
  stream: {{base: revenue.amount, rate: 1/3}}
pools:
  equal: {{size: 100, shared: equally}}
  merit: {{size: 70.01, shared: {{by_rank: {{of: standings.position, best: lowest}}}}}}
  points: {{size: 33.34, shared: {{by: standings.points}}, residue: to_biggest}}
"""
PARTNERS = ["acme", "Bolt", "b-2", "b.1", "crux", "dune", "10", "9"]  # ids in the order of their bytes, not of people
TABLES: dict[str, list[list[str]]] = {
    "partners.csv": [["partner_id", "name"], *([each, f"The {each}, Ltd"] for each in PARTNERS)],
    "standings.csv": [
        ["partner_id", "position", "points"],
        *([each, str(place // 2), "1.5"] for place, each in enumerate(PARTNERS)),
    ],
    "deals.csv": [
        ["deal_id", "partner_id", "closed_on", "annual_value"],
        *([f"d{row}", PARTNERS[row % 8], f"2026-04-{row % 28 + 1:02}", f"{row * 7}.{row:02}"] for row in range(40)),
    ],
    "credits.csv": [
        ["credit_id", "deal_id", "partner_id", "share"],
        *([f"c{row}", f"d{row % 40}", PARTNERS[row % 5], "0.333333333"] for row in range(60)),
    ],
    # Rows without a key of their own; two of them are the same.
    "revenue.csv": [
        ["customer_id", "partner_id", "month", "amount"],
        *(["k1", PARTNERS[row % 3], "2026-04", f"{row % 5}.01"] for row in range(16)),
    ],
}


def as_csv(rows: list[list[str]], newline: str = "\n", mark: bytes = b"") -> bytes:
    lines = (",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows)
    return mark + "".join(line + newline for line in lines).encode()


@pytest.fixture(scope="module")
def run_id(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("as-written")
    with told(write(folder, PROGRAM, {name: as_csv(rows) for name, rows in TABLES.items()})) as story:
        assert len(story.run.lines) == 60 + 16 + 3 * 8
        return story.run.run_id


@settings(max_examples=12)
@given(st.randoms(use_true_random=False), st.sampled_from(["\n", "\r\n"]), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_rows_columns_line_ends_and_marks_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, run_id: str, chance: random.Random, newline: str, mark: bytes
) -> None:
    folder = tmp_path_factory.mktemp("shuffled")
    shuffled = {}
    for name, (header, *rows) in TABLES.items():
        columns = chance.sample(range(len(header)), len(header))
        chance.shuffle(rows)
        shuffled[name] = as_csv([[row[column] for column in columns] for row in (header, *rows)], newline, mark)
    with told(write(folder, PROGRAM, shuffled)) as story:
        assert story.run.run_id == run_id


@pytest.mark.parametrize("threads", [1, 4])
def test_the_number_of_threads_changes_nothing(
    tmp_path: Path, run_id: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect_with(folders: Sequence[Path], asked: int | None = None, *rest: Path) -> DuckDBPyConnection:
        return connect(folders, threads, *rest)

    monkeypatch.setattr(engine.facts.gather, "connect", connect_with)
    with told(write(tmp_path, PROGRAM, {name: as_csv(rows) for name, rows in TABLES.items()})) as story:
        assert story.run.run_id == run_id


def test_one_cell_changes_the_run(tmp_path: Path, run_id: str) -> None:
    rows = [list(row) for row in TABLES["deals.csv"]]
    rows[5][3] = "28.05"  # one cent more
    changed = {name: as_csv(rows if name == "deals.csv" else table) for name, table in TABLES.items()}
    with told(write(tmp_path, PROGRAM, changed)) as story:
        assert story.run.run_id != run_id


def partage(folder: Path, environment: dict[str, str], *arguments: str) -> dict[str, object]:
    """A command in a process of its own, with its own hash seed, clock and language; gives its JSON."""
    process = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments, "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert process.returncode == 0, process.stderr + process.stdout
    found = json.loads(process.stdout)
    assert isinstance(found, dict)
    return found


def test_machine_clock_language_and_process_change_nothing(tmp_path: Path, run_id: str) -> None:
    write(tmp_path, PROGRAM, {name: as_csv(rows) for name, rows in TABLES.items()})
    run = ("--store", "a.db", "run", "program.yaml", "--period", "2026-04")
    here = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    there = {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"}
    there["PYTHONUTF8"] = "0"
    first = partage(tmp_path, here, *run)
    assert first["run_id"] == run_id
    again = partage(tmp_path, there, *run)
    assert again["run_id"] == run_id
    assert again["run"] == first["run"] == 1, "the same run is kept once"
    # Another process works the kept run out again from what was kept, without the files that it was read from.
    for name in TABLES:
        (tmp_path / name).unlink()
    why = partage(tmp_path, there, "--store", "a.db", "explain", "1", "crux")
    assert why["run_id"] == run_id
    payouts = {each["partner_id"]: each["payout_minor"] for each in first["partners"]}  # type: ignore[attr-defined]
    assert why["explanation"]["value"] == str(payouts["crux"])  # type: ignore[index]
