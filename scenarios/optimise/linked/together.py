"""Constraints that no split meets together, each with what it is missed by in its own measure.

In: the rows, and by how much each is missed where the sum of all misses is least. Out: a conflict that names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scenarios.curves.floats import Floats
from scenarios.optimise.core.feasible import Conflict
from scenarios.optimise.linked.sides import Limits

Measure = Literal["money", "response", "part"]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Miss:
    """What a constraint is missed by: minor units of money, a response, or a part (of a Gini coefficient)."""

    name: str
    measure: Measure
    amount: float

    def __str__(self) -> str:
        return f"{self.name} by {self.said}"

    @property
    def said(self) -> str:
        """The amount; money in minor units."""
        return f"{self.amount:.0f}" if self.measure == "money" else f"{self.amount:.4g}"


@dataclass(frozen=True, slots=True)
class Together(Conflict):
    """Constraints that cannot be met together, and what each is missed by where they are missed least in all."""

    misses: tuple[Miss, ...] = ()

    def __str__(self) -> str:
        said = f"no split meets all constraints: at the least, {', '.join(map(str, self.misses))}"
        is_sum = sum(each.measure == "money" for each in self.misses) > 1
        return f"{said}, together {self.miss_minor}" if is_sum else said


def together(limits: Limits, missed: Floats, minor_per_spend: float, gini_size: float) -> Together:
    """The conflict of the rows that are missed; a Gini coefficient is the miss of its cut as a part of `gini_size`."""
    size = max(float(np.abs(missed).max()), 1e-300)
    is_response = np.asarray(abs(limits.response).sum(axis=1)).ravel() > 0
    found: dict[str, Miss] = {}
    for row in np.flatnonzero(np.abs(missed) > _ROUNDING * size).tolist():
        name, amount = limits.names[row], abs(float(missed[row]))
        name = "the budget" if name == "budget" else name
        name = f"the floor of {name}" if missed[row] < 0 else name
        if name == "Gini" and gini_size > 0:
            before = found.get(name)
            part = max(amount / gini_size, before.amount if before else 0.0)
            found[name] = Miss(name, "part", part)
        elif is_response[row]:
            found[name] = Miss(name, "response", amount)
        else:
            found[name] = Miss(name, "money", float(np.ceil(amount * minor_per_spend * (1 - _ROUNDING))))
    misses = tuple(found.values())
    total = int(sum(each.amount for each in misses if each.measure == "money"))
    names = tuple(each.name for each in misses)
    return Together("bounds", names[0] if names else "the budget", 0, total, names, misses)
