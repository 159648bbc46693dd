"""What the returns among the lines of a limit undo, worked out again: of each, the pieces of lines that it takes back.

In: a limit, a sheet, the lines that count together, by their track and row. Out: pieces by the place of a return among
these lines, and what is forgiven of each, since an earlier period had cut it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import numpy as np

from engine.explain.returns import holding, line_of, parts_of
from engine.values import Emptied, Fall, Limit, Sheet
from rules.expressions.columnar import EPOCH
from rules.quantities.taken import Part, Top, tops

Which = tuple[int, int]  # a line: its track, and its row there


@dataclass(frozen=True, slots=True)
class Undone:
    """What each return undoes: lines with their piece, and what is forgiven, in minor units."""

    pieces: Mapping[Which, list[tuple[Which, Part | Top]]]
    forgiven: Mapping[Which, int]


def undone(step: Limit, counted: list[Which], sheet: Sheet) -> Undone:
    """What the returns of the period among the lines of a limit undo."""
    tracks = {track[0]: at for at, track in enumerate(step.tracks)}
    pieces: dict[Which, list[tuple[Which, Part | Top]]] = {}
    forgiven: dict[Which, int] = {}
    for taken in step.taken:
        rows, returns = tracks[taken.rows], tracks[taken.returns]
        lines = step.tracks[rows][1]
        for track, row in counted:
            if track != returns:
                continue
            record = int(sheet.columns[taken.back.row].fraction(row) or 0)
            at = line_of(record, taken.returns, row, sheet, lines, sheet)
            if at is not None and (sheet.columns[lines].fraction(at) or 0) > 0:
                ends = parts_of(taken.back, taken.returns, row, sheet)
                piece = Part(at, *ends, taken.terms.rounding, taken.terms.step_minor)
                pieces[track, row] = [((rows, at), piece)]
    for emptied in step.emptied:
        for frame, row, top, line, values in _tops(emptied, counted, tracks, sheet):
            which = tracks[frame], row
            if line is not None:
                pieces.setdefault(which, []).append(((tracks[emptied.rows.frame], line), top))
            elif emptied.is_first:
                forgiven[which] = forgiven.get(which, 0) + top.of(values[0]) - top.of(values[1])
    return Undone(pieces, forgiven)


def _tops(
    emptied: Emptied, counted: list[Which], tracks: Mapping[str, int], sheet: Sheet
) -> Iterator[tuple[str, int, Top, int | None, tuple[int, int]]]:
    """How far each return lets which row fall: the frame and row of the return; the row, if it is a line of the period;
    and what that was due and is paid."""
    falls = (emptied.rows, *emptied.returns)
    wanted = {group_of(fall, row, sheet) for fall in emptied.returns for at, row in counted if at == tracks[fall.frame]}
    for members in stacks(falls, wanted, sheet):
        values = [line_values(emptied, falls[at], row, sheet) for at, row in members]
        for of, each in tops([due for due, _ in values], [at > 0 for at, _ in members]).items():
            at, row = members[of]
            if not _is_earlier(falls[at], row, sheet):
                for top in each:
                    line = None if _is_earlier(falls[0], members[top.row][1], sheet) else members[top.row][1]
                    yield falls[at].frame, row, top, line, values[top.row]


def stacks(
    falls: tuple[Fall, ...], wanted: Collection[tuple[int, Fraction]], sheet: Sheet
) -> Iterator[list[tuple[int, int]]]:
    """The rows and returns of each wanted running total, in their order: of each its place among the `falls`, and its
    row there."""
    groups: dict[tuple[int, Fraction], list[tuple[tuple[tuple[bool, Fraction], ...], int, int]]] = {}
    for at, fall in enumerate(falls):
        for row in range(len(sheet.frames[fall.frame])):
            if (group := group_of(fall, row, sheet)) in wanted:
                found = [sheet.columns[name].fraction(row) for name in fall.order]
                place = tuple((value is None, value or Fraction(0)) for value in found)
                groups.setdefault(group, []).append(((*place, (False, Fraction(at)), (False, Fraction(row))), at, row))
    for members in groups.values():
        yield [(at, row) for _, at, row in sorted(members)]


def group_of(fall: Fall, row: int, sheet: Sheet) -> tuple[int, Fraction]:
    """Whose running total a row is of, and of which contract or stretch."""
    split = None if fall.split is None else sheet.columns[fall.split].fraction(row)
    return int(sheet.frames[fall.frame].partners[row]), split or Fraction(0)


def _is_earlier(fall: Fall, row: int, sheet: Sheet) -> bool:
    earlier = sheet.frames[fall.frame].earlier
    return earlier is not None and bool(earlier[row])


def line_values(emptied: Emptied, fall: Fall, row: int, sheet: Sheet) -> tuple[int, int]:
    """What a row was due, and what it is paid in the end if it is of an earlier period; nothing where it is no line."""
    frame = sheet.frames[fall.frame]
    if not _is_earlier(fall, row, sheet):
        due = int(sheet.columns[fall.lines].fraction(row) or 0)
        return due, due
    lock = emptied.lock_days if fall is emptied.rows else 0
    day = EPOCH + timedelta(days=int(sheet.columns[str(fall.day)].fraction(row) or 0) + lock)
    if not any(each.period.start <= day < each.period.end for each in sheet.earlier.values()):
        return 0, 0
    of = holding(day, sheet)
    at = line_of(int(frame.records[row]), fall.frame, row, sheet, fall.lines, of)
    names = fall.lines, emptied.earlier if fall is emptied.rows else fall.lines
    due, paid = (0 if at is None else int(of.columns[name].fraction(at) or 0) for name in names)
    return due, paid


def in_turn(queue: list[Which], pieces: Mapping[Which, list[tuple[Which, Part | Top]]]) -> list[Which]:
    """Lines in their order, but no return before a line that it undoes."""
    place = {which: at for at, which in enumerate(queue)}

    def turn(which: Which) -> tuple[int, bool, int]:
        last = max((place[line] for line, _ in pieces.get(which, ())), default=-1)
        return max(place[which], last), last > place[which], place[which]

    return sorted(queue, key=turn)


def minor(value: Fraction | None) -> int:
    """A line in whole minor units."""
    assert value is not None and value.denominator == 1, "a line is whole minor units"
    return value.numerator


def of_partner(sheet: Sheet, name: str, partner: int) -> list[int]:
    """The rows of a frame that are a partner's."""
    return [int(row) for row in np.flatnonzero(sheet.frames[name].partners == partner)]
