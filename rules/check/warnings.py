"""Warnings: what is allowed in a program and is seldom meant, told before it costs money.

In: a program without errors, and what it means. Out: problems of severity `warning`, each with its place, what is
suspicious, and how to mend it. Only what is certain from the document is told: a value that a table may hold is no
reason, since a warning that cries wolf is passed over the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise, product

from pydantic import BaseModel

from rules.calendar import Calendar, Period
from rules.check.jumps import payout_cliffs
from rules.check.reach import score_spans
from rules.check.spans import POSITIVE, Span, conjuncts, expression_span, is_part, kpi_spans
from rules.check.uses import names_used, tables_read
from rules.check.warnings_scores import score_warnings
from rules.expressions.tree import (
    Arithmetic,
    Case,
    Column,
    Comparison,
    Expression,
    Literal,
    Type,
    children,
    columns,
    words,
)
from rules.joins import sees
from rules.kinds.base import percent
from rules.kinds.by import By
from rules.meaning import KpiMeaning, Meaning, PoolMeaning
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Place, Problem
from rules.program import Program
from rules.quantities.written import DateRange
from rules.tables import FLAGS, Table

KeyPlace = Callable[[tuple[str | int, ...]], Place]
_DAYS = (Type.DATE, Type.MONTH)


def plan_warnings(program: Program, meaning: Meaning, key_place: KeyPlace) -> list[Problem]:
    """Everything suspicious about a program that has no errors; `key_place` tells where a key was written."""
    kpis = kpi_spans(meaning.kpis)
    named = score_spans(meaning, kpis)
    found = [*_unused(program, meaning), *_undated(meaning)]
    for card in meaning.scorecards:
        found += score_warnings(card, named, meaning.terms)
    for payout in meaning.payouts:
        found += [*_unlimited(payout, meaning, named), *payout_cliffs(payout, meaning), *_rates(payout)]
    ordinary = score_spans(meaning, kpi_spans(meaning.kpis, POSITIVE))
    found += [warning for pool in meaning.pools for warning in _below_zero(pool, meaning, ordinary)]
    if not _holds_a_period(meaning.calendar, meaning.effective):
        length = "period of its calendar" if meaning.calendar.length == "custom" else meaning.calendar.length
        message = (
            f"no whole {length.replace('_', '-')} lies within {meaning.effective.first} to {meaning.effective.last}"
        )
        hint = "no period can be run; change effective: or the calendar"
        found.append(_warning("P316", message, key_place(("effective",)), hint))
    return found + list(_gaps(meaning, key_place))


def _warning(code: str, message: str, place: Place, hint: str) -> Problem:
    return Problem(code, message, place, hint, "warning")


def _unused(program: Program, meaning: Meaning) -> Iterator[Problem]:
    """KPIs, scorecards and sources that nothing reads. A KPI from the catalogue and a formula over others may well be
    there for the report; one that the program measures itself was meant for something."""
    used = names_used(meaning)
    pays = bool(meaning.payouts or meaning.pools)
    for kpi in meaning.kpis:
        spec = program.kpis.get(kpi.name)
        is_own = spec is not None and spec.use is None and spec.formula is None and kpi.level == "partner"
        is_named = kpi.name in used or any(name.startswith(f"{kpi.name}.") for name in used)
        if is_own and not is_named and (pays or meaning.scorecards):
            hint = "take it out if it was forgotten, or use it; a KPI that is only reported does no harm"
            yield _warning("P301", f"{kpi.name} is reported only: no score and no payout reads it", kpi.place, hint)
    for card in meaning.scorecards:
        if pays and not {card.name, f"{card.name}.tier", f"{card.name}.rank"} & used:
            message = f"{card.name} is reported only: no payout and no pool reads its score, tier or rank"
            hint = f"use it, such as among: {card.name} >= 60 in a pool; or tell its partners that it pays nothing"
            yield _warning("P302", message, card.place, hint)
    read = tables_read(meaning)
    if read == {"partners"}:
        return  # the program has only been begun: its sources stand there before its rules
    known = read & meaning.tables.keys()
    for source in meaning.sources:
        # A table that rows in use refer to is there to check what they refer to.
        if source.table not in read and not any(sees(meaning.tables, each, source.table) for each in known):
            message = f"nothing reads {source.table}: no KPI, no scorecard, no rule, and no row that they read"
            yield _warning("P313", message, source.place, "take the source out, or use it")


def _undated(meaning: Meaning) -> Iterator[Problem]:
    """Payouts for rows of all time: rows with dates, of which none puts them into a period."""
    for payout in meaning.payouts:
        rows = payout.rows
        if rows.dated is not None or rows.table == "partners":
            continue
        trees = [tree for tree in (rows.where, payout.base) if tree is not None]
        read = {(column.table, column.name) for tree in trees for column in columns(tree)}
        if any(table == "period" for table, _ in read) or read & FLAGS:
            continue
        dates = _dates_seen(meaning.tables, rows.table, {table for table, _ in read if table is not None})
        if dates:
            message = f"{payout.name} pays every row of {rows.table} in every period, whatever its date"
            yield _warning("P314", message, payout.place, f"add dated: {' or '.join(dates[:3])}")


def _dates_seen(tables: Mapping[str, Table], start: str, read: set[str]) -> list[str]:
    """The date columns of a table, else of the tables that its rows see and the rule reads."""
    others = [name for name in tables if name in read and name != "partners" and sees(tables, start, name)]
    for name in dict.fromkeys([start, *others]):
        dates = [f"{name}.{column.name}" for column in tables[name].columns if column.type in _DAYS]
        if dates:
            return dates
    return []


def _unlimited(payout: PayoutMeaning, meaning: Meaning, named: Mapping[str, Span]) -> Iterator[Problem]:
    """Payouts that grow with a score or a ratio that has no upper end. What grows with sums and counts is an ordinary
    commission or fee; a ratio explodes where little is divided by, and a score where its target was set low."""
    if payout.base is None or expression_span(payout.base, named).high is not None:
        return
    kpis = {kpi.name: kpi for kpi in meaning.kpis}
    cards = {card.name for card in meaning.scorecards}
    for column in columns(payout.base):
        name = str(column)
        if column.table is not None or name not in named or named[name].high is not None:
            continue
        if name in cards:
            message = f"{payout.name} has no limit: the score {name} has no upper end"
            hint = f"add cap: to the scorecard or to its scales, or write least({name}, LIMIT)"
            yield _warning("P311", message, payout.place, hint)
        elif name in kpis and _is_ratio(kpis[name]):
            message = f"{payout.name} has no limit: {name} is a ratio, and grows without end where little is divided by"
            yield _warning("P311", message, payout.place, f"write least({name}, LIMIT), or at_least: in the KPI")


def _rates(payout: PayoutMeaning) -> Iterator[Problem]:
    """Rates that take from partners, or pay more than what they are a part of."""
    for rate in dict.fromkeys(_rates_in(payout.kind)):
        if rate < 0:
            message = f"{payout.name} has a rate of {percent(rate)}: it takes from the partner for each row"
            hint = f"write {percent(-rate)}; what is returned or cancelled is a row with an amount below zero"
            yield _warning("P318", message, payout.place, hint)
        elif rate > 1:
            message = f"{payout.name} has a rate of {percent(rate)}: it pays more than the amount that it is paid on"
            yield _warning("P318", message, payout.place, f"write {percent(rate / 100)}, if that was meant")


def _rates_in(config: object) -> Iterator[Fraction]:
    """What is written as `rate:` in the config of a kind, at any depth."""
    if isinstance(config, BaseModel):
        for name in type(config).model_fields:
            value = getattr(config, name)
            if name == "rate" and isinstance(value, Fraction):
                yield value
            else:
                yield from _rates_in(value)
    elif isinstance(config, tuple | list):
        for each in config:
            yield from _rates_in(each)


def _gaps(meaning: Meaning, key_place: KeyPlace) -> Iterator[Problem]:
    """Days between the periods of a custom calendar: what happens on them is of no period."""
    for one, following in pairwise(sorted(meaning.calendar.custom, key=lambda period: period.start)):
        first, end = max(one.end, meaning.effective.first), min(following.start, meaning.effective.end)
        if first < end:
            last = end - timedelta(days=1)
            days = f"{first} is" if first == last else f"{first} to {last} are"
            message = f"{days} between {one.name} and {following.name}, and in no period"
            hint = "rows of these days are never paid; let each period begin on the day after the one before it"
            yield _warning("P317", message, key_place(("calendar", "periods", following.name)), hint)


def _is_ratio(kpi: KpiMeaning) -> bool:
    """Whether a KPI divides by what may be little beside its numerator; a mean over the same rows does not."""
    if kpi.formula is not None:
        return any(isinstance(node, Arithmetic) and _divides(node) for node in _nodes(kpi.formula))
    return kpi.numerator is not None and kpi.denominator is not None and not is_part(kpi.numerator, kpi.denominator)


def _divides(node: Arithmetic) -> bool:
    return node.op == "/" and not isinstance(node.right, Literal)


def _nodes(tree: Expression) -> Iterator[Expression]:
    yield tree
    for child in children(tree):
        yield from _nodes(child)


def _below_zero(pool: PoolMeaning, meaning: Meaning, named: Mapping[str, Span]) -> Iterator[Problem]:
    """Weights of a pool that can be below zero though every amount, number and count of the tables is not."""
    if not isinstance(pool.kind, By):
        return
    weight = pool.inputs["of"][0]
    held = dict(named)
    for condition in (*conjuncts(pool.among), *conjuncts(meaning.eligible)):
        match condition:
            case Comparison(">" | ">=", left, Literal(Fraction() as value)) if left == weight and value >= 0:
                return
            case Comparison(">" | ">=", Column(None) as left, Literal(Fraction() as value)):
                held[str(left)] = held.get(str(left), Span()).held(value, None)
    span = expression_span(weight, held, POSITIVE)
    if (span.low is None or span.low < 0) and not any(isinstance(node, Case) for node in _nodes(weight)):
        message = f"the weight of {pool.name}, {words(weight)}, can be below zero, which a pool refuses when it runs"
        hint = f"share by greatest(0, {words(weight)}), or let among: take those above zero"
        yield _warning("P312", message, pool.place, hint)


def _holds_a_period(calendar: Calendar, effective: DateRange) -> bool:
    return any(effective.first <= period.start and period.end <= effective.end for period in _near(calendar, effective))


def _near(calendar: Calendar, effective: DateRange) -> Iterator[Period]:
    """The periods among which the first whole one is, if there is one: those of the years around the first day."""
    if calendar.length == "custom":
        yield from calendar.custom
        return
    forms = {
        "month": [f"{month:02d}" for month in range(1, 13)],
        "quarter": ["Q1", "Q2", "Q3", "Q4"],
        "half_year": ["H1", "H2"],
        "year": [""],
    }[calendar.length]
    first = effective.first.year
    years = [year for year in range(first - 1, first + 3) if 1900 <= year <= 2999]
    for year, form in product(years, forms):
        yield calendar.period(f"{year}-{form}" if form else str(year))
