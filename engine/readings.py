"""The readings of a plan: which source rows each of its rules reads, on which conditions. What fates and traces
follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from engine.values import Kpi, Pay, Plan, Reading, ReadRows
from rules.calendar import Period
from rules.meaning import MeasureMeaning
from rules.tree import Column, Expression

Days = tuple[date | None, date | None]
Window = Callable[[MeasureMeaning], Days | None]


def readings(plan: Plan, period: Period, window: Window) -> tuple[Reading, ...]:
    """Every reading of a plan: those of payouts and pools first, then those of KPIs; `window` gives a measure's
    days."""
    rows = [reading for step in plan.steps if isinstance(step, ReadRows) for reading in _rows(plan, step, period)]
    measured = [
        _measure(step, measure, window) for step in plan.steps if isinstance(step, Kpi) for measure in step.kpi.measures
    ]
    return (*rows, *measured)


def _rows(plan: Plan, step: ReadRows, period: Period) -> Iterator[Reading]:
    component = step.name.rsplit(".", 1)[0]
    left_out = any(
        isinstance(each, Pay) and each.frame == step.name and each.unknown == "leave_out" for each in plan.steps
    )
    trees = tuple(tree for tree, _ in step.measures.values())
    plain = tuple(tree for tree in trees if isinstance(tree, Column) and tree.table is not None)
    yield Reading(
        name=component,
        title=step.title,
        place=step.place,
        is_paid=True,
        table=step.table,
        where=step.where,
        dated=step.dated,
        days=(period.start, period.end),
        owner=Column(step.table, "partner_id"),
        credited=None,
        latest_of=None,
        needs=plain if left_out else (),
        trees=_all(step.where, step.dated, *trees),
    )


def _measure(step: Kpi, measure: MeasureMeaning, window: Window) -> Reading:
    value = measure.value
    needs = (value,) if measure.leaves_blanks_out and isinstance(value, Column) else ()
    days: Days | None = window(measure) if measure.rows.dated is not None else (None, None)
    return Reading(
        name=measure.name,
        title=step.title,
        place=step.place,
        is_paid=False,
        table=measure.rows.table,
        where=measure.rows.where,
        dated=measure.rows.dated,
        days=days,
        owner=measure.owner,
        credited=measure.credited,
        latest_of=measure.latest_of,
        needs=needs,
        trees=_all(value, measure.rows.where, measure.rows.dated, measure.owner, measure.latest_of),
    )


def _all(*trees: Expression | None) -> tuple[Expression, ...]:
    return tuple(tree for tree in trees if tree is not None)
