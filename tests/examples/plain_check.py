"""What is wrong with a folder of tables, found by plain Python that shares no code with the project's reader.

In: CSV files under the canonical names. Out: (table, line, column, sort of fault) for every bad line. Column types and
keys are the vocabulary's; the grammar of a cell, the references and the dated versions are written out here again.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from rules.tables import canonical

Found = tuple[str, int, str, str]
Rows = dict[int, dict[str, str]]  # by line: the header is line 1

BLANK_MEANS_ALL = {("terms", "product"), ("terms", "deal_id")}
NOT_REFERENCES = {"respondent_id", "person_id", "payee_id"}
REFERENCES = {"parent_id": "partners", "referred_by": "customers", "in_reply_to": "activities", "request_id": "mdf"}
OWNERS = {"budget_id": "mdf_budgets"}
PATTERNS = {
    "id": r"[A-Za-z0-9._-]{1,64}",
    "date": r"\d{4}-\d{2}-\d{2}",
    "month": r"\d{4}-(0[1-9]|1[0-2])(-01)?",
    "money": r"-?(0|[1-9]\d{0,12})(\.\d{1,2})?",
    "number": r"-?(0|[1-9]\d{0,17})(\.\d{1,9})?",
    "count": r"-?(0|[1-9]\d{0,14})",
    "flag": r"true|false",
}
GRAMMAR = {type_: re.compile(pattern, re.ASCII) for type_, pattern in PATTERNS.items()}


def read(folder: Path) -> dict[str, Rows]:
    """Every table of a folder by name; no cell of these files spans lines."""
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            tables[path.stem] = dict(enumerate(csv.DictReader(stream, strict=True), 2))
    return tables


def faults_of(tables: dict[str, Rows]) -> set[Found]:
    """Every bad line; a line with a bad cell or key counts as absent for the checks that follow."""
    found: set[Found] = set()
    good = {table: dict(rows) for table, rows in tables.items()}
    for check in (bad_cells, bad_keys, bad_references, bad_subjects, overlaps, contradictions, months_missing):
        new = {each for table in good for each in check(table, good)}
        found |= new
        for table, line, _, _ in new:
            if check is not months_missing:
                good[table].pop(line, None)
    return found


def is_good(text: str, type_: str) -> bool:
    """Whether a cell's text is of a type."""
    if type_ == "text":
        hidden = any(unicodedata.category(each) in ("Cc", "Cf") for each in text)
        return len(text) <= 4096 and not hidden and unicodedata.is_normalized("NFC", text)
    if not GRAMMAR[type_].fullmatch(text):
        return False
    if type_ == "money":
        return abs(Fraction(text)) <= 10**13
    if type_ == "date":
        try:
            return 1900 <= date.fromisoformat(text).year <= 2999
        except ValueError:
            return False
    return True


def bad_cells(table: str, tables: dict[str, Rows]) -> Iterator[Found]:
    types = {column.name: column.type.value for column in canonical()[table].columns} | {"recorded_on": "date"}
    seen: dict[tuple[str, str], bool] = {}
    for line, row in tables[table].items():
        for column, text in row.items():
            if text:
                key = types[column], text
                if key not in seen:
                    seen[key] = is_good(text, types[column])
                if not seen[key]:
                    yield table, line, column, "cell"


def bad_keys(table: str, tables: dict[str, Rows]) -> Iterator[Found]:
    key = canonical()[table].key
    first: dict[tuple[str, ...], dict[str, str]] = {}
    for line, row in tables[table].items():
        blank = [column for column in key if not row[column] and (table, column) not in BLANK_MEANS_ALL]
        yield from ((table, line, column, "key_blank") for column in blank)
        if key and not blank:
            before = first.setdefault(tuple(row[column] for column in key), row)
            if before is not row:
                yield table, line, key[0], "row_duplicate" if before == row else "key_conflict"


def target_of(table: str, column: str) -> str:
    """The table that a column refers to, or nothing."""
    own = (canonical()[table].key or ("",))[0] == column and len(canonical()[table].key) == 1
    if own or column in NOT_REFERENCES or column == "item_id":
        return ""
    if column in REFERENCES or column in OWNERS:
        return (REFERENCES | OWNERS)[column]
    named = column.removesuffix("_id") + "s"
    return named if column.endswith("_id") and named in canonical() else ""


