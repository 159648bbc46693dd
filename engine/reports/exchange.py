"""What amounts in other currencies, of rows that something was paid or shared by, have gained by the end of the period:
as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from engine.reports.register import Grid
from rules.exchange import Gain
from rules.kinds.base import Terms
from rules.quantities.currency import format_minor


def grid(gains: Sequence[Gain], terms: Terms) -> Grid:
    """A row for each column and currency; the sum of what was gained, where every row has it."""
    to = terms.currency

    def money(minor: int | None) -> str:
        return "" if minor is None else format_minor(minor, to)

    rows = tuple(
        (
            f"{each.table}.{each.column}",
            f"{each.rows:,}",
            f"{each.own.code} {format_minor(each.own_minor, each.own)}",
            money(each.at_days_minor),
            "no rate" if each.at_end_minor is None else money(each.at_end_minor),
            money(each.gain_minor),
        )
        for each in gains
    )
    known = [each.gain_minor for each in gains if each.gain_minor is not None]
    footer = ("total", "", "", "", "", money(sum(known))) if len(known) == len(gains) and len(gains) > 1 else ()
    titles = ("amount", "rows", "own currency", f"{to.code} at its day", f"{to.code} at the end", "gain")
    return Grid(titles, rows, (False, *[True] * 5), footer)


def as_json(gains: Sequence[Gain]) -> list[dict[str, object]]:
    """The same with the keys that scripts rely on; amounts in minor units, null without a rate at the end."""
    return [
        {
            "table": each.table,
            "column": each.column,
            "currency": each.own.code,
            "rows": each.rows,
            "own_minor": each.own_minor,
            "at_days_minor": each.at_days_minor,
            "at_end_minor": each.at_end_minor,
            "gain_minor": each.gain_minor,
            "rate_at_end": None if each.quote is None else str(each.quote.rate),
            "is_inverse": None if each.quote is None else each.quote.is_inverse,
        }
        for each in gains
    ]
