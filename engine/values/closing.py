"""What a period ends with, and the next one opens with: balances, and the scores and tiers that are looked back at.

Rows have the form of the tables `balances` and `scores`, every cell as it is written there, so that what a run keeps,
what a person loads by hand and what a later run opens with are one and the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.digest import canonical, sha256

BALANCES, SCORES = "balances", "scores"
Row = tuple[str, ...]
# By which of their columns rows are told apart: partner, balance, as_of, released_on; partner, scorecard, kpi, period.
KEYED_BY = 4


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of an opening table that is another now: its key, and its other cells before and after; None where there
    is no row."""

    table: str
    key: Row
    before: Row | None
    after: Row | None


@dataclass(frozen=True, slots=True)
class Closing:
    """Rows of the two tables, in the order of their keys."""

    balances: tuple[Row, ...] = ()
    scores: tuple[Row, ...] = ()

    @property
    def tables(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows by table."""
        return {BALANCES: self.balances, SCORES: self.scores}

    @property
    def content(self) -> bytes:
        """The canonical bytes under which it is kept."""
        rows = {name: [list(row) for row in rows] for name, rows in self.tables.items()}
        return canonical({"t": "partage/closing/1", **rows})

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return sha256(self.content)

    def of(self, partners: Collection[str]) -> Closing:
        """The rows of some partners."""
        return closing(*([row for row in rows if row[0] in partners] for rows in self.tables.values()))

    def changed_to(self, after: Closing) -> tuple[RowChange, ...]:
        """The rows that are others in another closing."""
        found = []
        for table, rows in self.tables.items():
            old, new = ({row[:KEYED_BY]: row[KEYED_BY:] for row in each} for each in (rows, after.tables[table]))
            for key in sorted({*old, *new}):
                if old.get(key) != new.get(key):
                    found.append(RowChange(table, key, old.get(key), new.get(key)))
        return tuple(found)

    def with_changes(self, changes: Collection[RowChange]) -> Closing:
        """The closing after changes; each of its rows is asserted to be what the change found."""
        tables = {table: {row[:KEYED_BY]: row[KEYED_BY:] for row in rows} for table, rows in self.tables.items()}
        for each in changes:
            rows = tables[each.table]
            assert rows.get(each.key) == each.before, f"{each.table} {each.key} is what was changed"
            rows.pop(each.key, None)
            if each.after is not None:
                rows[each.key] = each.after
        return closing(*([(*key, *cells) for key, cells in rows.items()] for rows in tables.values()))


def closing(balances: Collection[Row], scores: Collection[Row]) -> Closing:
    """A closing of rows in any order."""
    return Closing(tuple(sorted(balances)), tuple(sorted(scores)))


def closing_from(content: bytes) -> Closing:
    """The closing that was kept as `content`; raises ValueError where these are not the bytes of one."""
    found = json.loads(content)
    if not isinstance(found, dict) or found.get("t") != "partage/closing/1":
        raise ValueError("no closing of this form")
    made = closing(*([tuple(row) for row in found[name]] for name in (BALANCES, SCORES)))
    if made.content != content:
        raise ValueError("the bytes are not canonical")
    return made
