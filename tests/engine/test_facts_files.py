"""The outside of a source: its bytes, its header, its rows and keys, and the folder that it may not leave.

Every refusal ends the command with exit code 2, names the file and the line, and writes nothing: no store appears.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from spine_stories import MONTH, partage, told, write

PROGRAM = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
payouts: {{c: {{base: deals.amount, rate: 10%}}}}
"""
PARTNERS = b"partner_id\nacme\nbolt\n"
HEAD = b"deal_id,partner_id,amount\n"


def problems_of(folder: Path, deals: bytes | None, program: str = PROGRAM) -> list[tuple[str, str, int]]:
    """Code, file and line of each problem that the command tells for the table of deals; and that nothing is kept."""
    tables = {"partners.csv": PARTNERS} | ({} if deals is None else {"deals.csv": deals})
    path = write(folder, program, tables)
    before = sorted(each.name for each in folder.iterdir())
    ended = partage("--store", folder / "books.db", "run", path, "--period", "2026-04", "--official", "--json")
    assert (ended.exit_code, ended.err) == (2, "")
    assert sorted(each.name for each in folder.iterdir()) == before, "nothing is written"
    problems = [each for each in ended.json()["problems"] if each["code"] != "F140"]
    assert all(each["message"] and each["hint"] for each in problems)
    return [(each["code"], each["place"]["file"], each["place"].get("line", 0)) for each in problems]


