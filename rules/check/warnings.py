"""Warnings: what is allowed in a program and is seldom meant, told before it costs money.

In: a program without errors, and what it means. Out: problems of severity `warning`, each with its place, what is
suspicious, and how to mend it. Only what is certain from the document is told: a value that a table may hold is no
reason, since a warning that cries wolf is passed over the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise, product

from rules.calendar import Calendar, Period
from rules.check.held import by_identity
from rules.check.jumps import payout_cliffs
from rules.check.reach import score_spans
from rules.check.spans import OPEN, POSITIVE, Span, conjuncts, expression_span, kpi_spans
from rules.check.uses import names_used, tables_read
from rules.check.warnings_payouts import payout_warnings
from rules.check.warnings_pools import KeyPlace, pool_warnings
from rules.check.warnings_scores import score_warnings
from rules.crediting.attributions import FOUND_BY
from rules.expressions.tree import (
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
from rules.kinds.base import ShareKind
from rules.meaning import Meaning
from rules.pools.meaning import PoolMeaning
from rules.problem import Place, Problem
from rules.program import Program
from rules.quantities.written import DateRange
from rules.sharing.base import AwardKind
from rules.tables import FLAGS, PAYEES, Table

_DAYS = (Type.DATE, Type.MONTH)
_SPANS_MAX = 16  # of the KPIs and the scorecards of a program
_kpi_spans = by_identity(kpi_spans, _SPANS_MAX)
_score_spans = by_identity(score_spans, _SPANS_MAX)


def plan_warnings(program: Program, meaning: Meaning, key_place: KeyPlace) -> list[Problem]:
    """Everything suspicious about a program that has no errors; `key_place` tells where a key was written."""
    kpis = _kpi_spans(meaning.kpis, OPEN)
    named = _score_spans(meaning.scorecards, kpis)
    found = [*_unused(program, meaning), *_undated(meaning)]
    for card in meaning.scorecards:
        found += score_warnings(card, named, meaning.terms)
    for payout in meaning.payouts:
        found += payout_cliffs(payout, meaning)
    found += payout_warnings(meaning, named)
    ordinary = _score_spans(meaning.scorecards, _kpi_spans(meaning.kpis, POSITIVE))
    found += [warning for pool in meaning.pools for warning in _below_zero(pool, meaning, ordinary)]
    found += pool_warnings(meaning, key_place)
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
    """KPIs, scorecards, crediting rules and sources that nothing reads. A program that pays nothing is there for its
    figures and its scores. In one that pays, a KPI from the catalogue and a formula over others may well be there for
    the report; one that it measures itself was meant for something."""
    used = names_used(meaning)
    pays = bool(meaning.payouts or meaning.pools)
    for kpi in meaning.kpis:
        spec = program.kpis.get(kpi.name)
        is_own = spec is not None and spec.use is None and spec.formula is None and kpi.level == "partner"
        is_named = kpi.name in used or any(name.startswith(f"{kpi.name}.") for name in used)
        if is_own and not is_named and pays:
            hint = "take it out if it was forgotten, or use it; a KPI that is only reported does no harm"
            yield _warning("P301", f"{kpi.name} is reported only: no score and no payout reads it", kpi.place, hint)
    for card in meaning.scorecards:
        if pays and not {card.name, f"{card.name}.tier", f"{card.name}.rank"} & used:
            message = f"{card.name} is reported only: no payout and no pool reads its score, tier or rank"
            hint = f"use it, such as among: {card.name} >= 60 in a pool; or tell its partners that it pays nothing"
            yield _warning("P302", message, card.place, hint)
    for credit in meaning.credits:
        if pays and credit not in meaning.paying_credits:
            message = f"nothing reads the crediting rule {credit.name}: no payout pays by it"
            hint = f"write credit: {credit.name} in the payout that it was meant for, or take it out"
            yield _warning("P323", message, credit.place, hint)
    read = tables_read(meaning)
    if read == {"partners"}:
        return  # the program has only been begun: its sources stand there before its rules
    known = read & meaning.tables.keys()
    others = {PAYEES, *(FOUND_BY if "attributions" in read else ())}
    for source in meaning.sources:
        # A table that rows in use refer to is there to check what they refer to; by payees every cycle pays, and by
        # touches the weights are found that a rule pays by.
        if source.table not in {*read, *others} and not any(sees(meaning.tables, each, source.table) for each in known):
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


def _nodes(tree: Expression) -> Iterator[Expression]:
    yield tree
    for child in children(tree):
        yield from _nodes(child)


def _below_zero(pool: PoolMeaning, meaning: Meaning, named: Mapping[str, Span]) -> Iterator[Problem]:
    """Weights and claims that can be below zero though every amount, number and count of the tables is not."""
    what, keys = f"the claim on {pool.name}", list[str]()
    if isinstance(pool.kind, ShareKind):
        what, keys = f"the weight of {pool.name}", [*pool.kind.inputs()] if pool.kind.is_measure else []
    elif isinstance(pool.kind, AwardKind):
        keys = [*pool.kind.money]
    conditions = (*conjuncts(pool.among), *conjuncts(meaning.eligible))
    for key in keys:
        measured = pool.inputs[key][0]
        if _can_be_below_zero(measured, conditions, named):
            message = f"{what}, {words(measured)}, can be below zero, which a pool refuses when it runs"
            hint = f"share by greatest(0, {words(measured)}), or let among: take those above zero"
            yield _warning("P312", message, pool.place, hint)


def _can_be_below_zero(measured: Expression, conditions: Iterable[Expression], named: Mapping[str, Span]) -> bool:
    held = dict(named)
    for condition in conditions:
        match condition:
            case Comparison(">" | ">=", left, Literal(Fraction() as value)) if left == measured and value >= 0:
                return False
            case Comparison(">" | ">=", Column(None) as left, Literal(Fraction() as value)):
                held[str(left)] = held.get(str(left), Span()).held(value, None)
    span = expression_span(measured, held, POSITIVE)
    return (span.low is None or span.low < 0) and not any(isinstance(node, Case) for node in _nodes(measured))


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
