"""A rejected row: a preview leaves it out and lists it, an official run waits until it is dealt with."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from reading_stories import program, refused, write

from cli import group
from engine.acts.calculate import Calculated, calculate
from engine.acts.reopen import reopen
from engine.acts.show import show
from engine.store import Store

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
SOURCES = "partners: {file: partners.csv, excused: excused.csv}\ndeals: deals.csv"
GOOD = {
    "partners.csv": "partner_id,name\nP1,Ada\nP2,Bob\n",
    "deals.csv": "deal_id,partner_id,amount\nD1,P1,1.00\nD2,P9,2.00\nD3,P1,=1+1\n",
    "excused.csv": "table,row,reason,by\n",
}
BOTH = "deals,D2,a partner of another program,ada\ndeals,line 4,written off in March,ada\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, GOOD | {"program.yaml": program(SOURCES)})
    return tmp_path


def run(folder: Path, is_official: bool = False) -> Calculated:
    return calculate(folder / "program.yaml", "2026-01", folder / "books.db", "ada", NOON, is_official)


def partage(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(group, ["--store", str(folder / "books.db"), *words])


def test_a_preview_leaves_rejected_rows_out_and_keeps_their_list(folder: Path) -> None:
    done = run(folder)
    assert (done.record.kind, done.run.total_minor) == ("preview", 200)
    kept = show(folder / "books.db", done.record.number)
    assert kept.rejected == done.rejected
    assert [(each.row, each.line, each.faults[0].code) for each in kept.rejected] == [
        ("D2", 3, "F123"),
        ("D3", 4, "F203"),
    ]
    (deals,) = [each for each in kept.manifest["inputs"] if each["table"] == "deals"]
    assert (deals["rows"], deals["rejected"]) == (1, 2) and len(deals["rejected_sha256"]) == 64


def test_a_kept_run_with_rejected_rows_is_worked_out_again_to_the_byte(folder: Path) -> None:
    done = run(folder)
    with Store.open(folder / "books.db") as books, reopen(books, done.record.number) as again:
        assert again.run.run_id == done.run.run_id


def test_neither_order_nor_lines_of_the_rejected_rows_change_the_run(folder: Path) -> None:
    first = run(folder)
    head, *rows = GOOD["deals.csv"].splitlines(keepends=True)
    write(folder, {"deals.csv": head + "".join(reversed(rows))})
    assert run(folder).run.run_id == first.run.run_id
    write(folder, {"deals.csv": head + "".join(rows[:2])})
    assert run(folder).run.run_id != first.run.run_id, "one rejected row less is another run"


def test_an_official_run_is_refused_while_a_row_is_not_dealt_with(folder: Path) -> None:
    with refused("F140", "F123", "F203") as problems:
        run(folder, is_official=True)
    assert [str(each.place) for each in problems] == ["", "deals.csv:3:partner_id", "deals.csv:4:amount"]
    assert not (folder / "books.db").exists(), "nothing was written"
    write(folder, {"excused.csv": GOOD["excused.csv"] + BOTH.splitlines()[0] + "\n"})
    with refused("F140", "F203"):
        run(folder, is_official=True)


def test_an_official_run_takes_excuses_by_key_or_line_and_keeps_them(folder: Path) -> None:
    write(folder, {"excused.csv": GOOD["excused.csv"] + BOTH})
    done = run(folder, is_official=True)
    assert done.record.kind == "official"
    kept = show(folder / "books.db", done.record.number).rejected
    assert [each.excused for each in kept] == ["a partner of another program (ada)", "written off in March (ada)"]


def test_an_official_run_is_refused_for_an_excuse_of_a_row_that_is_fine(folder: Path) -> None:
    write(folder, {"excused.csv": GOOD["excused.csv"] + BOTH + "deals,D1,none,ada\n"})
    with refused("F140", "F141") as problems:
        run(folder, is_official=True)
    assert str(problems[1].place) == "excused.csv:4"
    assert run(folder).record.kind == "preview"


@pytest.mark.parametrize(
    "text",
    ["table,row,reason\n", "table,row,reason,by\ndeals,D2,,ada\n", "table,row,reason,by\ndeals,D2,x\n", '"', "\xff"],
)
def test_a_list_of_excuses_that_is_not_complete_is_refused(folder: Path, text: str) -> None:
    write(folder, {"excused.csv": text.encode("latin-1")})
    with refused("F142"):
        run(folder)


def test_the_commands_tell_how_many_and_which(folder: Path) -> None:
    program_file = str(folder / "program.yaml")
    done = partage(folder, "run", program_file, "--period", "2026-01")
    assert done.exit_code == 0 and "rejected  2 (partage show 1 --rejected)" in done.output
    listed = partage(folder, "show", "1", "--rejected")
    assert listed.exit_code == 0
    assert "error F123 partner_id 'P9' is in no row of partners   deals.csv:3:partner_id" in listed.output
    assert "D3,P1,=1+1" in listed.output and "2 rows rejected" in listed.output
    as_json = json.loads(partage(folder, "show", "1", "--rejected", "--json").output)
    assert [each["row"] for each in as_json["rejected"]] == ["D2", "D3"] and as_json["rejected"][0]["excused"] is None
    official = partage(folder, "run", program_file, "--period", "2026-01", "--official")
    assert official.exception is not None and getattr(official.exception, "exit_code", None) == 2
    write(folder, {"excused.csv": GOOD["excused.csv"] + BOTH})
    assert partage(folder, "run", program_file, "--period", "2026-01", "--official").exit_code == 0
    assert "excused: written off in March (ada)" in partage(folder, "show", "2", "--rejected").output


def test_a_run_without_rejected_rows_says_nothing_of_them(folder: Path) -> None:
    write(folder, {"deals.csv": "deal_id,partner_id,amount\nD1,P1,1.00\n"})
    done = partage(folder, "run", str(folder / "program.yaml"), "--period", "2026-01", "--json")
    assert json.loads(done.output)["kind"] == "preview"
    assert "no row was rejected" in partage(folder, "show", "--rejected").output
