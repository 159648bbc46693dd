"""Trace: what became of one source row; every rule that reads it, and what that rule made of it.

In: a run's plan, sheet, readings and facts. Out: verdicts in words, each with the condition that decided, worked out
again on the row's own cells by the law of `rules.expressions.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.values import Facts, Kpi, Pay, Plan, Reading, Score, Sheet, TrailRow
from rules.expressions.evaluate import Value, compare, evaluate
from rules.expressions.tree import And, Column, Expression, columns, words
from rules.kinds.base import number
from rules.problem import Place, Problem, Refused


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule made of one row: `fate` is paid, measured, not_payable, outside or unread.

    `rule` is the rule's name, `words` why, `partner` whose row it is; `amount_minor` what the row was paid.
    """

    table: str
    key: str
    rule: str
    fate: str
    words: str
    place: Place
    partner: str = ""
    amount_minor: int | None = None


def trace(
    plan: Plan, sheet: Sheet, facts: Facts, readings: Sequence[Reading], table: str, key: str
) -> tuple[Verdict, ...]:
    """Every verdict on the row of `table` with that key, and on the rows that refer to it; raises Refused for no
    row."""
    record = facts.record(table, key)
    if record is None:
        hint = r"name the key as the source has it (parts joined by /; a / inside of one is written \/); "
        hint += "a rejected row is listed by show RUN --rejected"
        raise Refused(Problem("S114", f"{table} has no accepted row {key}", Place(), hint))
    found: list[Verdict] = []
    for reading in readings:
        if reading.table == table:
            found.append(_verdict(plan, sheet, facts, reading, key, record))
        elif any(column.table == table for tree in reading.trees for column in columns(tree)):
            for other, its_record in facts.referring(reading.table, table, record):
                found.append(_verdict(plan, sheet, facts, reading, other, its_record))
        elif table == "credits" and reading.credited is not None:
            for other, its_record in _credited(facts, reading, record):
                found.append(_verdict(plan, sheet, facts, reading, other, its_record))
    if not found:
        found.append(Verdict(table, key, "", "unread", "no rule reads this row", Place()))
    return tuple(found)


def _credited(facts: Facts, reading: Reading, credit: int) -> Sequence[tuple[str, int]]:
    """The rows of a reading whose deal a credit of its role is for: their keys and records."""
    role, deal = Column("credits", "role"), Column("credits", "deal_id")
    cells, _ = facts.cells("credits", credit, [role, deal])
    key = str(cells[deal] or "")
    record = facts.record("deals", key)
    if cells[role] != reading.credited or record is None:
        return []
    return [(key, record)] if reading.table == "deals" else facts.referring(reading.table, "deals", record)


def _verdict(plan: Plan, sheet: Sheet, facts: Facts, reading: Reading, key: str, record: int) -> Verdict:
    wanted = list(dict.fromkeys(column for tree in reading.trees for column in columns(tree)))
    wanted += [reading.owner] if reading.owner is not None and reading.owner not in wanted else []
    from_tables = [column for column in wanted if column.table is not None]
    cells, _ = facts.cells(reading.table, record, from_tables)
    is_owned = reading.credited is None and reading.owner is not None
    owner = str(cells.get(reading.owner) or "") if is_owned and reading.owner is not None else ""

    def verdict(fate: str, told: str, amount: int | None = None) -> Verdict:
        return Verdict(reading.table, key, reading.name, fate, told, reading.place, owner, amount)

    told = _outside(reading, cells)
    if told:
        return verdict("outside", told)
    if is_owned and not owner:
        return verdict("not_payable", "the row names no partner")
    position = np.flatnonzero(sheet.partners.keys == owner)
    if is_owned and not len(position):
        return verdict(
            "not_payable", f"partner {owner} cannot be paid: the program's condition `eligible` does not hold"
        )
    named = {Column(None, name): _of(sheet, name, position) for name in _names(wanted)}
    failed = _failed(reading.where, {**cells, **named}, plan)
    if failed:
        return verdict("not_payable", failed)
    for column in reading.needs:
        if cells[column] is None:
            return verdict("not_payable", f"{column} is blank, and the rule leaves such rows out")
    if reading.credited is not None:
        holders = facts.credited(reading.table, reading.credited, record)
        told = ", ".join(each for each in holders if each in sheet.partners.keys)
        if not told:
            return verdict("not_payable", f"nobody who can be paid is credited as {reading.credited}")
        return verdict("measured", f"counts in {reading.title}, for {told}")
    later = _later(plan, facts, reading, owner, record, cells)
    if later:
        return verdict("not_payable", later)
    if not reading.is_paid:
        return verdict("measured", f"counts in {reading.title}")
    if not _is_line(sheet, reading, record):
        return verdict("not_payable", "what it is paid on is unknown, and the rule leaves such rows out")
    amount = _paid(plan, sheet, reading, key)
    return verdict("paid", f"a row of {reading.name}", amount)


