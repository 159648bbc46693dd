"""What a wide answer says of itself: the limits that hold it back with their prices, and its reasons.

In: what was asked, and what was found. Out: bindings, and sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from scenarios.optimise.core.answer import Binding, relative_gap
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.linked.descent import Descended
from scenarios.optimise.linked.fairness import Gini
from scenarios.optimise.linked.sides import Side


def bindings_of(problem: Problem, sides: Sequence[Side], gini: Gini | None, found: Descended) -> tuple[Binding, ...]:
    """The limits that hold the answer back, with their prices."""
    caps = [problem.budget.most_minor, *(group.cap_minor or 0 for group in problem.groups)]
    floors = [problem.budget.least_minor, *(group.floor_minor for group in problem.groups)]
    caps += [round(Fraction(side.at_most) * Fraction(problem.minor_per_spend)) for side in sides]
    floors += [0] * len(sides)
    texts = [""] * (1 + len(problem.groups)) + [_said(side) for side in sides]
    largest = float(np.abs(found.prices).max(initial=0.0))
    kept = []
    for row in np.flatnonzero(np.abs(found.prices[: len(caps)]) > 1e-9 * largest).tolist():
        price = float(found.prices[row])
        side, limits = ("cap", caps) if price > 0 else ("floor", floors)
        kept.append(Binding(found.limits.names[row], side, limits[row], abs(price), texts[row]))
    cuts = sum(float(price) for name, price in zip(found.limits.names, found.prices, strict=True) if name == "Gini")
    if cuts > 1e-9 * largest:
        assert gini is not None
        kept.append(Binding("Gini", "cap", 0, cuts, f"{float(gini.limit):g}"))
    return tuple(kept)


def _said(side: Side) -> str:
    """The limit of a side that is none in money: a return for each 1 of spend."""
    if side.response is None:
        return ""
    least = max(side.spend, default=Fraction())
    return f"{float(least):g} for each 1"


def reasons_of(
    found: Descended, problem: Problem, value: float, top: float, solver: str, start: float | None, gap: float
) -> list[str]:
    """What there is to say of the price of more, of the proof, and of the plan in force."""
    said = []
    price = float(found.prices[0])
    if price > 0:
        said.append(f"one more unit of budget would bring {price:.6g}")
    elif price < 0:
        said.append(f"the budget asks for more than pays: its last unit costs {-price:.6g}")
    if relative_gap(value, top) > gap:
        part = relative_gap(value, top)
        said.append(f"the best split may be better by up to {part:.3g} of the value; the search ended at its limit")
    if solver == "start":
        said.append("nothing better than the plan in force was found, which is kept")
    elif problem.start_minor is not None and start is None:
        said.append("the plan in force breaks a constraint, so it is no candidate")
    return said
