"""The readings of a plan: which source rows each of its rules reads, on which conditions. What fates and traces
follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from engine.values import (
    RECORD,
    Award,
    Due,
    KeepBalance,
    Kpi,
    Limit,
    OpenAccounts,
    Plan,
    Quota,
    Reading,
    ReadRows,
    Score,
    Step,
    Whole,
)
from engine.values.positions import OpenPositions
from rules.calendar import Period
from rules.crediting.meaning import CREDIT
from rules.expressions.tree import And, Column, Comparison, Expression, InList, IsNull, Literal, columns
from rules.meaning import KpiMeaning, MeasureMeaning
from rules.scorecards.scored import Conditional, Measuring, ScorecardMeaning

Days = tuple[date | None, date | None]
Trees = tuple[Expression, ...]
Window = Callable[[MeasureMeaning], Days | None]


def readings(plan: Plan, period: Period, window: Window) -> tuple[Reading, ...]:
    """Every reading of a plan: those of payouts and pools first, then those of KPIs, scorecards and quotas; `window`
    gives a measure's days."""
    limits = {f"{step.of}.rows" for step in plan.steps if isinstance(step, Limit)}
    limits |= {f"{step.name}.rows" for step in plan.steps if isinstance(step, KeepBalance)}
    reads = [step for step in plan.steps if isinstance(step, ReadRows)]
    beside = {step.reads for step in plan.steps if isinstance(step, Award)}
    rows = [_rows(plan, step, period) for step in reads if step.name not in limits | beside]
    limiting = [_limiting(step) for step in reads if step.name in limits]
    limiting += [_beside(step, period) for step in reads if step.name in beside]
    measured = [
        _measure(step, measure, window, plan)
        for step in plan.steps
        for kpi in (step.kpi if isinstance(step, Kpi) else step.of if isinstance(step, Whole) else None,)
        if isinstance(kpi, KpiMeaning)
        for measure in kpi.measures
    ]
    before = plan.calendar.before(period)
    scored = [reading for step in plan.steps if isinstance(step, Score) for reading in _scored(step, period, before)]
    quotas = [_quota(plan, step, period) for step in plan.steps if isinstance(step, Quota)]
    opening = (step for step in plan.steps if isinstance(step, OpenAccounts) or _opens_alone(step))
    opened = [_opening(step, period) for step in opening]
    return (*rows, *limiting, *measured, *scored, *quotas, *opened)


def _limiting(step: ReadRows) -> Reading:
    """The partners of whom a limit is a rate of what they have, or whose balance rests on it."""
    trees = tuple(tree for tree, _ in step.measures.values())
    owner = Column(step.table, "partner_id")
    name = step.name.removesuffix(".rows").removesuffix(".of")
    return Reading(
        name, step.title, step.place, False, step.table, None, None, (None, None), owner, None, None, (), trees
    )


def _opens_alone(step: Step) -> bool:
    """Whether nothing but the year so far opens by the table of balances."""
    return isinstance(step, OpenPositions) and step.is_alone


def _opening(step: Step, period: Period) -> Reading:
    """What the table of balances says was on them before the period."""
    told = tuple(Column("balances", name) for name in ("partner_id", "balance", "as_of"))
    days: Days = (None, period.start)
    of = Reading(step.title, step.title, step.place, False, "balances", None, told[2], days, None, None, None, (), told)
    return replace(of, is_opening=True)


def _beside(step: ReadRows, period: Period) -> Reading:
    """The rows that a pool reads beside its members, such as movements of capital: up to the end of the period."""
    trees = _all(step.where, step.dated, *(tree for tree, _ in step.measures.values()))
    owner, days = Column(step.table, "partner_id"), (None, None if step.dated is None else period.end)
    return Reading(
        step.name, step.title, step.place, False, step.table, step.where, step.dated, days, owner, None, None, (), trees
    )


def _scored(step: Score, period: Period, before: Period | None) -> Iterator[Reading]:
    """Whom a scorecard scores, the ratings that people gave them, the targets and benchmarks that its scales look up,
    and the earlier points that it carries over."""
    card, whom = step.scorecard, Column("partners", "partner_id")
    scored = f"{step.name}.not_scored"
    yield replace(_undated(step.name, step, "partners", card.whom, whom, _trees(card)), scored=scored)
    for path, measuring in card.entries.items():
        if measuring.expression is not None:
            rated = (measuring.expression[0], *measuring.note)
            held = (column for tree in rated[:2] for column in columns(tree))  # without its author it is none
            needs = tuple(dict.fromkeys(column for column in held if column.table is not None))
            of_rating = _undated(f"{step.name}.{path}", step, "partners", card.whom, whom, rated)
            yield replace(of_rating, scored=scored, needs=needs, title=f"{step.title}, {path}")
    against_tables = {(against.table, each.ids) for each in _measurings(card) for against in each.against.values()}
    for table in ("target", "benchmark"):
        figures = sorted((of, ids) for of, ids in against_tables if of is not None and of.split(".")[0] == table)
        if figures:
            yield replace(_looked_up(f"{step.name}.{table}", step, figures, period.name), scored=scored)
    names = tuple((path, each) for path, each in card.score_names().items() if card.carries(path))
    if names:
        yield replace(_carried(step, names, before), scored=scored)
    if card.keeps_tiers:
        yield replace(_held(step, before), scored=scored)


