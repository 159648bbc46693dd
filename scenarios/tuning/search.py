"""Look through a grid of plans: all of them where there are few enough, else by differential evolution and steps.

In: how many values each parameter has, where the search starts, which values are in force, and what ranks a plan. Out:
how the search ended; the plans themselves are known to who ranks them. Differential evolution (R. Storn, K. Price,
1997) is SciPy's, over the places in the grid, with a fixed seed: the same problem is searched in the same way. A
plan is worked out once, however often the search comes by. Between two rounds of it, steps of one parameter and of
two are taken from the best plan for as long as any is better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
from scipy.optimize import differential_evolution

from scenarios.curves.floats import Floats
from scenarios.tuning.merit import Rank, energy
from scenarios.tuning.values import Picks

_SEED = 20260101
_ROUNDS = 6
_PART = Fraction(3, 5)  # of the plans that are left, for one round of differential evolution
_GENERATIONS_MAX = 400
_IDLE_MAX = 12  # generations without a plan that is new
_TRADES = (2, 3, 4)  # steps of one parameter for one of another
_MEMBERS = 10  # of a generation, for each parameter


class _Spent(Exception):
    """As many plans were worked out as may be."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How many values each parameter has, and which of them is in force (None where it is not in the grid)."""

    sizes: tuple[int, ...]
    present: tuple[int | None, ...]

    @property
    def points(self) -> int:
        """How many plans there are."""
        count = 1
        for size in self.sizes:
            count *= size
        return count


@dataclass(frozen=True, slots=True)
class Searched:
    """How a search ended: whether each plan of the grid was worked out, and whether all steps from the best were."""

    is_whole: bool
    is_local: bool


@dataclass(slots=True)
class _Look:
    """The plans that were looked at: each is ranked once."""

    rank: Callable[[Picks], Rank | None]
    most: int
    known: dict[Picks, Rank | None] = field(default_factory=dict)
    best: tuple[Rank, Picks] | None = None

    def at(self, picks: Picks) -> Rank | None:
        if picks in self.known:
            return self.known[picks]
        if len(self.known) >= self.most:
            raise _Spent
        found = self.known[picks] = self.rank(picks)
        if found is not None and (self.best is None or found < self.best[0]):
            self.best = found, picks
        return found


def search(
    grid: Grid,
    start: Picks,
    rank: Callable[[Picks], Rank | None],
    most: int,
    scale: Fraction,
    is_best: Callable[[], bool],
) -> Searched:
    """Rank every plan of a grid of at most so many; else at most so many of them, the first at `start`.

    `scale` is what counts as much of the goal; `is_best` tells that no plan can be better than what was found, so that
    only steps back to what is in force are still of use.
    """
    look = _Look(rank, most)
    if grid.points <= most:
        for picks in product(*map(range, grid.sizes)):
            look.at(picks)
        return Searched(True, True)
    try:
        look.at(start)
        for number in range(_ROUNDS):
            before = len(look.known)
            if not is_best():
                _evolve(grid, start, look, scale, number, is_best)
            _step(grid, start, look, is_best)
            if is_best() or len(look.known) == before:
                break
    except _Spent:
        pass
    is_local = look.best is not None and all(picks in look.known for picks in _short(grid, look.best[1]))
    return Searched(len(look.known) == grid.points, is_local)


def _evolve(grid: Grid, start: Picks, look: _Look, scale: Fraction, number: int, is_best: Callable[[], bool]) -> None:
    """One round of differential evolution, over the parameters that have more than one value."""
    moving = [at for at, size in enumerate(grid.sizes) if size > 1]
    left = look.most - len(look.known)
    last = len(look.known) + int(left * _PART)
    generator = np.random.Generator(np.random.PCG64(_SEED + number))
    origin = look.best[1] if look.best else start
    idle = [len(look.known), 0]

    def picked(places: Floats) -> Picks:
        picks = list(start)
        for at, place in zip(moving, places, strict=True):
            picks[at] = min(max(round(float(place)), 0), grid.sizes[at] - 1)
        return tuple(picks)

    def found(places: Floats) -> float:
        picks = picked(places)
        if picks not in look.known and (len(look.known) >= last or is_best()):
            return 5.0  # what this round may not work out any more never wins
        return energy(look.at(picks), scale)

    def is_over(*_: object, **__: object) -> bool:
        idle[0], idle[1] = len(look.known), 0 if len(look.known) > idle[0] else idle[1] + 1
        return idle[1] >= _IDLE_MAX or len(look.known) >= last or is_best()

    members = max(min(_MEMBERS * len(moving), max(left // 8, 8), 120), 5)
    differential_evolution(
        found,
        [(0, grid.sizes[at] - 1) for at in moving],
        init=_spread([grid.sizes[at] for at in moving], members, [origin[at] for at in moving], generator),
        integrality=True,
        maxiter=_GENERATIONS_MAX,
        mutation=(0.4, 1.0),
        recombination=0.8,
        tol=0,
        atol=0,
        polish=False,
        rng=generator,
        callback=is_over,
    )


def _spread(sizes: list[int], members: int, first: list[int], generator: np.random.Generator) -> Floats:
    """The first generation: the plan to start from, and others that are spread over every parameter (a Latin
    hypercube)."""
    columns = []
    for size, of in zip(sizes, first, strict=True):
        places = (generator.permutation(members - 1) + generator.random(members - 1)) / (members - 1)
        columns.append(np.concatenate([[of], np.minimum(np.floor(places * size), size - 1)]))
    return np.column_stack(columns).astype(np.float64)


def _step(grid: Grid, start: Picks, look: _Look, is_best: Callable[[], bool]) -> None:
    """Steps from the best plan to a better one, until none is."""
    while True:
        before, at = look.best or (None, start)
        nearby = _back(grid, at) if is_best() else _near(grid, at)
        if not any(_is_better(look.at(picks), before) for picks in nearby):
            return


def _is_better(rank: Rank | None, before: Rank | None) -> bool:
    return rank is not None and (before is None or rank < before)


def _back(grid: Grid, at: Picks) -> Iterator[Picks]:
    """One parameter as it is in force."""
    for which, present in enumerate(grid.present):
        if present is not None and present != at[which]:
            yield (*at[:which], present, *at[which + 1 :])


def _near(grid: Grid, at: Picks) -> Iterator[Picks]:
    """Plans around one: a parameter as it is in force, short steps, longer ones of one parameter, and trades of a step
    of one for several of another, which follow the edge of what has to hold."""
    yield from _back(grid, at)
    yield from _short(grid, at)
    every = range(len(at))
    length = 2
    while length < max(grid.sizes):
        for which, sign in product(every, (1, -1)):
            yield from _moved(grid, at, {which: sign * length})
        length *= 2
    for length, (one, other) in product(_TRADES, permutations(every, 2)):
        for by_one, by_other in product((1, -1), repeat=2):
            yield from _moved(grid, at, {one: by_one, other: by_other * length})


def _short(grid: Grid, at: Picks) -> Iterator[Picks]:
    """Plans that are one step away, in one parameter or in two."""
    every = range(len(at))
    for which, by in product(every, (1, -1)):
        yield from _moved(grid, at, {which: by})
    for one, other in combinations(every, 2):
        for by_one, by_other in product((1, -1), repeat=2):
            yield from _moved(grid, at, {one: by_one, other: by_other})


def _moved(grid: Grid, at: Picks, steps: dict[int, int]) -> Iterator[Picks]:
    found = tuple(place + steps.get(which, 0) for which, place in enumerate(at))
    if all(0 <= place < size for place, size in zip(found, grid.sizes, strict=True)):
        yield found
