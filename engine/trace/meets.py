"""What a row meets: the days of a rule, and the conditions of it, worked out again on the row's own cells in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from engine.values import RECORD, Facts, Gather, KeepBalance, Kpi, Plan, Quota, Reading, Score, Sum
from rules.crediting.meaning import CREDIT
from rules.expressions.evaluate import Value, evaluate
from rules.expressions.tree import And, Column, Comparison, Expression, Literal, Type, columns, words
from rules.kinds.base import number


def outside(reading: Reading, cells: Mapping[Column, Value]) -> str:
    """Why the row is not in the days that the rule looks at; empty where it is."""
    if reading.days is None:
        return "the rule looks at a period that the calendar does not have"
    if reading.of_period is not None:
        column, period = reading.of_period
        if cells[column] == period:
            return ""
        if not period:
            return "the rule looks at a period that the calendar does not have"
        return f"{column} is {cells[column]}, and the rule looks at {period}"
    if reading.dated is None:
        return ""
    day = cells[reading.dated]
    if day is None:
        return f"{reading.dated} is blank"
    assert isinstance(day, date)
    told = f"{reading.dated} is {day}"
    paid, days = (reading.dated if reading.after is None else reading.after), reading.during
    theirs = cells[paid]
    if not isinstance(theirs, date):
        return f"{paid} is blank"
    if days is not None and not days.first <= theirs <= days.last:
        return f"{paid} is {theirs}, outside {days.first} to {days.last}, the days of the rule"
    counts, lock = day, timedelta(days=reading.lock_days)
    if reading.after is not None:
        if theirs + lock > day:
            counts, told = theirs + lock, f"{told}, and it counts with its row on {theirs + lock}"
    elif lock:
        counts, told = day + lock, f"{told} and locked for {reading.lock_days} days, to {day + lock}"
    first, end = reading.days
    if (first is None or counts >= first) and (end is None or counts < end):
        return ""
    return f"{told}, outside {first or 'the beginning'} to before {end}"


def failed(where: Expression | None, cells: Mapping[Column, Value], plan: Plan, facts: Facts) -> str:
    """The part of the condition that does not hold, with the cells that it met; empty where all hold."""
    for part in where.parts if isinstance(where, And) else ([] if where is None else [where]):
        value = evaluate(part, cells.__getitem__)
        if value is not True:
            met = ", ".join(f"{column} is {_shown(plan, facts, column, cells[column])}" for column in columns(part))
            return f"{_written(part, plan, facts)} {'does not hold' if value is False else 'is unknown'}: {met}"
    return ""


def _written(part: Expression, plan: Plan, facts: Facts) -> str:
    """A condition as people write it: an amount that money is compared with in major units."""
    match part:
        case Comparison(op, Column() as column, Literal(Fraction() as amount)) if is_money(column, plan, facts):
            return f"{column} {op} {plan.terms.money(amount)}"
        case Comparison(op, Literal(Fraction() as amount), Column() as column) if is_money(column, plan, facts):
            return f"{plan.terms.money(amount)} {op} {column}"
    return words(part)


def is_money(column: Column, plan: Plan, facts: Facts) -> bool:
    """Whether a value counts minor units."""
    if column.table is not None:
        return column.table not in ("period", CREDIT) and column.name != RECORD and facts.is_money(column)
    for step in plan.steps:
        if isinstance(step, KeepBalance) and column.name == step.opening:
            return True
        if step.name == column.name:
            is_kpi = isinstance(step, Kpi) and step.kpi.type == Type.MONEY
            is_quota = isinstance(step, Quota) and step.quota.type == Type.MONEY
            return isinstance(step, Gather | Sum) or is_kpi or is_quota
    return False


def _shown(plan: Plan, facts: Facts, column: Column, value: Value) -> str:
    """A value as people read it."""
    if isinstance(value, int | Fraction) and not isinstance(value, bool) and is_money(column, plan, facts):
        return plan.terms.money(Fraction(value))
    return _told(_named(plan, column, value))


def _named(plan: Plan, column: Column, value: Value) -> Value:
    """A value as people know it: a tier by its name."""
    for step in plan.steps:
        tiers = step.scorecard.card.tiers if isinstance(step, Score) else None
        if tiers is not None and column == Column(None, f"{step.name}.tier") and value is not None:
            assert isinstance(value, Fraction), "a tier is a code"
            return tiers.names[int(value)] if value >= 0 else "below all tiers"
    return value


def _told(value: Value) -> str:
    if value is None:
        return "blank"
    if isinstance(value, Fraction):
        return number(value)
    return f"'{value}'" if isinstance(value, str) else str(value)
