"""The register of fates: what became of every source row, by table."""

from __future__ import annotations

from collections.abc import Sequence

from engine.reports.register import Grid
from engine.values import Fate

_PARTS = {
    "numerator": "what is measured",
    "denominator": "what it is divided by",
    "target": "its targets",
    "benchmark": "its benchmarks",
    "carried": "points carried over",
}
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
    rows = tuple((each.table, rule_words(each.rule), f"{each.rows:,}") for each in fates if each.fate == "not_payable")
    return Grid(("table", "not payable by", "rows"), rows, (False, False, True))


def rule_words(rule: str) -> str:
    """A rule as people know it: the part of a KPI or of a scorecard that reads the rows, in words.

    >>> rule_words("close_rate.denominator"), rule_words("commission"), rule_words("commission.returns.refund")
    ('close_rate (what it is divided by)', 'commission', 'commission (refund)')
    """
    name, _, part = rule.rpartition(".")
    if name.endswith(".returns"):
        return f"{name.removesuffix('.returns')} ({part.replace('_', ' ')})"
    return f"{name} ({_PARTS[part]})" if name and part in _PARTS else rule


def fates_json(fates: Sequence[Fate]) -> list[dict[str, object]]:
    """The fates with the keys that scripts rely on."""
    return [{"table": each.table, "fate": each.fate, "rule": each.rule or None, "rows": each.rows} for each in fates]
