"""Why a measure has its value for one partner: its rows gone through one by one, in plain Python and fractions.

The twin of `engine.facts.measures`: it reads the partner's rows unfiltered and works out again which count, by the
law of `rules.expressions.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from engine.values import TrailRow
from rules.expressions.evaluate import evaluate
from rules.meaning import MeasureMeaning

Days = tuple[date | None, date | None]
Counted = tuple[TrailRow, Fraction]


def counted_rows(measure: MeasureMeaning, rows: Sequence[TrailRow], days: Days) -> list[Counted] | None:
    """The rows that count, each with what it brings: its value (1 for a count) times the partner's share of it.

    None where a row that counts has a blank value, and the measure may not leave it out.
    """
    inside = [row for row in rows if _is_dated(measure, row, days) and _holds(measure, row)]
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
