"""Two runs compared, as people read it and as scripts do: who gained and lost, by which cause, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.reports.exported import csv_text
from engine.reports.register import Grid
from engine.values.compared import Compared, Moved, TableDifference
from rules.quantities.currency import Currency, currency, format_minor

PROGRAM_LINES_SHOWN = 40


def signed(minor: int, money: Currency) -> str:
    """A difference as people read it.

    >>> signed(1250, Currency("EUR", 2)), signed(-5, Currency("EUR", 2)), signed(0, Currency("EUR", 2))
    ('+12.50', '-0.05', '0.00')
    """
    return ("+" if minor > 0 else "") + format_minor(minor, money)


def money_of(found: Compared) -> Currency:
    """The currency of both runs."""
    return currency(found.now.currency)


def total_lines(found: Compared) -> Iterator[str]:
    """What moved in all, by which cause, and how many gained and lost."""
    money, whole = money_of(found), found.total
    before, now = (format_minor(each, money) for each in (whole.before_minor, whole.now_minor))
    yield f"total {before} before, {now} now: {signed(whole.difference_minor, money)} {money.code}"
    for cause, amount in zip(found.causes, whole.by_cause, strict=True):
        yield f"  by {cause} {signed(amount, money)}"
    for each in found.joined:
        yield f"  {each.cause} is told together with the cause after it: {each.why}"
    gained, lost, same = counts(found)
    yield f"gained {gained:,}, lost {lost:,}, the same {same:,}"


def counts(found: Compared) -> tuple[int, int, int]:
    """How many partners gained, lost, and get the same."""
    differences = [row.difference_minor for row in found.by_partner]
    gained, lost = sum(each > 0 for each in differences), sum(each < 0 for each in differences)
    return gained, lost, len(differences) - gained - lost


def partner_grid(found: Compared, limit: int | None) -> Grid:
    """Who gained and lost, the biggest difference first; those for whom nothing moved are not told."""
    rows = [row for row in found.by_partner if not row.is_same][:limit]
    return _grid(found, ("partner",), [((_who(found, row.partner),), row) for row in rows])


def component_grid(found: Compared) -> Grid:
    """What moved of each component."""
    return _grid(found, ("component",), [((_title(found, row.component),), row) for row in found.by_component])


def detail_grid(found: Compared, limit: int | None) -> Grid:
    """Who gained and lost on which component, the biggest difference first."""
    rows = sorted(
        (row for row in found.rows if not row.is_same), key=lambda row: (-abs(row.difference_minor), row.partner)
    )
    told = [((_who(found, row.partner), _title(found, row.component)), row) for row in rows[:limit]]
    return _grid(found, ("partner", "component"), told)


def line_grid(found: Compared, limit: int | None) -> Grid:
    """The lines of one partner that differ, key by key."""
    money = money_of(found)

    def shown(minor: int | None) -> str:
        return "" if minor is None else format_minor(minor, money)

    lines = [line for line in found.lines if line.before_minor != line.now_minor][:limit]
    rows = tuple(
        (
            _title(found, line.component),
            f"{line.table} {line.key}",
            shown(line.before_minor),
            shown(line.now_minor),
            signed(line.difference_minor, money),
        )
        for line in lines
    )
    titles = ("component", "source row", "before", "now", f"difference {money.code}")
    return Grid(titles, rows, (False, False, True, True, True))


def input_lines(found: Compared) -> Iterator[str]:
    """What differs in what the runs rest on: the period, the engine, the program, and each table."""
    one, other = found.before, found.now
    if one.period != other.period:
        yield f"period    {one.period} before, {other.period} now"
    if one.engine != other.engine:
        yield f"engine    {one.engine} before, {other.engine} now"
    if found.program:
        gone, new = (sum(line.startswith(sign) for line in found.program) for sign in "-+")
        yield f"program   {gone:,} {'line' if gone == 1 else 'lines'} out, {new:,} in"
        yield from (f"          {line}" for line in found.program[:PROGRAM_LINES_SHOWN])
        if len(found.program) > PROGRAM_LINES_SHOWN:
            yield f"          and {len(found.program) - PROGRAM_LINES_SHOWN:,} lines more (--json has all)"
    for table in found.tables:
        yield from _table_lines(table)
    if not (found.program or found.tables or one.period != other.period or one.engine != other.engine):
        yield "both runs rest on the same program and facts"


def _table_lines(table: TableDifference) -> Iterator[str]:
    moved = f"{table.added:,} added, {table.changed:,} changed, {table.removed:,} removed"
    yield f"{table.table:<9} {table.rows_before:,} rows before, {table.rows_now:,} now: {moved}"
    if table.rejected_before != table.rejected_now:
        yield f"          rejected {table.rejected_before:,} before, {table.rejected_now:,} now"
    if table.added:
        yield "          added " + _listed(table.first_added, table.added)
    for row in table.first_changed:
        cells = ", ".join(f"{name} {before or 'blank'} -> {now or 'blank'}" for name, before, now in row.cells)
        yield f"          {row.key}: {cells}"
    if table.changed > len(table.first_changed):
        yield f"          and {table.changed - len(table.first_changed):,} changed more"
    if table.removed:
        yield "          removed " + _listed(table.first_removed, table.removed)


def _listed(first: Sequence[str], count: int) -> str:
    more = f" and {count - len(first):,} more" if count > len(first) else ""
    return ", ".join(first) + more


def compared_csv(found: Compared) -> str:
    """Every partner and component: before, now, the difference, and the part of each cause."""
    titles = ("partner_id", "name", "component", "before", "now", "difference", *found.causes)

    def cells(row: Moved) -> tuple[str | int | None, ...]:
        amounts = row.before_minor, row.now_minor, row.difference_minor, *row.by_cause
        return row.partner, found.names.get(row.partner, ""), row.component, *amounts

    return csv_text(titles, map(cells, found.rows), money_of(found))


def as_json(found: Compared) -> dict[str, object]:
    """The comparison with the keys that scripts rely on; money is in minor units, as whole numbers."""
    gained, lost, same = counts(found)
    money = money_of(found)
    value: dict[str, object] = {
        "before": _run_json(found, is_before=True),
        "now": _run_json(found, is_before=False),
        "currency": money.code,
        "decimals": money.decimals,
        "causes": list(found.causes),
        "joined": [{"cause": each.cause, "why": each.why} for each in found.joined],
        "total": _moved_json(found, found.total),
        "gained": gained,
        "lost": lost,
        "same": same,
        "partners": [
            {"partner_id": row.partner, "name": found.names.get(row.partner, ""), **_moved_json(found, row)}
            for row in found.by_partner
        ],
        "rows": [
            {"partner_id": row.partner, "component": row.component, **_moved_json(found, row)} for row in found.rows
        ],
        "program": list(found.program),
        "tables": [_table_json(table) for table in found.tables],
    }
    if found.partner:
        value["lines"] = [
            {
                "component": line.component,
                "table": line.table,
                "key": line.key,
                "before_minor": line.before_minor,
                "now_minor": line.now_minor,
                "difference_minor": line.difference_minor,
            }
            for line in found.lines
        ]
    return value


def _run_json(found: Compared, is_before: bool) -> dict[str, object]:
    record = found.before if is_before else found.now
    return {
        "run": record.number,
        "run_id": record.run_id,
        "program": record.program,
        "period": record.period,
        "engine": record.engine,
    }


def _moved_json(found: Compared, row: Moved) -> dict[str, object]:
    return {
        "before_minor": row.before_minor,
        "now_minor": row.now_minor,
        "difference_minor": row.difference_minor,
        "by_cause": dict(zip(found.causes, row.by_cause, strict=True)),
    }


def _table_json(table: TableDifference) -> dict[str, object]:
    return {
        "table": table.table,
        "rows_before": table.rows_before,
        "rows_now": table.rows_now,
        "rejected_before": table.rejected_before,
        "rejected_now": table.rejected_now,
        "added": table.added,
        "changed": table.changed,
        "removed": table.removed,
        "first_added": list(table.first_added),
        "first_changed": [
            {
                "key": row.key,
                "cells": [{"column": name, "before": before, "now": now} for name, before, now in row.cells],
            }
            for row in table.first_changed
        ],
        "first_removed": list(table.first_removed),
    }


def _grid(found: Compared, titles: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], Moved]]) -> Grid:
    """Rows with the amounts of both runs; the part of each cause where there are several."""
    money = money_of(found)
    causes = found.causes if len(found.causes) > 1 else ()

    def amounts(row: Moved) -> tuple[str, ...]:
        before, now = format_minor(row.before_minor, money), format_minor(row.now_minor, money)
        by_cause = (signed(each, money) for each in row.by_cause) if causes else ()
        return before, now, signed(row.difference_minor, money), *by_cause

    heads = (*titles, "before", "now", f"difference {money.code}", *causes)
    is_amount = (*(False for _ in titles), *(True for _ in heads[len(titles) :]))
    footer = ("total", *("" for _ in titles[1:]), *amounts(found.total))
    return Grid(heads, tuple((*told, *amounts(row)) for told, row in rows), is_amount, footer)


def _who(found: Compared, partner: str) -> str:
    name = found.names.get(partner, "")
    return partner if name in ("", partner) else f"{partner} {name}"


def _title(found: Compared, component: str) -> str:
    return found.titles.get(component, component.replace("_", " "))
