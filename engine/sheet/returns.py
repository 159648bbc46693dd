"""Returns that take back what their rows were paid: the lines of this period or of an earlier one, in proportion.

Over all returns of a row, what is taken back is the rounded running total: a full return undoes its payout to the
cent, and no more is taken back than was paid. A return of a row that is paid later counts when the row is paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from engine.sheet.book import Book
from engine.sheet.lines import known_rows, order_of, unknown_rows
from engine.values import PARTNERS, Facts, Frame, Reverse, Sheet
from rules.expressions.columnar import EPOCH
from rules.problem import Refused
from rules.quantities.exact import Exact, Flags, Integers
from rules.quantities.rounding import multiply_divide
from rules.quantities.running import running_before

_Paid = Mapping[tuple[int, str], int]  # by record and partner id: what a row was paid, in minor units


def reverse(step: Reverse, book: Book, facts: Facts) -> None:
    """A line below zero for each return that counts in the period; none where its row was paid nothing."""
    frame = book.frames[step.frame]
    counts = counting_days(step, book.columns)
    start, end = ((day - EPOCH).days for day in (book.period.start, book.period.end))
    now = (counts >= start) & (counts < end)
    needed = known_rows({name: book.columns[name] for name in step.inputs}, len(frame)) | ~now
    if not needed.all():
        raise Refused(*unknown_rows(step, frame, needed, "F301", "what is returned is unknown"))
    before, after = returned(step, frame, book.columns, counts)
    paid, found = _paid_for(step, book, frame, now)
    mode = step.terms.rounding
    due = [multiply_divide(paid, part.numerator, part.denominator, mode) for part in (before, after)]
    known = now & found
    book.write(step.name, step.frame, Exact(np.where(known, due[0] - due[1], 0), 1, None if known.all() else known))


def counting_days(step: Reverse, columns: Mapping[str, Exact]) -> NDArray[np.int64]:
    """The day on which each return counts: its own, or the later one on which its row does; days since 1970-01-01."""
    own = columns[step.dated].numerator
    if step.day is None:
        return own
    days: NDArray[np.int64] = np.maximum(own, columns[step.day].numerator + step.lock_days)
    return days


def returned(
    step: Reverse, frame: Frame, columns: Mapping[str, Exact], counts: NDArray[np.int64]
) -> tuple[Exact, Exact]:
    """Which part of its row was returned before each return and with it, of 0 to 1."""
    rows = len(frame)
    part = Exact.constant(step.share, rows)
    if step.returned is not None and step.whole is not None:
        part = part * columns[step.returned] / columns[step.whole]
    pairs = np.stack([columns[step.row].numerator, frame.partners])
    groups: NDArray[np.int64] = np.unique(pairs, axis=1, return_inverse=True)[1].reshape(-1)
    before = running_before(part.or_else(0), groups, order_of([Exact(counts)], rows))
    return _at_most_one(before), _at_most_one(before + part.or_else(0))


def _at_most_one(part: Exact) -> Exact:
    one = Exact.constant(1, len(part))
    return one.where(part.compare(one) > 0, part)


def _paid_for(step: Reverse, book: Book, frame: Frame, now: Flags) -> tuple[Integers, Flags]:
    """What the row of each return was paid, and whether it was paid at all: now, or in an earlier period."""
    keys = book.frames[PARTNERS].keys
    rows = book.columns[step.row].numerator
    current = paid_lines(((book.frames[book.frame_of[name]], book.columns[name]) for name in step.lines), keys)
    paid, found = np.zeros(len(frame), dtype=np.int64), np.zeros(len(frame), dtype=bool)
    by_period: dict[str, _Paid] = {}
    for at in np.flatnonzero(now).tolist():
        wanted = (int(rows[at]), str(keys[frame.partners[at]]))
        lines: _Paid | None = current if wanted in current else None
        if lines is None and step.day is not None:
            day = EPOCH + timedelta(days=int(book.columns[step.day].numerator[at]) + step.lock_days)
            sheet = book.earlier.holding(day, book.period)
            if sheet is not None:
                if sheet.period.name not in by_period:
                    by_period[sheet.period.name] = paid_lines(lines_of(sheet, step), sheet.partners.keys)
                lines = by_period[sheet.period.name]
        if lines is not None and wanted in lines:
            paid[at], found[at] = lines[wanted], True
    return paid, found


def lines_of(sheet: Sheet, step: Reverse) -> Iterable[tuple[Frame, Exact]]:
    """The columns of lines that a return takes back, of an earlier sheet."""
    return ((sheet.frames[sheet.frame_of[name]], sheet.columns[name]) for name in step.lines)


def paid_lines(columns: Iterable[tuple[Frame, Exact]], keys: NDArray[np.object_]) -> _Paid:
    """What rows were paid, by record and partner; a row that one partner earns on in two roles was paid their sum."""
    paid: dict[tuple[int, str], int] = {}
    for frame, lines in columns:
        for at in np.flatnonzero(lines.is_known()).tolist():
            key = int(frame.records[at]), str(keys[frame.partners[at]])
            paid[key] = paid.get(key, 0) + int(lines.numerator[at])
    return paid
