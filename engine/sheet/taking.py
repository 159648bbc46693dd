"""Which lines the returns of a period undo, so that a limit leaves them no more to take back than is paid in the end.

In: the lines of a limit, and the returns among them. Out: by the position of each return, the pieces of lines that it
undoes (`rules.quantities.taken`); and what earlier periods had cut off rows whose tiers are emptied now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.sheet.book import Book
from engine.sheet.lines import order_of
from engine.values import PARTNERS, Back, Emptied, Fall, Frame, Limit, Sheet, Taken
from rules.expressions.columnar import EPOCH
from rules.quantities.exact import Exact, Integers
from rules.quantities.taken import Part, Pieces, Top, tops

Earner = tuple[int, str, int]  # of a line: the record of its row, its partner, and which of the partner's shares it is


def earners(frame: Frame, rows: NDArray[np.int64], keys: NDArray[np.object_], of: Integers) -> list[Earner]:
    """Who earns some lines of a frame, on which records `of` (n,) of another table; the shares of one row are counted
    in the order of its lines, so that they are told apart in any period."""
    seen: dict[tuple[int, int], int] = {}
    found: list[Earner] = []
    for at in rows.tolist():
        event = int(frame.records[at]), int(frame.partners[at])
        found.append((int(of[at]), str(keys[event[1]]), seen.get(event, 0)))
        seen[event] = seen.get(event, 0) + 1
    return found


def lines_by_earner(frame: Frame, lines: Exact, keys: NDArray[np.object_], wanted: Integers) -> dict[Earner, int]:
    """The rows of a frame with lines, of some records, by who earns them."""
    rows = np.flatnonzero(lines.is_known() & np.isin(frame.records, wanted))
    return dict(zip(earners(frame, rows, keys, frame.records), rows.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Undone:
    """What returns undo: their pieces by the position among all lines, and what is forgiven of each, in minor units."""

    pieces: Pieces
    forgiven: Mapping[int, int]


def undone(step: Limit, book: Book, starts: Mapping[str, int]) -> Undone:
    """What the returns among the lines of a limit undo; `starts` is where those of each frame begin."""
    pieces: dict[int, list[Part | Top]] = {}
    forgiven: dict[int, int] = {}
    columns = {frame: column for frame, column, _, _ in step.tracks}
    for taken in step.taken:
        pieces |= _parts(taken, book, columns[taken.rows], starts)
    for emptied in step.emptied:
        for each in _tops(emptied, book):
            position, top = starts[each.frame] + each.row, each.top
            if each.line is not None:
                line = starts[emptied.rows.frame] + each.line
                pieces.setdefault(position, []).append(Top(line, top.before, top.after))
            elif emptied.is_first:
                forgiven[position] = forgiven.get(position, 0) + top.of(each.due_minor) - top.of(each.paid_minor)
    return Undone(pieces, forgiven)


def _parts(taken: Taken, book: Book, column: str, starts: Mapping[str, int]) -> dict[int, list[Part | Top]]:
    """The part of a line of this period that each return takes back."""
    back, frame, keys = taken.back, book.frames[taken.returns], book.frames[PARTNERS].keys
    lines = book.columns[column]
    rows = now(frame)
    if not len(rows):
        return {}
    records = book.columns[back.row].numerator
    there = lines_by_earner(book.frames[taken.rows], lines, keys, records[rows])
    ends = [book.columns[f"{back.name}.{side}"] for side in ("part_before", "part_with")]
    found: dict[int, list[Part | Top]] = {}
    for at, earner in zip(rows.tolist(), earners(frame, rows, keys, records), strict=True):
        row = there.get(earner)
        if row is not None and lines.numerator[row] > 0:
            before, after = (column.fraction(at) or Fraction(0) for column in ends)
            piece = Part(starts[taken.rows] + row, before, after, taken.terms.rounding, taken.terms.step_minor)
            found[starts[taken.returns] + at] = [piece]
    return found


def now(frame: Frame) -> NDArray[np.int64]:
    """The rows of a frame that count in the period."""
    return np.arange(len(frame), dtype=np.int64) if frame.earlier is None else np.flatnonzero(~frame.earlier)


def in_full(back: Back, frame: Frame, columns: Mapping[str, Exact], first: date) -> NDArray[np.int64]:
    """The returns of the period with which all of a row is returned that counted on or after a first day."""
    ends = [
        columns[f"{back.name}.{side}"].compare(Exact.constant(1, len(frame))) for side in ("part_before", "part_with")
    ]
    is_last = (ends[0] < 0) & (ends[1] == 0)
    if back.day is not None:
        is_last &= columns[back.day].numerator + back.lock_days >= (first - EPOCH).days
    found: NDArray[np.int64] = now(frame)[is_last[now(frame)]]
    return found


@dataclass(frozen=True, slots=True)
class _Falling:
    """How far a return, the `row` of a frame, lets one row fall: a line of the period, or None of an earlier one; what
    that was due and is paid, in minor units."""

    frame: str
    row: int
    line: int | None
    due_minor: int
    paid_minor: int
    top: Top


def _tops(emptied: Emptied, book: Book) -> Iterator[_Falling]:
    """What each return of the period empties."""
    falls = (emptied.rows, *emptied.returns)
    frames = [book.frames[fall.frame] for fall in falls]
    if not any(len(now(frame)) for frame in frames[1:]):
        return
    dues = Dues(emptied, book)
    for mine in stacks(falls, book):
        values = [dues.of(*at) for at in mine]
        found = tops([due for due, _ in values], [track > 0 for track, _ in mine])
        for at, each in found.items():
            track, place = mine[at]
            for top in each if _is_now(frames[track], place) else ():
                of, row = mine[top.row]
                line = row if _is_now(frames[of], row) else None
                yield _Falling(falls[track].frame, place, line, *values[top.row], top)


def _is_now(frame: Frame, row: int) -> bool:
    return frame.earlier is None or not frame.earlier[row]


def stacks(falls: tuple[Fall, ...], book: Book) -> Iterator[list[tuple[int, int]]]:
    """The rows and returns of each running total that a return of the period falls by, in their order: the place of
    each among the `falls`, the first of which is of rows, and its row there."""
    frames = [book.frames[fall.frame] for fall in falls]
    groups = _groups(falls, frames, book)
    places = np.concatenate([np.arange(len(frame)) for frame in frames])
    tracks = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    keys = [Exact.joined([book.columns[fall.order[at]] for fall in falls]) for at in range(len(falls[0].order))]
    order = order_of(keys, len(places))
    is_now = np.concatenate([np.isin(np.arange(len(frame)), now(frame)) for frame in frames])
    wanted = np.isin(groups, np.unique(groups[is_now & (tracks > 0)]))
    queue = np.flatnonzero(wanted)
    queue = queue[np.lexsort((order[queue], groups[queue]))]
    for group in np.split(queue, np.flatnonzero(np.diff(groups[queue])) + 1):
        yield list(zip(tracks[group].tolist(), places[group].tolist(), strict=True))


def _groups(falls: tuple[Fall, ...], frames: list[Frame], book: Book) -> NDArray[np.int64]:
    """Whose running total each row is of: a partner's, or one contract or stretch of it."""
    partners = np.concatenate([frame.partners for frame in frames])
    if falls[0].split is None:
        return partners
    splits = np.concatenate([book.columns[str(fall.split)].numerator for fall in falls])
    found: NDArray[np.int64] = np.unique(np.stack([partners, splits]), axis=1, return_inverse=True)[1].reshape(-1)
    return found


