"""Weights that are attributed anew after a period was locked: whom they concern is worked out again, nobody else."""

from __future__ import annotations

from pathlib import Path

from true_up_stories import Books

PROGRAM = """
program: Weights
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, attributions: attributions.csv}
credit:
  brought: {of: deals, from: {attributions: {method: linear, otherwise: owner}}}
payouts:
  commission: {credit: brought, base: deals.amount, dated: deals.closed_on, rate: 10%}
"""
WEIGHTS = ("D-1,ann,1", "D-1,bob,1", "D-2,cid,1", "D-3,dee,2", "D-3,cid,1")


def tables(*weights: str) -> dict[str, str]:
    rows = [f"{each},linear,by hand" for each in weights]
    return {
        "partners.csv": "partner_id\nann\nbob\ncid\ndee\n",
        "deals.csv": "deal_id,partner_id,closed_on,amount\n"
        "D-1,ann,2026-04-02,100\nD-2,bob,2026-04-03,200\nD-3,cid,2026-04-04,90\nD-4,dee,2026-04-05,40\n",
        "attributions.csv": "\n".join(["deal_id,partner_id,weight,method,version", *rows, ""]),
    }


def test_another_weight_moves_the_parts_of_its_deal_and_of_no_other(tmp_path: Path) -> None:
    books = Books(tmp_path, PROGRAM)
    before = books.imported(tables(*WEIGHTS))
    books.lock(before, "2026-04")
    after = books.imported(tables("D-1,ann,3", *WEIGHTS[1:]))
    batch = books.true_up(after, "2026-04")
    assert batch is not None
    assert {(each.partner, each.key): each.amount_minor for each in batch.lines} == {
        ("ann", "D-1"): 2_50,
        ("bob", "D-1"): -2_50,
    }
    assert books.posted("2026-04") == books.known(after, "2026-04")


def test_a_deal_that_loses_its_weights_falls_back_to_its_owner(tmp_path: Path) -> None:
    books = Books(tmp_path, PROGRAM)
    books.lock(books.imported(tables(*WEIGHTS)), "2026-04")
    after = books.imported(tables(*WEIGHTS[:2], *WEIGHTS[3:], "D-4,ann,1"))
    assert books.true_up(after, "2026-04") is not None
    assert books.posted("2026-04") == books.known(after, "2026-04")
    paid = {(who, key): amount for (who, _, _, key), amount in books.posted("2026-04").items()}
    assert (paid["bob", "D-2"], paid["ann", "D-4"]) == (20_00, 4_00)
