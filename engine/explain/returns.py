"""Why a return takes back what it does: which part of its row it returns, after which part, and what that was paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.values import Back, ReadRows, Reasoned, Reverse, Sheet
from rules.expressions.columnar import EPOCH
from rules.kinds.base import Terms, percent
from rules.quantities.rounding import round_fraction

Walk = Callable[[str, int], Reasoned]
Parts = tuple[Fraction, Fraction]  # of a row: what was returned before a return, and with it


def reverse_reason(step: Reverse, row: int, sheet: Sheet, title: str, walk: Walk) -> Reasoned:
    """A line below zero: what its row was paid, and the part of that which is taken back."""
    terms, ends = step.terms, parts_of(step.back, step.frame, row, sheet)
    paid = _paid_for(step, row, sheet)
    due = [_rounded(paid, end, terms) for end in ends]
    words = reverse_words(ends, paid, terms) + by_version(_of_row(step, row, sheet))
    parts = _why_part(step.back, row, walk)
    return Reasoned(title, Fraction(due[0] - due[1]), "", words, step.place, "", True, parts)


def reverse_words(ends: Parts, paid: int, terms: Terms) -> str:
    """Which part is taken back of what a row was paid."""
    words = f"{percent(ends[1] - ends[0])} of {terms.money(paid)} paid is taken back"
    return words + (f", after {percent(ends[0])} before" if ends[0] else "")


def _why_part(back: Back, row: int, walk: Walk) -> tuple[Reasoned, ...]:
    """Why a return takes back its share, where that is worked out."""
    return (walk(back.share, row),) if isinstance(back.share, str) else ()


def fall_reason(step: ReadRows, back: Back, name: str, row: int, sheet: Sheet, walk: Walk) -> Reasoned:
    """What a return takes off the running total, or off what is paid by it: the part of its row's value, below zero."""
    ends, whole = parts_of(back, step.name, row, sheet), walk(back.falls[name], row)
    assert whole.value is not None, "what is returned is known"
    words = f"{percent(ends[1] - ends[0])} of {whole.shown} is returned"
    if ends[0]:
        words += f", after {percent(ends[0])} before"
    returned = () if back.returned is None else (walk(back.returned, row),)
    parts = (whole, *returned, *_why_part(back, row, walk))
    value = (ends[0] - ends[1]) * whole.value
    return Reasoned(step.title, value, "", words, step.place, "", whole.is_money, parts)


def parts_of(back: Back, frame_name: str, row: int, sheet: Sheet) -> Parts:
    """The part of its row that was returned before a return and with it: kept with earlier returns, and at most all."""
    frame, columns = sheet.frames[frame_name], sheet.columns
    source, partner = columns[back.row].fraction(row), frame.partners[row]
    before = columns[f"{back.name}.part_before"].fraction(row) or Fraction(0)
    alike = [
        at
        for at in np.flatnonzero(frame.partners == partner).tolist()
        if columns[back.row].fraction(at) == source and _share_of(frame.shares, at) == _share_of(frame.shares, row)
    ]
    first = min(alike, key=lambda at: _when(back, at, sheet))
    known = columns[f"{back.name}.part_before"].fraction(first) or Fraction(0)  # of stretches before this one
    found = known + sum(
        (_part(back, at, sheet) for at in alike if _when(back, at, sheet) < _when(back, row, sheet)), Fraction(0)
    )
    ends = min(found, Fraction(1)), min(found + _part(back, row, sheet), Fraction(1))
    assert ends[0] == before, "what was returned before adds up"
    return ends


def _share_of(shares: NDArray[np.int64] | None, at: int) -> int:
    return -1 if shares is None else int(shares[at])


def _part(back: Back, row: int, sheet: Sheet) -> Fraction:
    share = back.share
    if isinstance(share, str):
        share = min(max(sheet.columns[share].fraction(row) or Fraction(0), Fraction(0)), Fraction(1))
    if back.returned is None or back.whole is None:
        return share
    returned, whole = (sheet.columns[name].fraction(row) for name in (back.returned, back.whole))
    return share * returned / whole if returned is not None and whole else Fraction(0)


def _when(back: Back, row: int, sheet: Sheet) -> tuple[Fraction, int]:
    """When a return counts: on its day, or on the later one of its row; then in the order of the keys."""
    own = sheet.columns[back.dated].fraction(row) or Fraction(0)
    if back.day is None:
        return own, row
    return max(own, (sheet.columns[back.day].fraction(row) or Fraction(0)) + back.lock_days), row


def _rounded(paid: int, part: Fraction, terms: Terms) -> int:
    return paid if part == 1 else round_fraction(paid * part, terms.rounding, terms.step_minor)


def by_version(sheet: Sheet) -> str:
    """Which version of the program an earlier period was worked out by, in words, where that is another one."""
    return f", by version {sheet.version[:12]} that {sheet.period.name} was locked with" if sheet.version else ""


def _of_row(step: Reverse, row: int, sheet: Sheet) -> Sheet:
    """The sheet of the period that the row of a return is paid in."""
    back = step.back
    if back.day is not None:
        day = EPOCH + timedelta(days=int(sheet.columns[back.day].fraction(row) or 0) + back.lock_days)
        if day < sheet.period.start:
            return holding(day, sheet)
    return sheet


def _paid_for(step: Reverse, row: int, sheet: Sheet) -> int:
    """What the row of a return was paid, in the period that its day falls in."""
    back, of = step.back, _of_row(step, row, sheet)
    name = step.lines if of is sheet else step.earlier
    at = line_of(int(sheet.columns[back.row].fraction(row) or 0), step.frame, row, sheet, name, of)
    return 0 if at is None else int(of.columns[name].fraction(at) or 0)


def holding(day: date, sheet: Sheet) -> Sheet:
    """The sheet of the period before that holds a day."""
    return next(each for each in sheet.earlier.values() if each.period.start <= day < each.period.end)


def line_of(record: int, frame_name: str, row: int, sheet: Sheet, name: str, of: Sheet) -> int | None:
    """Where the line of a record stands in the column `name` of a sheet, for who earns a row of `sheet`, by the same of
    its shares; None where there is none."""
    frame, theirs = sheet.frames[frame_name], of.frames[of.frame_of[name]]
    who = str(sheet.partners.keys[frame.partners[row]])
    same = (frame.records == frame.records[row]) & (frame.partners == frame.partners[row])
    place = int(np.count_nonzero(same[:row]))
    (partner,) = np.flatnonzero(of.partners.keys == who).tolist() or (-1,)
    rows = np.flatnonzero((theirs.records == record) & (theirs.partners == partner) & of.columns[name].is_known())
    return int(rows[place]) if place < len(rows) else None
