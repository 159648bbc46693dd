"""Evaluate: a plan on facts becomes a sheet of columns, each written once.

In: a plan, facts, a period. Out: the sheet. One function for each kind of step, none of which knows a kind of rule;
what is known of no row (a base that is blank, a weight that is unknown) is refused with its place, or left out where
the rule says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from engine.kpis import kpi_columns
from engine.scoring import scored_columns
from engine.sheet.book import Book
from engine.sheet.credit import credit
from engine.sheet.earlier import Earlier
from engine.sheet.keeping import Keep, asked_later, on_the_way
from engine.sheet.limits import limit, top_up
from engine.sheet.lines import accumulate, due, multiply, pay, unknown_rows
from engine.sheet.quota import quotas
from engine.sheet.returns import reverse, taken_back
from engine.values import (
    PARTNERS,
    Accumulate,
    Credit,
    Due,
    Facts,
    Frame,
    Gather,
    Kpi,
    Limit,
    Multiply,
    Pay,
    Plan,
    Quota,
    ReadRows,
    Reverse,
    Score,
    Share,
    Sheet,
    Size,
    Step,
    Sum,
    TopUp,
    Weigh,
    frozen,
)
from rules.calendar import Period
from rules.expressions.columnar import EPOCH
from rules.expressions.tree import Type
from rules.problem import Problem, Refused
from rules.quantities.apportion import CONSERVING, apportion
from rules.quantities.exact import Exact, group_total, integers, total
from rules.quantities.rounding import QuantityOverflow


def evaluate(plan: Plan, facts: Facts, period: Period, keep: Keep = "all") -> Sheet:
    """Work out every step of a plan; raises Refused where a rule meets a value that it may not guess.

    Of a sheet that keeps `lines`, a run can be settled; to explain it takes all columns. What both hold is the same.
    """
    return _evaluate(plan, facts, period, keep, Earlier(plan, facts, keep, _evaluate))


def _evaluate(plan: Plan, facts: Facts, period: Period, keep: Keep, earlier: Earlier) -> Sheet:
    measures = [measure for step in plan.steps if isinstance(step, Kpi) for measure in step.kpi.measures]
    book = Book(period, plan.calendar, earlier, {PARTNERS: facts.partners()}, facts.measure(measures))
    book.later = asked_later(plan, lambda step: days_of(step, book))
    passing = on_the_way(plan) if keep == "lines" else frozenset()
    for step in plan.steps:
        _EVALUATORS[type(step)](step, book, facts)
        if isinstance(step, Gather):
            book.drop(passing)
    kept = (frozen(each) for each in (book.frames, book.columns, book.frame_of, earlier.sheets, book.credits))
    return Sheet(period, *kept)


def _read_rows(step: ReadRows, book: Book, facts: Facts) -> None:
    asked, day = dict(step.measures), f"{step.name}.day"
    if step.since != "period" and step.back is None:
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
    )
    frame, columns = rows.frame, dict(rows.measures)
    if step.back is not None:
        frame, columns = taken_back(step, step.back, frame, columns, book)
    elif step.since != "period":
        start = (book.period.start - timedelta(days=step.lock_days) - EPOCH).days
        frame = replace(frame, earlier=columns.pop(day).numerator < start)
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
        first = book.calendar.fiscal_year(book.period.start).start - lock
    elif step.since == "ever":
        first = date.min
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
    try:
        columns = scored_columns(step.scorecard, book.partner_columns(), facts)
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


def _size(step: Size, book: Book, facts: Facts) -> None:
    one = np.zeros(1, dtype=np.int64)
    book.frames[step.name] = Frame("program", np.array([""], dtype=object), one, one)
    book.write(step.name, step.name, Exact(integers([step.size_minor])))


def _weigh(step: Weigh, book: Book, facts: Facts) -> None:
    frame = book.frames[step.frame]
    inputs = {key: book.columns[name] for key, name in step.inputs.items()}
    weights = step.kind.compute(inputs, len(frame))
    known = weights.is_known()
    if not known.all() and step.unknown == "refuse":
        raise Refused(*unknown_rows(step, frame, known, "F302", "its weight is unknown"))
    below_zero = known & (weights.numerator < 0)
    if below_zero.any():
        raise Refused(*unknown_rows(step, frame, ~below_zero, "F303", "its weight is less than zero"))
    book.write(step.name, step.frame, weights)


def _share(step: Share, book: Book, facts: Facts) -> None:
    frame, weights = book.frames[step.frame], book.columns[step.weight]
    size_minor = int(book.columns[step.size].numerator[0])
    known = weights.is_known()
    members = weights.take(known)
    scaled, _ = members.scaled()
    if not len(members) or not (scaled > 0).any():
        hint = "let someone take part, or leave the pool out"
        raise Refused(Problem("F304", f"nobody has a weight in {step.title}", step.place, hint))
    keys = frame.keys[known]
    result = apportion(size_minor, scaled, keys, step.residue, step=step.terms.step_minor, mode=step.terms.rounding)
    assert total(result.shares) + result.residue_minor == size_minor, "a pool is conserved"
    assert step.residue not in CONSERVING or not result.residue_minor, "a conserving policy leaves nothing"
    shares = np.zeros(len(frame), dtype=result.shares.dtype)
    shares[known] = result.shares
    remainders = np.zeros(len(frame), dtype=object)
    remainders[known] = result.remainders
    book.write(step.name, step.frame, Exact(shares, 1, None if known.all() else known))
    book.write(f"{step.component}.remainder", step.frame, Exact(remainders, 1, None if known.all() else known))
    book.write(f"{step.component}.left", step.size, Exact(integers([result.residue_minor])))


def _sum(step: Sum, book: Book, facts: Facts) -> None:
    total = Exact.constant(0, len(book.frames[PARTNERS]))
    for part in step.parts:
        total = total + book.columns[part]
    book.write(step.name, PARTNERS, total)


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
    Gather: _gather,
    Size: _size,
    Weigh: _weigh,
    Share: _share,
    Sum: _sum,
}
