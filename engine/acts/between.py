"""Rows between two versions of a rule: a run in which one falls is refused, for no version says what it is paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from engine.facts.snapshot import Snapshot
from engine.values import Plan
from rules.calendar import Period
from rules.expressions.tree import And, Expression, Type, columns
from rules.payouts.meaning import VersionGap
from rules.problem import Problem, Refused

PROBLEMS_MAX = 20
_EPOCH = date(1970, 1, 1)


def refuse_between(plan: Plan, facts: Snapshot, period: Period) -> None:
    """Raise Refused with the rows of a period that a rule's versions leave out between them."""
    problems = [problem for gap in plan.gaps for problem in _in_gap(gap, facts, period)]
    if problems:
        raise Refused(*problems[:PROBLEMS_MAX])


def _in_gap(gap: VersionGap, facts: Snapshot, period: Period) -> Iterator[Problem]:
    before, after = gap.versions
    rows: dict[str, date] = {}
    for rule in gap.versions:
        lock = timedelta(days=rule.rows.lock_days)
        first, end = max(gap.days.first, period.start - lock), min(gap.days.end, period.end - lock)
        dated = rule.rows.dated
        if first >= end or dated is None:
            continue
        asked = {"day": (dated, Type.DATE)}
        found = facts.rows(rule.rows.table, _of_rows(rule.rows.where), dated, (first, end), asked, {}, rule.rows.owner)
        for key, day in zip(found.frame.keys.tolist(), found.measures["day"].fractions(), strict=True):
            assert day is not None, "a row in some days has its day"
            rows[str(key)] = _EPOCH + timedelta(days=int(day))
    for key, on in sorted(rows.items()):
        ended = before.rows.during.last if before.rows.during is not None else None
        begins = after.rows.during.first if after.rows.during is not None else None
        message = f"{before.rows.table} {key} is of {on}: {before.name} ended on {ended}, and {after.name}, which "
        message += f"replaces it, begins on {begins}"
        hint = "let the versions meet, or leave replaces: out where rows in between are not to be paid"
        yield Problem("F334", message, after.place, hint)


def _of_rows(where: Expression | None) -> Expression | None:
    """What a condition says of rows by themselves; what it says of values worked out for partners may hold."""
    parts = () if where is None else where.parts if isinstance(where, And) else (where,)
    told = tuple(part for part in parts if all(column.table is not None for column in columns(part)))
    return None if not told else told[0] if len(told) == 1 else And(told)
