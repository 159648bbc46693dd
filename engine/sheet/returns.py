"""Returns: which part of its row each takes back, and what was paid for that part.

Over all returns of a row no more than all of it is taken back, and what is taken back is the rounded running total: a
full return undoes its payout to the cent. A return of a row that is paid later counts when the row is paid; one that
empties tiers does so in the stretch in which its row counted, also once that is over.
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
from engine.sheet.stretches import first_days, stretch_of
from engine.sheet.taking import Earner, earners, lines_by_earner
from engine.values import PARTNERS, Back, Facts, Frame, ReadRows, Reverse, Sheet
from rules.expressions.columnar import EPOCH
from rules.problem import Refused
from rules.quantities.exact import Exact, Flags, Integers
from rules.quantities.rounding import multiply_divide
from rules.quantities.running import running_before

_Paid = Mapping[Earner, int]  # what who earns a row was paid, in minor units
_Columns = dict[str, Exact]


def taken_back(step: ReadRows, back: Back, frame: Frame, columns: _Columns, book: Book) -> tuple[Frame, _Columns]:
    """The returns that count by the end of the period, with the part of its row that each takes back.

    Those that count before the period are marked as earlier ones; those before the stretch that is added up are left
    out, once they have counted against their row.
    """
    counts = counting_days(back, columns)
    keep = (counts < _ordinal(book.period.end)) & is_during(back, columns) & columns[back.row].is_known()
    frame, counts = frame.take(keep), counts[keep]
    columns = {name: column.take(keep) for name, column in columns.items()}
    earlier = counts < _ordinal(book.period.start)
    needed = known_rows({name: columns[name] for name in back.inputs}, len(frame)) | earlier
    if not needed.all():
        raise Refused(*unknown_rows(step, frame, needed, "F301", "what is returned is unknown"))
    if back.returned is not None and back.whole is not None:
        part = (columns[back.returned] / columns[back.whole]).or_else(0)
        is_back = part.compare(Exact.constant(0, len(frame))) >= 0
        if not is_back.all():
            raise Refused(*unknown_rows(step, frame, is_back, "F317", "it returns less than nothing of its row"))
    before, with_it = returned(back, frame, columns, counts)
    columns |= {f"{back.name}.part_before": before, f"{back.name}.part_with": with_it}
    columns |= {name: (before - with_it) * columns[whole] for name, whole in back.falls.items()}
    columns |= {f"{back.name}.counts": Exact(counts)} if back.is_added else {}
    held, apart = _held(back, columns, counts, book)
    columns |= apart
    return replace(frame, earlier=earlier).take(held), {name: column.take(held) for name, column in columns.items()}


def _held(
    back: Back, columns: Mapping[str, Exact], counts: NDArray[np.int64], book: Book
) -> tuple[Flags, Mapping[str, Exact]]:
    """Which returns are kept: those of the stretch that is added up, and all of each earlier one in which a return of
    this period counts. Of these, the first day of the stretch, and the day of a return that comes after it, else 0."""
    if not back.is_apart:
        return counts >= _ordinal(_first_day(back, book)), {}
    assert back.day is not None, "rows that count apart have a day"
    firsts = first_days(back.since, book)
    days = columns[back.day].numerator + back.lock_days
    own = stretch_of(days, firsts)
    is_after = stretch_of(counts, firsts) > own
    since = _ordinal(book.period.start)
    wanted = np.unique(own[(counts >= since) & (own >= firsts[0])])
    apart = {f"{back.name}.stretch": Exact(own), f"{back.name}.after": Exact(np.where(is_after, counts, 0))}
    held: Flags = np.isin(own, wanted) | (own == firsts[-1])
    return held, apart


def counting_days(back: Back, columns: Mapping[str, Exact]) -> NDArray[np.int64]:
    """The day on which each return counts: its own, or the later one on which its row does; days since 1970-01-01."""
    own = columns[back.dated].numerator
    if back.day is None:
        return own
    days: NDArray[np.int64] = np.maximum(own, columns[back.day].numerator + back.lock_days)
    return days


def is_during(back: Back, columns: Mapping[str, Exact]) -> Flags:
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
    is_now = np.ones(len(frame), dtype=bool) if frame.earlier is None else ~frame.earlier
    paid, found = _paid_for(step, book, frame, is_now)
    due = [_part_of(paid, book.columns[f"{back.name}.{side}"], step) for side in ("part_before", "part_with")]
    known = is_now & found
    book.write(step.name, step.frame, Exact(np.where(known, due[0] - due[1], 0), 1, None if known.all() else known))


def _part_of(paid: Integers, part: Exact, step: Reverse) -> Integers:
    """A part of what was paid, rounded as a line is; all of it is all of it, whatever the step."""
    rounded = multiply_divide(paid, part.numerator, part.denominator, step.terms.rounding, step.terms.step_minor)
    whole: Integers = np.where(part.compare(Exact.constant(1, len(part))) == 0, paid, rounded)
    return whole


def _paid_for(step: Reverse, book: Book, frame: Frame, is_now: Flags) -> tuple[Integers, Flags]:
    """What the row of each return was paid, and whether it was paid at all: now, or in an earlier period."""
    keys, back = book.frames[PARTNERS].keys, step.back
    records, rows = book.columns[back.row].numerator, np.flatnonzero(is_now)
    wanted = records[rows]
    current = _paid_lines(book.frames[book.frame_of[step.lines]], book.columns[step.lines], keys, wanted)
    paid, found = np.zeros(len(frame), dtype=np.int64), np.zeros(len(frame), dtype=bool)
    by_period: dict[str, _Paid] = {}
    for at, earner in zip(rows.tolist(), earners(frame, rows, keys, records), strict=True):
        lines: _Paid | None = current if earner in current else None
        if lines is None and back.day is not None:
            day = EPOCH + timedelta(days=int(book.columns[back.day].numerator[at]) + back.lock_days)
            sheet = book.earlier.holding(day, book.period)
            if sheet is not None:
                if sheet.period.name not in by_period:
                    by_period[sheet.period.name] = _lines_of(sheet, step.earlier, wanted)
                lines = by_period[sheet.period.name]
        if lines is not None and earner in lines:
            paid[at], found[at] = lines[earner], True
    return paid, found


def _lines_of(sheet: Sheet, name: str, wanted: Integers) -> _Paid:
    return _paid_lines(sheet.frames[sheet.frame_of[name]], sheet.columns[name], sheet.partners.keys, wanted)


def _paid_lines(frame: Frame, lines: Exact, keys: NDArray[np.object_], wanted: Integers) -> _Paid:
    """What rows were paid to who earns them, of some records."""
    return {who: int(lines.numerator[at]) for who, at in lines_by_earner(frame, lines, keys, wanted).items()}
