"""The readings of a plan: which source rows each of its rules reads, on which conditions. What fates and traces
follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from engine.values import RECORD, Due, Kpi, Limit, Plan, Quota, Reading, ReadRows, Score
from rules.calendar import Period
from rules.crediting.meaning import CREDIT
from rules.expressions.tree import And, Column, Comparison, Expression, InList, Literal, columns
from rules.meaning import MeasureMeaning
from rules.scorecards.scored import Measuring, ScorecardMeaning

Days = tuple[date | None, date | None]
Window = Callable[[MeasureMeaning], Days | None]


def readings(plan: Plan, period: Period, window: Window) -> tuple[Reading, ...]:
    """Every reading of a plan: those of payouts and pools first, then those of KPIs, scorecards and quotas; `window`
    gives a measure's days."""
    limits = {f"{step.of}.rows" for step in plan.steps if isinstance(step, Limit)}
    reads = [step for step in plan.steps if isinstance(step, ReadRows)]
    rows = [_rows(plan, step, period) for step in reads if step.name not in limits]
    limiting = [_limiting(step) for step in reads if step.name in limits]
    measured = [
        _measure(step, measure, window) for step in plan.steps if isinstance(step, Kpi) for measure in step.kpi.measures
    ]
    scored = [reading for step in plan.steps if isinstance(step, Score) for reading in _scored(step, period)]
    quotas = [_quota(plan, step, period) for step in plan.steps if isinstance(step, Quota)]
    return (*rows, *limiting, *measured, *scored, *quotas)


def _limiting(step: ReadRows) -> Reading:
    """The partners of whom a limit is a rate of what they have."""
    trees = tuple(tree for tree, _ in step.measures.values())
    owner = Column(step.table, "partner_id")
    name = step.name.removesuffix(".of.rows")
    return Reading(
        name, step.title, step.place, False, step.table, None, None, (None, None), owner, None, None, (), trees
    )


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
            where = _looked_up(table, measuring.ids, period.name)
            yield reading(f"{step.name}.{against.table}", table, where, None)


def _quota(plan: Plan, step: Quota, period: Period) -> Reading:
    """The targets that a quota is made of."""
    stretch = step.quota.stretch(period, plan.calendar)
    where = _looked_up("targets", (step.quota.spec.target,), stretch.name)
    return Reading(
        step.name, step.title, step.place, False, "targets", where, None, (None, None), None, None, None, (), (where,)
    )


def _looked_up(table: str, ids: Iterable[str], period: str) -> And:
    """The condition on the figures of some KPIs for a period."""
    names = tuple(Literal(each) for each in ids)
    return And((InList(Column(table, "kpi"), names), Comparison("=", Column(table, "period"), Literal(period))))


def _measurings(card: ScorecardMeaning) -> Iterator[Measuring]:
    extras = (*card.bonus.values(), *card.multipliers.values(), *card.gates.values())
    return (extra for extra in extras if isinstance(extra, Measuring))


def _rows(plan: Plan, step: ReadRows, period: Period) -> Reading:
    """The rows that a payout or a pool pays, or that take back what a payout paid."""
    name = step.name.rsplit(".", 1)[0]
    trees = tuple(tree for tree, _ in step.measures.values())
    held = (column for tree in trees for column in columns(tree) if column.table not in (None, CREDIT))
    needs = tuple(dict.fromkeys(column for column in held if column.name != RECORD))
    last, also = _lines(plan, name)
    lock_days, after, back = step.lock_days, None, step.back
    if back is not None and back.day is not None:
        tree, _ = step.measures[back.day]
        assert isinstance(tree, Column), "the day of a row is a column"
        lock_days, after = back.lock_days, tree
    return Reading(
        name=name,
        title=step.title,
        place=step.place,
        is_paid=True,
        table=step.table,
        where=step.where,
        dated=step.dated,
        days=(period.start, period.end),
        owner=None if step.credit is not None else (step.owner or Column(step.table, "partner_id")),
        credited=None,
        latest_of=None,
        needs=needs if _leaves_out(plan, step) else (),
        trees=_all(step.where, step.dated, *trees),
        lines=f"{name}.lines",
        last=last,
        also=also,
        lock_days=lock_days,
        after=after,
        during=step.during if back is None else back.during,
        is_added=(step.since != "period") if back is None else (back.is_added and back.since != "period"),
        credit=step.credit,
        agreed=tuple(step.agreed.values()),
    )


def _leaves_out(plan: Plan, step: ReadRows) -> bool:
    """Whether a rule leaves out the rows of which it does not know enough."""
    dues = (each for each in plan.steps if isinstance(each, Due) and each.frame == step.name)
    return any(each.unknown == "leave_out" for each in dues)


def _lines(plan: Plan, name: str) -> tuple[str, tuple[str, ...]]:
    """The column of what is left of a rule's lines in the end, and its columns of lines that no row has brought."""
    reads = {step.name for step in plan.steps if isinstance(step, ReadRows)}
    own = f"{name}.rows" if f"{name}.rows" in reads else f"{name}.members"
    component = next(each for each in plan.components if any(frame == own for _, frame in each.lines))
    last = next(column for column, frame in component.lines if frame == own)
    is_return = component.name != name
    return last, () if is_return else tuple(column for column, frame in component.lines if frame not in reads)


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
