"""What a row sees: the rows of other tables that it refers to by their whole key, and those that these refer to.

A credit sees its deal, the deal's customer and its own partner; a table without a key is seen by nobody. What a table
says of partners by period (its key: columns of a partner, and `period`) a partner sees for the period that is run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
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
    return _ways(tables).of(start).get(target, ())


def sees(tables: Mapping[str, Table], start: str, target: str) -> bool:
    """Whether a row of `start` sees a row of `target`, or is one."""
    return start == target or bool(route(tables, start, target))


class _Ways:
    """The ways among some tables, from each table that was asked for; a table does not change."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = dict(tables)
        self._referred: dict[str, list[tuple[Table, bool]]] = {}
        self._of: dict[str, Mapping[str, tuple[Hop, ...]]] = {}

    def of(self, start: str) -> Mapping[str, tuple[Hop, ...]]:
        """The shortest way from a row of a table to each other that it sees, by the table that is reached."""
        if start not in self._of:
            self._of[start] = self._from(start)
        return self._of[start]

    def _from(self, start: str) -> Mapping[str, tuple[Hop, ...]]:
        found: dict[str, tuple[Hop, ...]] = {}
        waiting: deque[tuple[str, tuple[Hop, ...]]] = deque([(start, ())])
        while waiting:
            at, way = waiting.popleft()
            if at not in self._referred:
                self._referred[at] = _referred(self._tables, self._tables[at])
            for table, is_of_period in self._referred[at]:
                if table.name == start or table.name in found:
                    continue
                key = tuple(name for name in table.key if not is_of_period or name != PERIOD)
                found[table.name] = (*way, Hop(table.name, key, at if way else None, is_of_period))
                waiting.append((table.name, found[table.name]))
        return found


_WAYS_MAX = 16  # sets of tables whose ways are held: a program that is checked and run asks for them a thousand times
_held: dict[tuple[int, ...], _Ways] = {}


def _ways(tables: Mapping[str, Table]) -> _Ways:
    """The ways among tables, told by which objects these are: the ways hold them, so that no other table has their
    ids."""
    these = tuple(map(id, tables.values()))
    found = _held.get(these)
    if found is None:
        if len(_held) >= _WAYS_MAX:
            _held.clear()
        found = _held[these] = _Ways(tables)
    return found


def _referred(tables: Mapping[str, Table], origin: Table) -> list[tuple[Table, bool]]:
    """The tables whose whole key a row holds, in the order of its columns, so that no order of sources decides; and
    whether each says something of partners for each period."""
    at = {column.name: place for place, column in enumerate(origin.columns)}
    held = [
        (table, is_of_period)
        for table in tables.values()
        if (is_of_period := _is_of_period(origin, at, table)) or (table.key and all(name in at for name in table.key))
    ]
    return sorted(held, key=lambda each: (sorted(at[name] for name in each[0].key if name in at), each[0].name))


def _is_of_period(origin: Table, held: Collection[str], table: Table) -> bool:
    """Whether a table says something of partners for each period: by `period` and columns that a partner has."""
    if origin.name != "partners" or PERIOD in held:
        return False
    period = table.column(PERIOD)
    others = [name for name in table.key if name != PERIOD]
    is_named = period is not None and period.in_key and period.type == Type.TEXT
    return is_named and bool(others) and all(name in held for name in others)
