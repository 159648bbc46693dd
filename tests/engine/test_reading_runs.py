"""A rejected row: a preview leaves it out and lists it, an official run waits until it is dealt with."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from reading_stories import program, refused, write

from cli import group
from engine.acts.calculate import Calculated, calculate
from engine.acts.reopen import reopen
from engine.acts.show import show
from engine.facts.gather import reopen_facts
from engine.store import Store
from rules.load import load

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


def test_a_run_of_before_a_column_was_added_is_worked_out_again(folder: Path) -> None:
    """A table that gets a column is read as if the sources of earlier runs had it blank, which they have."""
    done = run(folder)
    with Store.open(folder / "books.db") as books:
        kept = books.blob(done.record.blobs["table:deals"])
        old = folder / "old.parquet"
        pq.write_table(pq.read_table(kept).drop_columns(["product", "term_months"]), old)
        loaded = load(folder / "program.yaml").understood()
        period = loaded.calendar.period("2026-01")
        tables = {"deals": old, "partners": books.blob(done.record.blobs["table:partners"])}
        with reopen_facts(loaded, tables, period) as facts:
            found = {each.table: each.rows_sha256 for each in facts.inputs}
    assert found == {each.table: each.rows_sha256 for each in done.inputs}


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
    assert done.exit_code == 0
    assert "read      5 rows: partners 2  deals 3\n" in done.output
    assert "accepted  3 rows, rejected 2 (partage show 1 --rejected)\n" in done.output
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


def test_accepted_and_rejected_rows_are_the_rows_read(folder: Path) -> None:
    told = json.loads(partage(folder, "run", str(folder / "program.yaml"), "--period", "2026-01", "--json").output)
    assert told["rows"] == {"read": 5, "accepted": 3, "rejected": 2}
    assert [(each["table"], each["read"], each["rows"], each["rejected"]) for each in told["inputs"]] == [
        ("partners", 2, 2, 0),
        ("deals", 3, 1, 2),
    ]
    shown = [line.split()[:4] for line in partage(folder, "show", "--inputs").output.splitlines()]
    assert ["table", "read", "accepted", "rejected"] in shown and ["deals", "3", "1", "2"] in shown


SCORED = """
kpis: {won: {sum: deals.amount, blank: leave_out}}
scorecards: {work: {kpis: {won: {weight: 100%, linear: {from: 0, to: 10}}}}}
"""


@pytest.mark.parametrize(
    ("excuses", "told"),
    [
        ("deals,D1,none,ada\n", "deals D1 is excused, and was not rejected   excused.csv:2"),
        ("deal,D2,misspelt,ada\n", "deal D2 is excused, and was not rejected   excused.csv:2"),
        (BOTH + "deals,D2,once more,bob\n", "deals D2 is excused twice   excused.csv:4"),
        (BOTH + "deals,D3,once more,bob\n", "deals line 4 is excused twice   excused.csv:3"),
    ],
)
def test_an_excuse_that_is_left_over_is_a_warning_of_a_preview(folder: Path, excuses: str, told: str) -> None:
    write(folder, {"excused.csv": GOOD["excused.csv"] + excuses, "program.yaml": program(SOURCES) + SCORED})
    words = [str(folder / "program.yaml"), "--period", "2026-01"]
    for command in ("run", "metrics", "score"):
        done = partage(folder, command, *words)
        assert done.exit_code == 0 and f"warning F141 {told}" in done.stderr, done.output
        (warning,) = json.loads(partage(folder, command, *words, "--json").stdout)["warnings"]
        assert (warning["code"], warning["severity"], warning["place"]["file"]) == ("F141", "warning", "excused.csv")


def test_a_preview_that_is_refused_says_how_many_rejected_rows_it_does_not_tell(folder: Path) -> None:
    many = "deal_id,partner_id,amount\nD0,P1,\n" + "".join(f"D{n},P1,1e{n}\n" for n in range(1, 13))
    paying = program(SOURCES).replace("for_each: partners, amount: EUR 1", "base: deals.amount, rate: 5%")
    write(folder, {"deals.csv": many, "program.yaml": paying})
    with refused(*["F301"], *["F203"] * 10, "F143") as problems:
        run(folder)
    assert problems[-1].severity == "warning" and problems[-1].message == "2 more rows were rejected, 12 in all"
    command = problems[-1].hint.removeprefix("partage ").partition(" lists ")[0].split()
    with refused("F140", *["F203"] * 12):
        run(folder, is_official=command[-1] == "--official")
