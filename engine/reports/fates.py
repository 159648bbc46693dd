"""The register of fates: what became of every source row, by table."""

from __future__ import annotations

from collections.abc import Sequence

from engine.reports.register import Grid
from engine.values import Fate

_FATES = ("paid", "measured", "not_payable", "outside", "rejected")


def fates_grid(fates: Sequence[Fate]) -> Grid:
    """A row for each table: how many rows were read and how each ended; the fates add up to the rows read."""
    tables = list(dict.fromkeys(fate.table for fate in fates))
    rows = []
    for table in tables:
        counts = {name: sum(each.rows for each in fates if (each.table, each.fate) == (table, name)) for name in _FATES}
        rows.append((table, f"{sum(counts.values()):,}", *(f"{counts[name]:,}" for name in _FATES)))
    titles = ("table", "read", *(name.replace("_", " ") for name in _FATES))
    return Grid(titles, tuple(rows), (False, *[True] * (len(titles) - 1)))


def reasons_grid(fates: Sequence[Fate]) -> Grid:
    """Which rule did not pay how many rows of which table."""
    rows = tuple((each.table, each.rule, f"{each.rows:,}") for each in fates if each.fate == "not_payable")
    return Grid(("table", "not payable by", "rows"), rows, (False, False, True))


def fates_json(fates: Sequence[Fate]) -> list[dict[str, object]]:
    """The fates with the keys that scripts rely on."""
    return [{"table": each.table, "fate": each.fate, "rule": each.rule or None, "rows": each.rows} for each in fates]
