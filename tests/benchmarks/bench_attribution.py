"""How fast Shapley values and removal effects are beside what people use instead, and how far that is from exact.

Run as `python tests/benchmarks/bench_attribution.py`: it prints two tables and never fails on a timing. One thread
throughout; each time is the best of three (one for what takes seconds).
"""

import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import rivals_attribution as rivals
from bench_quantities import print_table, timed

sys.path.insert(0, str(Path(__file__).parents[2]))

from scenarios.attribution.markov import Counts, removal_effects
from scenarios.attribution.paths import Path as Journey
from scenarios.attribution.shapley import Sets, rate_values, touch_sets

SECONDS_MAX_16 = 0.2
DEALS, WALKS = 20_000, 20_000
Line = tuple[str, ...]


def main() -> None:
    """Prints both tables."""
    print(f"\nShapley values of the rate at which {DEALS:,} deals are won")
    print_table(("", "partners", "seconds", "largest error"), shapley(DEALS, (8, 8), (12, 12), (16, 20)))
    print(f"\nremoval effects in {DEALS:,} journeys")
    print_table(("", "partners", "seconds", "largest error"), markov(DEALS, (12, 200, 1_000), WALKS))


def journeys(deals: int, partners: int) -> Mapping[Journey, Counts]:
    """Paths of up to five touches, won more often the lower the number of the first partner."""
    chance = np.random.default_rng(2026)
    found: dict[Journey, tuple[int, int]] = {}
    for _ in range(deals):
        path = tuple(chance.integers(0, partners, int(chance.integers(0, 6))).tolist())
        won = chance.random() < (0.5 - 0.4 * path[0] / partners if path else 0.2)
        before = found.get(path, (0, 0))
        found[path] = before[0] + won, before[1] + (not won)
    return {path: Counts(*found[path]) for path in sorted(found)}


def rate_of(sets: Sets) -> Callable[[frozenset[int]], float]:
    """The worth of a coalition, looked up in all sets of partners, as the loops want it."""
    told = [(frozenset(members), counts.won, counts.won + counts.lost) for members, counts in sets.items()]

    @cache
    def worth(coalition: frozenset[int]) -> float:
        inside = [(won, every) for members, won, every in told if members <= coalition]
        every = sum(each for _, each in inside)
        return sum(won for won, _ in inside) / every if every else 0.0

    return worth


def shapley(
    deals: int, by_permutations: tuple[int, int], by_loops: tuple[int, int], ours: tuple[int, ...]
) -> list[Line]:
    """Ours over all coalitions, and the two definitions as loops, each at sizes that it can do."""
    lines: list[Line] = []

    def line(
        name: str, partners: int, seconds: float, found: Mapping[int, float], exact: Mapping[int, Fraction]
    ) -> None:
        error = max(abs(found[each] - float(exact[each])) for each in exact)
        assert error < 1e-8, "the rival finds the same"
        lines.append((name, f"{partners}", f"{seconds:.3f}", f"{error:.1e}"))

    for partners in sorted({by_permutations[0], by_loops[0], *ours}):
        sets = touch_sets(journeys(deals, partners))
        exact, seconds = timed(lambda sets=sets: rate_values(sets))
        lines.append(("rate_values, exact", f"{partners}", f"{seconds:.3f}", "0"))
        players = list(range(partners))
        if partners == by_permutations[0]:
            found, slow = timed(lambda sets=sets, p=players: rivals.by_permutations(p, rate_of(sets)))
            line("every order (itertools.permutations)", partners, slow, found, exact)
        if partners == by_loops[0]:
            found, slow = timed(lambda sets=sets, p=players: rivals.by_combinations(p, rate_of(sets)))
            line("every coalition (itertools.combinations)", partners, slow, found, exact)
    return lines


def markov(deals: int, sizes: tuple[int, ...], walks: int) -> list[Line]:
    """Ours in fractions and in floating point, and random walks through the same chain, with two seeds."""
    lines: list[Line] = []
    for at, partners in enumerate(sizes):
        paths = journeys(deals, partners)
        found, seconds = timed(lambda paths=paths: removal_effects(paths))
        name = "removal_effects, exact" if found.is_exact else "removal_effects, float64"
        lines.append((name, f"{partners:,}", f"{seconds:.3f}", "0" if found.is_exact else "below 1e-9"))
        if at == 0:
            floats, seconds = timed(lambda paths=paths: removal_effects(paths, exact_states_max=0))
            error = max(abs(float(floats.effects[each] - found.effects[each])) for each in found.effects)
            lines.append(("removal_effects, float64", f"{partners:,}", f"{seconds:.3f}", f"{error:.1e}"))
            for seed in (1, 2):
                walked, slow = timed(lambda p=paths, n=partners, s=seed: rivals.by_walks(chain(p), range(n), walks, s))
                error = max(abs(walked[each] - float(found.effects[each])) for each in found.effects)
                lines.append(
                    (f"{walks:,} random walks for each, seed {seed}", f"{partners:,}", f"{slow:.3f}", f"{error:.1e}")
                )
    return lines


def chain(paths: Mapping[Journey, Counts]) -> rivals.Chain:
    """The chances of going on from each partner, as walks want them."""
    counted: dict[int, dict[int, int]] = {}
    for path, counts in paths.items():
        if not path:
            continue
        times = counts.won + counts.lost
        for one, other in zip((rivals.START, *path), path, strict=False):
            goes = counted.setdefault(one, {})
            goes[other] = goes.get(other, 0) + times
        goes = counted.setdefault(path[-1], {})
        goes[rivals.WON] = goes.get(rivals.WON, 0) + counts.won
        goes[rivals.LOST] = goes.get(rivals.LOST, 0) + counts.lost
    return {one: [(to, times / sum(goes.values())) for to, times in goes.items()] for one, goes in counted.items()}


if __name__ == "__main__":
    main()
