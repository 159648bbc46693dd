"""Why a line was cut, topped up, released or taken back: what it was entitled to, what is applied, what remains."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

import numpy as np

from engine.values import Limit, Plan, Reasoned, Reverse, Sheet, TopUp
from rules.expressions.columnar import EPOCH
from rules.kinds.base import Terms, percent
from rules.quantities.limits import Limited, explain_floor, explain_in_order, explain_pro_rata
from rules.quantities.rounding import round_fraction

Walk = Callable[[str, int], Reasoned]


def limit_reason(step: Limit, row: int, sheet: Sheet, plan: Plan, walk: Walk) -> Reasoned:
    """A line below a limit: what it came to, and what the limit left for it."""
    line, terms = walk(step.lines, row), plan.terms
    spec, frame = step.limit.spec, sheet.frames[step.frame]
    room, used = _room(step, int(frame.partners[row]), sheet, plan)
    limited = _limited(step, row, room, sheet)
    over = {"period": "of the period", "fiscal_year": "of the fiscal year"}.get(spec.over, "over all")
    words = f"{line.words}; " if line.words else ""
    words += f"at most {terms.money(step.limit.amount_minor)} {over} for {_whom(step, row, sheet)}"
    if used:
        words += f", of which {terms.money(used)} went to earlier periods"
    words += f": entitled {terms.money(limited.entitled)}, applied {terms.money(limited.applied)}"
    words += f", remaining {terms.money(limited.remaining or 0)}"
    if limited.applied == limited.entitled:
        words = line.words
    return Reasoned(line.title, Fraction(limited.applied), "", words, line.place, line.source, True, line.parts)


def _whom(step: Limit, row: int, sheet: Sheet) -> str:
    if step.limit.spec.per == "program":
        return "the program"
    return str(sheet.partners.keys[sheet.frames[step.frame].partners[row]])


def _limited(step: Limit, row: int, room: int, sheet: Sheet) -> Limited:
    """What the limit made of one line, worked out over the lines that share its room."""
    frame, lines, spec = sheet.frames[step.frame], sheet.columns[step.lines], step.limit.spec
    same = np.ones(len(frame), dtype=bool) if spec.per == "program" else frame.partners == frame.partners[row]
    rows = [int(each) for each in np.flatnonzero(same & lines.is_known())]
    if spec.cut == "in_order":
        columns = [sheet.columns[name] for name in step.order]

        def place(at: int) -> tuple[tuple[bool, Fraction], ...]:
            found = [column.fraction(at) for column in columns]
            return (*((value is None, value or Fraction(0)) for value in found), (False, Fraction(at)))

        rows.sort(key=place)
        return explain_in_order([_minor(lines.fraction(at)) for at in rows], room, spec.last)[rows.index(row)]
    return explain_pro_rata([_minor(lines.fraction(at)) for at in rows], rows, room)[rows.index(row)]


def _minor(value: Fraction | None) -> int:
    assert value is not None and value.denominator == 1, "a line is whole minor units"
    return value.numerator


def _room(step: Limit, partner: int, sheet: Sheet, plan: Plan) -> tuple[int, int]:
    """What a limit leaves for a partner in this period, and what earlier periods used of it."""
    spec, used = step.limit.spec, 0
    if spec.over != "period":
        first = None
        if spec.over == "fiscal_year":
            first = plan.calendar.fiscal_year(sheet.period.start).start
        elif step.limit.during is not None:
            first = step.limit.during.first
        who = str(sheet.partners.keys[partner])
        for each in _before(sheet):
            if first is None or each.period.end > first:
                used += _paid(each, step.name, None if spec.per == "program" else who)
    return max(step.limit.amount_minor - used, 0), used


def _before(sheet: Sheet) -> list[Sheet]:
    """The sheets of earlier periods that a sheet looked back at, in order."""
    found = (each for each in sheet.earlier.values() if each.period.end <= sheet.period.start)
    return sorted(found, key=lambda each: each.period.start)


def _paid(sheet: Sheet, name: str, partner: str | None) -> int:
    """What a limit let through in a period, what was released included: to one partner, or to all."""
    paid = 0
    for column in (name, f"{name}.released"):
        if column not in sheet.columns:
            continue
        frame = sheet.frames[sheet.frame_of[column]]
        for at in range(len(frame)):
            if partner in (None, str(sheet.partners.keys[frame.partners[at]])):
                paid += int(sheet.columns[column].fraction(at) or 0)
    return paid


def released_reason(step: Limit, row: int, sheet: Sheet, plan: Plan) -> Reasoned:
    """A line that a bank releases: what it holds, and the room that the period's own lines leave."""
    name, terms = f"{step.name}.released", plan.terms
    frame = sheet.frames[sheet.frame_of[name]]
    who = str(sheet.partners.keys[frame.partners[row]])
    before = _before(sheet)
    held = _held(step, before, who)
    room, _ = _room(step, int(frame.partners[row]), sheet, plan)
    lines, of = sheet.columns[step.name], sheet.frames[step.frame]
    mine = np.flatnonzero(of.partners == frame.partners[row]).tolist()
    own = sum(_minor(lines.fraction(at) or Fraction(0)) for at in mine)
    value = min(held, max(room - own, 0))
    words = f"the bank holds {terms.money(held)} of what was cut, and {terms.money(room)} less {terms.money(own)} leave"
    words += f" room for {terms.money(max(room - own, 0))}; {terms.money(held - value)} remain"
    return Reasoned(f"{step.title}: released", Fraction(value), "", words, step.place, "", True)