def _outside(reading: Reading, cells: Mapping[Column, Value]) -> str:
    """Why the row is not in the days that the rule looks at; empty where it is."""
    if reading.days is None:
        return "the rule looks at a period that the calendar does not have"
    if reading.dated is None:
        return ""
    day = cells[reading.dated]
    if day is None:
        return f"{reading.dated} is blank"
    assert isinstance(day, date)
    first, end = reading.days
    if (first is None or day >= first) and (end is None or day < end):
        return ""
    return f"{reading.dated} is {day}, outside {first or 'the beginning'} to before {end}"


def _later(plan: Plan, facts: Facts, reading: Reading, owner: str, record: int, cells: Mapping[Column, Value]) -> str:
    """The row that counts in place of this one, of several for the same thing; empty where this one does."""
    if reading.latest_of is None or reading.dated is None:
        return ""
    measures = (measure for step in plan.steps if isinstance(step, Kpi) for measure in step.kpi.measures)
    measure = next(each for each in measures if each.name == reading.name)
    latest: tuple[Value, TrailRow] | None = None
    for row in facts.trail([measure], owner):  # in the order of their keys
        is_alike = row.cells[reading.latest_of] == cells[reading.latest_of]
        if not is_alike or _outside(reading, row.cells) or _failed(reading.where, row.cells, plan):
            continue
        day = row.cells[reading.dated]
        if latest is None or compare(">=", day, latest[0]):
            latest = day, row
    if latest is None or latest[1].record == record:
        return ""
    return f"{reading.table} {latest[1].key} counts in its place: the latest of {reading.latest_of}"


def _failed(where: Expression | None, cells: Mapping[Column, Value], plan: Plan) -> str:
    """The part of the condition that does not hold, with the cells that it met; empty where all hold."""
    for part in where.parts if isinstance(where, And) else ([] if where is None else [where]):
        value = evaluate(part, cells.__getitem__)
        if value is not True:
            met = ", ".join(f"{column} is {_told(_named(plan, column, cells[column]))}" for column in columns(part))
            return f"{words(part)} {'does not hold' if value is False else 'is unknown'}: {met}"
    return ""


def _named(plan: Plan, column: Column, value: Value) -> Value:
    """A value as people know it: a tier by its name."""
    for step in plan.steps:
        tiers = step.scorecard.card.tiers if isinstance(step, Score) else None
        if tiers is not None and column == Column(None, f"{step.name}.tier") and value is not None:
            assert isinstance(value, Fraction), "a tier is a code"
            return tiers.names[int(value)] if value >= 0 else "below all tiers"
    return value


def _told(value: Value) -> str:
    if value is None:
        return "blank"
    if isinstance(value, Fraction):
        return number(value)
    return f"'{value}'" if isinstance(value, str) else str(value)


def _names(wanted: Sequence[Column]) -> Iterator[str]:
    return (column.name for column in wanted if column.table is None)


def _of(sheet: Sheet, name: str, position: NDArray[np.int64]) -> Fraction | None:
    return sheet.columns[name].fraction(int(position[0])) if len(position) else None


def _is_line(sheet: Sheet, reading: Reading, record: int) -> bool:
    """Whether a row that a rule pays became a line."""
    lines = f"{reading.name}.lines"
    rows = np.flatnonzero(sheet.frames[sheet.frame_of[lines]].records == record)
    return bool(len(rows)) and bool(sheet.columns[lines].is_known()[rows[0]])


def _paid(plan: Plan, sheet: Sheet, reading: Reading, key: str) -> int | None:
    """What the row was paid by the rule, where the rule pays rows one by one."""
    for step in plan.steps:
        if isinstance(step, Pay) and step.component == reading.name:
            rows = np.flatnonzero(sheet.frames[step.frame].keys == key)
            value = sheet.columns[step.name].fraction(int(rows[0])) if len(rows) else None
            return None if value is None else int(value)
    return None
