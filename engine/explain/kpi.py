"""Why a partner has its value of a KPI: its numerator and denominator row by row, or the KPIs of its formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from heapq import nsmallest

from engine.explain.measure import Counted, added, aggregated, counted_rows
from engine.values import Facts, Reasoned, TrailRow
from rules.expressions.evaluate import Value, evaluate
from rules.expressions.tree import Column, Type, columns, words
from rules.kinds.base import number
from rules.meaning import KpiMeaning, MeasureMeaning

Shown = Callable[[Fraction | None, bool], str]
Trail = Callable[[Sequence[MeasureMeaning], str], Sequence[TrailRow]]


def ratio_reason(
    kpi: KpiMeaning, facts: Facts, partner: str, shown: Shown, rows_shown: int | None, trail: Trail | None = None
) -> Reasoned:
    """A measured KPI, worked out again from the partner's rows; `trail` gives them (the facts do, unless said)."""
    assert kpi.numerator is not None
    trail = trail or facts.trail
    under_measure = kpi.denominator
    alike = under_measure is not None and under_measure.reads_as(kpi.numerator)
    rows = trail(kpi.measures if alike else [kpi.numerator], partner)
    top, top_value, top_below = _measure_reason(kpi.numerator, rows, facts, shown, rows_shown)
    parts = [top]
    below: Fraction | None = top_below
    if under_measure is not None:
        rows = rows if alike else trail([under_measure], partner)
        under, under_value, under_below = _measure_reason(under_measure, rows, facts, shown, rows_shown)
        parts.append(under)
        below = top_below * under_value / under_below if under_value is not None and under_below else None
    value = None
    if top_value is not None and below is not None:
        value = kpi.times * top_value / below if below else None
        if below == 0 and kpi.when_zero == "zero":
            value = Fraction(0)
        if below < kpi.at_least:
            value = None
    told = _told(kpi, top, parts[1] if len(parts) > 1 else None, below, shown)
    return Reasoned(kpi.title, value, "", told, kpi.place, "", kpi.type == Type.MONEY, tuple(parts))


def formula_reason(kpi: KpiMeaning, values: Mapping[Column, Value], parts: tuple[Reasoned, ...]) -> Reasoned:
    """A KPI by formula, worked out again from those that it names."""
    assert kpi.formula is not None
    found = evaluate(kpi.formula, values.__getitem__)
    assert found is None or isinstance(found, Fraction | int), "a KPI is a number"
    value = None if found is None else Fraction(found) * kpi.times
    return Reasoned(kpi.title, value, "", words(kpi.formula), kpi.place, "", kpi.type == Type.MONEY, parts)


def _measure_reason(
    measure: MeasureMeaning, rows: Sequence[TrailRow], facts: Facts, shown: Shown, rows_shown: int | None
) -> tuple[Reasoned, Fraction | None, Fraction]:
    """A measure's node, and its numerator and denominator."""
    days = facts.window(measure) if measure.rows.dated is not None else (None, None)
    found = None if days is None else counted_rows(measure, rows, days)
    counted = found or []
    value, below = aggregated(measure, counted) if found is not None else (None, Fraction(1))
    is_money = measure.type == Type.MONEY
    listed = _distinct(measure, counted)
    told = _largest(listed, rows_shown)
    parts = [_row_reason(measure, each, facts, shown) for each in told]
    if len(told) < len(listed):
        rest = added(each for _, each in listed) - added(each for _, each in told)
        parts.append(
            Reasoned(f"and {len(listed) - len(told)} rows more", rest, shown(rest, is_money), is_money=is_money)
        )
    title = _named(measure)
    told_rows = f"{len(counted)} of {len(rows)} rows of {measure.rows.table} count"
    if len(listed) < len(counted):
        told_rows += ", each value once"
    if not rows and measure.credited == "influenced":
        told_rows += "; a deal that somebody sourced counts for nobody as influenced"
    if found is None:
        told_rows = f"a row of {measure.rows.table} that counts has a blank value"
    if days is None:
        told_rows = "there is no period before in the calendar"
    result = None if value is None or not below else value / below
    return (
        Reasoned(title, result, shown(result, is_money), told_rows, parts=tuple(parts), is_money=is_money),
        value,
        below,
    )


def _distinct(measure: MeasureMeaning, counted: Sequence[Counted]) -> Sequence[Counted]:
    """The rows to tell: of a distinct count the first with each value, else all."""
    if measure.aggregate != "count_distinct" or measure.value is None:
        return counted
    first: dict[Value, Counted] = {}
    for each in counted:
        first.setdefault(evaluate(measure.value, each[0].cells.__getitem__), each)
    return list(first.values())


def _largest(counted: Sequence[Counted], most: int | None) -> Sequence[Counted]:
    """The largest rows first, at most so many; which are looked for alone, as fractions are slow to compare."""

    def by_size(each: Counted) -> tuple[Fraction | int, str]:
        size = -abs(each[1])
        return size.numerator if size.denominator == 1 else size, each[0].key

    return sorted(counted, key=by_size) if most is None else nsmallest(most, counted, key=by_size)


def _row_reason(measure: MeasureMeaning, counted: Counted, facts: Facts, shown: Shown) -> Reasoned:
    row, value = counted
    source = f"{facts.file(measure.rows.table)} record {row.record}"
    is_money = measure.type == Type.MONEY
    told = f"{number(row.share)} of {shown(value / row.share, is_money)}" if row.share not in (0, 1) else ""
    if measure.aggregate == "count_distinct" and measure.value is not None:
        told = f"{words(measure.value)} {evaluate(measure.value, row.cells.__getitem__)}"
    read = () if measure.value is None else columns(measure.value)
    how = facts.converted(measure.rows.table, row.record, read)
    told = "; ".join([*([told] if told else []), *how.values()])
    return Reasoned(
        f"{measure.rows.table} {row.key}", value, shown(value, is_money), told, source=source, is_money=is_money
    )


def _named(measure: MeasureMeaning) -> str:
    """The measure in words: `sum of deals.amount where deals.status = 'won', sourced`."""
    what = measure.rows.table if measure.value is None else words(measure.value)
    text = f"{measure.aggregate.replace('_', ' ')} of {what}"
    if measure.rows.where is not None:
        text += f" where {words(measure.rows.where)}"
    if measure.credited is not None:
        text += f", {measure.credited.replace('_', '-')}"
    return text


def _told(kpi: KpiMeaning, top: Reasoned, under: Reasoned | None, below: Fraction | None, shown: Shown) -> str:
    text = top.shown
    if under is not None:
        text += f" / {under.shown}"
    if kpi.times != 1:
        text = f"{number(kpi.times)} x {text}"
    if below is not None and below == 0:
        text += " (nothing to divide by)"
    elif below is not None and below < kpi.at_least:
        text += f" (rests on fewer than {kpi.at_least})"
    return text
