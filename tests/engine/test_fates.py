"""The fates of all rows: paid, measured, not payable, outside or rejected; they add up to the rows that were read."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import test_trace
from score_stories import TABLES, entries, story
from spine_stories import partage, write

from engine.acts.calculate import calculate
from engine.acts.trace import trace_row
from engine.trace import fate_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
FATES_OF_DEALS = ["deals", "9", "1", "3", "3", "2", "0"]  # read, paid, measured, not payable, outside, rejected


def fates(path: Path) -> dict[str, dict[tuple[str, str], int]]:
    """By table, how many rows met which fate by which rule, after they were added up to the rows of the file."""
    done = calculate(path, "2026-04", path.parent / "books.db", "someone", NOON)
    found: dict[str, dict[tuple[str, str], int]] = {}
    for each in done.fates:
        found.setdefault(each.table, {})[each.fate, each.rule] = each.rows
    for read in done.inputs:
        rows = sum(1 for line in (path.parent / read.file).read_text().splitlines() if line) - 1
        assert sum(found[read.table].values()) == rows == read.rows + read.rejected, read.table
    return found


def test_every_row_of_a_program_has_one_fate(tmp_path: Path) -> None:
    found = fates(write(tmp_path, test_trace.PROGRAM, test_trace.TABLES))
    assert found == {
        "partners": {("paid", ""): 1, ("measured", ""): 1, ("not_payable", "club"): 1},  # acme; bolt; crux, who left
        "deals": {
            ("paid", ""): 1,  # d1
            ("measured", ""): 3,  # d6 and d9 are wins, d7 is sourced
            ("not_payable", "commission"): 3,  # d2 lost, d4 of crux, d5 of nobody
            ("outside", ""): 2,  # d3 in May, d8 on no day
        },
        "customers": {("paid", ""): 1, ("not_payable", "commission"): 1},  # c1 with d1; c2 with d9
        "credits": {
            ("measured", ""): 2,  # k1 and k2
            ("not_payable", "sourced.numerator"): 1,  # k3 of crux
            ("not_payable", "helped.numerator"): 1,  # k4, on d9, which its own partner sourced
            ("not_payable", "no row that counts refers to it"): 1,  # k5, of a role that no rule asks for
        },
        "surveys": {("measured", ""): 1, ("not_payable", "liked.numerator"): 2},  # s3; s1 and s2, which it replaces
        "targets": {("measured", ""): 1, ("not_payable", "performance.target"): 1, ("outside", ""): 1},  # t2 is of May
    }


def test_a_rejected_row_is_one_however_many_faults_it_has(tmp_path: Path) -> None:
    deals = TABLES["deals.csv"] + "        d7,acme,won,2026-04-31,12.345\n        d8,nobody,won,2026-04-30,1.00\n"
    found = fates(story(tmp_path, entries("won: {weight: 100%, linear: {from: 0, to: 400}}"), deals=deals))
    assert found["deals"] == {("measured", ""): 5, ("outside", ""): 1, ("rejected", ""): 2}


def test_a_table_that_no_rule_reads_says_so(tmp_path: Path) -> None:
    path = story(tmp_path, entries("wins: {weight: 100%, linear: {from: 0, to: 4}}"), kpis="\n  wins: {count: deals}\n")
    assert fates(path)["surveys"] == {("not_payable", "no rule reads this table"): 2}


def test_a_condition_with_a_product_is_told_apart_too(tmp_path: Path) -> None:
    kpis = "\n  large: {count: deals, where: deals.amount * 2 > 500, dated: deals.closed_on}\n"
    path = story(tmp_path, entries("large: {weight: 100%, linear: {from: 0, to: 4}}"), kpis=kpis)
    # above 250.00 in April: d2 and d4; the other four are smaller or of March
    assert fates(path)["deals"] == {("measured", ""): 2, ("not_payable", "large.numerator"): 3, ("outside", ""): 1}


def test_the_fate_of_a_row_is_what_its_trace_says(tmp_path: Path) -> None:
    """Row by row, of every table: the fate that follows from its verdicts is the one that it was counted under."""
    path = write(tmp_path, test_trace.PROGRAM, test_trace.TABLES)
    books = tmp_path / "books.db"
    counted = fates(path)
    for table, told in counted.items():
        lines = [line.split(",")[0].strip() for line in test_trace.TABLES[f"{table}.csv"].strip().splitlines()[1:]]
        traced = Counter(fate_of(trace_row(books, 1, table, key).verdicts) for key in lines)
        named = {(fate, "" if rule.startswith("no row") else rule): rows for (fate, rule), rows in told.items()}
        assert traced == named, table


def test_a_run_shows_its_fates(tmp_path: Path) -> None:
    path = write(tmp_path, test_trace.PROGRAM, test_trace.TABLES)
    books = tmp_path / "books.db"
    assert partage("--store", books, "run", path, "--period", "2026-04").exit_code == 0
    shown = partage("--store", books, "show", "1", "--fates")
    assert shown.exit_code == 0
    assert next(line.split() for line in shown.out.splitlines() if line.startswith("deals ")) == FATES_OF_DEALS
