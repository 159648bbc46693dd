"""What a row sees: the rows of other tables that it refers to by their whole key, and those that these refer to.

A credit sees its deal, the deal's customer and its own partner; a table without a key is seen by nobody. What a table
says of partners by period (its key: columns of a partner, and `period`) a partner sees for the period that is run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from rules.expressions.tree import Type
from rules.tables import Table

PERIOD = "period"  # the column of a key that names a period


@dataclass(frozen=True, slots=True)
class Hop:
    """One step from a row to another: the table reached, its key, and the table that names the key (None: the first).

    `key` is what the origin holds; with `is_of_period`, the row's `period` is the one that is run, besides.
    """

    table: str
    key: tuple[str, ...]
    origin: str | None
    is_of_period: bool = False


def route(tables: Mapping[str, Table], start: str, target: str) -> tuple[Hop, ...]:
    """The shortest way from a row of `start` to the row of `target` that it sees; empty where it sees none.

    Of two ways of the same length, the one through the table that comes first in its columns is taken.

    >>> from rules.tables import canonical
    >>> [hop.table for hop in route(canonical(), "credits", "customers")]
    ['customers']
    >>> [hop.table for hop in route(canonical(), "receipts", "deals")]
    ['invoices', 'deals']
    """
    waiting: deque[tuple[str, tuple[Hop, ...]]] = deque([(start, ())])
    seen = {start}
    while waiting:
        at, way = waiting.popleft()
        for table in _referred(tables, tables[at]):
            if table.name in seen:
                continue
            is_of_period = _is_of_period(tables[at], table)
            key = tuple(name for name in table.key if not is_of_period or name != PERIOD)
            further = (*way, Hop(table.name, key, at if way else None, is_of_period))
            if table.name == target:
                return further
            seen.add(table.name)
            waiting.append((table.name, further))
    return ()


def sees(tables: Mapping[str, Table], start: str, target: str) -> bool:
    """Whether a row of `start` sees a row of `target`, or is one."""
    return start == target or bool(route(tables, start, target))


def _referred(tables: Mapping[str, Table], origin: Table) -> list[Table]:
    """The tables whose whole key a row holds, in the order of its columns, so that no order of sources decides."""
    at = {column.name: place for place, column in enumerate(origin.columns)}
    held = [
        table
        for table in tables.values()
        if (table.key and all(name in at for name in table.key)) or _is_of_period(origin, table)
    ]
    return sorted(held, key=lambda table: (sorted(at[name] for name in table.key if name in at), table.name))


def _is_of_period(origin: Table, table: Table) -> bool:
    """Whether a table says something of partners for each period: by `period` and columns that a partner has."""
    held, period = {column.name for column in origin.columns}, table.column(PERIOD)
    others = [name for name in table.key if name != PERIOD]
    is_named = period is not None and period.in_key and period.type == Type.TEXT and PERIOD not in held
    return origin.name == "partners" and is_named and bool(others) and all(name in held for name in others)
