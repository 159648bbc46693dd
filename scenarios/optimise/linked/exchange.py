"""A split in whole minor units made better by moves that keep every constraint: from one unit to another, to one out of
what is unspent, or back; first large moves, then smaller ones, down to one minor unit.

In: a split that keeps all constraints, and what says whether another does. Out: one worth at least as much. What brings
nothing is given back where the budget may stay unspent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenarios.curves.floats import Floats, Rows

_BEST_MOVES = 24  # moves of one size that are tried, those that gain most by the units' own responses first
_TRIES_MAX, _UNIT_TRIES_MAX = 3_000, 40_000  # splits looked at in all, and times units
_ROUNDING = 4 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """What counts for a move: units' own bounds in minor units, (units,) each, where `least` is zero for one that gets
    nothing; whether a split keeps all constraints; what it is worth; and what each unit brings there, (units,)."""

    least: Rows
    most: Rows
    keeps: Callable[[Rows], bool]
    worth: Callable[[Rows], float]
    by_unit: Callable[[Rows], Floats]


def exchanged(minor: Rows, moves: Moves) -> Rows:
    """The best split that moves lead to."""
    best, worth = minor.copy(), moves.worth(minor)
    tries = min(_TRIES_MAX, _UNIT_TRIES_MAX // len(minor))
    size = 1 << max(int(best.max(initial=1)).bit_length() - 3, 0)
    while size and tries > 0:
        again = None
        for move in _ranked(best, moves, size):
            tries -= 1
            given = best + move
            if moves.keeps(given) and (value := moves.worth(given)) > worth + _ROUNDING * abs(worth):
                again, worth = given, value
                break
            if tries <= 0:
                break
        if again is None:
            size //= 2
        else:
            best = again
    return best


def _ranked(minor: Rows, moves: Moves, size: int) -> list[Rows]:
    """The moves of a size that gain most."""
    at = moves.by_unit(minor)
    can_up, can_down = minor + size <= moves.most, minor - size >= moves.least
    up = np.where(can_up, moves.by_unit(np.where(can_up, minor + size, minor)) - at, -np.inf)
    down = np.where(can_down, moves.by_unit(np.where(can_down, minor - size, minor)) - at, -np.inf)
    givers = [-1, *np.argsort(-down, kind="stable")[:_BEST_MOVES].tolist()]
    takers = [-1, *np.argsort(-up, kind="stable")[:_BEST_MOVES].tolist()]
    found = []
    for taker in takers:
        for giver in givers:
            gain = (up[taker] if taker >= 0 else 0.0) + (down[giver] if giver >= 0 else 0.0)
            if taker != giver and gain > 0:
                found.append((-gain, taker, giver))
    rows = []
    for _, taker, giver in sorted(found)[:_BEST_MOVES]:
        move = np.zeros(len(minor), dtype=np.int64)
        move[taker] += size if taker >= 0 else 0
        move[giver] -= size if giver >= 0 else 0
        rows.append(move)
    return rows


def spared(minor: Rows, moves: Moves) -> Rows:
    """The same without what brings nothing: units give back as much as leaves the worth as it is."""
    best, worth = minor.copy(), moves.worth(minor)
    tries = min(_TRIES_MAX, _UNIT_TRIES_MAX // len(minor))
    is_changed = True
    while is_changed and tries > 0:
        is_changed = False
        size = 1 << max(int(best.max(initial=1)).bit_length(), 0)
        while size and tries > 0:
            can = best - size >= moves.least
            idle = can & (moves.by_unit(np.where(can, best - size, best)) >= moves.by_unit(best))
            for unit in np.flatnonzero(idle).tolist():
                given = best.copy()
                given[unit] -= size
                tries -= 1
                if given[unit] >= moves.least[unit] and moves.keeps(given) and moves.worth(given) >= worth:
                    best, is_changed = given, True
                if tries <= 0:
                    break
            size //= 2
    return best
