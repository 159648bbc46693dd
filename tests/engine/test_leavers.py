"""Rows that come back when their partner cannot be paid any more: the run warns of what it does not take back."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import partage, write

PROGRAM = """
program: Leavers
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
eligible: ELIGIBLE
sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv}
credit: {sales: {of: deals, from: {owner: 100%}}}
payouts:
  commission:
    CREDIT
    base: deals.amount
    dated: deals.closed_on
    where: deals.amount > 10 and won > 0
    KIND
    returns:
      refund: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on, tiers: METHOD}
kpis: {won: {count: deals}}
"""
TIERS = "tiers: {method: marginal, accumulate: period, order: [deals.closed_on], steps: [{rate: 5%}]}"
# a left in May and b never began; d1 to d3 were paid while a was there, d4 after that, d5 is too small for the rule
TABLES = {
    "partners.csv": """
        partner_id,recruited_on,terminated_on
        a,2020-01-01,2026-05-15
        b,2027-01-01,
        c,2020-01-01,
    """,
    "deals.csv": """
        deal_id,partner_id,closed_on,amount
        d1,a,2026-01-10,1000.00
        d2,a,2026-02-10,500.00
        d3,a,2025-02-10,500.00
        d4,a,2026-08-10,500.00
        d5,a,2026-02-10,5.00
        d6,b,2026-02-10,500.00
        d7,c,2026-02-10,500.00
    """,
}
WITH_LEAVERS = "partners.active or partners.terminated_on >= period.start - interval '12' month"


def program(
    folder: Path, events: str, eligible: str = "partners.active", method: str = "as_paid", credit: str = ""
) -> Path:
    kind = "rate: 5%" if method == "as_paid" else TIERS
    text = PROGRAM.replace("ELIGIBLE", eligible).replace("METHOD", method).replace("KIND", kind)
    table = "event_id,deal_id,occurred_on,amount\n" + events
    return write(folder, text.replace("CREDIT", credit or "unknown: refuse"), {**TABLES, "deal_events.csv": table})


def warned(path: Path, quarter: str = "2026-Q4") -> list[str]:
    ran = partage("run", path, "--period", quarter, "--json")
    assert ran.exit_code == 0, ran.err
    return [each["message"] for each in ran.json()["warnings"]]


@pytest.mark.parametrize("credit", ["", "credit: sales"])
@pytest.mark.parametrize("method", ["as_paid", "highest_first"])
def test_returns_of_a_partner_who_has_left_are_warned_of(tmp_path: Path, method: str, credit: str) -> None:
    """Only those whose row was payable: not d3 of before the program, nor d4 to d6."""
    events = "".join(f"e{deal},d{deal},2026-11-01,5.00\n" for deal in range(1, 8))
    path = program(tmp_path, events, method=method, credit=credit)
    assert warned(path) == [
        "commission: 2 returns take nothing back of a, who could be paid when the row was and cannot be paid in 2026-Q4"
    ]
    assert warned(path, "2026-Q1") == warned(path, "2026-Q2") == []
    (way,) = [each["hint"] for each in partage("run", path, "--period", "2026-Q4", "--json").json()["warnings"]]
    assert way.endswith(WITH_LEAVERS)


def test_the_way_out_takes_it_back(tmp_path: Path) -> None:
    path = program(tmp_path, "e1,d1,2026-11-01,100.00\n", WITH_LEAVERS)
    assert warned(path) == []
    assert partage("run", path, "--period", "2026-Q4", "--json").json()["total_minor"] == -500


def test_a_trace_says_that_nothing_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = program(tmp_path, "e1,d1,2026-11-01,100.00\n")
    assert warned(path)
    said = partage("trace", "deal_events", "e1").out
    assert "cannot be paid" in said and "so nothing is taken back, whatever its row was paid before" in said
