"""Late data: what a later import changes of a period that is locked, with the reason of each line."""

from __future__ import annotations

from pathlib import Path

from true_up_stories import Books

TIERS = """
program: Commission
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      method: whole
      accumulate: transaction
      by: sold
      at_edge: lower_tier
      steps: [{to: 1_000, rate: 3%}, {to: 5_000, rate: 5%}, {rate: 7%}]
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
"""
PARTNERS = "partner_id,name\nP-1,Nord\nP-2,Süd\n"
DEALS = """deal_id,partner_id,closed_on,amount
D-88,P-1,2026-04-03,4000.00
D-91,P-1,2026-04-20,2000.00
D-92,P-2,2026-04-21,900.00
"""


def reasons(batch: object) -> list[str]:
    return [f"{line.partner} {line.key} {line.amount_minor}: {line.reason}" for line in batch.lines]  # type: ignore[attr-defined]


def test_a_late_deal_is_a_line_of_its_own_and_moves_the_others_to_another_tier(tmp_path: Path) -> None:
    books = Books(tmp_path, TIERS)
    books.lock(books.imported({"partners.csv": PARTNERS, "deals.csv": DEALS}), "2026-04")
    assert books.posted("2026-04")[("P-1", "commission", "deals", "D-91")] == 14000
    without = "\n".join(line for line in DEALS.splitlines() if not line.startswith("D-88")) + "\n"
    batch = books.true_up(books.imported({"partners.csv": PARTNERS, "deals.csv": without}), "2026-04")
    assert batch is not None
    assert reasons(batch) == [
        "P-1 D-88 -28000: deal D-88: removed after the period was locked",
        "P-1 D-91 -4000: deal D-91 moved from tier 3 to tier 2 (7 % -> 5 %) because deal D-88 was removed",
    ]
    assert [(each.table, each.key, each.kind) for each in batch.records] == [("deals", "D-88", "removed")]
