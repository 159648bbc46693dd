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
        for table in _referred(tables, tables[at]):
            if table.name in seen:
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


def _referred(tables: Mapping[str, Table], origin: Table) -> list[Table]:
    """The tables whose whole key a row holds, in the order of its columns, so that no order of sources decides."""
    at = {column.name: place for place, column in enumerate(origin.columns)}
    held = [table for table in tables.values() if table.key and all(name in at for name in table.key)]
    return sorted(held, key=lambda table: (sorted(at[name] for name in table.key), table.name))
