"""A partner that has left and is paid what was held back of it: its row is paid, and the trace says by what."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import partage, write

PROGRAM = """
program: Holdback
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
eligible: partners.active
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
balances:
  reserve: {holdback: {share: 10%, released: {after: 1}}}
"""
TABLES = {
    "partners.csv": """
        partner_id,recruited_on,terminated_on
        ann,2020-01-01,2026-02-10
        bob,2020-01-01,
        cem,2020-01-01,2025-01-31
        dee,2020-01-01,
        """,
    "deals.csv": """
        deal_id,partner_id,closed_on,amount
        d1,ann,2026-01-10,1000.00
        d2,bob,2026-01-10,1000.00
        d3,bob,2026-02-10,500.00
        d4,dee,2026-01-10,300.00
        """,
}


@pytest.fixture
def february(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program with two runs: what was held back in January is released in February."""
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, PROGRAM, TABLES)
    for month in ("2026-01", "2026-02"):
        assert partage("run", path, "--period", month).exit_code == 0
    return path


def test_a_leaver_who_gets_a_release_is_paid(february: Path) -> None:
    """ann left on 10 February, and dee sold nothing; both are paid what was held back of January."""
    told = partage("trace", "partners", "ann").out.splitlines()
    assert told[1].startswith("paid 10.00 to ann  reserve")
    assert told[2] == "  ann cannot be paid anything new, and what is on reserve is paid out: released -10.00"
    assert partage("trace", "partners", "dee").out.splitlines()[2] == (
        "  what is on reserve is paid out: released -3.00"
    )
    assert partage("trace", "partners", "cem").out.splitlines()[1].startswith("not payable")


def test_its_row_counts_as_paid(february: Path) -> None:
    fates = partage("show", "2", "--fates", "--json").json()["fates"]
    assert [(each["fate"], each["rows"]) for each in fates if each["table"] == "partners"] == [
        ("not_payable", 1), ("paid", 3)
    ]  # fmt: skip