def bad_references(table: str, tables: dict[str, Rows]) -> Iterator[Found]:
    rows = tables[table]
    columns = next(iter(rows.values()), {})
    for column in columns:
        target = target_of(table, column)
        if target:
            own = canonical()[target].key[0]
            known = {row[own] for row in tables[target].values()}
            yield from (
                (table, line, column, "reference_unknown")
                for line, row in rows.items()
                if row[column] and row[column] not in known
            )
    if "item_id" in columns and table != "deal_items":
        items = {(row["deal_id"], row["item_id"]) for row in tables["deal_items"].values()}
        for line, row in rows.items():
            if row["item_id"] and (row["deal_id"], row["item_id"]) not in items:
                yield table, line, "item_id", "reference_unknown"


def bad_subjects(table: str, tables: dict[str, Rows]) -> Iterator[Found]:
    """Credits: exactly one of deal, customer and project, and the shares of a role on it at most the whole."""
    if table != "credits":
        return
    shared: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for line, row in tables[table].items():
        subjects = [row.get(column, "") for column in ("deal_id", "customer_id", "project_id")]
        filled = [each for each in subjects if each]
        if len(filled) != 1:
            column = "customer_id" if filled else "deal_id"
            yield table, line, column, "credit_of_two" if filled else "credit_of_none"
            continue
        shared[filled[0], row["role"]] += Fraction(row["share"] or 0)
        if shared[filled[0], row["role"]] > 1:
            yield table, line, "share", "share_over_one"


def overlaps(table: str, tables: dict[str, Rows]) -> Iterator[Found]:
    """Dated versions of one thing that hold on the same day; both days of a version are included."""
    key = canonical()[table].key
    if "valid_from" not in key or "valid_to" not in next(iter(tables[table].values()), {}):
        return
    by_thing: dict[tuple[str, ...], list[tuple[str, str, int]]] = defaultdict(list)
    for line, row in tables[table].items():
        thing = tuple(row[column] for column in key if column != "valid_from")
        by_thing[thing].append((row["valid_from"], row["valid_to"] or "9999-12-31", line))
    for versions in by_thing.values():
        until = ""
        for start, end, line in sorted(versions):
            if start <= until:
                yield table, line, "valid_from", "version_overlap"
            until = max(until, end)


DAY_OF = (
    ("deals", "status", ("won", "lost"), "closed_on"),
    ("training", "certified", ("true",), "completed_on"),
)
DAY_OF_AMOUNT = (("mdf", "approved", "decided_on"), ("mdf_claims", "approved", "decided_on"),
                 ("mdf_claims", "paid", "paid_on"))  # fmt: skip
IN_ORDER = """
partners recruited_on terminated_on | customers acquired_on churned_on | leads created_on qualified_on
leads created_on opportunity_on | leads created_on converted_on | leads created_on lost_on
registrations registered_on expires_on | deals opened_on closed_on | stages entered_on left_on
mdf_budgets valid_from expires_on | mdf requested_on decided_on | mdf_claims submitted_on decided_on
campaigns starts_on ends_on | training enrolled_on completed_on | projects started_on completed_on
"""


def contradictions(table: str, tables: dict[str, Rows]) -> Iterator[Found]:
    """Events without their day, and ends before their beginning."""
    for line, row in tables[table].items():
        for _, column, values, day in (each for each in DAY_OF if each[0] == table):
            if row.get(column) in values and row.get(day) == "":
                yield table, line, day, "event_without_day"
        for _, column, day in (each for each in DAY_OF_AMOUNT if each[0] == table):
            if row.get(column, "").strip("0.") and row.get(day) == "":
                yield table, line, day, "event_without_day"
        for own, first, later in map(str.split, IN_ORDER.replace("\n", "|").strip("|").split("|")):
            if own == table and "" < row.get(later, "") < row.get(first, ""):
                yield table, line, later, "end_before_beginning"


def months_missing(table: str, tables: dict[str, Rows]) -> Iterator[Found]:
    """Months of 2025 and 2026 at whose end a customer was one, without a row; at the line of the month after."""
    if table != "subscriptions":
        return
    lines = {(row["customer_id"], row["month"]): line for line, row in tables[table].items()}
    firsts = [date(2025 + at // 12, at % 12 + 1, 1) for at in range(25)]
    months = [(start.isoformat(), end.isoformat()) for start, end in pairwise(firsts)]
    for customer in tables["customers"].values():
        for at, (month, end) in enumerate(months):
            there = customer["acquired_on"] < end and not (customer["churned_on"] and customer["churned_on"] < end)
            if there and (customer["customer_id"], month) not in lines:
                after = months[at + 1][0] if at < 23 else ""
                yield table, lines.get((customer["customer_id"], after), 0), "month", "month_missing"


def days_between(start: str, end: str) -> int:
    """How many days from one written day to another."""
    return (date.fromisoformat(end) - date.fromisoformat(start)) // timedelta(days=1)
