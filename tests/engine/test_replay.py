"""A kept run comes out again from its snapshot, or what was changed since is found: one cell, one cent, one byte."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kept_stories import COMMISSION, DEALS, asked, blob, by_hand, keep, overwrite, repoint, with_cell
from spine_stories import Ended, partage

from engine.acts.calculate import calculate
from engine.values.closing import closing_from

REJECTS = DEALS + "d1,acme,2026-04-01,100.00\nd2,bolt,2026-04-02,50.00\nd3,bolt,2026-04-31,1.00\n"


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """The books with one run: two deals that are paid, and one that was rejected."""
    path = tmp_path / "books.db"
    keep(path, COMMISSION, {"deals.csv": REJECTS})
    return path


def replayed(books: Path) -> Ended:
    return partage("--store", books, "replay", "1")


def codes(ended: Ended) -> list[str]:
    """Each problem on the error stream, by its code and its words."""
    return re.findall(r"^error (S\d+ .*?)(?:   .*)?$", ended.err, re.MULTILINE)


def test_a_run_is_proved(books: Path) -> None:
    ended = replayed(books)
    assert (ended.exit_code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[-1] == "run 1 is proved: the same program and facts give the same run, to the cent"
    assert [line.split()[0] for line in lines[4:-1]] == ["ok"] * len(lines[4:-1])
    assert "ok        4 rows of 2 tables are those of the manifest" in lines
    assert "ok        worked out again: 2 lines, total 15.00 EUR, the same run id" in lines


def test_digests_are_told(books: Path) -> None:
    found = asked(books, "replay", "1")
    assert found["agrees"] and found["problems"] == []
    digests = [found[f"{what}_sha256"] for what in ("program", "facts", "engine")]
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in digests)
    shown = replayed(books).out
    assert all(each in shown for each in digests)
    assert found["program_sha256"] == asked(books, "show", "1")["manifest"]["program_sha256"]


def test_a_kept_cell_that_was_changed_in_place(books: Path) -> None:
    path = blob(books, "table:deals")
    overwrite(path, with_cell(path, "amount", 0, 10_001))
    ended = replayed(books)
    assert ended.exit_code == 1
    assert codes(ended) == [f"S209 table:deals: the blob {path.name[:12]} was changed"]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("amount", 10_010, ["the run", "line acme commission deals d1: kept 10.00, worked out 10.01"]),
        ("partner_id", "bolt", ["the run", "line acme commission deals d1: kept 10.00, worked out no line"]),
        ("status", "won", ["the run"]),  # which no rule reads: the facts differ, and no cent does
    ],
)
def test_a_kept_cell_that_was_changed_with_the_books(column: str, value: object, told: list[str], books: Path) -> None:
    """The database is made to point to the changed table, so that no digest of a blob tells."""
    repoint(books, "table:deals", with_cell(blob(books, "table:deals"), column, 0, value))
    ended = replayed(books)
    assert ended.exit_code == 1
    found = codes(ended)
    assert "S160 the kept table deals is not the one that the manifest names" in found
    (run,) = [each for each in found if each.startswith("S130 run 1 comes out as")]
    assert "the facts" in run and ("the lines" in run) == (len(told) > 1)
    assert all(any(words in each for each in found) for words in told[1:])


def test_a_kept_cent_is_told_with_its_line(books: Path) -> None:
    repoint(books, "lines", with_cell(blob(books, "lines"), "amount_minor", 1, 501))
    ended = replayed(books)
    assert ended.exit_code == 1
    assert codes(ended) == ["S161 line bolt commission deals d2: kept 5.01, worked out 5.00"]
    assert "ok        worked out again: 2 lines, total 15.00 EUR, the same run id" in ended.out


def test_lines_that_are_gone_do_not_stop_the_recomputation(books: Path) -> None:
    blob(books, "lines").unlink()
    ended = replayed(books)
    assert ended.exit_code == 1
    assert [each[:11] for each in codes(ended)] == ["S209 lines:"]
    assert "the same run id" in ended.out


def test_lines_that_are_no_lines(books: Path) -> None:
    repoint(books, "lines", b"no Parquet")
    assert codes(replayed(books)) == ["S161 the kept lines of run 1 cannot be read"]


def test_a_table_that_is_no_table(books: Path) -> None:
    repoint(books, "table:deals", b"no Parquet")
    ended = replayed(books)
    assert ended.exit_code == 1
    assert codes(ended)[0].startswith("S160 a kept table cannot be read: ")


def test_another_program_in_its_place(books: Path) -> None:
    repoint(books, "program", blob(books, "program").read_bytes().replace(b"10%", b"11%"))
    found = codes(replayed(books))
    assert found[0] == "S212 the kept program of run 1 is not the one that its manifest names"
    assert "S161 line acme commission deals d1: kept 10.00, worked out 11.00" in found


def test_rejected_rows_that_were_changed(books: Path) -> None:
    repoint(books, "rejected", blob(books, "rejected").read_bytes().replace(b'"d3"', b'"d4"'))
    found = codes(replayed(books))
    assert "S160 the kept rejected rows of deals are not those that the manifest names" in found


def test_what_is_kept_beside_the_lines(books: Path) -> None:
    repoint(books, "sheet", with_cell(blob(books, "sheet"), "payout/top", 0, 1_001))
    repoint(books, "fates", blob(books, "fates").read_bytes().replace(b'"paid"', b'"measured"', 1))
    repoint(books, "closing", blob(books, "closing").read_bytes().replace(b"[]", b"[ ]", 1))
    assert codes(replayed(books)) == [
        "S212 the kept sheet of run 1 is not what was worked out",
        "S162 the kept fates of run 1 is not what was worked out: what became of each row",
        "S162 the kept closing of run 1 is not what was worked out: what the next period opens with",
    ]


def test_figures_of_the_database(books: Path) -> None:
    by_hand(books, "UPDATE run SET total_minor = 1501")
    assert codes(replayed(books)) == ["S162 the database says total 1501, the manifest 1500"]


def test_a_manifest_that_was_changed(books: Path) -> None:
    by_hand(books, "UPDATE run SET manifest = CAST(replace(CAST(manifest AS TEXT), '1500', '1501') AS BLOB)")
    ended = replayed(books)
    assert ended.exit_code == 1 and "S211" in ended.err


def test_a_blob_that_the_books_do_not_name_any_more(books: Path) -> None:
    by_hand(books, "DELETE FROM run_blob WHERE role = 'table:deals'")
    assert codes(replayed(books)) == ["S162 run 1 names no blob for table:deals"]


def test_an_unknown_run(books: Path) -> None:
    assert partage("--store", books, "replay", "7").exit_code == 2


def test_what_a_period_opened_with_is_worked_out_with_it(tmp_path: Path) -> None:
    """A run that was given what the period before ended with is proved and compared with that."""
    path = tmp_path / "books.db"
    held = COMMISSION + "balances:\n  reserve: {holdback: {share: 10%, released: {after: 1}}}\n"
    keep(path, held)
    before = closing_from(blob(path, "closing").read_bytes())
    deals = {"deals.csv": DEALS + "d3,acme,2026-05-02,200.00\n"}
    keep(path, held, deals, "2026-05")  # works April out again, from deals that are not there any more
    calculate(tmp_path / "program.yaml", "2026-05", path, "ada", datetime.now(UTC), opener=lambda _: before)
    assert asked(path, "replay", "3")["agrees"]
    found = asked(path, "diff", "2", "3")
    assert [cause for cause, amount in found["total"]["by_cause"].items() if amount] == ["data"]
    assert found["total"]["difference_minor"] == 150  # of April's 15.00, 10 % were held back
