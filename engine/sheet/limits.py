"""Limits on the lines of a payout: caps and budgets over a stretch of time, banks of what was cut, and floors.

All in whole minor units that were rounded already: lines are cut, released or added, and nothing is rounded again.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.sheet.book import Book
from engine.sheet.lines import order_of
from engine.values import PARTNERS, Facts, Frame, Limit, Sheet, TopUp
from rules.payouts.meaning import LimitMeaning
from rules.quantities.exact import Exact, Integers, group_total
from rules.quantities.limits import cap_in_order, cap_pro_rata


def limit(step: Limit, book: Book, facts: Facts) -> None:
    """The lines that are left below a limit; a bank releases what it holds where there is room."""
    frame, lines = book.frames[step.frame], book.columns[step.lines]
    spec, known = step.limit.spec, lines.is_known()
    groups = frame.partners if spec.per == "partner" else np.zeros(len(frame), dtype=np.int64)
    count = len(book.frames[PARTNERS]) if spec.per == "partner" else 1
    room = room_of(step.limit, step.name, book, count)
    amounts = np.where(known, lines.numerator, 0)
    if spec.cut == "in_order":
        order = order_of([book.columns[name] for name in step.order], len(frame))
        kept = cap_in_order(amounts, groups, room, order, last=spec.last)
    else:
        kept = cap_pro_rata(amounts, groups, room, np.arange(len(frame), dtype=np.int64))
    book.write(step.name, step.frame, Exact(kept, 1, None if known.all() else known))
    if spec.excess == "banked":
        _bank(step, book, room, group_total(amounts, groups, count), group_total(kept, groups, count))


def _bank(step: Limit, book: Book, room: Integers, due: Integers, kept: Integers) -> None:
    """What a bank held, takes in and releases for each partner."""
    opening = opening_bank(step.name, book)
    released = np.minimum(opening, np.maximum(room - kept, 0))
    book.write(f"{step.name}.bank", PARTNERS, Exact(opening + due - kept - released))
    of_partners = book.frames[PARTNERS]
    rows = np.flatnonzero(released > 0)
    name = f"{step.name}.released"
    book.frames[f"{name}.rows"] = lines_of_partners(of_partners, rows)
    book.write(name, f"{name}.rows", Exact(released[rows]))


def room_of(meaning: LimitMeaning, name: str, book: Book, count: int) -> Integers:
    """What a limit leaves for this period, (count,): its amount less what earlier periods of its stretch paid by it."""
    room = np.full(count, meaning.amount_minor, dtype=np.int64)
    for sheet in book.earlier.since(first_day(meaning, book), book.period) if meaning.spec.over != "period" else []:
        room = room - paid_by(sheet, name, meaning.spec.per, book)
    return np.maximum(room, 0)


def first_day(meaning: LimitMeaning, book: Book) -> date:
    """The first day of the stretch that a limit holds over."""
    if meaning.spec.over == "fiscal_year":
        return book.calendar.fiscal_year(book.period.start).start
    return meaning.during.first if meaning.during is not None else date.min


def paid_by(sheet: Sheet, name: str, per: str, book: Book) -> Integers:
    """What an earlier period paid by a limit, released amounts included, in the order of this period's partners."""
    found = np.zeros(len(sheet.partners), dtype=np.int64)
    for column in (name, f"{name}.released"):
        if column in sheet.columns:
            frame = sheet.frames[sheet.frame_of[column]]
            found = found + group_total(sheet.columns[column].or_else(0).numerator, frame.partners, len(found))
    return np.array([found.sum()]) if per == "program" else among(sheet.partners, found, book.frames[PARTNERS])


def opening_bank(name: str, book: Book) -> Integers:
    """What the bank of a limit held at the end of the period before."""
    sheets = book.earlier.since(date.min, book.period)
    if not sheets:
        return np.zeros(len(book.frames[PARTNERS]), dtype=np.int64)
    before = sheets[-1]
    return among(before.partners, before.columns[f"{name}.bank"].numerator, book.frames[PARTNERS])


def among(theirs: Frame, values: Integers, ours: Frame) -> Integers:
    """Values of the partners of one frame in the order of another's; zero for those who were not there."""
    if not len(theirs):
        return np.zeros(len(ours), dtype=np.int64)
    at = np.minimum(np.searchsorted(theirs.keys, ours.keys), len(theirs) - 1)
    found: Integers = np.where(theirs.keys[at] == ours.keys, values[at], 0)
    return found


def lines_of_partners(partners: Frame, rows: NDArray[np.int64]) -> Frame:
    """A frame of lines that are of partners, and of no row of a source."""
    return Frame(PARTNERS, partners.keys[rows], partners.records[rows], rows.astype(np.int64))


def top_up(step: TopUp, book: Book, facts: Facts) -> None:
    """What is missing to the least that a partner with lines gets."""
    partners = book.frames[PARTNERS]
    sums, has_lines = np.zeros(len(partners), dtype=np.int64), np.zeros(len(partners), dtype=bool)
    for name, of in step.lines:
        frame, lines = book.frames[of], book.columns[name]
        known = lines.is_known()
        sums = sums + group_total(np.where(known, lines.numerator, 0), frame.partners, len(partners))
        has_lines[frame.partners[known]] = True
    rows = np.flatnonzero(has_lines & (sums < step.limit.amount_minor))
    book.frames[f"{step.name}.rows"] = lines_of_partners(partners, rows)
    book.write(step.name, f"{step.name}.rows", Exact(step.limit.amount_minor - sums[rows]))
