"""The core of a choice of tiers: the few partners whose choice is nearly tied at the price, searched together.

In: costs, values, a price, and a choice that keeps the budget. At the price each partner has a best tier; any other
tier loses something, and all losses of a choice, with what it leaves unspent at the price, are what it misses of the
bound. So only changes that lose less than the choice in hand misses can be part of a better one. They are taken
partner by partner, the smallest loss first, and of the states so reached only those are kept that no other beats in
both cost and value (Pisinger 1995, A minimal algorithm for the multiple-choice knapsack problem, EJOR 83). Where no
state had to be dropped, the best choice found is the best there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.curves.floats import Floats, Rows

STATES_MAX = 20_000
_STATES_IN_ALL_MAX = 1_500_000  # that all partners' stages keep, so that a search ends


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """The best tiers found, (partners,), and whether no choice can be better but by rounding."""

    tier: Rows
    is_best: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """States after a partner: which state of the stage before each came from, and the tier that it chose."""

    partner: int
    before: Rows
    tier: Rows


@dataclass(frozen=True, slots=True, eq=False)
class _States:
    """What each state costs more than the best tiers at the price, what it loses by the price, and where it came
    from."""

    cost: Rows
    loss: Floats
    before: Rows
    tier: Rows

    def at(self, kept: Rows) -> _States:
        """Some of the states."""
        return _States(self.cost[kept], self.loss[kept], self.before[kept], self.tier[kept])


def search_core(cost: Rows, value: Floats, budget: int, price: float, tier: Rows, enough: float) -> Searched:
    """Better tiers within the budget than `tier`, until they miss no more than `enough` of the bound at the price."""
    at = np.arange(len(cost))
    scores = value - price * cost
    top = scores.max(axis=1)
    base = np.where(scores == top[:, None], cost, np.iinfo(np.int64).max).argmin(axis=1)
    losses = top[:, None] - scores
    left = budget - int(cost[at, base].sum())
    rounding = 4e-16 * float(np.abs(np.where(np.isfinite(value), value, 0.0)).sum() + price * budget)
    missed = float(losses[at, tier].sum()) + price * (budget - int(cost[at, tier].sum())) + rounding
    losses[at, base] = np.inf
    order = np.argsort(losses.min(axis=1), kind="stable")
    none = np.zeros(1, dtype=np.int64)
    states = _States(none, np.zeros(1), none, none)
    stages: list[_Stage] = []
    found, is_whole, kept_in_all = _hit(states, left, price, missed), True, 0
    best: tuple[int, int] | None = None if found is None else (0, found[0])
    missed = missed if found is None else found[1]
    for partner in order.tolist():
        tiers = np.flatnonzero(losses[partner] <= missed + rounding)
        if not len(tiers) or missed <= enough:
            break
        more = cost[partner, tiers] - cost[partner, base[partner]]
        grown = _grown(states, int(base[partner]), tiers, more, losses[partner, tiers])
        states, was_whole = _kept(grown, price, missed + rounding)
        is_whole &= was_whole
        stages.append(_Stage(partner, states.before, states.tier))
        kept_in_all += len(states.cost)
        if (found := _hit(states, left, price, missed)) is not None:
            best, missed = (len(stages), found[0]), found[1]
        if kept_in_all > _STATES_IN_ALL_MAX:
            is_whole = False
            break
    is_best = is_whole and missed > enough
    return Searched(tier if best is None else _traced(base, stages, *best), is_best)


def _grown(states: _States, stays: int, tiers: Rows, more: Rows, losses: Floats) -> _States:
    """Each state with the partner's best tier, and with each other one."""
    count = len(states.cost)
    costs, lost = np.append(0, more), np.append(0.0, losses)
    return _States(
        (states.cost[None, :] + costs[:, None]).ravel(),
        (states.loss[None, :] + lost[:, None]).ravel(),
        np.tile(np.arange(count), len(costs)),
        np.repeat(np.append(stays, tiers), count),
    )


def _kept(states: _States, price: float, most: float) -> tuple[_States, bool]:
    """The states that may lead to a better choice, and whether they are all of them: those that lose no more than
    `most`, and that no cheaper one exceeds in value; of too many, those that lose least, and some of every cost."""
    states = states.at(np.flatnonzero(states.loss <= most))
    gain = price * states.cost - states.loss
    order = np.lexsort((-gain, states.cost))
    highest = np.maximum.accumulate(gain[order])
    kept = order[np.append(True, gain[order][1:] > highest[:-1])]
    states = states.at(kept)
    if len(kept) <= STATES_MAX:
        return states, True
    least = np.argsort(states.loss, kind="stable")[: STATES_MAX // 2]
    spread = np.linspace(0, len(kept) - 1, STATES_MAX // 2).astype(np.int64)
    return states.at(np.union1d(least, spread)), False


def _hit(states: _States, left: int, price: float, missed: float) -> tuple[int, float] | None:
    """The state within the budget that misses least of the bound, where that is less than before."""
    misses = np.where(states.cost <= left, states.loss + price * (left - states.cost), np.inf)
    place = int(np.argmin(misses))
    return (place, float(misses[place])) if misses[place] < missed else None


def _traced(base: Rows, stages: list[_Stage], last: int, state: int) -> Rows:
    """The tiers of a state, back through the stages."""
    tier = base.copy()
    for stage in reversed(stages[:last]):
        tier[stage.partner] = stage.tier[state]
        state = int(stage.before[state])
    return tier
