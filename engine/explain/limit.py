"""Why a line was cut or released: what it was entitled to, what is applied, what remains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from engine.explain.balance import opening_reason
from engine.explain.returns import reverse_words
from engine.explain.undone import Undone, Which, in_turn, minor, undone
from engine.values import ROOM_MAX_MINOR, Facts, Limit, Plan, Reasoned, Sheet, sheets_before
from engine.values.positions import position_of, told_until
from engine.values.rolls import bank_of
from rules.kinds.base import Terms
from rules.payouts.words import rate_words
from rules.quantities.limits import Limited, explain_in_order, explain_pro_rata
from rules.quantities.taken import Part, Top

Walk = Callable[[str, int], Reasoned]


def limit_reason(step: Limit, name: str, row: int, sheet: Sheet, plan: Plan, walk: Walk) -> Reasoned:
    """A line below a limit: what it came to, and what the limit left for it."""
    at = next(place for place, track in enumerate(step.tracks) if track[2] == name)
    frame_name, lines, _, _ = step.tracks[at]
    line, terms = walk(lines, row), plan.terms
    spec, partner = step.limit.spec, int(sheet.frames[frame_name].partners[row])
    most, why = most_of(step, partner, sheet, walk)
    room, used, is_ended = room_of(step, partner, sheet, plan, most)
    lines_limited, back = _limited(step, partner, room, is_ended, sheet)
    limited = lines_limited[at, row]
    undoes = back.pieces.get((at, row), [])
    if limited.applied == limited.entitled and all(_is_whole(lines_limited[which]) for which, _ in undoes):
        return line
    if limited.entitled <= 0:
        words = _back_words(line, limited, [(lines_limited[which], piece) for which, piece in undoes], terms)
        return replace(line, value=Fraction(limited.applied), shown="", words=words)
    over = {"period": "of the period", "fiscal_year": "of the fiscal year"}.get(spec.over, "since the program began")
    if spec.over == "during" and step.limit.during is not None:
        over = f"from {step.limit.during.first} to {step.limit.during.last}"
    whom = "the program" if spec.per == "program" else str(sheet.partners.keys[partner])
    words = f"{line.words}; " if line.words else ""
    words += f"at most {'' if why is None else rate_words(step.limit) + ' = '}{terms.money(most)} {over} for {whom}"
    words += f" in {step.title}" if step.is_joint else ""
    if used:
        words += f", of which {terms.money(used)} went to earlier periods"
        until = told_until(position_of(step), sheet.columns)
        words += "" if until is None else f" (up to {until} by the table of balances)"
        words += versions_words(sheet)
    words += f": entitled {terms.money(limited.entitled)}, applied {terms.money(limited.applied)}"
    if spec.last == "none" and limited.remaining:
        words += f"; {terms.money(limited.remaining)} were left, but a line is paid whole or not at all, and the first "
        words += "that does not fit is the end"
    else:
        words += f", remaining {terms.money(limited.remaining or 0)}"
    parts = line.parts if why is None else (*line.parts, why)
    return Reasoned(line.title, Fraction(limited.applied), "", words, line.place, line.source, True, parts)


def versions_words(sheet: Sheet) -> str:
    """By which versions of the program earlier periods were locked, where these are others."""
    others = [each for each in sheets_before(sheet) if each.version]
    told = ", ".join(f"{each.period.name} by version {each.version[:12]}" for each in others)
    return f" ({told})" if told else ""


def _is_whole(limited: Limited) -> bool:
    return limited.applied == limited.entitled


def _back_words(line: Reasoned, limited: Limited, undoes: list[tuple[Limited, Part | Top]], terms: Terms) -> str:
    """What a return takes back of lines that a limit had cut."""
    match undoes:
        case [(paid, Part(before=before, after=after))]:
            return reverse_words((before, after), paid.applied, terms)
    cut, applied = terms.money(limited.applied - limited.entitled), terms.money(-limited.applied)
    return f"{line.words}; {cut} of that was cut off by a limit and never paid, {applied} is taken back"


def most_of(step: Limit, partner: int, sheet: Sheet, walk: Walk) -> tuple[int, Reasoned | None]:
    """The most that a partner's lines come to, and why it has what that is a rate of."""
    if step.of is None:
        return step.limit.amount_minor, None
    frame = sheet.frames[sheet.frame_of[step.of]]
    (row,) = np.flatnonzero(frame.partners == partner).tolist()
    has, most = walk(step.of, row), step.limit.spec.at_most
    assert has.value is not None and most is not None and most.rate is not None, "an unknown limit is refused"
    return max(min(has.value * most.rate // 1, ROOM_MAX_MINOR), 0), has


def _limited(step: Limit, who: int, room: int, is_ended: bool, sheet: Sheet) -> tuple[dict[Which, Limited], Undone]:
    """What the limit made of each line of a partner or of all, worked out over the lines of all tracks that share its
    room; and what returns among them undo."""
    counted: dict[Which, tuple[tuple[tuple[bool, Fraction], ...], int]] = {}
    for track, (name, lines, _, by) in enumerate(step.tracks):
        frame, column = sheet.frames[name], sheet.columns[lines]
        same = np.ones(len(frame), dtype=bool) if step.limit.spec.per == "program" else frame.partners == who
        for each in np.flatnonzero(same & column.is_known()).tolist():
            found = [sheet.columns[order].fraction(each) for order in by]
            place = ((value is None, value or Fraction(0)) for value in found)
            last = (False, Fraction(track)), (False, Fraction(each))
            counted[track, each] = (*place, *last), minor(column.fraction(each))
    back = undone(step, list(counted), sheet)
    queue = list(counted)
    if step.limit.spec.cut == "in_order":
        queue = in_turn(sorted(queue, key=lambda which: counted[which][0]), back.pieces)
    at = {which: place for place, which in enumerate(queue)}
    pieces = {at[of]: [replace(piece, row=at[line]) for line, piece in each] for of, each in back.pieces.items()}
    amounts = [counted[which][1] + back.forgiven.get(which, 0) for which in queue]
    if step.limit.spec.cut == "in_order":
        limited = explain_in_order(amounts, room, step.limit.spec.last, pieces, is_ended)
    else:
        limited = explain_pro_rata(amounts, list(range(len(queue))), room, pieces)
    entitled = (counted[which][1] for which in queue)  # before anything was forgiven
    found_of = (replace(each, entitled=due) for each, due in zip(limited, entitled, strict=True))
    return dict(zip(queue, found_of, strict=True)), back


def room_of(step: Limit, partner: int, sheet: Sheet, plan: Plan, most: int) -> tuple[int, int, bool]:
    """What a limit leaves for a partner in this period, what earlier periods used of it, and whether one of them came
    to its end."""
    spec, used, is_ended = step.limit.spec, 0, False
    if spec.over != "period":
        first = None
        if spec.over == "fiscal_year":
            first = plan.calendar.fiscal_year(sheet.period.start).start
        elif step.limit.during is not None:
            first = step.limit.during.first
        who, stood = str(sheet.partners.keys[partner]), position_of(step)
        until = told_until(stood, sheet.columns)
        used += 0 if until is None else minor(sheet.columns[stood].fraction(partner) or Fraction(0))
        for each in sheets_before(sheet):
            if (first is None or each.period.end > first) and (until is None or each.period.start > until):
                paid, is_cut = _paid(each, step, None if spec.per == "program" else who)
                used += paid
                is_ended |= is_cut and spec.cut == "in_order" and spec.last == "none"
    return max(most - used, 0), used, is_ended


def _paid(sheet: Sheet, step: Limit, partner: str | None) -> tuple[int, bool]:
    """What a limit let through in a period to one partner or to all, what was released and topped up included; whether
    it cut a line."""
    paid, is_cut = 0, False
    before = {column: lines for _, lines, column, _ in step.tracks}
    for column in (*step.written, *step.floors):
        frame = sheet.frames[sheet.frame_of[column]]
        for at in range(len(frame)):
            if partner in (None, str(sheet.partners.keys[frame.partners[at]])):
                value = sheet.columns[column].fraction(at) or Fraction(0)
                paid += int(value)
                due = sheet.columns[before[column]].fraction(at) if column in before else None
                is_cut |= due is not None and due > 0 and value < due
    return paid, is_cut


def released_reason(step: Limit, row: int, sheet: Sheet, plan: Plan, facts: Facts, walk: Walk) -> Reasoned:
    """A line that a bank releases: what it holds, and the room that the period's own lines leave."""
    name, terms = f"{step.name}.released", plan.terms
    frame = sheet.frames[sheet.frame_of[name]]
    who = str(sheet.partners.keys[frame.partners[row]])
    opened = opening_reason(bank_of(step), who, sheet, plan, facts)
    held = minor(opened.value)
    most, why = most_of(step, int(frame.partners[row]), sheet, walk)
    room, _, _ = room_of(step, int(frame.partners[row]), sheet, plan, most)
    own = 0
    for name_of, _, column, _ in step.tracks:
        mine = np.flatnonzero(sheet.frames[name_of].partners == frame.partners[row]).tolist()
        own += sum(minor(sheet.columns[column].fraction(at) or Fraction(0)) for at in mine)
    value = min(held, max(room - own, 0))
    words = f"the bank holds {terms.money(held)} of what was cut, and {terms.money(room)} less {terms.money(own)} leave"
    words += f" room for {terms.money(max(room - own, 0))}; {terms.money(held - value)} remain"
    parts = (opened, *(() if why is None else (why,)))
    return Reasoned(f"{step.title}: released", Fraction(value), "", words, step.place, "", True, parts)
