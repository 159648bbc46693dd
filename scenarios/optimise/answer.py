"""What the optimiser answers: a split, what it is worth, how far from the best it may be at most, and why it is so."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from scenarios.curves.floats import Floats, Rows

HELD = ("", "fixed", "lower", "upper", "off", "minimum")


@dataclass(frozen=True, slots=True)
class Binding:
    """A floor or cap of a group, or of the budget, that holds the answer back, and what one more unit of spend there
    would bring (of a floor: what one less would)."""

    name: str
    side: str  # floor or cap
    limit_minor: int
    price: float


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A split of a budget, (units,) each.

    `spend_minor` adds up exactly; `spend` is the same before rounding, with `value`, the objective there, and `bound`,
    which no split exceeds. `shadow_price` is what one more unit of budget would bring, by the bound; `marginal` what
    one more unit of spend would bring each unit; `held` which of its bounds holds it, as a place in `HELD`.
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

    @property
    def gap(self) -> float:
        """How far below the bound the value is, as a part of the value: the best split is no more than this better."""
        return relative_gap(self.value, self.bound)

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
