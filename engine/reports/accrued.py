"""A roll-forward of what is owed as people read it, as scripts do, and as a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.reports.exported import csv_text
from engine.reports.register import Grid
from engine.values.accrued import Accrued, AccruedRow
from rules.quantities.currency import currency, format_minor

TITLES = ("opening", "earned", "adjusted", "returned", "paid", "closing", "calculated, not locked")
KEYS = ("opening", "earned", "adjusted", "returned", "paid", "closing", "calculated_not_locked")


def accrued_lines(found: Accrued) -> Iterator[str]:
    """What the roll-forward is of, and what stands apart in it."""
    of = f" of {found.program}" if found.program else ""
    sums = "opening + earned + adjusted + returned - paid = closing"
    yield f"owed{of} from {found.start} to the end of {found.as_of}: {sums}"
    if found.cycles:
        yield f"calculated, not locked (no part of the closing): {', '.join(found.cycles)}"
    if any(row.paid_minor is None for row in found.rows):
        yield "before payments: they settle all programs of a payee together, and are told without --program"


def accrued_grid(found: Accrued, limit: int | None) -> Grid:
    """A row for each payee and currency, at most `limit`, then the total of each currency."""
    rows = [_texts(row) for row in found.rows[:limit]]
    if limit is not None and len(found.rows) > limit:
        rows.append((f"and {len(found.rows) - limit:,} more", *[""] * (len(TITLES) + 1)))
    rows += [("total", *_texts(row)[1:]) for row in found.totals]
    return Grid(("payee", "currency", *TITLES), tuple(rows), (False, False, *[True] * len(TITLES)))


def _texts(row: AccruedRow) -> tuple[str, ...]:
    money = currency(row.currency)
    amounts = ("" if minor is None else format_minor(minor, money) for minor in row.amounts)
    return (row.payee, row.currency, *amounts)


def accrued_csv(found: Accrued) -> str:
    """All rows as CSV, without totals: each amount with the decimals of its currency."""
    text = csv_text(("payee", "currency", *TITLES), (), currency("EUR"))
    for code in sorted({row.currency for row in found.rows}):
        rows = ((row.payee, row.currency, *row.amounts) for row in found.rows if row.currency == code)
        text += csv_text((), rows, currency(code)).removeprefix("\n")
    return text


def as_json(found: Accrued) -> dict[str, Any]:
    """The roll-forward with the keys that scripts rely on; amounts in minor units, as whole numbers."""
    return {
        "from": str(found.start),
        "as_of": str(found.as_of),
        "program": found.program or None,
        "open_cycles": list(found.cycles),
        "rows": [{"payee": row.payee, **_amounts(row)} for row in found.rows],
        "totals": [_amounts(row) for row in found.totals],
    }


def _amounts(row: AccruedRow) -> dict[str, Any]:
    named = {f"{key}_minor": minor for key, minor in zip(KEYS, row.amounts, strict=True)}
    return {"currency": row.currency, **named}
