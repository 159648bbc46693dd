"""Examples on made-up values as tables of texts, for a plan on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.values.paper import Example
from rules.expressions.evaluate import Value
from rules.expressions.tree import Type, as_written
from rules.kinds.base import TERM, ShareKind, Terms, number, percent
from rules.payouts.meaning import PayoutMeaning
from rules.pools.meaning import PoolMeaning

_OWN_NAMES = {"before": "added up before", "term": "agreed"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A made-up row as it is shown: the inputs of the kind, and in words by what a card tells it from others and what
    decides its factors."""

    inputs: Mapping[str, Fraction | None]
    attributes: Mapping[str, str]
    measures: Mapping[str, str]


def made_up_payout(
    payout: PayoutMeaning, rows: Sequence[Shown], told: Sequence[str], lines: Sequence[Fraction | None]
) -> Example:
    """What a rule pays for rows that are made up: each input, how it is worked out, and the line in whole units."""
    types = {name: type_ for name, (_, type_) in payout.inputs.items()}
    inputs = [name for name in rows[0].inputs if types.get(name) is not Type.FLAG]
    head = [*rows[0].attributes, *(_named(payout, name) for name in inputs)]
    measures = [name for name in rows[0].measures if name not in head]
    head += measures
    found = []
    for row, words, line in zip(rows, told, lines, strict=True):
        cells = [
            *row.attributes.values(),
            *(_value(payout, name, types.get(name), row.inputs[name]) for name in inputs),
            *(row.measures[name] for name in measures),
        ]
        found.append((*cells, words, "-" if line is None else payout.terms.amount(line)))
    return Example("Example, on made-up values:", None, (*head, "worked out as", "pays"), tuple(found))


def cell_words(value: Value, type_: Type, terms: Terms) -> str:
    """A cell of a made-up row in words; what a card does not ask for is told as `other`."""
    if value is None:
        return "other"
    if isinstance(value, bool) or not isinstance(value, Fraction | int):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return terms.amount(value) if type_ is Type.MONEY else number(Fraction(value))


def measure_words(value: Fraction | None, type_: Type, terms: Terms, in_percent: bool) -> str:
    """What decides a factor in words: a condition holds or does not, a measure has its unit."""
    if type_ is Type.FLAG:
        return "yes" if value else "no"
    if value is None:
        return "none"
    return percent(value) if in_percent else cell_words(value, type_, terms)


def _named(payout: PayoutMeaning, name: str) -> str:
    if name == "base":
        return "base" if payout.base is None else as_written(payout.base)
    return as_written(payout.inputs[name][0]) if name in payout.inputs else _OWN_NAMES.get(name, name)


def _value(payout: PayoutMeaning, name: str, type_: Type | None, value: Fraction | None) -> str:
    if value is None:
        return "none"
    if name == TERM:
        return payout.kind.agreed_words(value, payout.terms)
    is_money = (payout.base_type if name in ("base", "before") else type_) is Type.MONEY
    return payout.terms.amount(value) if is_money else number(value)


def made_up_pool(
    pool: PoolMeaning,
    size_minor: int,
    keys: Sequence[str],
    values: Mapping[str, Sequence[Fraction]],
    weights: Sequence[Fraction | None],
    shares: Sequence[int],
) -> Example:
    """How a pool is shared among a few partners that are made up; `values` are what is read of each, by input."""
    head = ("partner", *(as_written(pool.inputs[name][0]) for name in values), "weight", "share")
    is_award = pool.spec.bounds is not None or not isinstance(pool.kind, ShareKind)
    head = head if not is_award else (*head[:-2], "award", "share")
    rows = []
    for at, (key, weight, share) in enumerate(zip(keys, weights, shares, strict=True)):
        told = "-" if weight is None else pool.terms.money(weight) if is_award else number(weight)
        cells = [cell_words(each[at], pool.inputs[name][1], pool.terms) for name, each in values.items()]
        rows.append((key, *cells, told, pool.terms.amount(share)))
    title = f"Example, on made-up values, if these were all, of a pool of {pool.terms.amount(size_minor)}:"
    return Example(title, None, head, tuple(rows))
