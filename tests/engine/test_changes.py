"""What changed between two snapshots of a table, and which of it can matter to a period."""

from __future__ import annotations

from pathlib import Path

import pytest
from true_up_stories import Books

from engine.facts.changes import changes
from engine.values.late import Change
from rules.load import understand

PROGRAM = """
program: Changes
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources:
  partners: partners.csv
  deals: deals.csv
  invoices: invoices.csv
  receipts: receipts.csv
  revenue: revenue.csv
credit:
  own: {of: deals, from: {owner: 100%}}
kpis:
  recurring: {sum: revenue.amount, dated: revenue.month}
payouts:
  collected: {credit: own, base: receipts.amount, dated: receipts.received_on, rate: 10%}
  share: {for_each: partners, base: recurring, rate: 1%}
"""
TABLES = {
    "partners.csv": "partner_id,name\nP-1,Nord\nP-2,Süd\n",
    "deals.csv": "deal_id,partner_id,closed_on,amount\nD-1,P-1,2026-03-01,100.00\nD-2,P-2,2026-05-01,100.00\n",
    "invoices.csv": "invoice_id,deal_id\nI-1,D-1\nI-2,D-2\n",
    "receipts.csv": "receipt_id,invoice_id,received_on,amount\nR-1,I-1,2026-04-05,50.00\nR-2,I-2,2026-05-05,50.00\n",
    "revenue.csv": "customer_id,partner_id,month,amount\nC-1,P-1,2026-04-01,10.00\nC-1,P-1,2026-04-01,10.00\n",
}


def found(tmp_path: Path, **after: str) -> list[str]:
    """What changed from the tables above to those with some texts in place of others."""
    books = Books(tmp_path, PROGRAM)
    one = books.imported(TABLES)
    other = books.imported(TABLES | {f"{name}.csv": text for name, text in after.items()})
    meaning = understand(PROGRAM.encode(), "program.yaml", tmp_path).understood()
    return [told(each) for each in changes(one, other, meaning.tables)]


def told(change: Change) -> str:
    cells = "; ".join(f"{each.column} {each.before} -> {each.after}" for each in change.cells)
    times = f" x {change.rows}" if change.rows > 1 else ""
    return f"{change.table} {change.key} {change.kind}{times} {cells}".strip()


def test_rows_come_change_and_go(tmp_path: Path) -> None:
    deals = "deal_id,partner_id,closed_on,amount\nD-3,P-1,2026-04-01,5.00\nD-2,P-1,,100.01\n"
    assert found(tmp_path, deals=deals) == [
        "deals D-1 removed",
        "deals D-2 changed partner_id P-2 -> P-1; closed_on 2026-05-01 -> None; amount 10000 -> 10001",
        "deals D-3 added",
        "invoices I-1 removed",
        "receipts R-1 removed",
    ]


def test_the_order_of_rows_is_no_change(tmp_path: Path) -> None:
    head, *rows = TABLES["deals.csv"].splitlines()
    assert found(tmp_path, deals="\n".join([head, *reversed(rows)]) + "\n") == []


def test_rows_without_a_key_are_told_by_their_cells_and_how_often_they_stand_there(tmp_path: Path) -> None:
    revenue = "customer_id,partner_id,month,amount\nC-2,P-1,2026-04-01,10.00\nC-2,P-1,2026-04-01,10.00\n"
    gone, new = found(tmp_path, revenue=revenue)
    assert gone.startswith("revenue C-1/P-1/") and gone.endswith("removed x 2")
    assert new.startswith("revenue C-2/P-1/") and new.endswith("added x 2")


@pytest.mark.parametrize(
    ("name", "old", "new", "is_late"),
    [
        ("receipts", "R-1,I-1,2026-04-05,50.00", "R-1,I-1,2026-04-05,60.00", True),
        ("receipts", "R-2,I-2,2026-05-05,50.00", "R-2,I-2,2026-05-05,60.00", False),  # dated after the period
        ("receipts", "R-2,I-2,2026-05-05,50.00", "R-2,I-2,2026-04-30,50.00", True),  # and now in it
        ("deals", "D-1,P-1,2026-03-01,100.00", "D-1,P-2,2026-03-01,100.00", True),  # a receipt of the period is of it
        ("deals", "D-2,P-2,2026-05-01,100.00", "D-2,P-1,2026-05-01,100.00", False),  # only later ones are
        ("invoices", "I-1,D-1", "I-1,D-2", True),
        ("revenue", "C-1,P-1,2026-04-01,10.00\n", "C-1,P-1,2026-05-01,10.00\n", True),
        ("partners", "P-2,Süd\n", "P-2,Süd\nP-3,Ost\n", True),
    ],
)
def test_only_what_a_rule_can_see_before_the_end_of_the_period_is_late(
    tmp_path: Path, name: str, old: str, new: str, is_late: bool
) -> None:
    books = Books(tmp_path, PROGRAM)
    books.lock(books.imported(TABLES), "2026-04")
    text = TABLES[f"{name}.csv"]
    assert old in text
    kept = books.imported(TABLES | {f"{name}.csv": text.replace(old, new, 1)})
    batch = books.true_up(kept, "2026-04")
    assert (batch is not None) == is_late
    assert books.posted("2026-04") == books.known(kept, "2026-04")


def test_what_rows_without_a_key_come_to_is_told_by_partner(tmp_path: Path) -> None:
    program = PROGRAM + "  each: {base: revenue.amount, dated: revenue.month, rate: 10%}\n"
    books = Books(tmp_path, program)
    books.lock(books.imported(TABLES), "2026-04")
    more = TABLES["revenue.csv"] + "C-0,P-1,2026-04-01,30.00\n"
    batch = books.true_up(books.imported(TABLES | {"revenue.csv": more}), "2026-04")
    assert batch is not None
    lines = [(line.component, line.key, line.before_minor, line.after_minor) for line in batch.lines]
    assert lines == [("each", "", 200, 500), ("share", "P-1", 20, 50)]
