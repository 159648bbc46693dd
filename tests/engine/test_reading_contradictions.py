"""Rows that contradict themselves: an event without its day, and an end before its beginning."""

from pathlib import Path

import pytest
from reading_stories import read

from rules.expressions.tree import Type
from rules.tables import NEEDS, NEVER_BEFORE, canonical

SOURCES = "deals: deals.csv"


@pytest.mark.parametrize(
    ("table", "header", "good", "bad", "code", "words"),
    [
        (
            "deals",
            "deal_id,status,closed_on",
            "D1,won,2026-01-05\nD2,open,\nD3,,\nD4,negotiation,\nD5,open,2026-09-01\n",
            "D6,won,\nD7,lost,\n",
            "F213",
            "status is 'won', and closed_on is blank",
        ),
        (
            "mdf_claims",
            "claim_id,paid,paid_on",
            "L1,10.00,2026-01-05\nL2,,\nL3,0.00,\n",
            "L4,10.00,\nL5,-1,\n",
            "F213",
            "paid is '10.00', and paid_on is blank",
        ),
        (
            "training",
            "partner_id,person_id,course,enrolled_on,certified,completed_on",
            "P1,A,sales,2026-01-01,true,2026-01-09\nP1,B,sales,2026-01-01,false,\nP1,C,sales,2026-01-01,,\n",
            "P1,D,sales,2026-01-01,true,\n",
            "F213",
            "certified is 'true', and completed_on is blank",
        ),
        (
            "deals",
            "deal_id,opened_on,closed_on",
            "D1,2026-01-05,2026-01-05\nD2,,2026-01-05\nD3,2026-01-05,\n",
            "D4,2026-01-05,2026-01-04\n",
            "F214",
            "closed_on is '2026-01-04', before opened_on, which is '2026-01-05'",
        ),
        (
            "customers",
            "customer_id,acquired_on,churned_on",
            "C1,2026-01-05,2026-02-05\n",
            "C2,2026-01-05,2025-02-05\n",
            "F214",
            "churned_on is '2025-02-05', before acquired_on",
        ),
    ],
)
def test_a_row_that_contradicts_itself_is_rejected_with_its_reason(
    tmp_path: Path, table: str, header: str, good: str, bad: str, code: str, words: str
) -> None:
    found = read(tmp_path, f"{table}: t.csv", {"t.csv": f"{header}\n{bad}{good}"})
    assert [codes for _, codes in found.faults(table)] == [[code]] * bad.count("\n")
    assert words in found.rejected[0].faults[0].message
    assert found.inputs[table].rows == good.count("\n")


def test_what_a_row_says_is_told_in_the_words_and_dates_of_its_source(tmp_path: Path) -> None:
    sources = """deals:
  file: deals.csv
  columns: {status: Stage, opened_on: Begun, closed_on: Signed}
  values: {status: {Closed Won: won}}
  dates: "%d.%m.%Y\""""
    rows = "D1,Closed Won,02.01.2026,01.02.2026\nD2,Closed Won,02.01.2026,\nD3,Closed Won,01.02.2026,02.01.2026\n"
    found = read(tmp_path, sources, {"deals.csv": "deal_id,Stage,Begun,Signed\n" + rows})
    assert found.faults() == [(3, ["F213"]), (4, ["F214"])]
    assert "closed_on is '02.01.2026', before opened_on" in found.rejected[1].faults[0].message


def test_a_bad_cell_is_told_once_and_not_as_a_blank(tmp_path: Path) -> None:
    rows = "D1,won,2026-01-01,2026-02-31\nD2,won,2026-02-31,2026-01-01\n"
    found = read(tmp_path, SOURCES, {"deals.csv": "deal_id,status,opened_on,closed_on\n" + rows})
    assert found.faults() == [(2, ["F204"]), (3, ["F204"])]


def test_a_column_that_the_source_lacks_contradicts_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, SOURCES, {"deals.csv": "deal_id,status\nD1,won\n"})
    assert found.rejected == ()


def test_every_rule_of_consistency_speaks_of_columns_that_are_there() -> None:
    for table, needs in NEEDS.items():
        for each in needs:
            named = [canonical()[table].column(name) for name in (each.column, each.date)]
            assert all(named) and named[1] is not None and named[1].type == Type.DATE, each
    for table, pairs in NEVER_BEFORE.items():
        for name in (name for pair in pairs for name in pair):
            column = canonical()[table].column(name)
            assert column is not None and column.type == Type.DATE, (table, name)
