"""How sure an estimate is: Student's t, and randomisation where there are too few clusters for it.

In: an estimate with its error, or a way to estimate under another assignment of starts. Out: intervals of 95 % and
two-sided p-values. Draws are seeded, and few assignments are all counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, inf, isfinite

import numpy as np
from scipy import special

from scenarios.effect.answer import CONFIDENCE
from scenarios.effect.panel import NEVER, Floats, Whole

CLUSTERS_MIN = 30  # fewer clusters than that, and the t of cluster-robust errors rejects too often
SIDE_MIN = 10  # the same for a side, treated or controls (MacKinnon & Webb, Econometrics Journal 2018)
DRAWS = 999
TIE = 1e-10  # of the estimate: what counts as just as extreme in spite of the last bits


@dataclass(frozen=True, slots=True)
class Sure:
    """How sure an estimate is; what can't be said is None."""

    p_value: float | None
    interval: tuple[float, float] | None


def is_asymptotic(treated: int, controls: int, clusters: int) -> bool:
    """Whether there are enough clusters, in all and on both sides, for a t of cluster-robust errors."""
    return clusters >= CLUSTERS_MIN and min(treated, controls) >= SIDE_MIN


def by_t(estimate: float, std_error: float, degrees: float) -> Sure:
    """By Student's t with so many degrees of freedom; by the normal distribution where these are infinite."""
    if not std_error > 0:
        return Sure(None, None)
    half = t_reach(degrees) * std_error
    return Sure(2 * float(special.stdtr(degrees, -abs(estimate) / std_error)), (estimate - half, estimate + half))


def t_reach(degrees: float, probability: float = (1 + CONFIDENCE) / 2) -> float:
    """How many errors an interval of 95 % reaches to either side: a quantile of Student's t, the normal one at inf."""
    return float(special.stdtrit(degrees, probability) if degrees < inf else special.ndtri(probability))


def satterthwaite(variances: Floats, degrees: Floats) -> float:
    """The degrees of freedom of a sum of independent variances, each with its own (Biometrics Bulletin 1946).

    With few treated among many units they are nearly the treated less one, where clusters - 1 would promise too much.
    """
    known = (variances > 0) & (degrees > 0)
    total = float(variances.sum())
    return total**2 / float((variances[known] ** 2 / degrees[known]).sum()) if known.any() else 1.0


def is_noise(std_error: float, outcome: Floats) -> bool:
    """Whether an error is nothing but rounding of floats: the paths don't vary around each other."""
    return std_error <= 1e-14 * float(np.abs(outcome).max(initial=0.0))


def by_randomisation(
    start: Whole, estimate_of: Callable[[Whole], tuple[float, float]], seed: int, draws: int = DRAWS
) -> Sure:
    """The p-value and the interval when chance says which unit starts when.

    `estimate_of(start)` answers two estimates for an assignment: of the outcome, a, and of the treatment as it really
    was, b (so b is 1 for the real one). Under a constant effect e the outcome less e times the treatment gives a - e b;
    p(e) is the share of assignments with |a - e b| >= |a_real - e|. For one assignment these e are the interval between
    (a_real - a) / (1 - b) and (a_real + a) / (1 + b), which holds a_real; so p falls on both sides of a_real, and the
    interval {e: p(e) > 5 %} follows from sorted ends with no search. All assignments are counted where these are no
    more than `draws`; else p = (1 + as extreme) / (1 + draws). Fewer than 20 assignments give no interval.
    """
    pairs = np.array([estimate_of(each) for each in reassigned(start, seed, draws)])
    real, total = float(pairs[0, 0]), len(pairs)
    extreme = int((np.abs(pairs[:, 0]) >= abs(real) * (1 - TIE)).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([(real - pairs[:, 0]) / (1 - pairs[:, 1]), (real + pairs[:, 0]) / (1 + pairs[:, 1])])
    same = (np.abs(pairs[:, 1] - 1) < TIE, np.abs(pairs[:, 1] + 1) < TIE)
    lower = np.where(same[0] | same[1], -inf, ends.min(axis=0))
    upper = np.where(same[0] | same[1], inf, ends.max(axis=0))
    needed = total // 20  # how many assignments may leave an effect out before it is refused at 5 %
    low, high = float(np.sort(lower)[needed]), float(np.sort(upper)[total - 1 - needed])
    interval = (low, high) if isfinite(low) and isfinite(high) else None
    return Sure(extreme / total, interval)


def reassigned(start: Whole, seed: int, draws: int) -> Iterator[Whole]:
    """The real assignment of starts, and then others: all of them where they are few, else random ones."""
    values, counts = np.unique(start, return_counts=True)
    number, left = 1, len(start)
    for count in counts:
        number, left = number * comb(left, int(count)), left - int(count)
    yield start
    if number <= draws:
        yield from (each for each in _arrangements(values.tolist(), counts.tolist()) if not np.array_equal(each, start))
        return
    random = np.random.default_rng(seed)
    for _ in range(draws):
        yield random.permutation(start)


def _arrangements(values: Sequence[int], counts: Sequence[int]) -> Iterator[Whole]:
    """Every distinct order of values that occur `counts` times."""

    def fill(order: Whole, free: tuple[int, ...], at: int) -> Iterator[Whole]:
        if at == len(values):
            yield order.copy()
            return
        for places in combinations(free, counts[at]):
            order[list(places)] = values[at]
            yield from fill(order, tuple(place for place in free if place not in places), at + 1)

    units = sum(counts)
    yield from fill(np.full(units, NEVER, dtype=np.int64), tuple(range(units)), 0)
