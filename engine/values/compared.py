"""Two runs, compared: who gained and lost, by which cause, and what differs in what the runs rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.values.record import RunRecord

Amounts = Mapping[tuple[str, str], int]  # minor units by partner and component


@dataclass(frozen=True, slots=True)
class Moved:
    """What one partner gets of one component (of all, where that is empty) in both runs, in minor units; `by_cause`
    adds up to the difference, in the order of the comparison's causes."""

    partner: str
    component: str
    before_minor: int
    now_minor: int
    by_cause: tuple[int, ...]

    @property
    def difference_minor(self) -> int:
        """What is gained, below zero where it is lost."""
        return self.now_minor - self.before_minor

    @property
    def is_same(self) -> bool:
        """Whether nothing moved, in all and by any cause."""
        return self.before_minor == self.now_minor and not any(self.by_cause)


@dataclass(frozen=True, slots=True)
class Joined:
    """A cause that could not be told apart from the one after it, and why."""

    cause: str
    why: str


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row of a table that both runs have, with the cells that differ: column, before, now; blank is empty."""

    key: str
    cells: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class TableDifference:
    """What differs in the rows of one table: how many, and the first ones in the order of their keys.

    `added` and `removed` hold keys; where rows have no key of their own, their cells stand for it.
    """

    table: str
    rows_before: int
    rows_now: int
    rejected_before: int
    rejected_now: int
    added: int
    changed: int
    removed: int
    first_added: tuple[str, ...]
    first_changed: tuple[ChangedRow, ...]
    first_removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineDifference:
    """One line of a partner in both runs, None where the run has no such line."""

    component: str
    table: str
    key: str
    before_minor: int | None
    now_minor: int | None

    @property
    def difference_minor(self) -> int:
        """What is gained on it."""
        return (self.now_minor or 0) - (self.before_minor or 0)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs, compared.

    `rows` are by partner and component, in the order of their names, those that moved and those that did not; `causes`
    are the names of causes; `joined` says which could not be told apart. `titles` and `names` are what components and
    partners are called. `program` are the lines in which the programs differ, `tables` the tables that differ. `lines`
    are those of the one partner that was asked about.
    """

    before: RunRecord
    now: RunRecord
    causes: tuple[str, ...]
    rows: tuple[Moved, ...]
    joined: tuple[Joined, ...]
    titles: Mapping[str, str]
    names: Mapping[str, str]
    program: tuple[str, ...]
    tables: tuple[TableDifference, ...]
    partner: str
    lines: tuple[LineDifference, ...]

    @property
    def by_partner(self) -> tuple[Moved, ...]:
        """What each partner gets in all, the biggest difference first, ties by id."""
        found = [_added(partner, "", rows) for partner, rows in _grouped(self.rows, "partner").items()]
        return tuple(sorted(found, key=lambda row: (-abs(row.difference_minor), row.partner)))

    @property
    def by_component(self) -> tuple[Moved, ...]:
        """What all partners get of each component, in the order of the runs."""
        return tuple(_added("", component, rows) for component, rows in _grouped(self.rows, "component").items())

    @property
    def total(self) -> Moved:
        """The whole runs."""
        return _added("", "", list(self.rows), len(self.causes))


def _grouped(rows: tuple[Moved, ...], by: str) -> dict[str, list[Moved]]:
    found: dict[str, list[Moved]] = {}
    for row in rows:
        found.setdefault(getattr(row, by), []).append(row)
    return found


def _added(partner: str, component: str, rows: list[Moved], causes: int = 0) -> Moved:
    columns = [sum(column) for column in zip(*(row.by_cause for row in rows), strict=True)] or [0] * causes
    before, now = sum(row.before_minor for row in rows), sum(row.now_minor for row in rows)
    return Moved(partner, component, before, now, tuple(columns))
