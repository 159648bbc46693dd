"""True-ups as people read them and as scripts do: what late data changes of periods that are locked, line by line.

In: batches. Out: sentences, a grid, CSV, and plain values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.reports.exported import csv_text
from engine.reports.register import Grid
from engine.values.true_up import Batch
from rules.quantities.currency import currency, format_minor

_HEADS = ("period", "partner", "component", "row", "before", "after", "difference", "because")


def batch_lines(batches: Sequence[Batch]) -> Iterator[str]:
    """Each batch in a sentence."""
    for each in batches:
        money = currency(each.currency)
        records = "1 late record" if len(each.records) == 1 else f"{len(each.records)} late records"
        lines = "1 line comes" if len(each.lines) == 1 else f"{len(each.lines)} lines come"
        total = format_minor(each.lines.total_minor, money)
        yield f"trued up  {each.period}: {records}, {lines} to something else, {total} {each.currency}"
        for pool in each.pools:
            moved = format_minor(pool.amount_minor, money)
            told = {"next_period": "for the next period", "house": "for the house", "reshare": "shared anew"}[pool.late]
            yield f"          pool {pool.pool}: {moved} {each.currency} {told}"


def delta_grid(batches: Sequence[Batch]) -> Grid:
    """Every line that comes to something else, and why."""
    rows = []
    for each in batches:
        money = currency(each.currency)
        for line in each.lines:
            amounts = (line.before_minor, line.after_minor, line.amount_minor)
            shown = (format_minor(amount, money) for amount in amounts)
            row = f"{line.table} {line.key}".strip()
            rows.append((each.period, line.partner, line.component, row, *shown, line.reason))
    return Grid(_HEADS, tuple(rows), (False, False, False, False, True, True, True, False))


def delta_csv(batches: Sequence[Batch]) -> str:
    """The same as a table that a spreadsheet opens; all batches are of one currency."""
    rows = [
        (
            each.period,
            line.partner,
            line.component,
            f"{line.table} {line.key}".strip(),
            line.before_minor,
            line.after_minor,
            line.amount_minor,
            line.reason,
        )
        for each in batches
        for line in each.lines
    ]
    return csv_text(_HEADS, rows, currency(batches[0].currency if batches else "EUR"))


def batches_json(batches: Sequence[Batch]) -> list[dict[str, object]]:
    """Batches with the keys that scripts rely on; amounts in minor units, as whole numbers."""
    return [
        {
            "sha256": each.sha256,
            "period": each.period,
            "currency": each.currency,
            "total_minor": each.lines.total_minor,
            "records": [{"table": one.table, "key": one.key, "kind": one.kind} for one in each.records],
            "pools": [each.as_json() for each in each.pools],
            "lines": [
                {
                    "partner_id": line.partner,
                    "component": line.component,
                    "table": line.table,
                    "key": line.key,
                    "before_minor": line.before_minor,
                    "after_minor": line.after_minor,
                    "amount_minor": line.amount_minor,
                    "reason": line.reason,
                }
                for line in each.lines
            ],
        }
        for each in batches
    ]