class Dues:
    """What rows and returns were due before any limit, and what earlier periods paid rows in the end."""

    def __init__(self, emptied: Emptied, book: Book) -> None:
        self._emptied, self._book = emptied, book
        self._sheets: dict[tuple[str, str], dict[Earner, int]] = {}
        falls = (emptied.rows, *emptied.returns)
        keys = book.frames[PARTNERS].keys
        self._earners = [
            earners(book.frames[fall.frame], np.arange(len(book.frames[fall.frame])), keys,
                    book.frames[fall.frame].records) for fall in falls
        ]  # fmt: skip

    def of(self, track: int, row: int) -> tuple[int, int]:
        """What a row was due and is paid; nothing where it was not paid at all."""
        fall = (self._emptied.rows, *self._emptied.returns)[track]
        frame, lines = self._book.frames[fall.frame], self._book.columns[fall.lines]
        if frame.earlier is None or not frame.earlier[row]:
            due = int(lines.numerator[row]) if lines.is_known()[row] else 0
            return due, due
        sheet = self._holding(fall, row)
        if sheet is None:
            return 0, 0
        if sheet.version:
            self._book.earlier.refuse_other_rule(self._emptied.rows.lines, self._book.period, sheet)
        names = fall.lines, self._emptied.earlier if track == 0 else fall.lines
        due, paid = (self._found(sheet, fall, name).get(self._earners[track][row], 0) for name in names)
        return due, paid

    def _holding(self, fall: Fall, row: int) -> Sheet | None:
        assert fall.day is not None, "rows of earlier periods have a day"
        lock = self._emptied.lock_days if fall is self._emptied.rows else 0
        day = EPOCH + timedelta(days=int(self._book.columns[fall.day].numerator[row]) + lock)
        return self._book.earlier.holding(day, self._book.period)

    def _found(self, sheet: Sheet, fall: Fall, name: str) -> dict[Earner, int]:
        at = sheet.period.name, name
        if at not in self._sheets:
            frame, lines = sheet.frames[fall.frame], sheet.columns[name]
            rows = np.flatnonzero(lines.is_known())
            who = earners(frame, rows, sheet.partners.keys, frame.records)
            self._sheets[at] = dict(zip(who, lines.numerator[rows].tolist(), strict=True))
        return self._sheets[at]