@pytest.mark.parametrize(
    ("deals", "code", "line"),
    [
        (HEAD + b'd1,acme,1\nd2,"acme,2\nd3,acme,3\n', "F110", 3),
        (HEAD + b'd1,acme,1\nd2,"ac"me,2\n', "F110", 3),
        (HEAD + b"d1,acme,1\nd2,acme\n", "F111", 3),
        (HEAD + b"d1,acme,1\nd2,acme,2,9\n", "F111", 3),
        (b"deal_id,partner_id,amount,amount\nd1,acme,1,2\n", "F104", 1),
        (b"d1,acme,1\nd2,acme,2\n", "F105", 1),
        (b"deal_id;partner_id;amount\nd1;acme;1\n", "F105", 1),
        (b"Deal_ID,partner_id,amount\nd1,acme,1\n", "F105", 1),
        (HEAD.replace(b"\n", b"\r") + b"d1,acme,1\r", "F103", 1),
        (b"", "F103", 1),
        ((HEAD + b"d1,acme,1\n").decode().encode("utf-16"), "F102", 1),
        ((HEAD + b"d1,acme,1\n").decode().encode("utf-16-le"), "F102", 1),
        (HEAD + b"d1,ac\x00me,1\n", "F102", None),
        ("deal_id,partner_id,bétrag\n".encode("latin-1"), "F102", 1),
        (HEAD + b"d1,acme,1\nd2,caf\xe9,2\n", "F113", 3),
        (HEAD + b"d1,acme,1\nd1,acme,1\n", "F121", 3),
        (HEAD + b"d1,acme,1\nd2,acme,1\nd1,acme,2\n", "F122", 4),
        (HEAD + b"d1,acme,1\n,acme,2\n", "F120", 3),
        (HEAD + b'"d1","acme","1\n2"\n', "F203", 2),
        (HEAD + b'd0,"acme",1\n"d\n1",acme,1\nd2,acme,x\n', "F201", 3),
        (None, "F101", 0),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(
    tmp_path: Path, deals: bytes | None, code: str, line: int | None
) -> None:
    problems = problems_of(tmp_path, deals)
    assert {file for _, file, _ in problems} == {"deals.csv"}
    assert code in [found for found, _, at in problems if line in (None, at)], problems


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    """A quoted cell may span lines; the fault after it is still told where it stands."""
    program = PROGRAM.replace("deals: deals.csv}", "deals: {file: deals.csv, columns: {status: note}}}")
    head = b"deal_id,partner_id,amount,note\n"
    deals = head + b'd1,acme,1,fine\nd2,acme,2,"a ""b"",\nc"\nd3,acme,3,\nd4,acme,1.005,\n'
    assert problems_of(tmp_path, deals, program) == [("F202", "deals.csv", 3), ("F203", "deals.csv", 6)]


def test_every_problem_of_every_source_is_told_at_once(tmp_path: Path) -> None:
    tables = {"partners.csv": "partner_id\nacme\na b\n", "deals.csv": HEAD + b"d1,acme,x\nd1,acme,2\n"}
    path = write(tmp_path, PROGRAM, tables)
    ended = partage("--store", tmp_path / "p.db", "run", path, "--period", "2026-04", "--official")
    assert ended.exit_code == 2 and ended.out == ""
    assert {line.split()[1] for line in ended.err.splitlines() if line.startswith("error")} == {
        "F140",
        "F201",
        "F203",
        "F122",
    }
    assert all(place in ended.err for place in ("partners.csv:3:partner_id", "deals.csv:2:amount", "deals.csv:3:"))


@pytest.mark.parametrize(
    "file", ["../deals.csv", "/etc/passwd", "~/deals.csv", "a/../../deals.csv", "C:\\deals.csv", "..\\deals.csv", ""]
)
def test_a_source_outside_of_the_folder_is_refused(tmp_path: Path, file: str) -> None:
    (tmp_path / "deals.csv").write_bytes(HEAD + b"d1,acme,1\n")
    program = PROGRAM.replace("deals: deals.csv", f"deals: '{file}'")
    assert "P150" in [code for code, _, _ in problems_of(tmp_path / "program", HEAD, program)]


def test_a_link_out_of_the_folder_is_refused_and_one_within_it_is_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_bytes(HEAD + b"d1,acme,1.00\n")
    folder = tmp_path / "program"
    folder.mkdir()
    os.symlink(tmp_path / "secret.csv", folder / "outside.csv")
    program = PROGRAM.replace("deals: deals.csv", "deals: outside.csv")
    assert problems_of(folder, None, program) == [("P150", "program.yaml", 6)]
    (folder / "outside.csv").unlink()
    (folder / "data").mkdir()
    (folder / "data" / "real.csv").write_bytes(HEAD + b"d1,acme,1.00\n")
    os.symlink(folder / "data" / "real.csv", folder / "outside.csv")
    with told(folder / "program.yaml") as story:
        assert story.payouts() == {"acme": 10, "bolt": 0}


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").mkdir()
    assert problems_of(tmp_path, None) == [("F101", "deals.csv", 0)]


@pytest.mark.parametrize(
    "deals",
    [
        HEAD + b"d1,acme,10.00\nd2,bolt,\n",
        b"\xef\xbb\xbf" + HEAD + b"d1,acme,10.00\nd2,bolt,\n",
        (HEAD + b"d1,acme,10.00\nd2,bolt,\n").replace(b"\n", b"\r\n"),
        b'"deal_id","partner_id","amount"\n"d1","acme","10.00"\n"d2","bolt",""\n',
        b'amount,note,partner_id,deal_id\n10.00,"a, b",acme,d1\n,,bolt,d2\n',
        HEAD + b"d2,bolt,\nd1,acme,10.00",  # no newline at the end
    ],
)
def test_ways_of_writing_the_same_table(tmp_path: Path, deals: bytes) -> None:
    program = PROGRAM.replace("rate: 10%", "rate: 10%, unknown: leave_out")
    with told(write(tmp_path, program, {"partners.csv": PARTNERS, "deals.csv": deals})) as story:
        assert story.lines() == ["acme c d1 100"]


def test_a_source_under_its_own_names(tmp_path: Path) -> None:
    """Columns and values of a file are mapped to ours; what is not mapped stands as it is."""
    program = f"""{MONTH}
sources:
  partners: partners.csv
  deals:
    file: export/geschaefte.csv
    columns: {{deal_id: Nr., partner_id: Partner, amount: "Betrag, netto", status: Stand}}
    values: {{status: {{gewonnen: won, verloren: lost}}}}
payouts: {{c: {{base: deals.amount, rate: 10%, where: deals.status = 'won'}}}}
"""
    (tmp_path / "export").mkdir()
    table = 'Nr.,Partner,"Betrag, netto",Stand\n1,acme,10.00,gewonnen\n2,acme,10.00,verloren\n3,bolt,1.00,won\n'
    (tmp_path / "export" / "geschaefte.csv").write_text(table, "utf-8")
    with told(write(tmp_path, program, {"partners.csv": PARTNERS})) as story:
        assert story.lines() == ["acme c 1 100", "bolt c 3 10"]


def test_a_table_without_rows_pays_nothing(tmp_path: Path) -> None:
    program = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv, revenue: revenue.csv}}
payouts: {{c: {{base: deals.amount, rate: 10%}}, r: {{base: revenue.amount, rate: 10%}}}}
"""
    tables = {"partners.csv": PARTNERS, "deals.csv": HEAD, "revenue.csv": "customer_id,partner_id,month,amount\n"}
    with told(write(tmp_path, program, tables)) as story:
        assert story.lines() == [] and story.payouts() == {"acme": 0, "bolt": 0}
