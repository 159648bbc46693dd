"""Cells as exports write them: padded with spaces, parted by semicolons or tabs, and columns not read in full."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading_stories import read, refused, write

HEADER = ("deal_id", "partner_id", "status", "closed_on", "amount")
ROW = ("D1", "P1", "won", "2026-01-05", "10.00")
KEPT = {"deals.csv": f"{','.join(HEADER)}\n{','.join(ROW)}\n"}


@pytest.mark.parametrize("status", [" won", "won ", " ", "\u00a0won", "won\u3000", "gewonnen\u00e9 "])
def test_a_text_with_spaces_around_it_is_rejected(status: str, tmp_path: Path) -> None:
    found = read(tmp_path, "deals: deals.csv", {"deals.csv": f"deal_id,status\nD1,{status}\nD2,w o n\n"})
    assert found.faults() == [(2, ["F202"])]
    assert "trim: true" in found.rejected[0].faults[0].hint
    assert [each["status"] for each in found.tables["deals"]] == ["w o n"]


def test_trim_cuts_the_spaces_around_every_cell(tmp_path: Path) -> None:
    sources = "deals: {file: deals.csv, trim: true, values: {status: {Gewonnen: won}}}"
    rows = "deal_id,status,closed_on,amount\n D1 , Gewonnen ,2026-01-05 ,\t10.00\nD2,  ,,\n"
    found = read(tmp_path, sources, {"deals.csv": rows})
    assert found.faults() == []
    held = [(each["deal_id"], each["status"], each["amount"]) for each in found.tables["deals"]]
    assert held == [("D1", "won", 1000), ("D2", None, None)]


@pytest.mark.parametrize(("separator", "written"), [(";", "';'"), ("\t", r'"\t"'), ("|", "'|'")])
def test_a_separator_that_is_named_parts_the_cells(separator: str, written: str, tmp_path: Path) -> None:
    plain = read(tmp_path, "deals: deals.csv", KEPT)
    text = "".join(separator.join(row) + "\n" for row in (HEADER, ROW))
    sources = f"deals: {{file: other.csv, separator: {written}}}"
    other = read(tmp_path, sources, {"other.csv": text})
    assert other.inputs["deals"].rows_sha256 == plain.inputs["deals"].rows_sha256
    # a row too short, a quoted separator, and a cell that holds commas
    rows = f'{text}D2{separator}P1\nD3{separator}P1{separator}"a{separator}b"{separator}{separator}\n'
    rows += f"D4{separator}P1{separator}a,b{separator}2026-02-30{separator}\n"
    bad = read(tmp_path, sources, {"other.csv": rows})
    is_tab = separator == "\t"  # which no text may hold, quoted or not
    assert bad.faults() == [(3, ["F111"]), *([(4, ["F202"])] if is_tab else []), (5, ["F204"])]
    assert [each["status"] for each in bad.tables["deals"]] == ["won", *([] if is_tab else [f"a{separator}b"])]


@pytest.mark.parametrize(("separator", "cure"), [(";", "parted by ';'"), ("\t", "parted by tabs"), ("|", "by '|'")])
def test_a_header_that_is_parted_otherwise_says_so(separator: str, cure: str, tmp_path: Path) -> None:
    with refused("F105") as problems:
        read(tmp_path, "deals: deals.csv", {"deals.csv": separator.join(HEADER) + "\n"})
    assert cure in str(problems[0].hint) and "separator:" in str(problems[0].hint)  # type: ignore[attr-defined]


def test_a_separator_is_of_csv_only(tmp_path: Path) -> None:
    write(tmp_path, {})
    with refused("P153"):
        read(tmp_path, "deals: {file: deals.parquet, separator: ';'}")


def test_a_total_of_cells_that_cannot_be_read_is_no_check(tmp_path: Path) -> None:
    rows = KEPT["deals.csv"] + "D2,P1,won,2026-01-05,x\n"
    with refused("F131") as problems:
        read(tmp_path, "deals: {file: deals.csv, expect: {totals: {amount: 10.00}}}", {"deals.csv": rows})
    assert "without 1 of its cells, which cannot be read" in str(problems[0].message)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("T1,P1,region,south,sales,2026-01,1", "F215"),
        ("T1,,region,,sales,2026-01,1", "F215"),
        ("T1,P1,area,,sales,2026-01,1", "F129"),
    ],
)
def test_a_target_is_of_what_its_scope_says(row: str, code: str, tmp_path: Path) -> None:
    header = "target_id,partner_id,scope,region,kpi,period,target\n"
    found = read(tmp_path, "targets: targets.csv", {"targets.csv": f"{header}{row}\nT2,,,,sales,2026-01,1\n"})
    assert [fault for _, faults in found.faults("targets") for fault in faults][:1] == [code]
    assert len(found.tables["targets"]) == 1


def test_cells_of_a_file_without_lines_are_told_apart(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"deal_id": ["D1"], "amount": ["1,000.00"], "status": [None]}), tmp_path / "deals.parquet")
    found = read(tmp_path, "deals: deals.parquet")
    assert found.rejected[0].text == 'D1,"1,000.00",'


def test_nobody_approves_what_is_their_own(tmp_path: Path) -> None:
    """A partner does not by its id, and who proposed it does not by writing the name with a small letter."""
    rows = "award_id,partner_id,amount,reason,proposed_by,approved_by\n"
    rows += "W1,P1,400,the fair,P1,Bob\nW2,P1,100,the fair,Ann,P1\nW3,P1,50,the fair,Ann,p1\nW4,P1,10,why,Ann,ann\n"
    found = read(tmp_path, "awards: awards.csv", {"awards.csv": rows})
    told = [fault.message for row in found.rejected for fault in row.faults]
    own = "approved what is their own"
    assert told == [f"'P1' {own}", f"'p1' {own}", "'ann' proposed it and approved it"]


def test_all_that_an_award_lacks_is_told_at_once(tmp_path: Path) -> None:
    """Also where the file has none of the columns."""
    for head, row in (("reason,proposed_by,approved_by", "W1,P1,400,,,"), ("partner_note", "W1,P1,400,x")):
        found = read(tmp_path, "awards: awards.csv", {"awards.csv": f"award_id,partner_id,amount,{head}\n{row}\n"})
        told = [fault.message for each in found.rejected for fault in each.faults]
        assert told == ["an amount is entered, and proposed_by, approved_by and reason are blank"]


def test_what_a_committee_enters_has_a_reason_and_two_people(tmp_path: Path) -> None:
    rows = "award_id,partner_id,amount,reason,proposed_by,approved_by\n"
    rows += "W1,P1,400,the fair,Ann,Bob\nW2,P1,100,the fair,Ann,Ann\nW3,P1,50,,Ann,Bob\nW4,P1,,,,\nW5,P1,10,why,Ann,\n"
    found = read(tmp_path, "awards: awards.csv", {"awards.csv": rows})
    assert found.faults("awards") == [(3, ["F217"]), (4, ["F217"]), (6, ["F217"])]
    assert [fault.place.field for row in found.rejected for fault in row.faults] == [
        "approved_by",
        "reason",
        "approved_by",
    ]
