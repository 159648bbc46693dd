"""Shares of a pool within floors and caps: weights, limits and the pool go in; exact awards come out, and who paid.

`bounded` finds the one level at which the pool is used up (`rules.sharing.level`); `explain_bounded` gets there as a
person does on paper, round by round: it shares in proportion, holds those who are certain to end at a bound, and shares
the rest again. The pool is conserved: awards + left = size + what the house added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rules.kinds.base import Terms
from rules.quantities.exact import Exact, Flags, Integers, total
from rules.sharing.base import Step, Told, check_size, guarded, refusal
from rules.sharing.bounds import Bounds
from rules.sharing.level import find_level


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """Awards (n,) in exact minor units, unknown for who takes no part; who is held at a floor or a cap, (n,).

    `left` is what nobody gets, by its name: `house` or `carry` as the config says, `unshared` where everybody is held
    at a cap. `from_house` is what the house added to the pool. `entitled` are the awards before a cap cut them whose
    excess is not shared again.
    """

    awards: Exact
    is_floor: Flags
    is_cap: Flags
    left: Fraction
    left_name: str
    from_house: Fraction
    entitled: Exact


def bounded(
    weights: Exact, size: Fraction, floors: Exact | None, caps: Exact | None, rule: Bounds, terms: Terms
) -> Bounded:
    """Shares `size` minor units in proportion to weights (n,), nobody below the floor or above the cap, (n,) each.

    A member whose weight is unknown takes no part; an unknown floor or cap is none. `bound_faults` has been asked. A
    pool below nothing is refused (K202), and floors that are more than the pool where the rule says so (K206). A
    million members with weights beyond int64 take a second or two.

    >>> capped = Bounds.model_validate({"at_most": "50"})
    >>> caps = Exact.constant(5_000, 3)
    >>> from rules.quantities.currency import currency
    >>> found = bounded(Exact.of([6, 3, 1]), Fraction(10_000), None, caps, capped, Terms(currency("EUR")))
    >>> [int(each) for each in found.awards.fractions()]
    [5000, 3750, 1250]
    """
    check_size(size)
    is_member = weights.is_known()
    wholes, _ = weights.scaled()
    low, high, is_capped, unit = _in_one_unit(is_member, size, floors, caps)
    pool = size * unit
    lowest = total(low)
    zero = Fraction(0)
    is_cap: Flags = np.zeros(len(wholes), dtype=bool)
    if rule.floors_from == "others" and lowest > pool:
        if rule.if_short == "refuse":
            message = (
                f"the floors add up to {terms.amount(Fraction(lowest, unit))}, and the pool has {terms.amount(size)}"
            )
            raise refusal("K206", message, "lower the floors, or say if_short: scale or house")
        part = Fraction(1) if rule.if_short == "house" else pool / lowest
        awards = Exact(low, unit, weights.known) * Exact.constant(part, len(low))
        added = Fraction(lowest, unit) - size if rule.if_short == "house" else zero
        return Bounded(awards, is_member & np.asarray(low > 0, dtype=bool), is_cap, zero, "unshared", added, awards)
    own_floors = low if rule.floors_from == "others" else None
    keeps = rule.excess != "redistribute"
    found = find_level(wholes, pool, own_floors, None if keeps else high, is_capped)
    awards, is_floor, is_cap = found.awards, found.is_floor & np.asarray(low > 0, dtype=bool), found.is_cap
    entitled = awards
    if keeps:
        is_cap = is_capped & (awards.compare(Exact(high)) > 0)
        awards = Exact(high).where(is_cap, awards)
    kept = pool - awards.sum()
    if rule.floors_from == "house":
        is_floor = awards.compare(Exact(low)) < 0
        awards, entitled = (Exact(low).where(is_floor, each) for each in (awards, entitled))
    added = awards.sum() + kept - pool
    exact, before = (_in_minor_units(each, unit, weights) for each in (awards, entitled))
    left_name = rule.excess if keeps else "unshared"
    return Bounded(exact, is_floor & is_member, is_cap, kept / unit, left_name, added / unit, before)


def _in_minor_units(awards: Exact, unit: int, weights: Exact) -> Exact:
    assert isinstance(awards.denominator, int)
    return Exact(awards.numerator, awards.denominator * unit, weights.known)


def _in_one_unit(
    is_member: Flags, size: Fraction, floors: Exact | None, caps: Exact | None
) -> tuple[Integers, Integers, Flags, int]:
    """Floors and caps as whole numbers of one unit, who has a cap, and how many units make a minor unit."""
    rows = len(is_member)
    low, low_unit = _whole(floors, is_member)
    high, high_unit = _whole(caps, is_member)
    unit = math.lcm(low_unit, high_unit)
    is_capped = np.zeros(rows, dtype=bool) if caps is None else is_member & caps.is_known()
    in_unit = [
        (Exact(each) * Exact.constant(unit // own, rows)).numerator
        for each, own in ((low, low_unit), (high, high_unit))
    ]
    low, high = (guarded(Exact(each)).numerator for each in in_unit)
    return low, high, is_capped, unit


def _whole(bound: Exact | None, is_member: Flags) -> tuple[Integers, int]:
    """A bound in whole units, 0 where there is none or nobody."""
    if bound is None:
        return np.zeros(len(is_member), dtype=np.int64), 1
    wholes, unit = bound.scaled()
    return np.where(is_member & bound.is_known(), wholes, 0), unit


def explain_bounded(
    weights: Exact, size: Fraction, limits: tuple[Exact | None, Exact | None], rule: Bounds, row: int, terms: Terms
) -> Told:
    """The award of one member, in the rounds of a person with paper: entitled in proportion, held, shared again.

    In each round the pool that is left is shared in proportion among those who are not held. Who would be below the
    floor or above the cap is noted; if lifting and cutting them takes more than the round has, those at the floor are
    certain to stay there and are held, if less, those at the cap; then the next round shares what they leave. Where the
    excess is not shared again, caps wait for the last round. What steps pay adds up to the award; `remaining` is what
    they leave of the pool.
    """
    mine = _Paper.of(weights, size, *limits)
    low = mine.low(row)
    whole = Fraction(sum(mine.lows.tolist()), mine.unit)
    if rule.floors_from == "others" and whole > size:
        value = low if rule.if_short == "house" else low * size / whole
        words = f"the floors add up to {terms.money(whole)}, more than the pool of {terms.money(size)}: "
        words += "the house adds what is missing" if rule.if_short == "house" else "the same part of each is paid"
        return Told(value, words, (Step("floor", low, value, low - value, words),))
    if rule.floors_from == "house":
        mine.lows = mine.lows * 0
    value, steps = _rounds(mine, row, rule, terms)
    if rule.floors_from == "house" and value < low:
        words = f"the house lifts it by {terms.money(low - value)} to the floor of {terms.money(low)}"
        steps.append(Step("floor", low - value, low - value, steps[-1].remaining, words))
        value = low
    told = "what the round below paid it" if len(steps) == 1 else f"what the {len(steps)} steps below paid it"
    return Told(value, told, tuple(steps))


@dataclass(slots=True, eq=False)
class _Paper:
    """What the rounds start from, in Python integers: weights, and limits in parts of a minor unit, all (n,)."""

    weights: Integers
    lows: Integers
    highs: Integers
    is_capped: Flags
    pool: Fraction
    unit: int

    @classmethod
    def of(cls, weights: Exact, size: Fraction, floors: Exact | None, caps: Exact | None) -> _Paper:
        rows, is_in = len(weights), weights.is_known()
        lows, low_unit = (floors or Exact.constant(0, rows)).scaled()
        highs, high_unit = (caps or Exact.constant(0, rows)).scaled()
        unit = low_unit * high_unit
        is_capped = is_in & (caps is not None) & (True if caps is None else caps.is_known())
        lows = np.where(is_in, lows, 0).astype(object) * high_unit
        return cls(
            weights.scaled()[0].astype(object), lows, highs.astype(object) * low_unit, is_capped, size * unit, unit
        )

    def low(self, row: int) -> Fraction:
        return Fraction(self.lows[row], self.unit)


_KEPT = {"house": "the house", "carry": "the next period"}


def _rounds(mine: _Paper, row: int, rule: Bounds, terms: Terms) -> tuple[Fraction, list[Step]]:
    """The award of `row` in minor units and its rounds; who weighs nothing is held at the floor from the start."""
    open_ = np.flatnonzero(np.asarray(mine.weights > 0, dtype=bool))
    left = mine.pool - (sum(mine.lows.tolist()) - sum(mine.lows[open_].tolist()))
    if mine.weights[row] == 0:
        words = f"no weight: the floor of {terms.money(mine.low(row))}"
        return mine.low(row), [Step("round 1", Fraction(0), mine.low(row), left / mine.unit, words)]
    steps: list[Step] = []
    while True:
        weights, lows, highs = mine.weights[open_], mine.lows[open_], mine.highs[open_]
        per = left / sum(weights.tolist())  # a share is weight x per; compared without the denominator of that
        shares, below = weights * per.numerator, per.denominator
        is_low = np.asarray(shares < lows * below, dtype=bool)
        is_high = mine.is_capped[open_] & np.asarray(shares > highs * below, dtype=bool)
        more = Fraction(sum((lows[is_low] * below - shares[is_low]).tolist()), below)
        less = Fraction(sum((shares[is_high] - highs[is_high] * below).tolist()), below)
        freed = less if rule.excess == "redistribute" else 0
        is_held = is_low if more > freed else is_high if freed > more else np.ones(len(open_), dtype=bool)
        given = np.where(is_low, lows * below, np.where(is_high, highs * below, shares))
        at = int(np.searchsorted(open_, row))
        share, paid = Fraction(shares[at], below), Fraction(given[at] if is_held[at] else 0, below)
        words = f"{terms.money(share / mine.unit)} of {terms.money(left / mine.unit)} in proportion "
        words += f"among {len(open_)}; floors take {terms.money(more / mine.unit)}, "
        words += f"caps leave {terms.money(less / mine.unit)}; "
        bound = "floor" if is_low[at] else "cap" if is_high[at] else "share"
        words += f"held at the {bound} of {terms.money(paid / mine.unit)}" if is_held[at] else "shared again"
        if is_held[at] and is_high[at] and rule.excess in _KEPT:
            words += f", {terms.money((share - paid) / mine.unit)} goes to {_KEPT[rule.excess]}"
        left -= Fraction(sum(given[is_held].tolist()), below)
        steps.append(Step(f"round {len(steps) + 1}", share / mine.unit, paid / mine.unit, left / mine.unit, words))
        if is_held[at]:
            return paid / mine.unit, steps
        open_ = open_[~is_held]
