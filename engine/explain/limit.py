"""Why a line was cut, topped up or released: what it was entitled to, what is applied, what remains."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from engine.values import ROOM_MAX_MINOR, Limit, Plan, Reasoned, Sheet, TopUp
from rules.kinds.base import Terms
from rules.payouts.words import rate_words
from rules.quantities.limits import Limited, explain_floor, explain_in_order, explain_pro_rata

Walk = Callable[[str, int], Reasoned]


def limit_reason(step: Limit, name: str, row: int, sheet: Sheet, plan: Plan, walk: Walk) -> Reasoned:
    """A line below a limit: what it came to, and what the limit left for it."""
    at = next(place for place, track in enumerate(step.tracks) if track[2] == name)
    frame_name, lines, _, _ = step.tracks[at]
    line, terms = walk(lines, row), plan.terms
    spec, partner = step.limit.spec, int(sheet.frames[frame_name].partners[row])
    most, why = _most(step, partner, sheet, walk)
    room, used = _room(step, partner, sheet, plan, most)
    limited = _limited(step, at, row, room, sheet)
    if limited.applied == limited.entitled:
        return line
    over = {"period": "of the period", "fiscal_year": "of the fiscal year"}.get(spec.over, "since the program began")
    if spec.over == "during" and step.limit.during is not None:
        over = f"from {step.limit.during.first} to {step.limit.during.last}"
    whom = "the program" if spec.per == "program" else str(sheet.partners.keys[partner])
    words = f"{line.words}; " if line.words else ""
    words += f"at most {'' if why is None else rate_words(step.limit) + ' = '}{terms.money(most)} {over} for {whom}"
    words += f" in {step.title}" if step.is_joint else ""
    if used:
        words += f", of which {terms.money(used)} went to earlier periods"
    words += f": entitled {terms.money(limited.entitled)}, applied {terms.money(limited.applied)}"
    words += f", remaining {terms.money(limited.remaining or 0)}"
    parts = line.parts if why is None else (*line.parts, why)
    return Reasoned(line.title, Fraction(limited.applied), "", words, line.place, line.source, True, parts)


def _most(step: Limit, partner: int, sheet: Sheet, walk: Walk) -> tuple[int, Reasoned | None]:
    """The most that a partner's lines come to, and why it has what that is a rate of."""
    if step.of is None:
        return step.limit.amount_minor, None
    frame = sheet.frames[sheet.frame_of[step.of]]
    (row,) = np.flatnonzero(frame.partners == partner).tolist()
    has, most = walk(step.of, row), step.limit.spec.at_most
    assert has.value is not None and most is not None and most.rate is not None, "an unknown limit is refused"
    return max(min(has.value * most.rate // 1, ROOM_MAX_MINOR), 0), has


def _limited(step: Limit, at: int, row: int, room: int, sheet: Sheet) -> Limited:
    """What the limit made of one line, worked out over the lines of all tracks that share its room."""
    partner = sheet.frames[step.tracks[at][0]].partners[row]
    counted: list[tuple[tuple[tuple[bool, Fraction], ...], int, tuple[int, int]]] = []
    for track, (name, lines, _, by) in enumerate(step.tracks):
        frame, column = sheet.frames[name], sheet.columns[lines]
        same = np.ones(len(frame), dtype=bool) if step.limit.spec.per == "program" else frame.partners == partner
        for each in np.flatnonzero(same & column.is_known()).tolist():
            found = [sheet.columns[order].fraction(each) for order in by]
            place = ((value is None, value or Fraction(0)) for value in found)
            last = (False, Fraction(track)), (False, Fraction(each))
            counted.append(((*place, *last), _minor(column.fraction(each)), (track, each)))
    if step.limit.spec.cut == "in_order":
        counted.sort()
        limited = explain_in_order([amount for _, amount, _ in counted], room, step.limit.spec.last)
    else:
        limited = explain_pro_rata([amount for _, amount, _ in counted], list(range(len(counted))), room)
    return limited[[which for _, _, which in counted].index((at, row))]


def _minor(value: Fraction | None) -> int:
    assert value is not None and value.denominator == 1, "a line is whole minor units"
    return value.numerator


def _room(step: Limit, partner: int, sheet: Sheet, plan: Plan, most: int) -> tuple[int, int]:
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
                paid, is_cut = _paid(each, step, None if spec.per == "program" else who)
                used += paid
                if is_cut and spec.cut == "in_order":  # a cut in order is the end
                    return 0, used
    return max(most - used, 0), used


def _before(sheet: Sheet) -> list[Sheet]:
    """The sheets of earlier periods that a sheet looked back at, in order."""
    found = (each for each in sheet.earlier.values() if each.period.end <= sheet.period.start)
    return sorted(found, key=lambda each: each.period.start)


def _paid(sheet: Sheet, step: Limit, partner: str | None) -> tuple[int, bool]:
    """What a limit let through in a period to one partner or to all, released amounts included; whether it cut."""
    paid, is_cut = 0, False
    before = {column: lines for _, lines, column, _ in step.tracks}
    for column in step.written:
        frame = sheet.frames[sheet.frame_of[column]]
        for at in range(len(frame)):
            if partner in (None, str(sheet.partners.keys[frame.partners[at]])):
                value = sheet.columns[column].fraction(at) or Fraction(0)
                paid += int(value)
                is_cut |= column in before and value != (sheet.columns[before[column]].fraction(at) or 0)
    return paid, is_cut


def released_reason(step: Limit, row: int, sheet: Sheet, plan: Plan, walk: Walk) -> Reasoned:
    """A line that a bank releases: what it holds, and the room that the period's own lines leave."""
    name, terms = f"{step.name}.released", plan.terms
    frame = sheet.frames[sheet.frame_of[name]]
    who = str(sheet.partners.keys[frame.partners[row]])
    before = _before(sheet)
    held = _held(step, before, who)
    most, why = _most(step, int(frame.partners[row]), sheet, walk)
    room, _ = _room(step, int(frame.partners[row]), sheet, plan, most)
    own = 0
    for name_of, _, column, _ in step.tracks:
        mine = np.flatnonzero(sheet.frames[name_of].partners == frame.partners[row]).tolist()
        own += sum(_minor(sheet.columns[column].fraction(at) or Fraction(0)) for at in mine)
    value = min(held, max(room - own, 0))
    words = f"the bank holds {terms.money(held)} of what was cut, and {terms.money(room)} less {terms.money(own)} leave"
    words += f" room for {terms.money(max(room - own, 0))}; {terms.money(held - value)} remain"
    parts = () if why is None else (why,)
    return Reasoned(f"{step.title}: released", Fraction(value), "", words, step.place, "", True, parts)


def _held(step: Limit, sheets: list[Sheet], who: str) -> int:
    """What a bank holds at the start: all that was cut in the periods before, less what it released."""
    held = 0
    for sheet in sheets:
        for name, before, after, _ in step.tracks:
            frame = sheet.frames[name]
            for at in range(len(frame)):
                if str(sheet.partners.keys[frame.partners[at]]) == who:
                    entitled, applied = (sheet.columns[column].fraction(at) for column in (before, after))
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
