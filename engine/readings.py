"""The readings of a plan: which source rows each of its rules reads, on which conditions. What fates and traces
follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from engine.values import Due, Kpi, Plan, Reading, ReadRows, Score
from rules.calendar import Period
from rules.expressions.tree import And, Column, Comparison, Expression, InList, Literal, columns
from rules.meaning import MeasureMeaning
from rules.scorecards.scored import Measuring, ScorecardMeaning

Days = tuple[date | None, date | None]
Window = Callable[[MeasureMeaning], Days | None]


def readings(plan: Plan, period: Period, window: Window) -> tuple[Reading, ...]:
    """Every reading of a plan: those of payouts and pools first, then those of KPIs; `window` gives a measure's
    days."""
    rows = [reading for step in plan.steps if isinstance(step, ReadRows) for reading in _rows(plan, step, period)]
    measured = [
        _measure(step, measure, window) for step in plan.steps if isinstance(step, Kpi) for measure in step.kpi.measures
    ]
    scored = [reading for step in plan.steps if isinstance(step, Score) for reading in _scored(step, period)]
    return (*rows, *measured, *scored)


def _scored(step: Score, period: Period) -> Iterator[Reading]:
    """Whom a scorecard scores, and the targets and benchmarks that its scales look up."""
    card = step.scorecard

    def reading(name: str, table: str, where: Expression | None, owner: Column | None) -> Reading:
        trees = _all(where)
        return Reading(
            name, step.title, step.place, False, table, where, None, (None, None), owner, None, None, (), trees
        )

    whom = card.whom if card.whom is not None and all(column.table for column in columns(card.whom)) else None
    yield reading(step.name, "partners", whom, Column("partners", "partner_id"))
    for measuring in (*card.entries.values(), *_measurings(card)):
        for against in measuring.against.values():
            if against.table is None:
                continue
            table = "targets" if against.table == "target" else "benchmarks"
            ids = tuple(Literal(each) for each in measuring.ids)
            at = Comparison("=", Column(table, "period"), Literal(period.name))
            where = And((InList(Column(table, "kpi"), ids), at))
            yield reading(f"{step.name}.{against.table}", table, where, None)


def _measurings(card: ScorecardMeaning) -> Iterator[Measuring]:
    extras = (*card.bonus.values(), *card.multipliers.values(), *card.gates.values())
    return (extra for extra in extras if isinstance(extra, Measuring))


def _rows(plan: Plan, step: ReadRows, period: Period) -> Iterator[Reading]:
    component = step.name.rsplit(".", 1)[0]
    left_out = any(
        isinstance(each, Due) and each.frame == step.name and each.unknown == "leave_out" for each in plan.steps
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
