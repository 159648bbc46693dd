"""The frame of a program: its calendar, its tables and sources, and one meaning for each name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from rules.calendar import Calendar, Period
from rules.check.exchange import with_currency
from rules.check.scope import Path, Scope
from rules.check.sources import extended
from rules.expressions.tree import Type
from rules.program import CalendarSpec, Program
from rules.tables import Table, TableColumn, canonical


def calendar(scope: Scope, spec: CalendarSpec) -> Calendar:
    """The calendar that a program means."""
    match = re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])", spec.fiscal_year_starts, re.ASCII)
    if match is None:
        hint = "write month and day such as 04-01; the day is at most 28"
        path: Path = ("calendar", "fiscal_year_starts")
        scope.problem("P141", path, f"'{spec.fiscal_year_starts}' is no start of a year", hint)
        return Calendar(spec.period)
    month, day = int(match[1]), int(match[2])
    if (month, day) != (1, 1) and spec.fiscal_year_named_after is None and spec.period != "custom":
        message = "a fiscal year from another day than 01-01 could be named after either of its calendar years"
        scope.problem("P142", ("calendar",), message, "add fiscal_year_named_after: its_start (or its_end)")
    periods = tuple(Period(name, days.first, days.end) for name, days in spec.periods.items())
    if (spec.period == "custom") != bool(periods):
        message = "a custom calendar lists its periods, and no other does"
        scope.problem("P143", ("calendar",), message, "write period: custom and periods: {name: FIRST to LAST}")
    ordered = sorted(periods, key=lambda period: period.start)
    for one, next_one in pairwise(ordered):
        if next_one.start < one.end:
            path = ("calendar", "periods", next_one.name)
            message = f"{next_one.name} begins on {next_one.start}, within {one.name}"
            scope.problem("P144", path, message, "let each day belong to one period")
    return Calendar(spec.period, month, day, spec.fiscal_year_named_after == "its_end", periods)


def declare_tables(scope: Scope, program: Program) -> None:
    """Put the tables of the program into scope: its own, and the canonical ones that it has sources for."""
    known = canonical()
    for name, spec in program.tables.items():
        if name in RESERVED:
            message = f"{name} is a word of the language"
            scope.key_problem("P111", ("tables", name), message, "choose another name for the table")
        if name in known:
            scope.key_problem("P145", ("tables", name), f"{name} is a canonical table", "choose another name")
        for column in spec.key:
            if column not in spec.columns:
                message = f"the key column {column} is no column of {name}"
                scope.problem("P146", ("tables", name, "key"), message, "add it to the columns")
        declared = tuple(TableColumn(each, Type(type_), each in spec.key) for each, type_ in spec.columns.items())
        scope.tables[name] = Table(name, spec.row, declared)
    scope.tables |= {name: extended(scope, known[name], program) for name in program.sources if name in known}
    if program.exchange is not None:
        scope.tables |= {name: with_currency(table) for name, table in scope.tables.items()}
    if "partners" not in program.sources:
        scope.problem("P147", ("sources",), "no source for the table partners", "say who can be paid: partners: FILE")


RESERVED = ("credit", "payout", "period", "option", "pool", "program", "stated")


def check_names(scope: Scope, program: Program) -> None:
    """One name, one meaning: of KPIs, payouts, pools, sums and tables together."""
    seen: dict[str, str] = dict.fromkeys(scope.tables, "tables")
    seen |= dict.fromkeys(("payout", "earned", "accounts"), "the engine's own names")
    for part in ("quotas", "kpis", "scorecards", "credit", "payouts", "amounts", "pools", "totals", "balances"):
        names: Mapping[str, Any] = getattr(program, part)
        for name in names:
            if name in seen:
                message = f"the name {name} is taken already, under {seen[name]}"
                scope.key_problem("P111", (part, name), message, "give each thing a name of its own")
            seen.setdefault(name, part)
