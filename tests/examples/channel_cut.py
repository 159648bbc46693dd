"""A small copy of the channel example's clean data: a few partners of each kind, with the rows that are about them.

In: the folder that the generator filled. Out: tables of text cells. A row that names a row which is not there is not
there either, so that every reference is met.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

Row = dict[str, str]
Tables = dict[str, list[Row]]

TABLES = (
    "partners", "partner_history", "customers", "deals", "deal_events", "registrations", "credits", "touches",
    "invoices", "receipts", "terms", "payees", "projects", "hours", "leads", "campaigns", "integrations",
    "subscriptions", "revenue", "surveys", "training", "activities", "contacts", "usage", "targets",
)  # fmt: skip
_NAMES = {
    "partner_id": "partners", "parent_id": "partners", "customer_id": "customers", "deal_id": "deals",
    "lead_id": "leads", "campaign_id": "campaigns", "integration_id": "integrations", "invoice_id": "invoices",
    "project_id": "projects", "contact_id": "contacts", "in_reply_to": "activities",
}  # fmt: skip


def refers(table: str, row: Row) -> list[tuple[str, str]]:
    """The rows that a row names: by table and id."""
    found = [(_NAMES[column], cell) for column, cell in row.items() if cell and column in _NAMES]
    if table == "customers" and row["referred_by"]:
        found.append(("customers", row["referred_by"]))
    if table == "partner_history" and row["attribute"] == "parent":
        found.append(("partners", row["value"]))
    return [each for each in found if each != (table, own_id(table, row))]


def own_id(table: str, row: Row) -> str:
    """The id by which other rows name a row; "" where none does."""
    column, cell = next(iter(row.items()))
    return cell if _NAMES.get(column) == table or (table, column) == ("activities", "activity_id") else ""


def read(folder: Path) -> Tables:
    """All tables, as they are written."""
    found = {}
    for table in TABLES:
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            found[table] = list(csv.DictReader(stream))
    return found


def cut(tables: Tables, partners: int) -> Tables:
    """The rows of those `partners` of each kind of whom most kinds of things are told, of whoever stands above them,
    and of nobody; other partners' customers become the company's own."""
    told: Counter[str] = Counter()
    for rows in tables.values():
        told.update({row["partner_id"] for row in rows if row.get("partner_id")})
    by_kind: dict[str, list[Row]] = {}
    for row in sorted(tables["partners"], key=lambda row: (row["recruited_on"] > "2025", -told[row["partner_id"]])):
        by_kind.setdefault(row["kind"], []).append(row)
    above = {row["partner_id"]: row["parent_id"] for row in tables["partners"]}
    kept = {row["partner_id"] for rows in by_kind.values() for row in rows[:partners]}
    while more := {above[each] for each in kept} - kept - {""}:
        kept |= more
    customers = [row if row["partner_id"] in kept else {**row, "partner_id": ""} for row in tables["customers"]]
    tables = {**tables, "customers": customers}
    found = {name: [row for row in rows if row.get("partner_id", "") in {"", *kept}] for name, rows in tables.items()}
    return met(found)


def met(tables: Mapping[str, list[Row]]) -> Tables:
    """The rows all of whose references are met."""
    found = dict(tables)
    while True:
        ids = {table: {own_id(table, row) for row in rows} for table, rows in found.items()}
        kept = {
            table: [row for row in rows if all(id in ids[other] for other, id in refers(table, row))]
            for table, rows in found.items()
        }
        if all(len(kept[table]) == len(rows) for table, rows in found.items()):
            return kept
        found = kept