def _held(step: Limit, sheets: list[Sheet], who: str) -> int:
    """What a bank holds at the start: all that was cut in the periods before, less what it released."""
    held = 0
    for sheet in sheets:
        frame = sheet.frames[step.frame]
        for at in range(len(frame)):
            if str(sheet.partners.keys[frame.partners[at]]) == who:
                entitled, applied = (sheet.columns[name].fraction(at) for name in (step.lines, step.name))
                held += int((entitled or Fraction(0)) - (applied or Fraction(0)))
        released = sheet.frames[f"{step.name}.released.rows"]
        for at in range(len(released)):
            if str(sheet.partners.keys[released.partners[at]]) == who:
                held -= _minor(sheet.columns[f"{step.name}.released"].fraction(at))
    return held


def top_up_reason(step: TopUp, row: int, sheet: Sheet, terms: Terms) -> Reasoned:
    """What a partner's lines lack to the least."""
    partner = sheet.frames[f"{step.name}.rows"].partners[row]
    total = 0
    for name, of in step.lines:
        for at in np.flatnonzero(sheet.frames[of].partners == partner):
            total += _minor(sheet.columns[name].fraction(int(at)) or Fraction(0))
    lifted = explain_floor(total, step.limit.amount_minor)
    words = f"at least {terms.money(step.limit.amount_minor)}, and the lines come to {terms.money(total)}"
    return Reasoned(step.title, Fraction(lifted.applied - total), "", words, step.place, "", True)


def reverse_reason(step: Reverse, row: int, sheet: Sheet, plan: Plan, title: str) -> Reasoned:
    """A return: what its row was paid, and which part of it was returned before it and with it."""
    frame, columns = sheet.frames[step.frame], sheet.columns
    source, partner = columns[step.row].fraction(row), frame.partners[row]
    who = str(sheet.partners.keys[partner])
    paid = _paid_for(step, row, who, sheet, plan)
    before, part = Fraction(0), Fraction(0)
    for at in np.flatnonzero(frame.partners == partner).tolist():
        if columns[step.row].fraction(at) != source:
            continue
        if _when(step, at, sheet) < _when(step, row, sheet):
            before += _part(step, at, sheet)
        elif at == row:
            part = _part(step, at, sheet)
    ends = min(before, Fraction(1)), min(before + part, Fraction(1))
    due = [round_fraction(paid * end, plan.terms.rounding) for end in ends]
    words = f"{percent(ends[1] - ends[0])} of {plan.terms.money(paid)} paid is taken back"
    if before:
        words += f", after {percent(ends[0])} before"
    return Reasoned(title, Fraction(due[0] - due[1]), "", words, step.place, "", True)


def _part(step: Reverse, row: int, sheet: Sheet) -> Fraction:
    if step.returned is None or step.whole is None:
        return step.share
    returned, whole = (sheet.columns[name].fraction(row) for name in (step.returned, step.whole))
    return step.share * returned / whole if returned is not None and whole else Fraction(0)


def _when(step: Reverse, row: int, sheet: Sheet) -> tuple[Fraction, int]:
    """When a return counts: on its day, or on the later one of its row; then in the order of the keys."""
    own = sheet.columns[step.dated].fraction(row) or Fraction(0)
    paid_on = Fraction(0) if step.day is None else (sheet.columns[step.day].fraction(row) or Fraction(0))
    return max(own, paid_on + step.lock_days) if step.day is not None else own, row


def _paid_for(step: Reverse, row: int, who: str, sheet: Sheet, plan: Plan) -> int:
    """What the row of a return was paid, in the period that its day falls in."""
    record = sheet.columns[step.row].fraction(row)
    of = sheet
    if step.day is not None:
        day = EPOCH + timedelta(days=int(sheet.columns[step.day].fraction(row) or 0) + step.lock_days)
        of = next((each for each in _before(sheet) if each.period.start <= day < each.period.end), sheet)
    paid = 0
    for name in step.lines:
        frame = of.frames[of.frame_of[name]]
        for at in np.flatnonzero(frame.records == int(record or 0)).tolist():
            if str(of.partners.keys[frame.partners[at]]) == who:
                paid += _minor(of.columns[name].fraction(at) or Fraction(0))
    return paid
