"""Returns: which part of its row each takes back, and what was paid for that part.

Over all returns of a row no more than all of it is taken back, and what is taken back is the rounded running total: a
full return undoes its payout to the cent. A return of a row that is paid later counts when the row is paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.sheet.book import Book
from engine.sheet.lines import known_rows, order_of, unknown_rows
from engine.values import PARTNERS, Back, Facts, Frame, ReadRows, Reverse, Sheet
from rules.expressions.columnar import EPOCH
from rules.problem import Refused
from rules.quantities.exact import Exact, Flags, Integers
from rules.quantities.rounding import multiply_divide
from rules.quantities.running import running_before

_Paid = Mapping[tuple[int, str], int]  # by record and partner id: what a row was paid, in minor units
_Columns = dict[str, Exact]


def taken_back(step: ReadRows, back: Back, frame: Frame, columns: _Columns, book: Book) -> tuple[Frame, _Columns]:
    """The returns that count by the end of the period, with the part of its row that each takes back.

    Those that count before the period are marked as earlier ones; those before the stretch that is added up are left
    out, once they have counted against their row.
    """
    counts = counting_days(back, columns)
    keep = (counts < _ordinal(book.period.end)) & _is_during(back, columns) & columns[back.row].is_known()
    frame, counts = frame.take(keep), counts[keep]
    columns = {name: column.take(keep) for name, column in columns.items()}
    earlier = counts < _ordinal(book.period.start)
    needed = known_rows({name: columns[name] for name in back.inputs}, len(frame)) | earlier
    if not needed.all():
        raise Refused(*unknown_rows(step, frame, needed, "F301", "what is returned is unknown"))
    before, with_it = returned(back, frame, columns, counts)
    columns |= {f"{back.name}.part_before": before, f"{back.name}.part_with": with_it}
    columns |= {name: (before - with_it) * columns[whole] for name, whole in back.falls.items()}
    held = counts >= _ordinal(_first_day(back, book))
    return replace(frame, earlier=earlier).take(held), {name: column.take(held) for name, column in columns.items()}


def counting_days(back: Back, columns: Mapping[str, Exact]) -> NDArray[np.int64]:
    """The day on which each return counts: its own, or the later one on which its row does; days since 1970-01-01."""
    own = columns[back.dated].numerator
    if back.day is None:
        return own
    days: NDArray[np.int64] = np.maximum(own, columns[back.day].numerator + back.lock_days)
    return days


def _is_during(back: Back, columns: Mapping[str, Exact]) -> Flags:
    """Whether the row of each return was paid at all: it has a day, within the days of the rule."""
    if back.day is None:
        return np.ones(len(columns[back.dated]), dtype=bool)
    day = columns[back.day]
    if back.during is None:
        return day.is_known()
    first, end = _ordinal(back.during.first), _ordinal(back.during.end)
    return day.is_known() & (day.numerator >= first) & (day.numerator < end)


def _first_day(back: Back, book: Book) -> date:
    """The first day of the stretch whose returns are added up; for others the period's."""
    if not back.is_added or back.since == "period":
        return book.period.start
    return book.calendar.fiscal_year(book.period.start).start if back.since == "fiscal_year" else date.min


def _ordinal(day: date) -> int:
    return (day - EPOCH).days


def returned(back: Back, frame: Frame, columns: Mapping[str, Exact], counts: NDArray[np.int64]) -> tuple[Exact, Exact]:
    """Which part of its row was returned before each return and with it, of 0 to 1."""
    rows = len(frame)
    if isinstance(back.share, Fraction):
        part = Exact.constant(back.share, rows)
    else:
        none = Exact.constant(0, rows)
        part = _at_most_one(columns[back.share].or_else(0))
        part = none.where(part.compare(none) < 0, part)
    if back.returned is not None and back.whole is not None:
        part = (part * columns[back.returned] / columns[back.whole]).or_else(0)  # of nothing, nothing is returned
    pairs = np.stack([columns[back.row].numerator, frame.partners, _of_share(frame)])
    groups: NDArray[np.int64] = np.unique(pairs, axis=1, return_inverse=True)[1].reshape(-1)
    before = running_before(part, groups, order_of([Exact(counts)], rows))
    return _at_most_one(before), _at_most_one(before + part)


def _of_share(frame: Frame) -> NDArray[np.int64]:
    return np.zeros(len(frame), dtype=np.int64) if frame.shares is None else frame.shares


def _at_most_one(part: Exact) -> Exact:
    one = Exact.constant(1, len(part))
    return one.where(part.compare(one) > 0, part)


def reverse(step: Reverse, book: Book, facts: Facts) -> None:
    """A line below zero for each return that counts in the period; none where its row was paid nothing."""
    frame, back = book.frames[step.frame], step.back
    now = np.ones(len(frame), dtype=bool) if frame.earlier is None else ~frame.earlier
    paid, found = _paid_for(step, book, frame, now)
    due = [_part_of(paid, book.columns[f"{back.name}.{side}"], step) for side in ("part_before", "part_with")]
    known = now & found
    book.write(step.name, step.frame, Exact(np.where(known, due[0] - due[1], 0), 1, None if known.all() else known))


def _part_of(paid: Integers, part: Exact, step: Reverse) -> Integers:
    """A part of what was paid, rounded as a line is; all of it is all of it, whatever the step."""
    rounded = multiply_divide(paid, part.numerator, part.denominator, step.terms.rounding, step.terms.step_minor)
    whole: Integers = np.where(part.compare(Exact.constant(1, len(part))) == 0, paid, rounded)
    return whole


def _paid_for(step: Reverse, book: Book, frame: Frame, now: Flags) -> tuple[Integers, Flags]:
    """What the row of each return was paid, and whether it was paid at all: now, or in an earlier period."""
    keys, back = book.frames[PARTNERS].keys, step.back
    rows = book.columns[back.row].numerator
    current = paid_lines(book.frames[book.frame_of[step.lines]], book.columns[step.lines], keys)
    paid, found = np.zeros(len(frame), dtype=np.int64), np.zeros(len(frame), dtype=bool)
    by_period: dict[str, _Paid] = {}
    for at in np.flatnonzero(now).tolist():
        wanted = (int(rows[at]), str(keys[frame.partners[at]]))
        lines: _Paid | None = current if wanted in current else None
        if lines is None and back.day is not None:
            day = EPOCH + timedelta(days=int(book.columns[back.day].numerator[at]) + back.lock_days)
            sheet = book.earlier.holding(day, book.period)
            if sheet is not None:
                if sheet.period.name not in by_period:
                    by_period[sheet.period.name] = _lines_of(sheet, step.earlier)
                lines = by_period[sheet.period.name]
        if lines is not None and wanted in lines:
            paid[at], found[at] = lines[wanted], True
    return paid, found


def _lines_of(sheet: Sheet, name: str) -> _Paid:
    return paid_lines(sheet.frames[sheet.frame_of[name]], sheet.columns[name], sheet.partners.keys)


def paid_lines(frame: Frame, lines: Exact, keys: NDArray[np.object_]) -> _Paid:
    """What rows were paid, by record and partner; a row that one partner earns on in two roles was paid their sum."""
    paid: dict[tuple[int, str], int] = {}
    for at in np.flatnonzero(lines.is_known()).tolist():
        key = int(frame.records[at]), str(keys[frame.partners[at]])
        paid[key] = paid.get(key, 0) + int(lines.numerator[at])
    return paid
