"""One tier for each partner within a budget: the multiple-choice knapsack, by a price of money and a bound.

In: what each tier of each partner costs, in minor units, and brings. Out: the tiers chosen, and a bound on any choice.
At a price, each partner's best tier is known; the price at which the budget is just kept gives the bound (Lagrange) and
a choice to be completed by what still fits; `core` searches the partners whose choice is nearly tied. Only where few
partners leave a gap even then is a mixed integer program asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from scenarios.curves.floats import Floats, Rows, floats
from scenarios.optimise.core.answer import relative_gap
from scenarios.optimise.core.feasible import Conflict, Infeasible
from scenarios.optimise.core.problem import whole
from scenarios.optimise.core.program import integer_program
from scenarios.optimise.core.tied import search_core

CELLS_MAX = 2_000  # partners x tiers up to which an integer program is asked
_STEPS_MAX = 200
_PAIRINGS_MAX, _CHANGES_MAX = 4, 600


@dataclass(frozen=True, slots=True, eq=False)
class Tiers:
    """What is asked: `cost_minor` and `value`, (partners, tiers) each, one tier for each partner, and the most that all
    may cost. A tier that a partner can't have has the value minus infinity; equal values go to the cheaper tier."""

    partners: tuple[str, ...]
    cost_minor: Rows
    value: Floats
    budget_minor: int
    start: Rows | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cost_minor", whole(self.cost_minor))
        object.__setattr__(self, "value", floats(self.value))
        assert self.cost_minor.shape == self.value.shape and len(self.value) == len(self.partners) > 0, "a row each"
        assert not bool(np.isnan(self.value).any() or np.isposinf(self.value).any()), "values are numbers"
        assert bool((self.cost_minor >= 0).all()), "no tier costs less than nothing"


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The tier of each partner, (partners,), what they bring and cost, a bound that no choice exceeds, and the price of
    the budget (None where an integer program gave the bound)."""

    partners: tuple[str, ...]
    tier: Rows
    value: float
    cost_minor: int
    bound: float
    shadow_price: float | None
    unspent_minor: int
    solver: str
    seconds: float = field(compare=False)

    @property
    def gap(self) -> float:
        """How far below the bound the value is, as a part of the value."""
        return relative_gap(self.value, self.bound)


Program = Callable[[Floats, Rows, int, float], tuple[Rows | None, float | None]]


def choose(tiers: Tiers, gap: float = 1e-6, program: Program = integer_program) -> Chosen | Infeasible:
    """The best choice of tiers within the budget.

    >>> found = choose(Tiers(("a", "b"), [[0, 400], [0, 600]], [[0, 5], [0, 6]], 700))
    >>> found.tier.tolist(), found.value, found.unspent_minor
    ([0, 1], 6.0, 100)
    """
    began = perf_counter()
    order = np.array(sorted(range(len(tiers.partners)), key=tiers.partners.__getitem__))
    cost, value, budget = tiers.cost_minor[order], tiers.value[order], tiers.budget_minor
    able = np.isfinite(value)
    least = np.where(able, cost, np.iinfo(np.int64).max).min(axis=1)
    if not bool(able.any(axis=1).all()):
        without = int(np.argmin(able.any(axis=1)))
        return Infeasible((Conflict("curve", tiers.partners[order[without]], 0, 0),))
    if int(least.sum()) > budget:
        names = tuple(tiers.partners[place] for place in order.tolist())
        return Infeasible((Conflict("floors", "the budget", budget, int(least.sum()), names),))
    tier, price, bound = _priced(cost, value, budget)
    paired = _paired(cost, value, budget, tier, price)
    tier = max((_completed(cost, value, budget, each) for each in (paired, tier)), key=lambda each: _sum(value, each))
    start = None if tiers.start is None else whole(tiers.start)[order]
    solver, total = "price", _sum(value, tier)
    if relative_gap(total, bound) > gap:
        searched = search_core(cost, value, budget, price, tier, gap * abs(total))
        if _sum(value, searched.tier) > total:
            tier, total = searched.tier, _sum(value, searched.tier)
        solver = "price, core"
        if searched.is_best:
            bound = max(total, min(bound, total + _rounding(value, price, budget)))
    if relative_gap(total, bound) > gap and value.size <= CELLS_MAX:
        found, limit = program(value, cost, budget, gap)
        if found is not None and _sum(cost, found) <= budget and _sum(value, found) > total:
            tier, total = found, _sum(value, found)
        if limit is not None:
            solver, bound = f"{solver}, integer program", max(total, min(bound, limit))
    if start is not None and _sum(cost, start) <= budget and _sum(value, start) > total:
        tier, total, solver = start, _sum(value, start), "start"
    back = np.empty_like(tier)
    back[order] = tier
    spent = int(_sum(cost, tier))
    return Chosen(
        tiers.partners, back, total, spent, max(bound, total), price, budget - spent, solver, perf_counter() - began
    )


def _sum(values: Floats | Rows, tier: Rows) -> float:
    """The sum of each partner's value at its tier."""
    return float(values[np.arange(len(tier)), tier].sum())


