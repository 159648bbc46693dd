"""Evaluate: a plan on facts becomes a sheet of columns, each written once.

In: a plan, facts, a period. Out: the sheet. One function for each kind of step, none of which knows a kind of rule;
what is known of no row (a base that is blank, a weight that is unknown) is refused with its place, or left out where
the rule says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from engine.kpis import kpi_columns
from engine.scoring import Start, scored_columns
from engine.sheet.balances import keep, open_accounts
from engine.sheet.beside import refused_beside
from engine.sheet.book import Book
from engine.sheet.by_partner import Ahead, by_partner, partners_held, separable
from engine.sheet.credit import credit
from engine.sheet.deducting import deduct
from engine.sheet.earlier import Earlier, Shared
from engine.sheet.keeping import Keep, asked_later, on_the_way
from engine.sheet.limits import limit, top_up
from engine.sheet.lines import accumulate, due, multiply, pay
from engine.sheet.pools import award, share, size, solve, weigh, whole
from engine.sheet.positions import open_positions, since_told
from engine.sheet.quota import quotas
from engine.sheet.returns import reverse, taken_back
from engine.sheet.reuse import Reuse
from engine.sheet.rolling import on_accounts
from engine.sheet.stretches import fallen_since, of_stretches
from engine.values import (
    ACCOUNTS,
    PARTNERS,
    Accumulate,
    Award,
    Credit,
    Deduct,
    Due,
    Facts,
    Gather,
    KeepBalance,
    Kpi,
    Limit,
    Multiply,
    OpenAccounts,
    Pay,
    Plan,
    Quota,
    ReadRows,
    Reverse,
    Score,
    Share,
    Sheet,
    Size,
    Solve,
    Step,
    Sum,
    TopUp,
    Weigh,
    Whole,
    frozen,
)
from engine.values.locked import LockedPool
from engine.values.positions import OpenPositions
from engine.values.versions import LockedBy
from rules.calendar import Period
from rules.expressions.columnar import EPOCH
from rules.expressions.tree import Expression, Type
from rules.problem import Problem, Refused
from rules.quantities.exact import Exact, group_total
from rules.quantities.rounding import QuantityOverflow


def evaluate(
    plan: Plan,
    facts: Facts,
    period: Period,
    keep: Keep = "all",
    partners_at_once: int | None = None,
    locked: Mapping[str, LockedPool] | None = None,
    versions: Sequence[LockedBy] = (),
    reuse: Reuse | None = None,
) -> Sheet:
    """Work out every step of a plan; raises Refused where a rule meets a value that it may not guess.

    Of a sheet that keeps `lines`, a run can be settled; to explain it takes all columns. What both hold is the same.
    The rows of such a sheet are worked out for so many `partners_at_once`: where that is not said, for as many as have
    the rows that are held with ease. `locked` are pools of this period, by name, whose shares stay as they were posted;
    `versions` those that earlier periods were locked with, in their order, where they are not all this one. `reuse` is
    what evaluations of other programs on the same facts worked out; it says only how long this takes.
    """
    assert reuse is None or (reuse.fits(facts, period) and not locked and not versions), "it is of these facts alone"
    first = period
    facts = facts if reuse is None else reuse.begin(plan)

    def evaluated(plan: Plan, facts: Facts, period: Period, keep: Keep, earlier: Earlier) -> Sheet:
        at_once = partners_at_once or partners_held(plan, facts, facts.count)
        pools = locked if period == first else None
        if keep == "lines" and at_once < len(facts.partners()):
            with suppress(Refused):  # what is refused is told of all partners at once
                return _evaluate(plan, facts, period, keep, earlier, at_once, pools or {}, reuse)
        return _evaluate(plan, facts, period, keep, earlier, None, pools or {}, reuse)

    shared = Shared(plan, facts, keep, evaluated, versions, None if reuse is None else reuse.at)
    return evaluated(plan, facts, period, keep, shared.seen_as(None))


def _evaluate(
    plan: Plan,
    facts: Facts,
    period: Period,
    keep: Keep,
    earlier: Earlier,
    at_once: int | None,
    locked: Mapping[str, LockedPool],
    reuse: Reuse | None,
) -> Sheet:
    measures = [measure for step in plan.steps if isinstance(step, Kpi) for measure in step.kpi.measures]
    book = Book(period, plan.calendar, earlier, {PARTNERS: facts.partners()}, facts.measure(measures), locked=locked)
    passing = on_the_way(plan) if keep == "lines" and (reuse is None or at_once is not None) else frozenset[str]()
    ahead = Ahead(plan.steps, passing)

    def work(step: Step, book: Book) -> None:
        _EVALUATORS[type(step)](step, book, facts)

    def later(steps: Sequence[Step]) -> Mapping[str, Sequence[Expression]]:
        if reuse is not None:  # who reads rows next may not have to
            return {}
        return asked_later(steps, lambda step: days_of(step, book))

    left, book.later = plan.steps, later(plan.steps)
    while left:
        parted = separable(left, book) if at_once is not None and isinstance(left[0], ReadRows) else ()
        steps = parted or left[:1]
        left = tuple(step for step in left if not any(step is each for each in steps)) if parted else left[1:]
        ahead.pass_by(steps)
        if parted and at_once is not None:
            book.later = later(steps)
            by_partner(steps, left, ahead.passing, book, at_once, work)
            book.later = later(left)
            continue
        try:
            if reuse is None:
                work(steps[0], book)
            else:
                reuse.work(steps[0], book, work)
        except Refused as refusal:
            raise Refused(*dict.fromkeys([*refusal.problems, *refused_beside(left, book, work)])) from None
        if isinstance(steps[0], Gather):
            book.drop(ahead.done())
    written = frozen(book.frames), frozen(book.columns), frozen(book.frame_of)
    return Sheet(period, *written, frozen(earlier.sheets), frozen(book.credits))


def _read_rows(step: ReadRows, book: Book, facts: Facts) -> None:
    asked, day = dict(step.measures), f"{step.name}.day"
    if (step.since != "period" or step.fallen) and step.back is None:
        assert step.dated is not None, "what is added up over time was checked to be dated"
        asked[day] = (step.dated, Type.DATE)
    first, last = days_of(step, book)
    credits = None if step.credit is None else book.credits[step.credit]
    rows = facts.rows(
        step.table,
        step.where,
        step.dated,
        (first, last),
        asked,
        book.partner_columns(),
        step.owner,
        credits,
        book.later.get(step.name),
        book.among,
    )
    frame, columns = rows.frame, dict(rows.measures)
    if rows.places is not None:
        book.places[step.name] = rows.places
    if step.back is not None:
        frame, columns = taken_back(step, step.back, frame, columns, book)
    elif step.since != "period" or step.fallen:
        start = (book.period.start - timedelta(days=step.lock_days) - EPOCH).days
        frame = replace(frame, earlier=columns[day].numerator < start)
        if not step.fallen:
            del columns[day]
        elif step.since != "ever":
            frame, columns = of_stretches(step, frame, columns, day, book)
    book.frames[step.name] = frame
    for name, column in columns.items():
        book.write(name, step.name, column)
    for name, term in step.agreed.items():
        assert step.dated is not None, "what is agreed was checked to hold on a day"
        book.write(name, step.name, facts.agreed(frame, term, step.dated))


def days_of(step: ReadRows, book: Book) -> tuple[date, date]:
    """The half-open days in which a row's date lies that a step reads: those that it adds up, and the period's."""
    lock = timedelta(days=step.lock_days)
    first = book.period.start - lock
    if step.since == "fiscal_year":
        first = since_told(step, book.calendar.fiscal_year(book.period.start).start, book) - lock
    elif step.since == "ever":
        first = date.min
    first = min([first, *(start - lock for start in fallen_since(step, book))])
    last = book.period.end - lock
    if step.during is not None:
        first, last = max(first, step.during.first), min(last, step.during.end)
    return first, max(first, last)


def _kpi(step: Kpi, book: Book, facts: Facts) -> None:
    rows = len(book.frames[PARTNERS])
    found = kpi_columns(step.kpi, book.measured, book.partner_columns(), book.period, rows)
    for name, column in (("numerator", found.numerator), ("denominator", found.denominator)):
        if column is not None:
            book.write(f"{step.name}.{name}", PARTNERS, column)
    book.write(step.name, PARTNERS, found.value)


def _score(step: Score, book: Book, facts: Facts) -> None:
    start = Start.of(step.scorecard, facts, lambda: book.earlier.before(book.period))
    try:
        columns = scored_columns(step.scorecard, book.partner_columns(), facts, start)
    except QuantityOverflow as overflow:
        who = facts.partners().keys[overflow.row]
        hint = "check the multipliers and the points of its scales"
        message = f"the score of {who} is beyond what can be held"
        raise Refused(Problem("K104", message, step.place, hint)) from None
    for name, column in columns.items():
        book.write(name, PARTNERS, column)


def _gather(step: Gather, book: Book, facts: Facts) -> None:
    partners = len(book.frames[PARTNERS])
    sums = Exact.constant(0, partners)
    for lines, frame in step.lines:
        column = book.columns[lines]
        numerators, below = column.scaled()
        found = Exact(group_total(numerators, book.frames[frame].partners, partners), below)
        assert found.sum() == column.sum(), f"{step.name} loses nothing on the way to partners"
        sums = sums + found
    book.write(step.name, PARTNERS, sums)


def _sum(step: Sum, book: Book, facts: Facts) -> None:
    total = Exact.constant(0, len(book.frames[step.frame]))
    for part in step.parts:
        column = book.columns[part]
        if step.frame == ACCOUNTS:
            column = on_accounts(column, book.frame_of[part], book.frames[ACCOUNTS])
        total = total + column
    book.write(step.name, step.frame, total)


_EVALUATORS: Mapping[type[Step], Callable[[Any, Book, Facts], None]] = {
    Quota: quotas,
    Kpi: _kpi,
    Score: _score,
    ReadRows: _read_rows,
    Credit: credit,
    Accumulate: accumulate,
    Due: due,
    Multiply: multiply,
    Pay: pay,
    Limit: limit,
    TopUp: top_up,
    Reverse: reverse,
    Deduct: deduct,
    Gather: _gather,
    Whole: whole,
    Solve: solve,
    Size: size,
    Weigh: weigh,
    Award: award,
    Share: share,
    OpenPositions: open_positions,
    OpenAccounts: open_accounts,
    KeepBalance: keep,
    Sum: _sum,
}
