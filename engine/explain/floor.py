"""Why a partner's lines are topped up: what they come to, what they lack to the least, and what caps leave room for."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from engine.explain.limit import Walk, most_of, room_of, versions_words
from engine.explain.returns import parts_of
from engine.explain.undone import minor, of_partner
from engine.values import Plan, Reasoned, Sheet, TopUp, sheets_before
from engine.values.positions import position_of, told_until
from rules.expressions.columnar import EPOCH
from rules.quantities.limits import explain_floor, explain_pro_rata


def top_up_reason(step: TopUp, row: int, sheet: Sheet, plan: Plan, walk: Walk) -> Reasoned:
    """What a partner's lines lack to the least, those of earlier periods of its stretch counted."""
    who, terms = str(sheet.frames[f"{step.name}.rows"].keys[row]), plan.terms
    over, first = step.limit.spec.over, _first_day(step, sheet, plan)
    before = _stretch_before(step, first, sheet)
    earlier, now = _stood(step, sheet, who), _comes_to(step, sheet, who)
    earlier += sum(_comes_to(step, each, who) for each in before)
    words = f"at least {terms.money(step.limit.amount_minor)}"
    if over == "fiscal_year":
        words += " over the fiscal year"
    elif over == "during" and step.limit.during is not None:
        words += f" from {step.limit.during.first} to {step.limit.during.last}"
    words += f", and the lines come to {terms.money(earlier + now)}"
    words += f", of which {terms.money(earlier)} in earlier periods" if before or earlier else ""
    words += versions_words(sheet) if before else ""
    missing = _missing(step, first, sheet, who)
    value = _within(step, who, first, sheet, plan, walk)
    words += "" if value == missing else f"; the caps leave room for {terms.money(value)} of {terms.money(missing)}"
    return Reasoned(step.title, Fraction(value), "", words, step.place, "", True)


def _first_day(step: TopUp, sheet: Sheet, plan: Plan) -> date:
    """The first day of the stretch that a least is of."""
    if step.limit.spec.over == "fiscal_year":
        return plan.calendar.fiscal_year(sheet.period.start).start
    is_during = step.limit.spec.over == "during" and step.limit.during is not None
    return step.limit.during.first if is_during and step.limit.during is not None else sheet.period.start


def _stretch_before(step: TopUp, first: date, sheet: Sheet) -> list[Sheet]:
    until = told_until(position_of(step), sheet.columns)
    own = (each for each in sheets_before(sheet) if until is None or each.period.start > until)
    return [each for each in own if step.limit.spec.over != "period" and each.period.end > first]


def _stood(step: TopUp, sheet: Sheet, who: str) -> int:
    """What the table of balances tells of the year so far."""
    found, at = sheet.columns.get(position_of(step)), _place(sheet, who)
    return 0 if found is None or at < 0 else minor(found.fraction(at) or Fraction(0))


def _missing(step: TopUp, first: date, sheet: Sheet, who: str) -> int:
    """What a partner lacks, nothing where it has no line that stands."""
    sheets = [*_stretch_before(step, first, sheet), sheet]
    stood = _stood(step, sheet, who)
    if sum(_standing(step, first, each, who) for each in sheets) + (stood != 0) <= 0:
        return 0
    lifted = explain_floor(stood + sum(_comes_to(step, each, who) for each in sheets), step.limit.amount_minor)
    return lifted.applied - lifted.entitled


def _within(step: TopUp, who: str, first: date, sheet: Sheet, plan: Plan, walk: Walk) -> int:
    """What the caps leave of what a partner lacks; what one of the program leaves is shared by what each lacks."""
    partners = [str(key) for key in sheet.partners.keys]
    is_shared = any(cap.limit.spec.per == "program" for cap in step.caps)
    lacking = {each: _missing(step, first, sheet, each) for each in (partners if is_shared else [who])}
    for cap in step.caps:
        rooms = {}
        for each in lacking if cap.limit.spec.per == "partner" else [who]:
            at = partners.index(each)
            room, _, _ = room_of(cap, at, sheet, plan, most_of(cap, at, sheet, walk)[0] if lacking[each] else 0)
            of = partners if cap.limit.spec.per == "program" else [each]
            rooms[each] = max(room - sum(_comes_to(step, sheet, one) for one in of), 0)
        if cap.limit.spec.per == "partner":
            lacking = {each: min(missing, rooms[each]) for each, missing in lacking.items()}
            continue
        shared = explain_pro_rata(list(lacking.values()), range(len(lacking)), rooms[who])
        lacking = {each: limited.applied for each, limited in zip(lacking, shared, strict=True)}
    return lacking[who]


def _comes_to(step: TopUp, sheet: Sheet, who: str) -> int:
    """What the lines of a partner that a least counts come to in one period."""
    return sum(minor(sheet.columns[name].fraction(at) or Fraction(0))
               for name, of in step.lines for at in of_partner(sheet, of, _place(sheet, who)))  # fmt: skip


def _standing(step: TopUp, first: date, sheet: Sheet, who: str) -> int:
    """How many lines of a partner there are in one period, less those of the stretch that are returned in full."""
    returns, count = {f"{back.name}.rows": back for back in step.returns}, 0
    for name, of in step.lines:
        frame = sheet.frames[of]
        for at in of_partner(sheet, of, _place(sheet, who)):
            back = returns.get(of)
            if back is None:
                count += sheet.columns[name].fraction(at) is not None
            elif frame.earlier is None or not frame.earlier[at]:
                ends = parts_of(back, of, at, sheet)
                day = None if back.day is None else sheet.columns[back.day].fraction(at)
                is_of = day is None or EPOCH + timedelta(days=int(day) + back.lock_days) >= first
                count -= ends[0] < 1 == ends[1] and is_of
    return count


def _place(sheet: Sheet, who: str) -> int:
    (partner,) = np.flatnonzero(sheet.partners.keys == who).tolist() or (-1,)
    return int(partner)
