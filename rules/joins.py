"""What a row sees: the rows of other tables that it refers to by their whole key, and those that these refer to.

A credit sees its deal, the deal's customer and its own partner; a table without a key is seen by nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from rules.tables import Table


@dataclass(frozen=True, slots=True)
class Hop:
    """One step from a row to another: the table reached, its key, and the table that names the key (None: the
    first)."""

    table: str
    key: tuple[str, ...]
    origin: str | None


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
        for table in tables.values():
            if table.name in seen or not table.key or not _names(tables[at], table.key):
                continue
            further = (*way, Hop(table.name, table.key, at if way else None))
            if table.name == target:
                return further
            seen.add(table.name)
            waiting.append((table.name, further))
    return ()


def sees(tables: Mapping[str, Table], start: str, target: str) -> bool:
    """Whether a row of `start` sees a row of `target`, or is one."""
    return start == target or bool(route(tables, start, target))


def _names(table: Table, key: tuple[str, ...]) -> bool:
    return all(table.column(name) is not None for name in key)
