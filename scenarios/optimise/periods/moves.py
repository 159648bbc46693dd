"""A split over periods moved a little, by linear programs within a reach that shrinks, to the best one near it.

In: what is asked, and a split. Out: the split near it that is worth most and keeps all rows. Who gets nothing where
that is a choice keeps getting nothing, so that a move never leaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from scenarios.curves.floats import Floats
from scenarios.optimise.core.program import silence
from scenarios.optimise.linked.blend import Members
from scenarios.optimise.linked.sides import Limits
from scenarios.optimise.periods.schedules import Schedules

PENALTY = 1e4  # of what a unit of spend may bring: what it costs to miss a row by one
_MOVES_MAX, _REACH, _REACH_MIN = 40, 0.3, 1e-6
_GAINED, _STEEP = 1e-10, 1e9
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """What is asked: rows over spends of cells, the response of `members` at stocks less `hurdle` for each unit of
    spend; `spend_size` and `response_size` are what they are near."""

    schedules: Schedules
    members: Members
    limits: Limits
    hurdle: float
    spend_size: float
    response_size: float


@dataclass(frozen=True, slots=True, eq=False)
class UnitRows:
    """The rows over spends and over responses, (rows, units, periods), and their sizes, (rows,)."""

    spend: Floats
    response: Floats
    scale: Floats

    @classmethod
    def of(cls, timing: Timing) -> UnitRows:
        """The rows of what is asked, by unit and period."""
        cells = timing.schedules.chains.cells
        spend = np.asarray(timing.limits.spend.todense())[:, cells]
        response = np.asarray(timing.limits.response.todense())[:, cells]
        ends = [np.abs(each).reshape(len(each), -1).max(axis=1) for each in (spend, response)]
        size = np.maximum(ends[0] * timing.spend_size, ends[1] * timing.response_size)
        return cls(spend, response, np.where(size > 0, size, 1.0))

    def totals(self, spend: Floats, response: Floats) -> Floats:
        """What each unit adds to each row, (rows, units)."""
        found = np.einsum("rut,ut->ru", self.spend, spend)
        return np.asarray(found + np.einsum("rut,ut->ru", self.response, response))


def responses(timing: Timing, stock: Floats) -> Floats:
    """The mean response of stocks, (units, periods)."""
    cells = timing.schedules.chains.cells
    return np.asarray(timing.members.responses(_flat(timing, stock)).mean(axis=0)[cells])


def moved(timing: Timing, rows: UnitRows, spend: Floats) -> tuple[Floats | None, float, int]:
    """The best split near one (None: none keeps all rows), what it is worth, and how often it was moved."""
    chains, reach, moves = timing.schedules.chains, _REACH, 0
    is_off = chains.gated[:, None] & (spend == 0)
    low = np.where(is_off, 0.0, chains.lower[:, None])
    high = np.where(is_off, 0.0, chains.upper[:, None])
    worth, missed = _worth(timing, rows, spend)
    typical = float(spend.sum()) / max(int((spend > 0).sum()), 1)
    penalty = PENALTY * timing.response_size
    while moves < _MOVES_MAX and reach >= _REACH_MIN:
        moves += 1
        span = reach * np.maximum(spend, 0.1 * typical)
        fresh = _step(timing, rows, spend, np.maximum(low, spend - span), np.minimum(high, spend + span))
        if fresh is None:
            break
        again, more = _worth(timing, rows, fresh)
        gained = again - penalty * more - (worth - penalty * missed)
        if gained > 0:
            spend, worth, missed = fresh, again, more
        if gained <= _GAINED * abs(worth):
            reach /= 3
    return (spend if missed <= _CLOSE else None), worth, moves


def _worth(timing: Timing, rows: UnitRows, spend: Floats) -> tuple[float, float]:
    """What a split is worth, and by how much it misses rows, as parts of their sizes."""
    limits, response = timing.limits, responses(timing, timing.schedules.chains.stock(spend))
    totals = rows.totals(spend, response).sum(axis=1)
    missed = np.maximum(np.maximum(totals - limits.most, limits.least - totals), 0) / rows.scale
    return float((response - timing.hurdle * spend).sum()), float(missed.sum())


def _step(timing: Timing, rows: UnitRows, spend: Floats, low: Floats, high: Floats) -> Floats | None:
    """The best of the curves' straight continuations within ends."""
    chains, limits, size = timing.schedules.chains, timing.limits, timing.spend_size
    stock = chains.stock(spend)
    slope = timing.members.slopes(_flat(timing, stock)).mean(axis=0)[chains.cells]
    slope = np.where(np.isfinite(slope), slope, _STEEP * timing.response_size / size)
    total = rows.totals(spend, responses(timing, stock)).sum(axis=1)
    slopes = rows.spend + np.stack([_back(each * slope, chains.rate) for each in rows.response])
    count, slacks = spend.size, len(rows.scale)
    eye = np.eye(slacks)
    matrix = np.concatenate([slopes.reshape(slacks, -1) * size / rows.scale[:, None], -eye, eye], axis=1)
    worth = (_back(slope, chains.rate) - timing.hurdle).ravel() * size / timing.response_size
    with silence():
        found = milp(
            np.concatenate([-worth, np.full(2 * slacks, PENALTY)]),
            constraints=LinearConstraint(
                csr_array(matrix), (limits.least - total) / rows.scale, (limits.most - total) / rows.scale
            ),
            bounds=Bounds(
                np.append((low - spend).ravel() / size, np.zeros(2 * slacks)),
                np.append((high - spend).ravel() / size, np.full(2 * slacks, np.inf)),
            ),
        )
    if found is None or found.x is None:
        return None
    change: Floats = np.asarray(found.x[:count], dtype=np.float64).reshape(spend.shape) * size
    return np.asarray(np.clip(spend + change, low, high))


def _back(slope: Floats, rate: Floats) -> Floats:
    """What one more unit of spend brings in its period and all later ones."""
    found = slope.copy()
    for period in reversed(range(len(slope[0]) - 1)):
        found[:, period] += rate * found[:, period + 1]
    return found


def _flat(timing: Timing, values: Floats) -> Floats:
    """Values by unit and period as values of cells."""
    found = np.empty(values.size)
    found[timing.schedules.chains.cells.ravel()] = values.ravel()
    return found
