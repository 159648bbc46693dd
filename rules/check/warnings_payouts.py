"""Warnings about payout rules: no limit to what they pay, rates that take, rows that are paid twice or never returned.

In: rules that were understood. Out: problems of severity `warning`. Only what is certain from the document is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from pydantic import BaseModel

from rules.check.spans import Span, expression_span, is_part
from rules.check.uses import tables_read
from rules.check.versions import in_both, paid_twice
from rules.expressions.tree import Arithmetic, Expression, Literal, children, columns
from rules.kinds.base import percent
from rules.kinds.card import Card
from rules.kinds.matrix import Matrix
from rules.kinds.per_unit import PerUnit
from rules.kinds.rate import Rate
from rules.kinds.tiers import Tiers
from rules.meaning import KpiMeaning, Meaning
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Place, Problem
from rules.quantities.written import DateRange

_EVENTS = "deal_events"


def payout_warnings(meaning: Meaning, named: Mapping[str, Span]) -> Iterator[Problem]:
    """Everything suspicious about the payout rules of a program; `named` are the spans of KPIs and scores."""
    names = {payout.name for payout in meaning.payouts}
    for payout in meaning.payouts:
        yield from _unlimited(payout, meaning, named)
        yield from _rates(payout, names)
        yield from _never_in_force(payout, meaning.effective)
    yield from _never_returned(meaning)
    yield from paid_twice(meaning)


def _warning(code: str, message: str, place: Place, hint: str) -> Problem:
    return Problem(code, message, place, hint, "warning")


# --- what has no limit ------------------------------------------------------------------------------------------------


def _unlimited(payout: PayoutMeaning, meaning: Meaning, named: Mapping[str, Span]) -> Iterator[Problem]:
    """Payouts that grow with a score or a ratio that has no upper end. What grows with sums and counts is an ordinary
    commission or fee; a ratio explodes where little is divided by, and a score where its target was set low."""
    if payout.at_most_minor is not None or any(limit.spec.at_most is not None for limit in payout.limits):
        return
    if any(total.limits and payout.name in total.parts for total in meaning.totals):
        return
    kpis = {kpi.name: kpi for kpi in meaning.kpis}
    cards = {card.name for card in meaning.scorecards}
    open_ones = dict.fromkeys(name for tree in _growing(payout) for name in _open_names(tree, named))
    for name in open_ones:
        if name in cards:
            message = f"{payout.name} has no limit: the score {name} has no upper end"
            hint = f"add cap: to the scorecard or to its scales, write least({name}, LIMIT), or give the payout limits:"
            yield _warning("P311", message, payout.place, hint)
        elif name in kpis and _is_ratio(kpis[name]):
            message = f"{payout.name} has no limit: {name} is a ratio, and grows without end where little is divided by"
            hint = f"write least({name}, LIMIT), at_least: in the KPI, or limits: of the payout"
            yield _warning("P311", message, payout.place, hint)


def _growing(payout: PayoutMeaning) -> Iterator[Expression]:
    """The expressions with which a payout grows without a bound of their own."""
    if payout.base is not None and _is_in_proportion(payout):
        yield payout.base
    if isinstance(payout.kind, Rate) and payout.kind.at_most is None:
        yield from (payout.inputs[name][0] for name in ("times", "plus") if name in payout.inputs)
    for each in payout.multipliers:
        if each.spec.times is not None and each.spec.at_most is None and "times" in each.inputs:
            yield each.inputs["times"][0]


def _is_in_proportion(payout: PayoutMeaning) -> bool:
    """Whether a kind pays the more, the larger its base is: a prize and the amount of a tier do not."""
    match payout.kind:
        case Rate() | PerUnit():
            return True
        case Tiers() as tiers:
            ends = tiers.method == "marginal" and tiers.steps[-1].to is not None and tiers.by is None
            return not ends and all(step.amount is None for step in tiers.steps)
        case Matrix() as matrix:
            return matrix.rates is not None
        case Card() as card:
            return bool(card.takes)
    return False


def _open_names(tree: Expression, named: Mapping[str, Span]) -> Iterator[str]:
    """The KPIs and scores without an upper end that an expression without one reads."""
    if expression_span(tree, named).high is None:
        names = (str(column) for column in columns(tree) if column.table is None)
        yield from (name for name in names if name in named and named[name].high is None)


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


# --- rates ------------------------------------------------------------------------------------------------------------


def _rates(payout: PayoutMeaning, payouts: set[str]) -> Iterator[Problem]:
    """Rates that take from partners, or pay more than what they are a part of. A rate below zero of what other rules
    pay is a fee or a withholding."""
    read = columns(payout.base) if payout.base is not None else ()
    is_fee = bool(read) and all(str(each) in payouts for each in read)
    for rate in dict.fromkeys(_rates_in(payout.kind)):
        if rate < 0 and not is_fee:
            message = f"{payout.name} has a rate of {percent(rate)}: it takes from the partner for each row"
            hint = f"write {percent(-rate)}; what is taken back is told by returns:, or has an amount below zero"
            yield _warning("P318", message, payout.place, hint)
        elif rate > 1:
            message = f"{payout.name} has a rate of {percent(rate)}: it pays more than the amount that it is paid on"
            yield _warning("P318", message, payout.place, f"write {percent(rate / 100)}, if that was meant")


def _rates_in(config: object) -> Iterator[Fraction]:
    """What is written as `rate:` or `rates:` in the config of a kind, at any depth."""
    if isinstance(config, BaseModel):
        for name in type(config).model_fields:
            value = getattr(config, name)
            if name == "rate" and isinstance(value, Fraction):
                yield value
            elif name == "rates" and isinstance(value, tuple):
                yield from (rate for line in value for rate in line)
            else:
                yield from _rates_in(value)
    elif isinstance(config, tuple | list):
        for each in config:
            yield from _rates_in(each)


# --- rows that are returned, and rows that are paid twice -------------------------------------------------------------


def _never_returned(meaning: Meaning) -> Iterator[Problem]:
    """Rules that keep paying for rows that the program knows how to take back: by another rule on the same rows, or
    from the returns of deals. Returns that nothing reads at all are told as such."""
    taken_back = {payout.rows.table: payout.name for payout in reversed(meaning.payouts) if payout.returns}
    knows_returns = any(source.table == _EVENTS for source in meaning.sources) and _EVENTS in tables_read(meaning)
    for payout in meaning.payouts:
        table = payout.rows.table
        if payout.returns:
            continue
        if table in taken_back:
            message = (
                f"{payout.name} pays rows of {table}, and keeps paying for those that {taken_back[table]} takes back"
            )
            yield _warning("P319", message, payout.place, "give it the same returns:, unless what it pays is final")
        elif table == "deals" and knows_returns:
            message = f"{payout.name} pays deals, and takes nothing back when {_EVENTS} tells that one was returned"
            yield _warning("P319", message, payout.place, f"add returns: with for_each: {_EVENTS}, unless it is final")


def _never_in_force(payout: PayoutMeaning, effective: DateRange) -> Iterator[Problem]:
    """Days of a rule on none of which the program is in force."""
    during = payout.rows.during
    if during is not None and in_both(during, effective) is None:
        message = (
            f"{payout.name} is for {during.first} to {during.last}, and the program is in force on none of these days"
        )
        hint = f"write days within {effective.first} to {effective.last}, or take the rule out"
        yield _warning("P321", message, payout.place, hint)
