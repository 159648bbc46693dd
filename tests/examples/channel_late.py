"""How the rows of the channel example come in over its cycles: some late, some wrong at first, some taken out again.

In: all rows as they are known in the end, the cycles in their order, and a seed. Out: what the sources say in each
cycle. The rows that name a late row come with it, and go with one that is taken out.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from channel_cut import Row, Tables, own_id, refers

from rules.tables import NEVER_BEFORE

T = TypeVar("T")
_OFTEN = ("deals",) * 10 + ("credits", "deal_events", "hours", "subscriptions", "leads") * 3
LATE_MAX = 4  # quarters
TOGETHER_MAX = 12  # rows that come or go at once
ROWS_MIN = 30  # a smaller table loses none
# When a row happened: the first of these that is filled.
_HAPPENED = (
    "closed_on", "occurred_on", "received_on", "issued_on", "converted_on", "completed_on", "worked_on", "used_on",
    "month", "answered_on", "touched_on", "registered_on", "enrolled_on", "starts_on", "created_on", "acquired_on",
    "launched_on",
)  # fmt: skip
# What may be told wrongly at first, by table and column.
_WRONG = {
    "partners": "region segment", "partner_history": "value", "customers": "segment churned_on",
    "deals": "annual_value margin closed_on partner_id product kind status term_months",
    "deal_events": "amount occurred_on kind", "registrations": "registered_on", "credits": "share partner_id",
    "touches": "touched_on partner_id", "invoices": "amount tax", "receipts": "amount received_on", "terms": "value",
    "payees": "withholding", "projects": "completed_on", "hours": "hours worked_on billable", "leads": "converted_on",
    "campaigns": "spend", "integrations": "features", "subscriptions": "mrr", "revenue": "amount margin",
    "surveys": "score", "training": "completed_on certified", "activities": "occurred_on", "contacts": "created_on",
    "usage": "api_calls", "targets": "target",
}  # fmt: skip

Version = tuple[int, Row | None]  # from which cycle on a row says what; None: it is not there
Place = tuple[str, int]


@dataclass(frozen=True)
class Cycle:
    """A cycle: its name, its period, and whether it has a run of its own."""

    name: str
    period: str
    has_run: bool


def cycles(quarters: Sequence[str], true_ups: Sequence[int]) -> list[Cycle]:
    """For each quarter a cycle with its run, and then so many of true-ups alone."""
    found = []
    for quarter, count in zip(quarters, true_ups, strict=True):
        found.append(Cycle(quarter, quarter, True))
        found += [Cycle(f"{quarter}-late-{at}", quarter, False) for at in range(1, count + 1)]
    return found


def quarter_of(row: Row) -> str:
    """The quarter in which a row happened; "" where that is not said."""
    day = next((row[column] for column in _HAPPENED if row.get(column)), "")
    return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}" if day else ""


@dataclass
class Told:
    """What the sources say, cycle after cycle; `late` are the rows of which they say something late."""

    every: list[Cycle]
    rows: dict[Place, list[Version]]
    late: dict[int, list[Place]] = field(default_factory=lambda: defaultdict(list))

    def at(self, cycle: int) -> Tables:
        """What the sources say in a cycle."""
        found: Tables = {}
        for (table, _), versions in self.rows.items():
            row = versions[bisect_right([since for since, _ in versions], cycle) - 1][1]
            found.setdefault(table, []).extend([] if row is None else [row])
        return found


def drawn(tables: Tables, every: list[Cycle], seed: int, edits: int) -> Told:
    """What the sources say over the cycles; in each but the first, about so many rows are late, wrong or taken out."""
    draw = _Drawn(tables, every, seed)
    for cycle in range(1, len(every)):
        for _ in range(edits):
            draw.edit(cycle)
    return draw.told


class _Drawn:
    """The draws of a seed: by `random()` alone, which is the same on every machine."""

    def __init__(self, tables: Tables, every: list[Cycle], seed: int) -> None:
        self.tables, self.chance = tables, random.Random(seed)
        rows = {(table, at): row for table, of_table in tables.items() for at, row in enumerate(of_table)}
        self.told = Told(every, {place: [(-1, row)] for place, row in rows.items()})
        self.naming: dict[tuple[str, str], list[Place]] = defaultdict(list)
        self.dated: dict[tuple[str, str], list[Place]] = defaultdict(list)
        for place, row in rows.items():
            if place[0] != "deals" or (row["status"] == "won" and row["partner_id"]):  # most are lost, or nobody's
                self.dated[place[0], quarter_of(row)].append(place)
            for each in refers(place[0], row):
                self.naming[each].append(place)

    def pick(self, choices: Sequence[T]) -> T:
        """One of some."""
        return choices[int(self.chance.random() * len(choices))]

    def edit(self, cycle: int) -> None:
        """One row of a table at random is late, wrong until now, or taken out."""
        place = self.place(cycle)
        if place is None:
            return
        act = self.pick((self.comes, self.comes, self.corrected, self.corrected, self.corrected, self.goes))
        if act(place, cycle):
            self.told.late[cycle].append(place)

    def place(self, cycle: int) -> Place | None:
        """A row of the last quarters, or of none; now and then one that was late before."""
        table, at = self.pick((*sorted(self.tables), *_OFTEN)), self.told.every[cycle]
        past = [each.period for each in self.told.every if each.has_run and each.period <= at.period]
        past = past[:-1] if at.has_run else past
        quarters = ["", *past[-1 - LATE_MAX :]]
        again = [place for each in self.told.late.values() for place in each]
        again = [each for each in again if quarter_of(self.row(each)) in quarters]
        if again and self.chance.random() < 0.2:
            return self.pick(again)
        places = [place for quarter in quarters for place in self.dated[table, quarter]]
        return self.pick(places) if places else None

    def row(self, place: Place) -> Row:
        return self.tables[place[0]][place[1]]

    def with_naming(self, place: Place) -> list[Place] | None:
        """A row and all that name it; None where one of them was late before, or where they are many."""
        found, queue = {place: None}, [place]
        while queue:
            table, at = queue.pop()
            for each in self.naming[table, own_id(table, self.tables[table][at])]:
                if each not in found:
                    found[each] = None
                    queue.append(each)
        is_free = all(len(self.told.rows[each]) == 1 for each in found)
        return list(found) if is_free and len(found) <= TOGETHER_MAX else None

    def comes(self, place: Place, cycle: int) -> bool:
        """A row is there from a cycle on."""
        if place[0] == "payees":  # what was posted stays with whom it was owed to
            return False
        for each in self.with_naming(place) or ():
            self.told.rows[each] = [(-1, None), (cycle, self.row(each))]
        return len(self.told.rows[place]) > 1

    def goes(self, place: Place, cycle: int) -> bool:
        """A row is there until a cycle."""
        if place[0] == "payees" or len(self.tables[place[0]]) < ROWS_MIN:
            return False
        for each in self.with_naming(place) or ():
            self.told.rows[each] = [(-1, self.row(each)), (cycle, None)]
        return len(self.told.rows[place]) > 1

    def corrected(self, place: Place, cycle: int) -> bool:
        """A row said something else until a cycle."""
        versions = self.told.rows[place]
        at = bisect_right([since for since, _ in versions], cycle) - 1
        since, row = versions[at]
        wrong = None if row is None or since == cycle else self.wrong(place[0], row)
        if wrong is not None:
            versions[at : at + 1] = [(since, wrong), (cycle, row)]
        return wrong is not None

    def wrong(self, table: str, row: Row) -> Row | None:
        """A row with one cell that is not what it should be; None where it would contradict itself."""
        columns = [each for each in _WRONG.get(table, "").split() if row[each]]
        if not columns:
            return None
        column = self.pick(columns)
        if row.get("attribute") in ("parent", "status"):
            return None
        found = {**row, column: self.cell(table, column, row)}
        for first, last in NEVER_BEFORE.get(table, ()):
            if found.get(first) and found.get(last) and found[first] > found[last]:
                return None
        return None if found == row else found

    def cell(self, table: str, column: str, row: Row) -> str:
        """Another cell of a column: a day within two months, an amount between a half and one and a half, a flag that
        is not set, or what stands in another row."""
        cell = row[column]
        if column.endswith("_on"):
            return str(date.fromisoformat(cell) + timedelta(days=self.pick((-60, -20, -3, 2, 15, 45))))
        if column in ("billable", "certified"):
            return "false"
        if column == "status":
            return "lost" if cell == "won" else cell
        if column in ("share", "withholding", "value") and table != "partner_history":
            return f"{Decimal(cell) / 2:f}"
        if cell.lstrip("-").replace(".", "", 1).isdigit():
            return f"{Decimal(cell) * self.pick((50, 80, 90, 110, 150)) / 100:.{len(cell.partition('.')[2])}f}"
        alike = [each for each in self.tables[table] if each.get("attribute") == row.get("attribute")]
        return self.pick(sorted({each[column] for each in alike if each[column]}))
