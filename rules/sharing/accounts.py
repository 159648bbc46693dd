"""The accounts of a waterfall as they stand before a distribution: what members paid in, and what the pool gave before.

In: the rows of `capital` of a pool's members, and what each layer paid in earlier periods. Out: accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import TypeVar

import numpy as np

from rules.kinds.base import Columns
from rules.quantities.exact import Exact
from rules.sharing.base import Pot, zeros
from rules.sharing.layers import Layer, Waterfall
from rules.sharing.time_weighted import Movements, sum_by
from rules.sharing.waterfall import Accounts

_T = TypeVar("_T")


def accounts_of(rule: Waterfall, by_capital: bool, columns: Columns, pot: Pot) -> Accounts:
    """One account for each member. Those share what no layer owes each of them `by_capital`, which is what they ever
    paid in, or by the column `shares`; the column `marks` holds their high-water marks, where there are any."""
    own, count = _movements(pot), pot.count
    paid_in = own.amount.where(np.asarray(own.amount.numerator > 0, dtype=bool), zeros(len(own.amount)))
    returned = _given(rule, pot, lambda layer: layer is not None and layer.capital)
    preferred = _given(rule, pot, lambda layer: layer is not None and layer.preferred is not None)
    profit = _given(rule, pot, lambda layer: layer is None or not layer.capital)
    back = Movements(count, returned.account, -returned.amount, returned.day)
    whole = sum((_beyond_capital(rule, each.totals) for each in pot.before), Fraction(0))
    return Accounts(
        movements=_together(own, back) if len(back.day) else own,
        shares=sum_by(paid_in, own.account, count) if by_capital else columns["shares"],
        preferred_paid=preferred.balances(),
        mark=columns.get("marks"),
        profit=profit.balances(),
        carry=sum((each.carry for each in pot.before), Fraction(0)),
        profit_of_others=whole - profit.amount.sum(),
        preferred_dated=preferred,
        profit_dated=profit,
    )


def _movements(pot: Pot) -> Movements:
    """The rows of `capital` of the members."""
    assert pot.rows is not None, "a waterfall reads the rows of capital"
    own = np.flatnonzero(pot.rows.members >= 0)
    amount, days = pot.rows.columns["amount"].take(own), pot.rows.columns["occurred_on"].take(own)
    return Movements(pot.count, pot.rows.members[own], amount, days.numerator.astype(np.int64))


def _given(rule: Waterfall, pot: Pot, counts: Callable[[Layer | None], bool]) -> Movements:
    """What some of the layers paid the members in earlier periods, by the last day of each."""
    none = np.zeros(0, dtype=np.int64)
    found = Movements(pot.count, none, Exact(none), none)
    for each in pot.before:
        for layer, paid in _by_layer(rule, each.layers):
            if counts(layer) and len(who := np.flatnonzero(paid.numerator)):
                days = np.full(len(who), each.last, dtype=np.int64)
                found = _together(found, Movements(pot.count, who, paid.take(who), days))
    return found


def _together(one: Movements, other: Movements) -> Movements:
    return Movements(
        one.count,
        np.concatenate([one.account, other.account]),
        Exact.joined([one.amount, other.amount]),
        np.concatenate([one.day, other.day]),
    )


def _beyond_capital(rule: Waterfall, totals: tuple[Fraction, ...]) -> Fraction:
    """What all members of an earlier period were paid beyond capital."""
    pairs = _by_layer(rule, totals)
    return sum((total for layer, total in pairs if layer is None or not layer.capital), Fraction(0))


def _by_layer(rule: Waterfall, paid: Sequence[_T]) -> Iterator[tuple[Layer | None, _T]]:
    """What the layers of an earlier period paid, each with its layer; a clawback came after them, and has none."""
    assert len(rule.layers) <= len(paid) <= len(rule.layers) + 1, "a pool has the same layers in all periods"
    return zip_longest(rule.layers, paid)
