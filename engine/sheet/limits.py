"""Limits on the lines of a payout: caps and budgets over a stretch of time, banks of what was cut, and floors.

All in whole minor units that were rounded already: lines are cut, released or added, and nothing is rounded again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from engine.sheet.book import Book
from engine.sheet.lines import order_of, unknown_rows
from engine.sheet.positions import since_told, standing_minor
from engine.sheet.rolling import on_accounts, roll_forward
from engine.sheet.taking import in_full, undone
from engine.values import ACCOUNTS, PARTNERS, ROOM_MAX_MINOR, Facts, Frame, Limit, Sheet, TopUp
from engine.values.rolls import BANKED, RELEASED, bank_of
from rules.balances.meaning import OPENING
from rules.payouts.meaning import LimitMeaning
from rules.problem import Refused
from rules.quantities.exact import Exact, Flags, Integers, group_total
from rules.quantities.limits import cap_in_order, cap_pro_rata, floor_top_up


def limit(step: Limit, book: Book, facts: Facts) -> None:
    """The lines that are left below a limit, those of all tracks counted together; a bank releases what it holds.

    A return among them takes back what the limit leaves of the lines that it undoes.
    """
    spec = step.limit.spec
    frames = [book.frames[frame] for frame, *_ in step.tracks]
    lines = Exact.joined([book.columns[name] for _, name, _, _ in step.tracks])
    partners = np.concatenate([frame.partners for frame in frames])
    known = lines.is_known()
    amounts = np.where(known, lines.numerator, 0)
    groups = partners if spec.per == "partner" else np.zeros_like(partners)
    count = len(book.frames[PARTNERS]) if spec.per == "partner" else 1
    room, ended = room_of(step, book, count)
    ends = np.cumsum([len(frame) for frame in frames])
    back = undone(
        step,
        book,
        {track[0]: int(end) - len(frame) for track, end, frame in zip(step.tracks, ends, frames, strict=True)},
    )
    for at, forgiven in back.forgiven.items():
        amounts[at] += forgiven
    if spec.cut == "in_order":
        places = range(len(step.tracks[0][3]))
        keys = [Exact.joined([book.columns[by[place]] for *_, by in step.tracks]) for place in places]
        kept = cap_in_order(amounts, groups, room, order_of(keys, len(amounts)), spec.last, back.pieces, ended)
    else:
        kept = cap_pro_rata(amounts, groups, room, np.arange(len(amounts), dtype=np.int64), back.pieces)
    for (name, _, column, _), frame, end in zip(step.tracks, frames, ends.tolist(), strict=True):
        rows = slice(end - len(frame), end)
        book.write(column, name, Exact(kept[rows], 1, None if known[rows].all() else known[rows]))
    if spec.excess == "banked":
        _bank(step, book, room, group_total(amounts, groups, count), group_total(kept, groups, count))


def _bank(step: Limit, book: Book, room: Integers, due: Integers, kept: Integers) -> None:
    """What a bank held, takes in and releases for each partner: a balance that rolls forward."""
    bank, of_partners = bank_of(step), book.frames[PARTNERS]
    opening = book.columns[f"{bank}.{OPENING}"].numerator
    released = np.maximum(np.minimum(opening, room - kept), 0)
    moves = {BANKED: Exact(due - kept), RELEASED: Exact(-released)}
    accounts = book.frames[ACCOUNTS]
    roll_forward(bank, {name: on_accounts(each, PARTNERS, accounts) for name, each in moves.items()}, book)
    rows = np.flatnonzero(released > 0)
    name = f"{step.name}.released"
    book.frames[f"{name}.rows"] = lines_of_partners(of_partners, rows)
    book.write(name, f"{name}.rows", Exact(released[rows]))


def room_of(step: Limit, book: Book, count: int) -> tuple[Integers, Flags]:
    """What a limit leaves for this period: its amount less what earlier periods of its stretch paid by it and what its
    position tells of the year so far, and whether one of them came to the end of a limit whose last line is not cut;
    (count,) each."""
    spec = step.limit.spec
    fixed: Integers = np.full(count, step.limit.amount_minor, dtype=np.int64)
    room = fixed if step.of is None else _of_partners(step, book, count)
    ended = np.zeros(count, dtype=bool)
    room = room - standing_minor(step, book, count)
    first = since_told(step, first_day(step.limit, book), book)
    for sheet in book.earlier.since(first, book.period) if spec.over != "period" else []:
        room = room - _by_group(step, sheet, book, paid_by(step, sheet))
        if spec.cut == "in_order" and spec.last == "none":
            ended |= _by_group(step, sheet, book, cut_by(step, sheet)) > 0
    return np.maximum(room, 0), ended


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
    """What an earlier period paid by a limit to each of its partners, what was released and topped up included."""
    found = np.zeros(len(sheet.partners), dtype=np.int64)
    for column in (*step.written, *step.floors):
        frame = sheet.frames[sheet.frame_of[column]]
        found = found + group_total(sheet.columns[column].or_else(0).numerator, frame.partners, len(found))
    return found


def cut_by(step: Limit, sheet: Sheet) -> Integers:
    """How many lines above zero an earlier period cut of each of its partners."""
    found = np.zeros(len(sheet.partners), dtype=np.int64)
    for name, before, after, _ in step.tracks:
        due, left = (sheet.columns[column].or_else(0).numerator for column in (before, after))
        found = found + np.bincount(sheet.frames[name].partners[(due > 0) & (left < due)], minlength=len(found))
    return found


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
    """What is missing to the least that a partner with lines gets, as far as the caps leave room; of several periods
    together, in the last of them."""
    partners = book.frames[PARTNERS]
    first, is_end = book.period.start, True
    if step.limit.spec.over != "period":
        first, is_end = first_day(step.limit, book), book.period.start <= _last_day(step, book) < book.period.end
    first = since_told(step, first, book)
    now, lines = _sums_of(step, first, book.frames, book.columns)
    stood = standing_minor(step, book, len(partners))
    sums, lines = now + stood, lines + (stood != 0)
    for sheet in book.earlier.since(first, book.period) if is_end and step.limit.spec.over != "period" else []:
        found = _sums_of(step, first, sheet.frames, sheet.columns)
        sums = sums + among(sheet.partners, found[0], partners)
        lines = lines + among(sheet.partners, found[1], partners)
    missing = np.where(is_end & (lines > 0), floor_top_up(sums, np.full_like(sums, step.limit.amount_minor)), 0)
    for cap in step.caps:
        is_own = cap.limit.spec.per == "partner"
        room, _ = room_of(cap, book, len(partners) if is_own else 1)
        left = np.maximum(room - (now if is_own else now.sum(keepdims=True)), 0)
        places = np.arange(len(partners), dtype=np.int64)
        missing = cap_pro_rata(missing, places if is_own else np.zeros_like(places), left, places)
    rows = np.flatnonzero(missing > 0)
    book.frames[f"{step.name}.rows"] = lines_of_partners(partners, rows)
    book.write(step.name, f"{step.name}.rows", Exact(missing[rows]))


def _last_day(step: TopUp, book: Book) -> date:
    """The last day of the stretch over which a least holds, or of the program."""
    meaning = step.limit
    if meaning.spec.over == "fiscal_year":
        return min(book.calendar.fiscal_year(book.period.start).last, book.earlier.last)
    assert meaning.during is not None, "what has no end was refused"
    return min(meaning.during.last + timedelta(days=step.lock_days), book.earlier.last)


def _sums_of(
    step: TopUp, first: date, frames: Mapping[str, Frame], columns: Mapping[str, Exact]
) -> tuple[Integers, Integers]:
    """What the lines of each partner come to in a sheet, and how many there are that are no returns, less the rows of
    the stretch, since its `first` day, that are returned in full."""
    count = len(frames[PARTNERS])
    sums: Integers = np.zeros(count, dtype=np.int64)
    lines: Integers = np.zeros(count, dtype=np.int64)
    returns = {f"{back.name}.rows" for back in step.returns}
    for name, of in step.lines:
        known = columns[name].is_known()
        sums = sums + group_total(np.where(known, columns[name].numerator, 0), frames[of].partners, count)
        if of not in returns:
            lines = lines + np.bincount(frames[of].partners[known], minlength=count)
    for back in step.returns:
        frame = frames[f"{back.name}.rows"]
        gone = in_full(back, frame, columns, first)
        lines = lines - np.bincount(frame.partners[gone], minlength=count)
    return sums, lines
