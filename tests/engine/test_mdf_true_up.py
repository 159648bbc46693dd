"""What funds reimburse rests on the rows of all who share a budget: a late row of one moves what another was paid."""

from __future__ import annotations

from pathlib import Path

import pytest
from true_up_stories import Books

PROGRAM = """
program: Funds
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, mdf_budgets: budgets.csv, mdf: requests.csv, mdf_claims: claims.csv}
mdf: {proof: optional}
payouts:
  reimbursement: {base: mdf_claims.reimbursable, dated: mdf_claims.decided_on, rate: 100%}
"""
TABLES = {
    "partners.csv": "partner_id\nacme\nbolt\ncrux\n",
    "budgets.csv": "budget_id,valid_from,expires_on,amount\nB,2026-01-01,2026-12-31,100.00\nC,2026-01-01,,100.00\n",
    "requests.csv": "request_id,partner_id,budget_id,decided_on,approved\n"
    "Q-2,bolt,B,2026-03-20,80.00\nQ-3,crux,C,2026-03-20,50.00\n",
    "claims.csv": "claim_id,request_id,submitted_on,claimed,decided_on,approved\n"
    "C-2,Q-2,2026-04-02,80.00,2026-04-10,80.00\nC-3,Q-3,2026-04-02,50.00,2026-04-10,50.00\n",
}


@pytest.mark.parametrize(
    ("table", "old", "new", "moved"),
    [
        ("requests.csv", "Q-3", "Q-1,acme,B,2026-03-10,60.00\nQ-3", {("bolt", "C-2"): -40_00}),
        ("budgets.csv", "100.00\nC", "70.00\nC", {("bolt", "C-2"): -10_00}),
    ],
    ids=["an earlier request", "a smaller budget"],
)
def test_a_late_row_moves_what_others_are_paid(
    tmp_path: Path, table: str, old: str, new: str, moved: dict[tuple[str, str], int]
) -> None:
    books = Books(tmp_path, PROGRAM)
    books.lock(books.imported(TABLES), "2026-04")
    assert sorted(books.posted("2026-04").values()) == [50_00, 80_00]
    after = books.imported({**TABLES, table: TABLES[table].replace(old, new)})
    batch = books.true_up(after, "2026-04")
    assert batch is not None
    assert {(each.partner, each.key): each.amount_minor for each in batch.lines} == moved
    assert books.posted("2026-04") == books.known(after, "2026-04")
