"""Examples on made-up values as tables of texts, for a plan on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from engine.values.paper import Example
from rules.expressions.tree import Type, as_written
from rules.kinds.base import Reason, number
from rules.meaning import PoolMeaning
from rules.payouts.meaning import PayoutMeaning

_OWN_NAMES = {"before": "added up before", "term": "agreed rate"}


def made_up_payout(
    payout: PayoutMeaning,
    rows: Sequence[Mapping[str, Fraction | None]],
    reasons: Sequence[Reason],
    lines: Sequence[Fraction | None],
) -> Example:
    """What a rule pays for rows that are made up: each input, how it is worked out, and the line in whole units."""
    types = {name: type_ for name, (_, type_) in payout.inputs.items()}
    shown = [name for name in rows[0] if types.get(name) is not Type.FLAG]
    head = [_named(payout, name) for name in shown]
    told = []
    for row, reason, line in zip(rows, reasons, lines, strict=True):
        cells = [_value(payout, name, types.get(name), row[name]) for name in shown]
        told.append((*cells, reason.words, "-" if line is None else payout.terms.amount(line)))
    return Example("Example, on made-up values:", None, (*head, "worked out as", "pays"), tuple(told))


def _named(payout: PayoutMeaning, name: str) -> str:
    if name == "base":
        return "base" if payout.base is None else as_written(payout.base)
    return as_written(payout.inputs[name][0]) if name in payout.inputs else _OWN_NAMES.get(name, name)


def _value(payout: PayoutMeaning, name: str, type_: Type | None, value: Fraction | None) -> str:
    if value is None:
        return "none"
    is_money = (payout.base_type if name in ("base", "before") else type_) is Type.MONEY
    return payout.terms.amount(value) if is_money else number(value)


def made_up_pool(
    pool: PoolMeaning,
    keys: Sequence[str],
    values: Sequence[Fraction],
    weights: Sequence[Fraction | None],
    shares: Sequence[int],
) -> Example:
    """How a pool is shared among a few partners that are made up."""
    inputs = [as_written(tree) for tree, _ in pool.inputs.values()]
    head = ("partner", *inputs, "weight", "share")
    rows = []
    for key, value, weight, share in zip(keys, values, weights, shares, strict=True):
        told = "-" if weight is None else number(weight)
        rows.append((key, *[number(value)] * len(inputs), told, pool.terms.amount(share)))
    return Example("Example, on made-up values, if these were all:", None, head, tuple(rows))
