"""Why a measure has its value for one partner: its rows gone through one by one, in plain Python and fractions.

The twin of `engine.facts.measures`: it reads the partner's rows unfiltered and works out again which count, by the
law of `rules.expressions.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from heapq import nsmallest

from engine.values import TrailRow
from rules.expressions.evaluate import Value, evaluate
from rules.meaning import MeasureMeaning

Days = tuple[date | None, date | None]
Counted = tuple[TrailRow, Fraction]


@dataclass(frozen=True, slots=True)
class Gone:
    """What going through the rows of a measure found: how many `rows` there are and how many are `counted`; of those
    `listed` (of a distinct count the first with each value, else all) what they `brought`, and the largest, `told`.

    `value` and `below` are the measure and what it is divided by. `value` is unknown where one that counts `has_blank`
    cells, or where the measure `has_no_days`.
    """

    rows: int
    counted: int
    listed: int
    brought: Fraction
    told: Sequence[Counted]
    value: Fraction | None
    below: Fraction
    has_blank: bool = False
    has_no_days: bool = False


def gone_through(measure: MeasureMeaning, rows: Sequence[TrailRow], days: Days | None, most: int | None) -> Gone:
    """What the rows of one partner come to; at most so many are told, the largest first."""
    found = None if days is None else counted_rows(measure, rows, days)
    if found is None:
        return Gone(len(rows), 0, 0, Fraction(0), (), None, Fraction(1), days is not None, days is None)
    value, below = aggregated(measure, found)
    listed = _distinct(measure, found)
    brought = added(each for _, each in listed)
    return Gone(len(rows), len(found), len(listed), brought, largest(listed, most), value, below)


def _distinct(measure: MeasureMeaning, counted: Sequence[Counted]) -> Sequence[Counted]:
    """The rows to tell: of a distinct count the first with each value, else all."""
    if measure.aggregate != "count_distinct" or measure.value is None:
        return counted
    first: dict[Value, Counted] = {}
    for each in counted:
        first.setdefault(evaluate(measure.value, each[0].cells.__getitem__), each)
    return list(first.values())


def largest(counted: Sequence[Counted], most: int | None) -> Sequence[Counted]:
    """The largest rows first, at most so many; which are looked for alone, as fractions are slow to compare."""

    def by_size(each: Counted) -> tuple[Fraction | int, str]:
        size = -abs(each[1])
        return size.numerator if size.denominator == 1 else size, each[0].key

    return sorted(counted, key=by_size) if most is None else nsmallest(most, counted, key=by_size)


def counted_rows(measure: MeasureMeaning, rows: Sequence[TrailRow], days: Days) -> list[Counted] | None:
    """The rows that count, each with what it brings: its value (1 for a count) times the partner's share of it.

    None where a row that counts has a blank value, and the measure may not leave it out.
    """
    inside = [row for row in rows if is_inside(measure, row, days)]
    if measure.latest_of is not None:
        inside = _latest(measure, inside)
    found = []
    for row in inside:
        value = Fraction(1)
        if measure.value is not None and measure.aggregate != "count_distinct":
            known = evaluate(measure.value, row.cells.__getitem__)
            if known is None and measure.leaves_blanks_out:
                continue
            if known is None:
                return None
            assert isinstance(known, Fraction | int), "a measure is a number"
            value = Fraction(known)
        elif measure.value is not None and evaluate(measure.value, row.cells.__getitem__) is None:
            continue
        found.append((row, value if row.share == 1 else value * row.share))
    return found


def aggregated(measure: MeasureMeaning, counted: Sequence[Counted]) -> tuple[Fraction | None, Fraction]:
    """The measure of rows that count: what is measured, and what it is divided by."""
    values = [value for _, value in counted]
    match measure.aggregate:
        case "sum" | "count":
            return added(values), Fraction(1)
        case "count_distinct":
            assert measure.value is not None
            tree = measure.value
            return Fraction(len({evaluate(tree, row.cells.__getitem__) for row, _ in counted})), Fraction(1)
        case "mean":
            return added(values), Fraction(len(values))
    if not values:
        return None, Fraction(1)
    ordered = sorted(values)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[-middle - 1]) / 2, Fraction(1)


def added(values: Iterable[Fraction]) -> Fraction:
    """The sum; whole numbers are added as such, which is faster."""
    listed = list(values)
    if all(each.denominator == 1 for each in listed):
        return Fraction(sum(each.numerator for each in listed))
    return sum(listed, Fraction(0))


def is_inside(measure: MeasureMeaning, row: TrailRow, days: Days) -> bool:
    """Whether a row lies in the days of a measure and fulfils its condition."""
    return _is_dated(measure, row, days) and _holds(measure, row)


def _is_dated(measure: MeasureMeaning, row: TrailRow, days: Days) -> bool:
    if measure.rows.dated is None:
        return True
    day = row.cells[measure.rows.dated]
    if day is None:
        return False
    assert isinstance(day, date)
    first, end = days
    return (first is None or day >= first) and (end is None or day < end)


def _holds(measure: MeasureMeaning, row: TrailRow) -> bool:
    return measure.rows.where is None or evaluate(measure.rows.where, row.cells.__getitem__) is True


def _latest(measure: MeasureMeaning, rows: Sequence[TrailRow]) -> list[TrailRow]:
    """Of several rows with the same value, the one with the latest date; of those, the last by key."""
    assert measure.latest_of is not None and measure.rows.dated is not None
    by_value: dict[object, tuple[date, TrailRow]] = {}
    for row in rows:  # in the order of their keys
        value, day = row.cells[measure.latest_of], row.cells[measure.rows.dated]
        assert isinstance(day, date)
        before = by_value.get(value)
        if before is None or day >= before[0]:
            by_value[value] = day, row
    return [row for _, row in by_value.values()]
