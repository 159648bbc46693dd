"""What a measured effect is worth: margin and return, beside what was paid for it.

In: an effect in total, and amounts in whole units of one currency. Out: floats, with the ends of the effect's interval
carried along: what was paid is known, so each figure moves with the effect alone. None is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from scenarios.effect.answer import Effect


@dataclass(frozen=True, slots=True)
class Range:
    """A number and the ends of its 95 % interval; an end that is None is not known, or there is none."""

    value: float
    low: float | None = None
    high: float | None = None

    def times(self, factor: float) -> Range:
        """Each number so many times, a factor of at least zero."""
        return Range(self.value * factor, *(None if end is None else end * factor for end in (self.low, self.high)))

    def plus(self, term: float) -> Range:
        """Each number with another one added."""
        return Range(self.value + term, *(None if end is None else end + term for end in (self.low, self.high)))


@dataclass(frozen=True, slots=True)
class Worth:
    """The value of a total effect: `brought` is in the outcome's unit, `margin` in money. `iroas` is brought / paid
    where that is money, `profit_return` (margin - paid) / paid, `cost_per` paid / brought where things are counted."""

    paid: float | None
    brought: Range
    margin: Range | None
    iroas: Range | None
    profit_return: Range | None
    cost_per: Range | None


def total_of(effect: Effect) -> Range:
    """The effect in all."""
    return Range(effect.total, *(effect.total_interval or (None, None)))


def worth(brought: Range, paid: float | None, is_money: bool, margin: Range | None) -> Worth:
    """What a total is worth beside what was paid; with nothing paid, or who knows what, there is no return on it.

    >>> found = worth(Range(1000.0, 500.0, 1500.0), 400.0, True, Range(600.0, 300.0, 900.0))
    >>> found.iroas.value, found.profit_return
    (2.5, Range(value=0.5, low=-0.25, high=1.25))
    """
    if paid is None or paid <= 0:
        return Worth(paid, brought, margin, None, None, None)
    return Worth(
        paid=paid,
        brought=brought,
        margin=margin,
        iroas=brought.times(1 / paid) if is_money else None,
        profit_return=margin.plus(-paid).times(1 / paid) if margin is not None else None,
        cost_per=None if is_money else _cost_per(brought, paid),
    )


def _cost_per(brought: Range, paid: float) -> Range | None:
    """paid / brought; where the effect may be zero, there is no most that one could have cost."""
    if brought.value <= 0:
        return None
    low = None if brought.high is None else paid / brought.high
    return Range(paid / brought.value, low, None if brought.low is None or brought.low <= 0 else paid / brought.low)


def payback_periods(paid: float, margins: Sequence[float]) -> float | None:
    """After how many periods the margins add up to what was paid, in proportion within the period; infinite
    where they do not, None where nothing was paid.

    >>> payback_periods(1000, [0, 100, 300, 400, 400])  # 800 after four, and half of the next 400
    4.5
    """
    total = 0.0
    if paid <= 0:
        return None
    for periods, margin in enumerate(margins):
        if total + margin >= paid:
            return periods + (paid - total) / margin
        total += margin
    return inf


def deadweight(paid: float, effect: Effect, counted_sum: float) -> Range | None:
    """What was paid for outcomes that there would have been anyway: paid x (1 - effect / outcome), both of the same
    unit-periods, from nothing to all of it. None where nothing was paid, or the outcome in all is not above zero.

    An effect at the upper end of its interval leaves the least that was paid for nothing, one at the lower the most.
    """
    if counted_sum <= 0 or paid <= 0:
        return None

    def wasted(total: float) -> float:
        return paid * min(max(1 - total / counted_sum, 0.0), 1.0)

    low, high = effect.total_interval or (None, None)
    return Range(wasted(effect.total), None if high is None else wasted(high), None if low is None else wasted(low))


def lift(effect: Effect, counted_sum: float) -> Range | None:
    """The effect over what would have been without it, of the same unit-periods; None where that is not above zero."""
    low, high = effect.total_interval or (None, None)
    ends = [None if each is None or counted_sum <= each else each / (counted_sum - each) for each in (low, high)]
    return None if counted_sum <= effect.total else Range(effect.total / (counted_sum - effect.total), *ends)


def break_even(paid: float, margin_rate: float, unit_periods: int) -> float | None:
    """The effect per unit and period whose margin is just what was paid; None without a margin or with nothing paid."""
    return paid / (margin_rate * unit_periods) if margin_rate > 0 and unit_periods and paid > 0 else None
