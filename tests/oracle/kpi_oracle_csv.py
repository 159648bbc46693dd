"""Reads a folder of canonical CSV files into typed tables, for the KPI reference. Clean data only: a fault raises.

In: a folder with deals.csv, credits.csv and so on; files of tables that no KPI of the reference reads are passed over.
Out: table -> rows; ids and text str, dates and months datetime.date, money int minor units, numbers Fraction, counts
int, flags bool, blanks None. A table without a file is absent.
"""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

Row = dict[str, Any]

# Every column that is not an id or a text. `currency` (text) and `recorded_on` (date) may stand in any table.
TYPED_COLUMNS: dict[str, dict[str, str]] = {
    "partners": {
        "recruited_on": "date", "onboarded_on": "date", "activated_on": "date", "terminated_on": "date",
        "capacity": "money",
    },
    "customers": {"acquired_on": "date", "churned_on": "date", "acquisition_cost": "money"},
    "leads": {
        "created_on": "date", "qualified_on": "date", "opportunity_on": "date", "converted_on": "date",
        "lost_on": "date", "cost": "money",
    },
    "deals": {
        "opened_on": "date", "closed_on": "date", "amount": "money", "annual_value": "money", "margin": "money",
        "term_months": "count",
    },
    "credits": {"touched_on": "date", "share": "number"},
    "revenue": {"month": "month", "amount": "money", "margin": "money"},
    "subscriptions": {"month": "month", "mrr": "money", "users": "count"},
    "costs": {"incurred_on": "date", "amount": "money"},
    "training": {"enrolled_on": "date", "completed_on": "date", "certified": "flag", "expires_on": "date"},
    "activities": {"occurred_on": "date", "response_minutes": "number", "quantity": "count", "minutes": "number"},
    "surveys": {"answered_on": "date", "score": "number"},
    "projects": {"started_on": "date", "due_on": "date", "completed_on": "date"},
    "integrations": {"launched_on": "date", "features": "count", "development_cost": "money"},
    "usage": {
        "used_on": "date", "active_users": "count", "api_calls": "count", "errors": "count",
        "latency_ms_total": "count",
    },
}  # fmt: skip


def read_csv_tables(folder: str | Path, money_decimals: int = 2) -> dict[str, list[Row]]:
    """The tables of the folder's CSV files; money is turned into minor units of `money_decimals` decimals."""
    tables = {}
    for table in TYPED_COLUMNS:
        path = Path(folder) / f"{table}.csv"
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as file:
                tables[table] = [typed_row(table, row, money_decimals) for row in csv.DictReader(file)]
    return tables


def typed_row(table: str, texts: dict[str, str], money_decimals: int) -> Row:
    """One row with its values typed by the column; empty text is blank."""
    return {column: typed_value(column_type(table, column), text, money_decimals) for column, text in texts.items()}


def column_type(table: str, column: str) -> str:
    if column == "recorded_on":
        return "date"
    return TYPED_COLUMNS[table].get(column, "text")


def typed_value(kind: str, text: str, money_decimals: int) -> Any:
    """The value that `text` means in a column of this type; ValueError where it means none."""
    text = text.strip()
    if text == "":
        return None
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "month":
        return date.fromisoformat(text if len(text) > len("2026-01") else text + "-01").replace(day=1)
    if kind == "money":
        minor = Fraction(text) * 10**money_decimals
        if minor.denominator != 1:
            raise ValueError(f"{text} has more than {money_decimals} decimals")
        return int(minor)
    if kind == "number":
        return Fraction(text)
    if kind == "count":
        return int(text)
    if kind == "flag":
        return {"true": True, "false": False}[text.lower()]
    return text
