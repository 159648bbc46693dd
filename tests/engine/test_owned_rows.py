"""Whose a row is that names no partner itself: its request's, or its deal's where credit says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, told, write

from rules.load import load

CLAIMS = f"""{MONTH}
sources: {{partners: partners.csv, mdf: mdf.csv, mdf_claims: claims.csv}}
kpis:
  claimed: {{sum: mdf_claims.approved, dated: mdf_claims.decided_on}}
payouts:
  claims:
    base: mdf_claims.approved
    where: partners.tier = 'gold' and mdf.activity != 'travel'
    dated: mdf_claims.decided_on
    rate: 50%
  bonus: {{for_each: partners, base: claimed, rate: 1%}}
"""


def test_a_claim_is_the_partners_whose_request_it_is_of(tmp_path: Path) -> None:
    tables = {
        "partners.csv": "partner_id,tier\np,gold\nq,silver\n",
        "mdf.csv": "request_id,partner_id,activity\nr1,p,fair\nr2,q,fair\nr3,p,travel\n",
        "claims.csv": """
            claim_id,request_id,decided_on,approved
            c1,r1,2026-04-03,100.00
            c2,r2,2026-04-04,50.00
            c3,r3,2026-04-05,10.00
            c4,r1,2026-05-03,10.00
            """,
    }
    with told(write(tmp_path, CLAIMS, tables)) as story:
        assert story.lines() == ["p bonus p 110", "p claims c1 5000", "q bonus q 50"]
        for partner in story.run.partners:
            story.why(partner)


SOURCES = {
    "receipts": "invoices: i.csv, receipts: r.csv, deals: d.csv, customers: c.csv",
    "deal_items": "deals: d.csv, deal_items: i.csv",
    "mdf_claims": "mdf_claims: c.csv",
    "results": "results: r.csv",
}
OF_DEALS = "write credit: owner, and beside payouts: credit: {owner: {of: deals, from: {owner: 100%}}}"
HINTS = [
    ("receipts", "receipts.amount", OF_DEALS),
    ("deal_items", "deal_items.net", OF_DEALS),
    ("mdf_claims", "mdf_claims.approved", "add mdf: FILE to the sources, whose partner a row of mdf_claims is of"),
    ("results", "results.amount", "take a table with a partner_id"),
]


@pytest.mark.parametrize(("table", "base", "hint"), HINTS, ids=[each[0] for each in HINTS])
def test_who_cannot_be_paid_is_told_the_cure(tmp_path: Path, table: str, base: str, hint: str) -> None:
    program = f"{MONTH}\nsources: {{partners: p.csv, {SOURCES[table]}}}\npayouts: {{x: {{base: {base}, rate: 1%}}}}\n"
    (problem,) = load(write(tmp_path, program, {})).problems
    assert (problem.code, problem.hint) == ("P162", hint)


def test_the_cure_of_a_receipt_cures(tmp_path: Path) -> None:
    program = f"""{MONTH}
sources: {{partners: partners.csv, {SOURCES["receipts"]}}}
credit: {{owner: {{of: deals, from: {{owner: 100%}}}}}}
payouts:
  cash: {{credit: owner, base: receipts.amount, dated: receipts.received_on, rate: 10%}}
"""
    tables = {
        "partners.csv": "partner_id\np\n",
        "c.csv": "customer_id\nc1\n",
        "d.csv": "deal_id,customer_id,partner_id\nd1,c1,p\n",
        "i.csv": "invoice_id,deal_id,customer_id\ni1,d1,c1\n",
        "r.csv": "receipt_id,invoice_id,received_on,amount\nr1,i1,2026-04-02,70.00\n",
    }
    with told(write(tmp_path, program, tables)) as story:
        assert story.lines() == ["p cash r1 700"]


def test_the_cures_of_a_measure_and_of_a_credit(tmp_path: Path) -> None:
    program = f"""{MONTH}
sources: {{partners: partners.csv, {SOURCES["deal_items"]}}}
credit: {{items: {{of: deal_items, from: {{owner: 100%}}}}}}
kpis: {{sold: {{sum: deal_items.net}}}}
payouts: {{bonus: {{credit: items, base: deal_items.net, rate: 1%}}}}
"""
    found = [f"{each.code} {each.hint}" for each in load(write(tmp_path, program, {})).problems if each.code == "P162"]
    assert sorted(found) == ["P162 write of: deals, whose rows name one", "P162 write partner: deals.partner_id"]
