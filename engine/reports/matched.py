"""An old system's payouts beside a run, as people read it and as scripts do."""

from __future__ import annotations

from collections.abc import Iterator

from engine.reports.compared import signed
from engine.reports.exported import csv_text
from engine.reports.register import Grid
from engine.values.matched import CAUSES, ROUNDING, UNEXPLAINED, Matched, Parallel
from rules.quantities.currency import Currency, currency, format_minor


def summary_lines(found: Parallel) -> Iterator[str]:
    """What both pay in all, what matches, and what differs by which cause."""
    money = currency(found.record.currency)
    theirs, ours = (format_minor(each, money) for each in (found.theirs_minor, found.ours_minor))
    difference = signed(found.ours_minor - found.theirs_minor, money)
    yield f"total {theirs} there, {ours} here: {difference} {money.code}"
    same = found.of("")
    yield f"  matched exactly   {len(same):,}   {format_minor(sum(row.ours_minor or 0 for row in same), money)}"
    for cause in CAUSES:
        rows = found.of(cause)
        if rows:
            yield f"  {cause:<17} {len(rows):,}   {signed(sum(row.difference_minor for row in rows), money)}"
    if found.of(ROUNDING):
        fits, tried = found.fits
        yield f"{found.rounding}: so come out {fits:,} of {tried:,} rows that were tried"


def difference_grid(found: Parallel, limit: int | None) -> Grid:
    """Each row that differs, the biggest difference first, and why."""
    money = currency(found.record.currency)
    heads = tuple(each for each in ("partner", "component", "key") if each in found.grain)
    rows = tuple((*_named(found, row), *_amounts(row, money), row.cause, row.words) for row in found.differing[:limit])
    titles = (*heads, "theirs", "ours", f"difference {money.code}", "cause", "why")
    is_amount = (*(False for _ in heads), True, True, True, False, False)
    return Grid(titles, rows, is_amount)


def _named(found: Parallel, row: Matched) -> tuple[str, ...]:
    named = {"partner": row.partner, "component": found.titles.get(row.component, row.component), "key": row.key}
    return tuple(text for name, text in named.items() if name in found.grain)


def _amounts(row: Matched, money: Currency) -> tuple[str, str, str]:
    theirs, ours = ("" if each is None else format_minor(each, money) for each in (row.theirs_minor, row.ours_minor))
    return theirs, ours, signed(row.difference_minor, money)


def matched_csv(found: Parallel) -> str:
    """Every row, those that differ first: what both pay, the difference, its cause, and why."""
    titles = ("partner_id", "name", "component", "key", "theirs", "ours", "difference", "cause", "why")
    rows = (
        (
            row.partner,
            found.names.get(row.partner, ""),
            row.component,
            row.key,
            row.theirs_minor,
            row.ours_minor,
            row.difference_minor,
            row.cause or "matched",
            row.words,
        )
        for row in (*found.differing, *found.of(""))
    )
    return csv_text(titles, rows, currency(found.record.currency))


def as_json(found: Parallel) -> dict[str, object]:
    """The comparison with the keys that scripts rely on; money is in minor units, as whole numbers."""
    money = currency(found.record.currency)
    same = found.of("")
    return {
        "run": found.record.number,
        "run_id": found.record.run_id,
        "file": found.file,
        "grain": list(found.grain),
        "currency": money.code,
        "decimals": money.decimals,
        "explained": found.is_explained,
        "theirs_minor": found.theirs_minor,
        "ours_minor": found.ours_minor,
        "matched": {"rows": len(same), "ours_minor": sum(row.ours_minor or 0 for row in same)},
        "causes": {
            cause: {"rows": len(rows), "difference_minor": sum(row.difference_minor for row in rows)}
            for cause in CAUSES
            if (rows := found.of(cause))
        },
        "rounding": {"words": found.rounding, "fits": found.fits[0], "tried": found.fits[1]},
        "unexplained": len(found.of(UNEXPLAINED)),
        "differences": [
            {
                "partner_id": row.partner,
                "component": row.component or None,
                "key": row.key or None,
                "theirs_minor": row.theirs_minor,
                "ours_minor": row.ours_minor,
                "difference_minor": row.difference_minor,
                "cause": row.cause,
                "words": row.words,
            }
            for row in found.differing
        ],
    }
