"""True-ups as people read them and as scripts do: what late data changes of periods that are locked, line by line.

In: batches. Out: sentences, a grid, CSV, and plain values.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from engine.reports.exported import as_text
from engine.reports.register import Grid
from engine.values.true_up import Batch
from rules.quantities.currency import currency, format_minor

_HEADS = ("period", "partner", "component", "row", "before", "after", "difference", "because")


Named = Sequence[tuple[str, Batch]]  # batches with the titles of their programs


def batch_lines(batches: Named, is_of_several: bool) -> Iterator[str]:
    """Each batch in a sentence, which names the program where the cycle pays several."""
    for program, each in batches:
        money = currency(each.currency)
        records = "1 late record" if len(each.records) == 1 else f"{len(each.records)} late records"
        lines = "1 line comes" if len(each.lines) == 1 else f"{len(each.lines)} lines come"
        total = format_minor(each.lines.total_minor, money)
        of = f"{program}, {each.period}" if is_of_several else each.period
        yield f"trued up  {of}: {records}, {lines} to something else, {total} {each.currency}"
        for pool in each.pools:
            moved = format_minor(pool.amount_minor, money)
            told = {"next_period": "for the next period", "house": "for the house", "reshare": "shared anew"}[pool.late]
            yield f"          pool {pool.pool}: {moved} {each.currency} {told}"


def delta_grid(batches: Named, is_of_several: bool) -> Grid:
    """Every line that comes to something else, and why; with its program where the cycle pays several."""
    rows = []
    for program, each in batches:
        money = currency(each.currency)
        for line in each.lines:
            amounts = (line.before_minor, line.after_minor, line.amount_minor)
            shown = (format_minor(amount, money) for amount in amounts)
            row = f"{line.table} {line.key}".strip()
            named = (program,) if is_of_several else ()
            rows.append((*named, each.period, line.partner, line.component, row, *shown, line.reason))
    are_amounts = (False, False, False, False, True, True, True, False)
    if is_of_several:
        return Grid(("program", *_HEADS), tuple(rows), (False, *are_amounts))
    return Grid(_HEADS, tuple(rows), are_amounts)


def delta_csv(batches: Named) -> str:
    """The same as a table that a spreadsheet opens, always with programs and currencies."""
    rows = [
        (
            *map(as_text, (program, each.period, line.partner, line.component, f"{line.table} {line.key}".strip())),
            *(_plain(minor, each.currency) for minor in (line.before_minor, line.after_minor, line.amount_minor)),
            each.currency,
            as_text(line.reason),
        )
        for program, each in batches
        for line in each.lines
    ]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("program", *_HEADS[:-1], "currency", _HEADS[-1]), *rows])
    return out.getvalue()


def _plain(amount_minor: int, code: str) -> str:
    return format_minor(amount_minor, currency(code), grouping=False)


def batches_json(batches: Named) -> list[dict[str, object]]:
    """Batches with the keys that scripts rely on; amounts in minor units, as whole numbers."""
    return [
        {
            "sha256": each.sha256,
            "program": program,
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
        for program, each in batches
    ]
