"""The exchange of a program: which rates it takes, and which day is that of a row.

In: the program as written. Out: how rows are converted; what does not fit together is a problem at its key.
"""

from __future__ import annotations

from dataclasses import replace

from rules.check.scope import DAYS, Path, Scope, suggest
from rules.exchange import PERIOD_END, ExchangeMeaning, ExchangeSpec
from rules.expressions.tree import Type
from rules.program import Program
from rules.tables import EVENT_DAYS, Table, TableColumn

CURRENCY = "currency"
_AT: Path = ("exchange",)


def with_currency(table: Table) -> Table:
    """A table whose rows may each be in a currency of their own: every one that has a column of money."""
    if table.column(CURRENCY) is not None or all(column.type != Type.MONEY for column in table.columns):
        return table
    return replace(table, columns=(*table.columns, TableColumn(CURRENCY, Type.TEXT)))


def exchange(scope: Scope, program: Program) -> ExchangeMeaning | None:
    """How rows in another currency are converted; None where they are not."""
    spec = program.exchange
    if spec is None:
        return None
    if "fx_rates" not in program.sources:
        message = "rows are converted by the table fx_rates, and it has no source"
        scope.key_problem("P270", _AT, message, "add fx_rates: FILE under sources:")
    if spec.rates == "average" and spec.stale_after is not None:
        message = "an average holds for its month, and never grows stale"
        scope.problem("P271", (*_AT, "stale_after"), message, "leave stale_after: out")
    if spec.on == PERIOD_END and spec.dates:
        message = "with on: period_end no row is converted at a day of its own"
        scope.key_problem("P271", (*_AT, "dates"), message, "leave dates: out, or write on: event")
    return ExchangeMeaning(
        spec=spec,
        days=_days(scope, spec),
        terms=scope.terms,
        place=scope.key_place(_AT),
    )


def _days(scope: Scope, spec: ExchangeSpec) -> dict[str, tuple[str, ...]]:
    """The columns with the day of a row, by table."""
    held = {name: table for name, table in scope.tables.items() if table.column(CURRENCY) is not None}
    if spec.on == PERIOD_END:
        return dict.fromkeys(held, ())
    found = {name: EVENT_DAYS[name] for name in held if name in EVENT_DAYS}
    for name, written in spec.dates.items():
        path: Path = (*_AT, "dates", name)
        table = held.get(name)
        if table is None:
            hint = suggest(name, list(held)) or "name a table with a source and a column of money"
            scope.key_problem("P272", path, f"{name} is no table with amounts that the program reads", hint)
            continue
        column = table.column(written)
        if written != PERIOD_END and (column is None or column.type not in DAYS):
            days = [each.name for each in table.columns if each.type in DAYS]
            hint = suggest(written, [*days, PERIOD_END]) or "name a column with a date, or write period_end"
            scope.problem("P272", path, f"'{written}' is no day of a row of {name}", hint)
            continue
        found[name] = () if written == PERIOD_END else (written,)
    return found