def _carried(step: Score, names: tuple[tuple[str, tuple[str, ...]], ...], before: Period | None) -> Reading:
    """The earlier points of KPIs that stand in for those that a partner lacks."""
    of_card = Comparison("=", Column("scores", "scorecard"), Literal(step.name))
    where = And((of_card, _named("scores", (name for _, each in names for name in each))))
    reading = _undated(f"{step.name}.carried", step, "scores", where, Column("scores", "partner_id"), ())
    reading = replace(reading, carried=(step.name, names))
    return replace(reading, of_period=(Column("scores", "period"), "" if before is None else before.name))


def _held(step: Score, before: Period | None) -> Reading:
    """The earlier tiers that partners hold at the start."""
    of_card = Comparison("=", Column("scores", "scorecard"), Literal(step.name))
    where = And((of_card, IsNull(Column("scores", "kpi"))))
    owner, tier, tiers = Column("scores", "partner_id"), Column("scores", "tier"), step.scorecard.card.tiers
    reading = _undated(f"{step.name}.held", step, "scores", where, owner, (tier,))
    reading = replace(reading, carried=(step.name, (("", () if tiers is None else tiers.names),)))
    return replace(reading, of_period=(Column("scores", "period"), "" if before is None else before.name))


def _quota(plan: Plan, step: Quota, period: Period) -> Reading:
    """The targets that a quota is made of."""
    stretch = step.quota.stretch(period, plan.calendar)
    return _looked_up(step.name, step, [("target", (step.quota.spec.target,))], stretch.name)


def _looked_up(name: str, step: Score | Quota, figures: Sequence[tuple[str, tuple[str, ...]]], period: str) -> Reading:
    """The figures of KPIs for a period, all of one table."""
    of = "targets" if figures[0][0] == "target" else "benchmarks"
    where = _named(of, sorted({each for _, ids in figures for each in ids}))
    reading = _undated(name, step, of, where, None, ())
    return replace(reading, of_period=(Column(of, "period"), period), looked_up=tuple(figures))


def _undated(
    name: str, step: Score | Quota, table: str, where: Expression | None, owner: Column | None, trees: Trees
) -> Reading:
    trees = (*_all(where), *trees)
    return Reading(name, step.title, step.place, False, table, where, None, (None, None), owner, None, None, (), trees)


def _named(table: str, names: Iterable[str]) -> InList:
    """The condition that a row is of some KPI."""
    return InList(Column(table, "kpi"), tuple(Literal(each) for each in names))


def _measurings(card: ScorecardMeaning) -> Iterator[Measuring]:
    return (each for each in (*card.entries.values(), *card.extras().values()) if isinstance(each, Measuring))


def _trees(card: ScorecardMeaning) -> Trees:
    """What a scorecard reads of partners beside whom it scores and how people rated them."""
    found = [card.rank_among, *(each.when for each in card.extras().values() if isinstance(each, Conditional))]
    for measuring in _measurings(card):
        found += measuring.peers.values()
        for against in measuring.against.values():
            found += [against.among, None if against.expression is None else against.expression[0]]
    return tuple(tree for tree in found if tree is not None)


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
        agreed=tuple(term.name for term in step.agreed.values()),
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


def _measure(step: Step, measure: MeasureMeaning, window: Window, plan: Plan) -> Reading:
    value = measure.value
    needs = (value,) if measure.leaves_blanks_out and isinstance(value, Column) else ()
    days: Days | None = window(measure) if measure.rows.dated is not None else (None, None)
    is_whole = isinstance(step, Whole)  # of all partners, whether they can be paid or not
    if is_whole and measure.owner is not None and measure.credited is None and not measure.counts_direct:
        needs = (*needs, measure.owner)
    return Reading(
        name=measure.name,
        title=step.title,
        place=step.place,
        is_paid=False,
        table=measure.rows.table,
        where=measure.rows.where,
        dated=measure.rows.dated,
        days=days,
        owner=None if is_whole else measure.owner,
        credited=None if is_whole else measure.credited,
        latest_of=measure.latest_of,
        needs=needs,
        trees=_all(value, measure.rows.where, measure.rows.dated, measure.owner, measure.latest_of),
        leaving=() if is_whole else tuple(_leaving(plan, measure)),
    )


def _leaving(plan: Plan, measure: MeasureMeaning) -> Iterator[str]:
    """The columns of accounts for which a measure is read of those who have left."""
    for step in (each.of_leavers for each in plan.steps if isinstance(each, KeepBalance)):
        if any(measure in kpi.measures for kpi in step.kpis):
            yield from step.columns


def _all(*trees: Expression | None) -> tuple[Expression, ...]:
    return tuple(tree for tree in trees if tree is not None)
