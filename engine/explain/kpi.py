"""Why a partner, or the whole program, has its value of a KPI: its numerator and denominator row by row, or the KPIs of
its formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from engine.explain.measure import Counted, Days, Gone, added, gone_through
from engine.explain.whole import gone_through_whole
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
    trail, numerator, found = trail or facts.trail, kpi.numerator, {}

    def gone(measure: MeasureMeaning) -> Gone:
        alike = [each for each in kpi.measures if numerator is not None and each.reads_as(numerator)]
        read = tuple(alike) if measure in alike else (measure,)
        if read not in found:
            found[read] = trail(read, partner)
        return gone_through(measure, found[read], _days(measure, facts), rows_shown)

    return _ratio(kpi, facts, shown, gone)


def whole_reason(kpi: KpiMeaning, facts: Facts, shown: Shown, rows_shown: int | None) -> Reasoned:
    """A measured KPI of the whole program, worked out again from all of its rows, which are never held at once."""

    def gone(measure: MeasureMeaning) -> Gone:
        return gone_through_whole(measure, facts.whole_trail(measure, rows_shown), _days(measure, facts), rows_shown)

    return _ratio(kpi, facts, shown, gone)


def _days(measure: MeasureMeaning, facts: Facts) -> Days | None:
    return facts.window(measure) if measure.rows.dated is not None else (None, None)


def _ratio(kpi: KpiMeaning, facts: Facts, shown: Shown, gone: Callable[[MeasureMeaning], Gone]) -> Reasoned:
    assert kpi.numerator is not None
    under_measure = kpi.denominator
    top, top_value, top_below = _measure_reason(kpi.numerator, gone(kpi.numerator), facts, shown)
    parts = [top]
    below: Fraction | None = top_below
    if under_measure is not None:
        under, under_value, under_below = _measure_reason(under_measure, gone(under_measure), facts, shown)
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
    measure: MeasureMeaning, gone: Gone, facts: Facts, shown: Shown
) -> tuple[Reasoned, Fraction | None, Fraction]:
    """A measure's node, and its numerator and denominator."""
    is_money = measure.type == Type.MONEY
    parts = [_row_reason(measure, each, facts, shown) for each in gone.told]
    if len(gone.told) < gone.listed:
        rest = gone.brought - added(each for _, each in gone.told)
        title = f"and {gone.listed - len(gone.told)} rows more"
        parts.append(Reasoned(title, rest, shown(rest, is_money), is_money=is_money))
    told_rows = f"{gone.counted} of {gone.rows} rows of {measure.rows.table} count"
    if gone.listed < gone.counted:
        told_rows += ", each value once"
    if not gone.rows and measure.credited == "influenced":
        told_rows += "; a deal that somebody sourced counts for nobody as influenced"
    if gone.has_blank:
        told_rows = f"a row of {measure.rows.table} that counts has a blank value"
    if gone.has_no_days:
        told_rows = "there is no period before in the calendar"
    result = None if gone.value is None or not gone.below else gone.value / gone.below
    node = Reasoned(_named(measure), result, shown(result, is_money), told_rows, parts=tuple(parts), is_money=is_money)
    return node, gone.value, gone.below


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
