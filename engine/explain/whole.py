"""Why a measure has its value for the whole program: its rows gone through some at a time, and never held all at once.

In: the rows of a measure, as many as are alike at once. Whether they count is worked out again for each such group, in
plain Python; what differs between them, the amounts that are added up, comes as an exact sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction

from engine.explain.measure import Counted, Days, Gone, gone_through, is_inside, largest
from engine.values import TrailGroup, TrailRow
from rules.expressions.evaluate import Value, evaluate
from rules.meaning import MeasureMeaning

_KEPT_MAX = 2_000  # of the rows that may be among the largest


def gone_through_whole(
    measure: MeasureMeaning, groups: Iterable[TrailGroup], days: Days | None, most: int | None
) -> Gone:
    """What the rows of the whole program come to; at most `most` are told, the largest first."""
    if most is None or measure.latest_of is not None:  # which row counts rests on the others
        return gone_through(measure, [row for group in groups for row in group.largest], days, most)
    if measure.aggregate == "count_distinct":
        return _distinct(measure, groups, days, most)
    rows = counted = 0
    brought, has_blank = Fraction(0), False
    told: list[Counted] = []
    values: Counter[Fraction] = Counter()
    for group in groups:
        rows += group.count
        row = group.largest[0]
        if days is None or has_blank or not is_inside(measure, row, days):
            continue
        known = [(each, value) for each in group.largest if (value := _value(measure, each)) is not None]
        blanks = group.blanks if group.total is not None else 0 if known else group.count
        if blanks and not measure.leaves_blanks_out:
            has_blank = True
        if not known:
            continue
        count = group.count - blanks
        counted += count
        brought += known[0][1] * count if group.total is None else group.total * row.share
        if measure.aggregate == "median":
            values[known[0][1]] += count
        told = _kept([*told, *known], most)
    if days is None or has_blank:
        return Gone(rows, 0, 0, Fraction(0), (), None, Fraction(1), has_blank, days is None)
    value, below = _aggregated(measure, brought, counted, values)
    return Gone(rows, counted, counted, brought, largest(told, most), value, below)


def _aggregated(
    measure: MeasureMeaning, brought: Fraction, counted: int, values: Counter[Fraction]
) -> tuple[Fraction | None, Fraction]:
    """The measure, and what it is divided by."""
    if measure.aggregate == "mean":
        return brought, Fraction(counted)
    if measure.aggregate != "median":
        return brought, Fraction(1)
    middles = list(_at(values, (counted - 1) // 2, counted // 2))
    return (sum(middles, Fraction(0)) / 2 if middles else None), Fraction(1)


def _at(values: Counter[Fraction], *places: int) -> Iterator[Fraction]:
    """The values at some places of all of them in their order, each of which is there as often as it is counted."""
    before = 0
    for value in sorted(values):
        yield from (value for place in places if before <= place < before + values[value])
        before += values[value]


def _distinct(measure: MeasureMeaning, groups: Iterable[TrailGroup], days: Days | None, most: int) -> Gone:
    """How many values there are; of the rows with a value the first is told."""
    assert measure.value is not None, "values are distinct"
    rows = counted = 0
    first: dict[Value, TrailRow] = {}
    for group in groups:
        rows += group.count
        row = group.largest[0]
        if days is None or not is_inside(measure, row, days):
            continue
        value = evaluate(measure.value, row.cells.__getitem__)
        if value is not None:
            counted += group.count
            first[value] = min(first.get(value, row), row, key=lambda each: each.key)
    if days is None:
        return Gone(rows, 0, 0, Fraction(0), (), None, Fraction(1), has_no_days=True)
    listed = [(row, row.share) for row in first.values()]
    brought = sum((share for _, share in listed), Fraction(0))
    return Gone(rows, counted, len(listed), brought, largest(listed, most), Fraction(len(first)), Fraction(1))


def _value(measure: MeasureMeaning, row: TrailRow) -> Fraction | None:
    """What one row brings: its value (1 for a count) times the partner's share of it."""
    if measure.value is None:
        return row.share
    found = evaluate(measure.value, row.cells.__getitem__)
    assert found is None or isinstance(found, Fraction | int), "a measure is a number"
    return None if found is None else Fraction(found) * row.share


def _kept(told: list[Counted], most: int) -> list[Counted]:
    """Those that may be among the largest."""
    return told if len(told) < _KEPT_MAX + most else list(largest(told, most))
