"""What the optimiser answers: a split, what it is worth, how far from the best it may be at most, and why it is so."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from scenarios.curves.floats import Floats, Rows

HELD = ("", "fixed", "lower", "upper", "off", "minimum", "step", "kink", "flat")


@dataclass(frozen=True, slots=True)
class Binding:
    """A floor or cap of a group, or of the budget, that holds the answer back, and what one more unit of spend there
    would bring (of a floor: what one less would).

    Of what is not held in money, such as a Gini coefficient or a return, `limit` is the limit as a text, `limit_minor`
    zero, and the price that of one unit of spend by which it may be missed.
    """

    name: str
    side: str  # floor or cap
    limit_minor: int
    price: float
    limit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A split of a budget, (units,) each.

    `spend_minor` adds up exactly and is what is proposed, with its objective `value_minor`; `spend` is the same before
    rounding, with `value`, and `bound` is what no split exceeds. `one_minor` is what one minor unit more of each unit
    would bring at its marginal response, all together: as much as rounding may take where nothing leaps.
    `shadow_price` is what one more unit of budget would bring at this split, and
    `price_of_less` what one less would cost: the same where the curves are smooth, infinite where it would take a whole
    step, None where it is not known or floors leave none to take. (Of a budget that asks for more than pays,
    `shadow_price` is below zero.) `marginal` is what one more unit of spend would bring each unit; `held` what holds
    it, as a place in `HELD`: one of its bounds, or a step, a kink or a flat stretch of its curve. `proof` are the
    prices that the bound rests on, which differ from those of `bindings` where a search had to settle units.
    """

    units: tuple[str, ...]
    spend: Floats
    spend_minor: Rows
    value: float
    value_minor: float
    bound: float
    shadow_price: float
    bindings: tuple[Binding, ...]
    marginal: Floats
    held: Rows
    unspent_minor: int
    start_value: float | None
    reasons: tuple[str, ...]
    solver: str
    seconds: float = field(compare=False)
    price_of_less: float | None = None
    proof: tuple[Binding, ...] = ()
    one_minor: float = 0.0

    @property
    def gap(self) -> float:
        """How far below the bound the value of what is proposed is, as a part of it: no split is more than this
        better."""
        return relative_gap(self.value_minor, self.bound)

    @property
    def gap_before_rounding(self) -> float:
        """The same of the split before it was rounded to whole minor units."""
        return relative_gap(self.value, self.bound)

    def is_certified(self, gap: float) -> bool:
        """Whether it is proved that no split is better than what is proposed by more than a gap, a part of its value,
        and what one minor unit of each unit brings, which no rounding can help."""
        return bool(self.bound - self.value_minor <= gap * abs(self.value_minor) + self.one_minor)

    @property
    def rounding_loss(self) -> float:
        """What rounding to minor units took from the value."""
        return self.value - self.value_minor

    def digest(self) -> str:
        """The SHA-256 of what is proposed, by unit; how long it took does not count."""
        rows = sorted(zip(self.units, self.spend_minor.tolist(), strict=True))
        return sha256(repr(rows).encode()).hexdigest()


def relative_gap(value: float, bound: float) -> float:
    """(bound - value) / |value|, zero where they are the same."""
    if bound <= value:
        return 0.0
    return (bound - value) / abs(value) if value else np.inf


def worth_of_one(marginal: Floats, minor_per_spend: float) -> float:
    """What one minor unit more of each unit brings at its marginal response, where that is a number."""
    return float(np.abs(marginal[np.isfinite(marginal)]).sum()) / minor_per_spend