def _best(cost: Rows, value: Floats, price: float) -> tuple[Rows, float]:
    """Each partner's best tier at a price, the cheapest of equals, and what they make of it."""
    scores = value - price * cost
    top = scores.max(axis=1)
    is_top = scores == top[:, None]
    return np.where(is_top, cost, np.iinfo(np.int64).max).argmin(axis=1), float(top.sum())


def _priced(cost: Rows, value: Floats, budget: int) -> tuple[Rows, float, float]:
    """Tiers within the budget, the price that led to them, and the least bound of all prices tried."""
    tier, top = _best(cost, value, 0.0)
    if _sum(cost, tier) <= budget:
        return tier, 0.0, top + _rounding(value, 0.0, budget)
    spread = np.abs(np.where(np.isfinite(value), value, 0.0)).sum() / max(budget, 1)
    low, high, bound = 0.0, float(spread) or 1.0, np.inf
    while _sum(cost, _best(cost, value, high)[0]) > budget:
        low, high = high, high * 16
    tier, price = _best(cost, value, high)[0], high
    for _ in range(_STEPS_MAX):
        middle = np.sqrt(low * high) if low > 0 and high / low > 4 else low + (high - low) / 2
        if not low < middle < high:
            break
        found, top = _best(cost, value, float(middle))
        if top + middle * budget < bound:
            bound, price = top + float(middle) * budget, float(middle)
        if _sum(cost, found) > budget:
            low = float(middle)
        else:
            high, tier = float(middle), found
    return tier, price, bound + _rounding(value, price, budget)


def _rounding(value: Floats, price: float, budget: int) -> float:
    """By how much sums of these values may err."""
    return 4e-16 * float(np.abs(value[np.isfinite(value)]).sum() + price * budget)


def _paired(cost: Rows, value: Floats, budget: int, tier: Rows, price: float) -> Rows:
    """Pairs of changes that fill what is left, among those that lose least at the price: one may cost less than before,
    so that another fits."""
    tier = tier.copy()
    at = np.arange(len(tier))
    for _ in range(_PAIRINGS_MAX):
        left = budget - int(_sum(cost, tier))
        more, gain = cost - cost[at, tier][:, None], value - value[at, tier][:, None]
        rows, columns = np.nonzero(np.isfinite(value) & (more != 0))
        # What a change gains beyond its price: at most nothing, since each partner is at its best tier or near.
        beyond = gain[rows, columns] - price * more[rows, columns]
        few = np.argsort(-beyond, kind="stable")[:_CHANGES_MAX]
        none = np.array([0])
        row = np.append(rows[few], -1)
        takes = np.append(more[rows[few], columns[few]], none)
        brings = np.append(gain[rows[few], columns[few]], 0.0)
        fits = (takes[:, None] + takes <= left) & ((row[:, None] != row) | (row == -1))
        both = np.where(fits, brings[:, None] + brings, -np.inf)
        one, other = np.unravel_index(int(np.argmax(both)), both.shape)
        if not both[one, other] > 0:
            break
        for each in (int(one), int(other)):
            if row[each] >= 0:
                tier[row[each]] = columns[few[each]]
    return tier


def _completed(cost: Rows, value: Floats, budget: int, tier: Rows) -> Rows:
    """What is left is spent on the changes that bring most and still fit, one after another."""
    tier = tier.copy()
    at = np.arange(len(tier))
    left = budget - int(_sum(cost, tier))
    for _ in range(len(tier) * value.shape[1]):
        more, gain = cost - cost[at, tier][:, None], value - value[at, tier][:, None]
        fits = np.where((more <= left) & (gain > 0), gain, -np.inf)
        row, column = np.unravel_index(int(np.argmax(fits)), fits.shape)
        if not fits[row, column] > 0:
            break
        left -= int(more[row, column])
        tier[row] = column
    return tier
