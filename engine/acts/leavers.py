"""Returns that take nothing back, since their partner cannot be paid any more: it keeps what it was paid.

In: a plan, its sheet, the facts. Out: a warning for each rule, with how many returns of the period there are and of
whom. Their rows are of earlier periods, in which the partner could be paid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from engine.facts.snapshot import Snapshot
from engine.sheet.returns import counting_days, is_during
from engine.values import Back, Plan, ReadRows, Sheet
from rules.calendar import Period
from rules.expressions.columnar import EPOCH
from rules.expressions.tree import And, Expression, columns
from rules.problem import Problem

_NAMED_MAX = 5
_HINT = (
    "take it back by hand, or let `eligible` hold for as long as returns may come: "
    "partners.active or partners.terminated_on >= period.start - interval '12' month"
)


def leaver_warnings(plan: Plan, sheet: Sheet, facts: Snapshot) -> Iterator[Problem]:
    """The returns of the period whose row was of a partner who could be paid then, and cannot be paid now."""
    steps = [(step, step.back) for step in plan.steps if isinstance(step, ReadRows) and step.back is not None]
    steps = [(step, back) for step, back in steps if back.day is not None]
    everyone = facts.at(sheet.period, is_open=True) if steps else facts
    now = _keys(facts)
    if len(now) == len(everyone.partners()):
        return
    there: dict[str, Collection[str]] = {}
    for step, back in steps:
        kept: list[str] = []
        for who, day in _returns(step, back, sheet, everyone, now):
            period = _holding(day, sheet.period, plan)
            if period is not None:
                if period.name not in there:
                    there[period.name] = _keys(facts.at(period))
                kept += [who] if who in there[period.name] else []
        if kept:
            yield _warning(back, kept, step, sheet.period)


def _warning(back: Back, kept: Sequence[str], step: ReadRows, period: Period) -> Problem:
    partners = sorted(set(kept))
    more = f" and {len(partners) - _NAMED_MAX} more" if len(partners) > _NAMED_MAX else ""
    returns = "1 return takes" if len(kept) == 1 else f"{len(kept)} returns take"
    message = (
        f"{back.name.split('.')[0]}: {returns} nothing back of {', '.join(partners[:_NAMED_MAX])}{more}, "
        f"who could be paid when the row was and cannot be paid in {period.name}"
    )
    return Problem("F323", message, step.place, _HINT, "warning")


def _returns(
    step: ReadRows, back: Back, sheet: Sheet, everyone: Snapshot, now: Collection[str]
) -> Iterator[tuple[str, date]]:
    """Whose row each return of the period is, of those who cannot be paid now; and the day on which the row counted.

    A condition on what partners have in the period is left aside, since those who left have nothing in it.
    """
    assert back.day is not None, "its rows have a day"
    measures = {name: step.measures[name] for name in (back.row, back.dated, back.day)}
    credits = None if step.credit is None else sheet.credits[step.credit]
    days = date.min, sheet.period.end
    read = everyone.rows(step.table, _of_rows(step.where), step.dated, days, measures, {}, step.owner, credits)
    columns = dict(read.measures)
    counts = counting_days(back, columns)
    first, end = ((day - EPOCH).days for day in (sheet.period.start, sheet.period.end))
    rows = np.flatnonzero((counts >= first) & (counts < end) & is_during(back, columns))
    keys = everyone.partners().keys
    for row in rows.tolist():
        who = str(keys[read.frame.partners[row]])
        if who not in now:
            yield who, EPOCH + timedelta(days=int(columns[back.day].numerator[row]) + back.lock_days)


def _of_rows(where: Expression | None) -> Expression | None:
    """The part of a condition that reads tables alone."""
    parts = where.parts if isinstance(where, And) else () if where is None else (where,)
    kept = [part for part in parts if all(column.table is not None for column in columns(part))]
    return And(tuple(kept)) if len(kept) > 1 else kept[0] if kept else None


def _keys(facts: Snapshot) -> Collection[str]:
    return {str(key) for key in facts.partners().keys[:]}


def _holding(day: date, period: Period, plan: Plan) -> Period | None:
    """The period before this one that holds a day, if the program was in force then."""
    at = plan.calendar.before(period)
    while at is not None and at.end > plan.effective.first and at.start > day:
        at = plan.calendar.before(at)
    return at if at is not None and at.start <= day < at.end and at.end > plan.effective.first else None
