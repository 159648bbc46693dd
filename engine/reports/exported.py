"""A table as a CSV file that a spreadsheet opens: what came from a source stays text, and never becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from rules.quantities.currency import Currency, format_minor

# What a spreadsheet takes for the beginning of a formula, the wide forms of East Asian fonts included (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_text(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like one has a `'` before it.

    >>> as_text("=1+1"), as_text("acme")
    ("'=1+1", 'acme')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_text(titles: Sequence[str], rows: Iterable[tuple[str | int | None, ...]], money: Currency) -> str:
    """Rows as CSV: a whole number is an amount in minor units of `money`, None a blank cell, all else a text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([as_text(title) for title in titles])
    for row in rows:
        writer.writerow([_cell(cell, money) for cell in row])
    return out.getvalue()


def _cell(cell: str | int | None, money: Currency) -> str:
    if cell is None:
        return ""
    return format_minor(cell, money, grouping=False) if isinstance(cell, int) else as_text(cell)
