"""The mess: bad rows put among the good ones, each known by its line, so that a reader's report can be checked.

In: the good rows of every table. Out: the rows as written, and a list of faults. Bad rows are added, never made from
good ones (but for months left out): take the listed lines away and the clean data is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle

from synthetic.chance import Chance
from synthetic.columns import COLUMNS, KEYS
from synthetic.world import Row

Tables = dict[str, list[Row]]
EACH = 3  # how often each fault of a cell occurs
_LOOKS_LIKE = {"P": "\u0420", "C": "\u0421", "A": "\u0410", "D": "\u0410"}  # Cyrillic letters

ID_FAULTS: dict[str, Callable[[str], str]] = {
    "id_space": lambda text: f"{text[0]} {text[1:]}",
    "id_space_at_end": lambda text: text + " ",
    "id_zero_width": lambda text: f"{text[:2]}\u200b{text[2:]}",
    "id_cyrillic": lambda text: _LOOKS_LIKE.get(text[0], "\u0410") + text[1:],
    "id_slash": lambda text: f"{text[0]}/{text[1:]}",
    "id_too_long": lambda text: text + "0" * (65 - len(text)),
}
# Type: the cells in which its faults occur, in turn; and each fault with the text of the cell.
PLACES: dict[str, tuple[str, ...]] = {
    "id": ("deals.partner_id", "credits.partner_id", "deals.deal_id", "customers.customer_id", "receipts.invoice_id"),
    "text": ("partners.name", "deals.product", "adjustments.reason", "mdf.activity"),
    "date": (
        "deals.closed_on",
        "customers.acquired_on",
        "activities.occurred_on",
        "leads.created_on",
        "invoices.due_on",
    ),
    "month": ("revenue.month", "subscriptions.month", "results.month"),
    "money": (
        "deals.amount",
        "invoices.amount",
        "receipts.amount",
        "costs.amount",
        "revenue.margin",
        "mdf_claims.claimed",
    ),
    "number": ("credits.share", "surveys.score", "targets.target", "hours.hours"),
    "count": ("deals.term_months", "campaigns.clicks", "integrations.features"),
    "flag": ("hours.billable", "campaigns.joint", "training.certified"),
}
TEXTS: dict[str, dict[str, str]] = {
    "text": {
        "text_control": "Nordlicht\x07 AB",
        "text_tab": "Nordlicht\tAB",
        "text_invisible": "Nord\u00adlicht\u200b AB",
        "text_direction": "Nordlicht \u202eBA",
        "text_not_nfc": "Mu\u0308ller GmbH",
        "text_too_long": "Nordlicht " * 410,
    },
    "date": {
        "date_impossible": "2026-02-30",
        "date_not_leap": "2025-02-29",
        "date_german": "31.12.2025",
        "date_american": "12/31/2025",
        "date_serial": "45321",
        "date_short": "2026-3-1",
        "date_with_time": "2026-03-01 00:00:00",
        "date_year": "0026-03-01",
    },
    "month": {
        "month_thirteen": "2026-13",
        "month_mid": "2026-03-15",
        "month_words": "Mar 2026",
        "month_reversed": "03/2026",
    },
    "money": {
        "money_comma_decimals": "1.234,56",
        "money_comma_thousands": "1,234.56",
        "money_exponent": "1e5",
        "money_sign_of_currency": "€ 5",
        "money_code_of_currency": "EUR 5",
        "money_parentheses": "(100)",
        "money_underscore": "1_000",
        "money_space": " 100.00",
        "money_plus": "+100.00",
        "money_leading_zero": "0100.00",
        "money_too_many_decimals": "12.345",
        "money_no_decimals_after_dot": "12.",
        "money_too_large": "10000000000000.01",
        "money_not_available": "n/a",
    },
    "number": {
        "number_percent": "70%",
        "number_no_leading_digit": ".5",
        "number_exponent": "1e-3",
        "number_comma": "0,7",
        "number_fraction": "1/3",
        "number_nan": "NaN",
        "number_too_many_decimals": "0.1234567891",
    },
    "count": {
        "count_decimal": "3.0",
        "count_thousands": "1,200",
        "count_words": "three",
        "count_blank_inside": "1 200",
    },
    "flag": {"flag_yes": "yes", "flag_one": "1", "flag_capitals": "TRUE", "flag_letter": "t"},
}
BLANK_KEYS = (
    "deals.deal_id",
    "credits.credit_id",
    "customers.customer_id",
    "leads.lead_id",
    "subscriptions.month",
    "partners.partner_id",
)
DUPLICATES = {
    "deals": 6,
    "credits": 4,
    "activities": 4,
    "subscriptions": 4,
    "invoices": 3,
    "usage": 3,
    "leads": 2,
    "surveys": 2,
    "partners": 1,
}
# A cell that is changed on the second row with the same key, and what it then holds.
CONFLICTS = (
    ("deals", "amount", "777.77"), ("deals", "status", "lost"), ("subscriptions", "mrr", "0.77"),
    ("receipts", "amount", "7.77"), ("customers", "acquired_on", "2024-07-07"), ("credits", "share", "0.07"),
    ("partners", "tier", "platinum"), ("usage", "errors", "777777"),
)  # fmt: skip
UNKNOWN = (
    ("deals", "customer_id", "C00000"), ("deals", "partner_id", "P000"), ("credits", "partner_id", "P000"),
    ("credits", "deal_id", "D000000"), ("receipts", "invoice_id", "I000000"), ("revenue", "customer_id", "C00000"),
    ("leads", "campaign_id", "M0000"), ("activities", "in_reply_to", "A000000"), ("mdf_claims", "request_id", "Q0000"),
    ("surveys", "partner_id", "P000"), ("hours", "project_id", "J0000"), ("partners", "parent_id", "P000"),
)  # fmt: skip

# A date that is taken away from a row that needs it, and the cell that makes it needed.
NEEDED = (
    ("deals", "status", "closed_on"),
    ("mdf_claims", "paid", "paid_on"),
    ("training", "certified", "completed_on"),
)
# A date that is put before the one that it can't precede.
ENDS = (
    ("deals", "opened_on", "closed_on"), ("customers", "acquired_on", "churned_on"),
    ("leads", "created_on", "converted_on"), ("projects", "started_on", "completed_on"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A bad line: the table, the line of its file (the header is 1), the column, its name, and the cell's text."""

    table: str
    line: int
    column: str
    fault: str
    text: str


