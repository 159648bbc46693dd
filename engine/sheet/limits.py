"""Limits on the lines of a payout: caps and budgets over a stretch of time, banks of what was cut, and floors.

All in whole minor units that were rounded already: lines are cut, released or added, and nothing is rounded again.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.sheet.book import Book
from engine.sheet.lines import order_of, unknown_rows
from engine.values import PARTNERS, ROOM_MAX_MINOR, Facts, Frame, Limit, Sheet, TopUp
from rules.payouts.meaning import LimitMeaning
from rules.problem import Refused
from rules.quantities.exact import Exact, Integers, group_total
from rules.quantities.limits import cap_in_order, cap_pro_rata


def limit(step: Limit, book: Book, facts: Facts) -> None:
    """The lines that are left below a limit, those of all tracks counted together; a bank releases what it holds."""
    spec = step.limit.spec
    frames = [book.frames[frame] for frame, *_ in step.tracks]
    lines = Exact.joined([book.columns[name] for _, name, _, _ in step.tracks])
    partners = np.concatenate([frame.partners for frame in frames])
    known = lines.is_known()
    amounts = np.where(known, lines.numerator, 0)
    groups = partners if spec.per == "partner" else np.zeros_like(partners)
    count = len(book.frames[PARTNERS]) if spec.per == "partner" else 1
    room = room_of(step, book, count)
    places = range(len(step.tracks[0][3]))
    if spec.cut == "in_order":
        keys = [Exact.joined([book.columns[by[place]] for *_, by in step.tracks]) for place in places]
        kept = cap_in_order(amounts, groups, room, order_of(keys, len(amounts)), last=spec.last)
    else:
        kept = cap_pro_rata(amounts, groups, room, np.arange(len(amounts), dtype=np.int64))
    start = 0
    for (name, _, column, _), frame in zip(step.tracks, frames, strict=True):
        rows = slice(start, start + len(frame))
        start += len(frame)
        book.write(column, name, Exact(kept[rows], 1, None if known[rows].all() else known[rows]))
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


def room_of(step: Limit, book: Book, count: int) -> Integers:
    """What a limit leaves for this period, (count,): its amount less what earlier periods of its stretch paid by it.

    A cut in order is the end: where an earlier period cut a line, none that comes later is paid.
    """
    spec = step.limit.spec
    fixed: Integers = np.full(count, step.limit.amount_minor, dtype=np.int64)
    room = fixed if step.of is None else _of_partners(step, book, count)
    for sheet in book.earlier.since(first_day(step.limit, book), book.period) if spec.over != "period" else []:
        room = room - _by_group(step, sheet, book, paid_by(step, sheet))
        if spec.cut == "in_order":
            room = np.where(_by_group(step, sheet, book, cut_by(step, sheet)) > 0, 0, room)
    return np.maximum(room, 0)


def _of_partners(step: Limit, book: Book, count: int) -> Integers:
    """The most of each partner, (count,): a rate of what it has, rounded down, and nothing where that is below zero."""
    rate = step.limit.spec.at_most.rate if step.limit.spec.at_most is not None else None
    assert step.of is not None and rate is not None, "a limit of partners is a rate of something"
    partners, has = book.frames[book.frame_of[step.of]].partners, book.columns[step.of]
    most = (has * Exact.constant(rate, len(has))).or_else(0)
    found = np.zeros(count, dtype=np.int64)
    is_known, is_paid = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    found[partners] = np.clip(most.numerator // most.denominator, 0, ROOM_MAX_MINOR)
    is_known[partners] = has.is_known()
    for name, lines, _, _ in step.tracks:  # who is paid nothing needs no limit
        is_paid[book.frames[name].partners[book.columns[lines].is_known()]] = True
    if (is_paid & ~is_known).any():
        why = "what its limit is a rate of is unknown"
        raise Refused(*unknown_rows(step, book.frames[PARTNERS], is_known | ~is_paid, "F314", why))
    return found


def _by_group(step: Limit, sheet: Sheet, book: Book, found: Integers) -> Integers:
    """Amounts of an earlier sheet's partners, in the order of this period's, or in all."""
    if step.limit.spec.per == "program":
        return np.array([found.sum()])
    return among(sheet.partners, found, book.frames[PARTNERS])


def first_day(meaning: LimitMeaning, book: Book) -> date:
    """The first day of the stretch that a limit holds over."""
    if meaning.spec.over == "fiscal_year":
        return book.calendar.fiscal_year(book.period.start).start
    return meaning.during.first if meaning.during is not None else date.min


def paid_by(step: Limit, sheet: Sheet) -> Integers:
    """What an earlier period paid by a limit to each of its partners, released amounts included."""
    found = np.zeros(len(sheet.partners), dtype=np.int64)
    for column in step.written:
        frame = sheet.frames[sheet.frame_of[column]]
        found = found + group_total(sheet.columns[column].or_else(0).numerator, frame.partners, len(found))
    return found


def cut_by(step: Limit, sheet: Sheet) -> Integers:
    """What an earlier period cut off the lines of each of its partners."""
    found = np.zeros(len(sheet.partners), dtype=np.int64)
    for name, before, after, _ in step.tracks:
        cut = (sheet.columns[before].or_else(0) - sheet.columns[after].or_else(0)).numerator
        found = found + group_total(cut, sheet.frames[name].partners, len(found))
    return found


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
