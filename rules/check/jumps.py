"""Where a payout jumps: another rate on the whole amount once an edge is reached, by a base of `case`, a schedule of
whole-amount tiers, the ranges of a card or the bands of a multiplier.

In: a payout that was understood. Out: a warning for the jumps of a quarter of the payout or more, of each of these.
Tiers of what a row itself comes to are told from a first one of 0 % on: the first cent over the edge is paid back to
the first unit. What is gated by another measure, a quota or a band is a bonus for reaching it, and amounts by tier are
bonuses too: both are what they say, and are not told; but a gate whose rates jump again beyond it is told with them,
so that all the cliffs of a schedule are named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, permutations

from rules.check.warnings_scores import CLIFF_SHARE
from rules.expressions.tree import (
    Arithmetic,
    Case,
    Column,
    Comparison,
    Expression,
    Literal,
    Negate,
    Type,
    children,
    columns,
    words,
)
from rules.kinds.base import Terms, number, percent
from rules.kinds.card import Card
from rules.kinds.scales.reference import quantity_text
from rules.kinds.tiers import Step, Tiers
from rules.meaning import Meaning
from rules.payouts.meaning import MultiplierMeaning, PayoutMeaning
from rules.problem import Problem
from rules.specific import Edge, Span

_HINT = "let the higher rate pay only what lies above the edge, or make the steps smaller"


@dataclass(frozen=True, slots=True)
class _Jump:
    """What is paid just below an edge and beyond it, of `measured`; `edge` and the amounts in words."""

    before: Fraction
    after: Fraction
    edge: str
    measured: str
    words: str
    from_nothing: bool = False

    @property
    def share(self) -> Fraction:
        """The jump as a part of the higher of the two; nothing where one of them takes."""
        low, high = sorted((self.before, self.after))
        return Fraction(0) if low < 0 or high == 0 else (high - low) / high

    @property
    def is_gate(self) -> bool:
        """Whether one of the two pays nothing, and that is what is meant."""
        return 0 in (self.before, self.after) and not self.from_nothing


def payout_cliffs(payout: PayoutMeaning, meaning: Meaning) -> Iterator[Problem]:
    """The cliffs of a payout: of its base the largest, of its kind and of each of its multipliers all of them."""
    yield from _base_cliff(payout, meaning)
    percents = {kpi.name for kpi in meaning.kpis if kpi.unit == "percent"}
    kind: Iterator[_Jump] = iter(())
    if isinstance(payout.kind, Tiers) and payout.kind.method == "whole":
        kind = _tier_jumps(payout.kind, payout)
    elif isinstance(payout.kind, Card):
        kind = _card_jumps(payout.kind)
    for jumps in (kind, *(_band_jumps(each, percents) for each in payout.multipliers)):
        steep = list(dict.fromkeys(jump for jump in jumps if jump.share >= CLIFF_SHARE))
        if not all(jump.is_gate for jump in steep):
            message = f"cliff: at {steep[0].edge} of {steep[0].measured} {payout.name} jumps from {steep[0].words}"
            message += "".join(f", at {jump.edge}{_of(jump, steep[0])} from {jump.words}" for jump in steep[1:])
            yield Problem("P310", message, payout.place, _HINT, "warning")


def _of(jump: _Jump, first: _Jump) -> str:
    return "" if jump.measured == first.measured else f" of {jump.measured}"


def _tier_jumps(tiers: Tiers, payout: PayoutMeaning) -> Iterator[_Jump]:
    """The edges of a whole-amount schedule: all of the base is paid at another rate beyond each."""
    if tiers.steps[0].amount is not None:
        return
    terms = payout.terms
    is_own = tiers.by is None and tiers.quota is None
    measured = words(payout.base) if tiers.by is None and payout.base is not None else str(tiers.by and tiers.by.text)
    if tiers.quota is not None:
        measured = f"the quota of {measured}" if tiers.by is None else measured
    for one, other in pairwise(tiers.steps):
        assert one.to is not None, "all tiers but the last have an end"
        low, high = _paid(one, terms), _paid(other, terms)
        if is_own and one.to.unit != "percent":
            edge = one.to.amount * (terms.minor_per_major if one.rate is not None else 1)
            shown = terms.money(edge) if one.rate is not None else number(edge)
            told = f"{_money(low * edge, terms)} to {_money(high * edge, terms)}"
            yield _Jump(low, high, shown, measured, told, from_nothing=True)
        else:
            yield _Jump(low, high, quantity_text(one.to), measured, f"{_rate(one, terms)} to {_rate(other, terms)}")


def _card_jumps(card: Card) -> Iterator[_Jump]:
    """The edges between entries of a card that differ in one range alone, of which one begins where the other ends."""
    for one, other in permutations(card.entries, 2):
        if one.rate is None or other.rate is None or one.for_.keys() != other.for_.keys():
            continue
        differing = [name for name in one.for_ if one.for_[name] != other.for_[name]]
        spans = [each.for_[differing[0]] for each in (one, other)] if len(differing) == 1 else []
        match spans:
            case [Span(high=Edge(Fraction() as end)), Span(low=Edge(Fraction() as begin))] if end == begin:
                told = f"{percent(one.rate)} to {percent(other.rate)}"
                yield _Jump(one.rate, other.rate, number(end), differing[0], told)


def _band_jumps(multiplier: MultiplierMeaning, percents: Collection[str]) -> Iterator[_Jump]:
    """The edges between the bands of a multiplier: all that is due is multiplied by another factor beyond each."""
    spec = multiplier.spec
    for one, other in pairwise(spec.bands):
        assert one.below is not None and spec.by is not None, "bands are of a measure, and all but the last have an end"
        told = f"{number(one.times)} times to {number(other.times)} times what is due"
        edge = percent(one.below) if multiplier.in_percent(percents) else number(one.below)
        yield _Jump(one.times, other.times, edge, spec.by.text, told)


def _paid(step: Step, terms: Terms) -> Fraction:
    """What a step pays for one unit of its base."""
    if step.rate is not None:
        return step.rate
    assert step.per_unit is not None, "a step has a value"
    return terms.minor(step.per_unit)


def _rate(step: Step, terms: Terms) -> str:
    return percent(step.rate) if step.rate is not None else f"{_money(_paid(step, terms), terms)} a unit"


def _money(minor: Fraction, terms: Terms) -> str:
    return f"{terms.currency.code} {terms.money(minor)}"


def _base_cliff(payout: PayoutMeaning, meaning: Meaning) -> Iterator[Problem]:
    """The cliff of a payout whose base rests on one value alone, with the base just below the edge and at it."""
    if payout.base is None or len(columns(payout.base)) != 1:
        return
    (column,) = columns(payout.base)
    jumps = []
    for edge in _edges(payout.base):
        before, after = _value(payout.base, edge, below=True), _value(payout.base, edge, below=False)
        if before is not None and after is not None and min(before, after) > 0:
            jumps.append((abs(after - before) / max(before, after), edge, before, after))
    share, edge, before, after = max(jumps, default=(Fraction(0),) * 4)
    if share >= CLIFF_SHARE:
        shown = meaning.terms.money if payout.base_type is Type.MONEY else number
        at = meaning.terms.money(edge) if _type(column, meaning) is Type.MONEY else number(edge)
        message = f"cliff: at {at} of {column} the base of {payout.name} jumps from {shown(before)} to {shown(after)}"
        yield Problem("P310", message, payout.place, _HINT, "warning")


def _type(column: Column, meaning: Meaning) -> Type | None:
    if column.table in meaning.tables:
        found = meaning.tables[str(column.table)].column(column.name)
        return None if found is None else found.type
    return next((kpi.type for kpi in meaning.kpis if kpi.name == str(column)), None)


def _edges(tree: Expression) -> Iterator[Fraction]:
    """The numbers with which a case compares."""
    if isinstance(tree, Case):
        for condition, _ in tree.branches:
            match condition:
                case Comparison(_, _, Literal(Fraction() as line)):
                    yield line
    for child in children(tree):
        yield from _edges(child)


def _value(tree: Expression, edge: Fraction, below: bool) -> Fraction | None:
    """What an expression of one column comes to at the edge, or as the column comes up to it; None where it is not
    known."""
    match tree:
        case Literal(Fraction() as value):
            return value
        case Column():
            return edge
        case Negate(operand):
            inner = _value(operand, edge, below)
            return None if inner is None else -inner
        case Arithmetic(op, left, right):
            one, two = _value(left, edge, below), _value(right, edge, below)
            if one is None or two is None or (op == "/" and two == 0):
                return None
            return {"+": one + two, "-": one - two, "*": one * two, "/": one / two if two else one}[op]
        case Case(branches, otherwise):
            for condition, inside in branches:
                holds = _holds(condition, edge, below)
                if holds is not False:
                    return None if holds is None else _value(inside, edge, below)
            return None if otherwise is None else _value(otherwise, edge, below)
    return None


def _holds(condition: Expression, edge: Fraction, below: bool) -> bool | None:
    """Whether a comparison of the column with a number holds at the edge, or just below it; None where it is not
    known."""
    match condition:
        case Comparison(">", Column(), Literal(Fraction() as line)):
            return edge > line
        case Comparison(">=", Column(), Literal(Fraction() as line)):
            return edge > line if below else edge >= line
        case Comparison("<", Column(), Literal(Fraction() as line)):
            return edge <= line if below else edge < line
        case Comparison("<=", Column(), Literal(Fraction() as line)):
            return edge <= line
    return None