@dataclass(slots=True)
class _Mess:
    """What is to be put in, by table and place among the good rows, and which good rows served already."""

    chance: Chance
    tables: Tables
    added: dict[str, list[tuple[int, Row, str, str, str]]] = field(default_factory=dict)
    removed: dict[str, dict[int, str]] = field(default_factory=dict)
    used: dict[str, set[int]] = field(default_factory=dict)
    fresh: int = 0

    def draw(self, table: str, fits: Callable[[dict[str, str]], bool]) -> tuple[int, dict[str, str]]:
        """A good row that served for no other fault, and its cells by column."""
        rows, used = self.tables[table], self.used.setdefault(table, set())
        while True:
            at = self.chance.below(len(rows))
            cells = dict(zip(COLUMNS[table], rows[at], strict=True))
            if at not in used and fits(cells):
                used.add(at)
                return at, cells

    def copy(self, table: str, column: str) -> dict[str, str]:
        """A copy of a good row that has something in a column, under a key that no row has."""
        _, cells = self.draw(table, lambda cells: bool(cells[column]))
        own = [
            each
            for each in KEYS[table]
            if each.endswith("_id") and (len(KEYS[table]) == 1 or each in ("person_id", "payee_id"))
        ]
        for key in own:
            self.fresh += 1
            cells[key] = f"BAD{self.fresh:04d}" if key != column else cells[key]
        return cells

    def put(self, table: str, cells: dict[str, str], column: str, fault: str, text: str, after: int = -1) -> None:
        """Add a bad row somewhere after a good one."""
        rows = len(self.tables[table])
        place = self.chance.between(after + 1, min(rows, after + 400) if after >= 0 else rows)
        row = tuple(cells[each] for each in COLUMNS[table])
        self.added.setdefault(table, []).append((place, row, column, fault, text))


def mess_up(tables: Tables, chance: Chance) -> tuple[Tables, list[Fault]]:
    """Put every kind of fault into the tables; gives the rows to write and the list of faults by table and line."""
    mess = _Mess(chance, tables)
    _months_missing(mess)
    _cells(mess)
    _keys(mess)
    _references(mess)
    _subjects(mess)
    _overlaps(mess)
    _contradictions(mess)
    written, faults = dict(tables), []
    for table in sorted({*mess.added, *mess.removed}):
        written[table], found = _merged(table, tables[table], mess.added.get(table, []), mess.removed.get(table, {}))
        faults += found
    return written, faults


