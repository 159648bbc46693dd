"""Markov attribution: how much less often journeys would end in a won deal if one partner were not there.

In: paths with how often each was won and lost. Out: the removal effect of every partner, solved as a linear system and
never simulated, so that it is the same however often and in whatever order it is asked for. (Anderl, Becker, von
Wangenheim and Schumann, Mapping the customer journey, International Journal of Research in Marketing 33 (2016).)

A journey walks from state to state, a state being the last `order` partners, and ends won or lost. With Q the chances
between states, r those of being won next and s those of the first state, P = s (I - Q)^-1 r. Without a partner every
journey that comes to it is lost. With N = (I - Q)^-1, K the states that hold the partner and U all others,

    P without = s_U N_UU r_U - s_U N_UK (N_KK)^-1 N_KU r_U

by the inverse of a block matrix, so that one inverse serves all partners.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.problem import Place, Problem, Refused
from scenarios.attribution.paths import Path

EXACT_STATES_MAX = 24  # of more states fractions grow too long; they are solved in float64
STATES_MAX = 2_500
ORDER_MAX = 4
DECIMALS = 9

Matrix = NDArray[Any]  # of Fractions, or float64
Solve = Callable[[Matrix, Matrix], Matrix]


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a path was won and lost."""

    won: int
    lost: int


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A chain of states: `start`, `won` and `left` (n,) and `between` (n, n) are how often each of these happened."""

    states: tuple[Path, ...]
    start: NDArray[np.int64]
    between: NDArray[np.int64]
    won: NDArray[np.int64]
    left: NDArray[np.int64]  # by whatever way: to another state, won or lost


@dataclass(frozen=True, slots=True)
class Removal:
    """The chance that a journey is won, and by which part of it that falls without each partner: 0 to 1, in the order
    of the partners. Exact where `is_exact`, else float64 rounded once, half even at 9 decimals."""

    chance: Fraction
    effects: Mapping[int, Fraction]
    states: int
    is_exact: bool


def removal_effects(paths: Mapping[Path, Counts], order: int = 1, exact_states_max: int = EXACT_STATES_MAX) -> Removal:
    """The removal effect of every partner on `paths`; a path without touches takes no part.

    Raises Refused where nothing was won (M402), and where there are more states than 2,500 (M403).

    >>> paths = {(1, 2, 3): Counts(1, 0), (1,): Counts(0, 1), (2, 3): Counts(0, 1)}
    >>> found = removal_effects(paths)
    >>> found.chance, {partner: str(effect) for partner, effect in found.effects.items()}
    (Fraction(1, 3), {1: '1/2', 2: '1', 3: '1'})
    """
    chain = chain_of(paths, order)
    is_exact = len(chain.states) <= exact_states_max
    solve: Solve
    if is_exact:
        start, between, won = (_fractions(part) for part in (chain.start, chain.between, chain.won))
        left, solve, one = _fractions(chain.left), solved, _fractions(np.eye(len(chain.states), dtype=np.int64))
    else:
        start, between, won = (part.astype(np.float64) for part in (chain.start, chain.between, chain.won))
        left, solve, one = chain.left.astype(np.float64), np.linalg.solve, np.eye(len(chain.states))
    start, won, between = start / start.sum(), won / left, between / left[:, None]
    visits = solve(one - between, one)
    come, go = start @ visits, visits @ won
    chance = start @ go
    effects = {}
    for partner in sorted({each for state in chain.states for each in state}):
        held = np.flatnonzero([partner in state for state in chain.states])
        without = _chance_without(held, start, visits, won, come, go, solve)
        effects[partner] = _quantised(1 - without / chance)
    return Removal(_quantised(chance), effects, len(chain.states), is_exact)


def chain_of(paths: Mapping[Path, Counts], order: int) -> Chain:
    """The chain of paths; states in the order of their partners."""
    start: Counter[Path] = Counter()
    between: Counter[tuple[Path, Path]] = Counter()
    won: Counter[Path] = Counter()
    left: Counter[Path] = Counter()
    for path, counts in paths.items():
        times = counts.won + counts.lost
        if not path or not times:
            continue
        states = [path[max(0, end - order) : end] for end in range(1, len(path) + 1)]
        start[states[0]] += times
        won[states[-1]] += counts.won
        for state in states:
            left[state] += times
        for pair in pairwise(states):
            between[pair] += times
    if not any(won.values()):
        message = "no deal with a touch was won, so that nobody can be said to have brought one"
        raise Refused(Problem("M402", message, Place(), "ask for more periods, or for a longer window"))
    names = tuple(sorted(left))
    if len(names) > STATES_MAX:
        message = f"the paths have {len(names):,} states of {order} touches, of {STATES_MAX:,} at most"
        raise Refused(Problem("M403", message, Place(), "ask for --order 1, for fewer periods or a shorter window"))
    at = {state: place for place, state in enumerate(names)}
    matrix = np.zeros((len(names), len(names)), dtype=np.int64)
    for (one, other), times in between.items():
        matrix[at[one], at[other]] = times
    vectors = (np.array([counted[state] for state in names], dtype=np.int64) for counted in (start, won, left))
    first, last, all_left = vectors
    return Chain(names, first, matrix, last, all_left)


def _chance_without(
    held: NDArray[np.intp], start: Matrix, visits: Matrix, won: Matrix, come: Matrix, go: Matrix, solve: Solve
) -> Any:
    """The chance of being won where every journey that comes to one of the states `held` is lost; `come` is s N and
    `go` N r over all states, from which those that are held are taken off."""
    come_others = come[held] - start[held] @ visits[np.ix_(held, held)]
    go_others = go - visits[:, held] @ won[held]
    through = solve(visits[np.ix_(held, held)], go_others[held][:, None])[:, 0]
    return start @ go_others - start[held] @ go_others[held] - come_others @ through


def solved(left: Matrix, right: Matrix) -> Matrix:
    """The matrix X of fractions with left X = right, by elimination; `left` (n, n) has an inverse."""
    rows = np.concatenate([left, right], axis=1)
    count = len(left)
    for at in range(count):
        pivot = next(row for row in range(at, count) if rows[row, at] != 0)
        rows[[at, pivot]] = rows[[pivot, at]]
        rows[at] = rows[at] / rows[at, at]
        for row in range(count):
            if row != at and rows[row, at] != 0:
                rows[row] = rows[row] - rows[at] * rows[row, at]
    return rows[:, count:]


def _fractions(values: NDArray[np.int64]) -> Matrix:
    found = np.empty(values.shape, dtype=object)
    found.ravel()[:] = [Fraction(each) for each in values.ravel().tolist()]
    return found


def _quantised(value: Any) -> Fraction:
    """A fraction as it is; a float rounded half even at 9 decimals."""
    return value if isinstance(value, Fraction) else Fraction(round(float(value) * 10**DECIMALS), 10**DECIMALS)
