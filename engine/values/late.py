"""Late data: what a later import says otherwise than the snapshot that a period rests on, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

ADDED, CHANGED, REMOVED = "added", "changed", "removed"


class Cell(NamedTuple):
    """A cell of a row that changed, before and after, as text: money in minor units, None where it is blank."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was added, changed or removed: its table, and its key as people know it.

    Of a row that changed, `cells` are those that did. A row of a table without a key is named by all of its cells, and
    `rows` tells how many that are alike came or went. `record_before` and `record_now` are its places in the sources, 0
    where it is not there: they are no part of what a batch says. `currency` is that of its amounts, where the row says
    one.
    """

    table: str
    key: str
    kind: str
    cells: tuple[Cell, ...] = ()
    rows: int = 1
    currency: str = ""
    record_before: int = field(default=0, compare=False)
    record_now: int = field(default=0, compare=False)

    def as_json(self) -> dict[str, object]:
        """What a batch says of it, as a JSON value without floats."""
        cells = {each.column: [each.before, each.after] for each in self.cells}
        return {"table": self.table, "key": self.key, "kind": self.kind, "rows": self.rows, "cells": cells}


@dataclass(frozen=True, slots=True)
class Changes:
    """The rows that changed between two snapshots, by table, in the order of their keys; no table without any.

    `rows` are those rows as the two snapshots have them, as Arrow tables with `record`, where they were read along.
    """

    by_table: Mapping[str, tuple[Change, ...]]
    rows: Mapping[str, tuple[Any, Any]] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return sum(map(len, self.by_table.values()))

    def __iter__(self) -> Iterator[Change]:
        return (change for table in sorted(self.by_table) for change in self.by_table[table])

    def of(self, table: str) -> tuple[Change, ...]:
        """The changes of one table."""
        return self.by_table.get(table, ())


def changes_of(every: Iterator[Change]) -> Changes:
    """Changes by table, in the order of their keys."""
    found: dict[str, list[Change]] = {}
    for each in every:
        found.setdefault(each.table, []).append(each)
    return Changes({table: tuple(sorted(found[table], key=_order)) for table in sorted(found)})


def _order(change: Change) -> tuple[str, str]:
    return change.key, change.kind


def change_from(said: Mapping[str, Any]) -> Change:
    """The change that a batch says."""
    cells = tuple(Cell(column, before, after) for column, (before, after) in said["cells"].items())
    return Change(said["table"], said["key"], said["kind"], cells, said["rows"])