def _cells(mess: _Mess) -> None:
    for type_, places in PLACES.items():
        turn = cycle(places)
        for fault in [name for name in (ID_FAULTS if type_ == "id" else TEXTS[type_]) for _ in range(EACH)]:
            table, column = next(turn).split(".")
            cells = mess.copy(table, column)
            text = ID_FAULTS[fault](cells[column]) if type_ == "id" else TEXTS[type_][fault]
            mess.put(table, cells | {column: text}, column, fault, text)


def _keys(mess: _Mess) -> None:
    for place in BLANK_KEYS:
        table, column = place.split(".")
        mess.put(table, mess.copy(table, column) | {column: ""}, column, "key_blank", "")
    for table, count in DUPLICATES.items():
        for _ in range(count):
            at, cells = mess.draw(table, lambda _: True)
            mess.put(table, cells, KEYS[table][0], "row_duplicate", cells[KEYS[table][0]], at)
    for table, column, text in CONFLICTS:
        at, cells = mess.draw(table, lambda cells, column=column, text=text: cells[column] not in ("", text))  # type: ignore[misc]
        mess.put(table, cells | {column: text}, KEYS[table][0], "key_conflict", cells[KEYS[table][0]], at)


def _references(mess: _Mess) -> None:
    for table, column, text in UNKNOWN:
        for _ in range(2):
            mess.put(table, mess.copy(table, column) | {column: text}, column, "reference_unknown", text)


def _subjects(mess: _Mess) -> None:
    """A credit is of a deal, a customer or a project: of exactly one."""
    for _ in range(3):
        _, customer = mess.draw("customers", lambda _: True)
        cells = mess.copy("credits", "deal_id") | {"customer_id": customer["customer_id"]}
        mess.put("credits", cells, "customer_id", "credit_of_two", customer["customer_id"])
        cells = mess.copy("credits", "deal_id") | {"deal_id": ""}
        mess.put("credits", cells, "deal_id", "credit_of_none", "")


def _overlaps(mess: _Mess) -> None:
    """A version that begins ten days into one that has no end, and says something else."""
    for table, fits, change in (
        (
            "partner_history",
            lambda cells: cells["attribute"] == "tier" and not cells["valid_to"],
            {"value": "platinum"},
        ),
        ("terms", lambda cells: not cells["valid_to"] and not cells["deal_id"], {"value": "0.5"}),
    ):
        for _ in range(4):
            at, cells = mess.draw(table, fits)
            start = (date.fromisoformat(cells["valid_from"]) + timedelta(days=10)).isoformat()
            mess.put(table, cells | change | {"valid_from": start}, "valid_from", "version_overlap", start, at)


def _contradictions(mess: _Mess) -> None:
    """Events without their day, and ends before their beginning."""
    for table, says, column in NEEDED:
        for _ in range(EACH):
            cells = mess.copy(table, column)
            while cells[says] in ("open", "false", "0.00"):
                cells = mess.copy(table, column)
            mess.put(table, cells | {column: ""}, column, "event_without_day", "")
    for table, first, column in ENDS:
        for _ in range(EACH):
            cells = mess.copy(table, column)
            before = (date.fromisoformat(cells[first]) - timedelta(days=1)).isoformat()
            mess.put(table, cells | {column: before}, column, "end_before_beginning", before)


def _months_missing(mess: _Mess) -> None:
    """Leave out a month of a customer who has the month before and the month after."""
    rows, used = mess.tables["subscriptions"], mess.used.setdefault("subscriptions", set())
    while len(mess.removed.get("subscriptions", {})) < 5:
        at = mess.chance.between(1, len(rows) - 2)
        if rows[at - 1][0] == rows[at][0] == rows[at + 1][0] and not used & {at - 1, at, at + 1}:
            used |= {at - 1, at, at + 1}
            mess.removed.setdefault("subscriptions", {})[at] = f"{rows[at][0]}/{rows[at][1]}"


def _merged(
    table: str, good: list[Row], added: list[tuple[int, Row, str, str, str]], removed: dict[int, str]
) -> tuple[list[Row], list[Fault]]:
    """The rows as written, and their faults by line; a month left out is listed at the line of the month after it."""
    rows: list[Row] = []
    faults: list[Fault] = []
    pending = sorted(added, key=lambda each: each[0])
    gap = ""
    for at, row in enumerate([*good, None]):
        while pending and pending[0][0] == at:
            _, bad, column, fault, text = pending.pop(0)
            rows.append(bad)
            faults.append(Fault(table, len(rows) + 1, column, fault, text))
        if at in removed:
            gap = removed[at]
            continue
        if row is not None:
            rows.append(row)
            if gap:
                faults.append(Fault(table, len(rows) + 1, "month", "month_missing", gap))
                gap = ""
    return rows, faults
