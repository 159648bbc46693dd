"""What both synthetic methods share: a path for each cohort, made of donors, and the same for controls as placebos.

In: a panel, and how one method follows a path. Out: gaps, that is what the treated have more than the path that their
donors make. Cohorts with different starts are fitted each by itself and averaged by units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TypeAlias

import numpy as np

from scenarios.effect.answer import Window
from scenarios.effect.panel import NEVER, Floats, Panel, Whole

PLACEBOS_MAX = 199
CONTROLS_MIN = 19  # with fewer, no placebo test can refuse anything at 5 %


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """What a method gets: the mean path of a cohort's units, its donors, and when it starts and counts."""

    path: Floats  # (times,)
    donors: Floats  # (donors, times)
    units: int
    start: int
    bounds: tuple[int, int]


Follow: TypeAlias = Callable[[Cohort], Floats]  # the gaps (times,): the path less that of its donors


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """What cohorts have more than their donors' paths, by time."""

    starts: Whole  # (cohorts,)
    sizes: Whole  # (cohorts,)
    gaps: Floats  # (cohorts, times)
    counts: Floats  # (cohorts, times) treated unit-periods that count

    @property
    def effect(self) -> float:
        """The mean gap over what counts."""
        return float((self.counts * self.gaps).sum() / self.counts.sum())

    @property
    def before(self) -> float:
        """The root mean square of the gaps before the start, by units."""
        weights = self.sizes[:, None] * (np.arange(self.gaps.shape[1]) < self.starts[:, None])
        return float(np.sqrt((weights * self.gaps**2).sum() / weights.sum()))

    @property
    def after(self) -> float:
        """The root mean square of the gaps that count."""
        return float(np.sqrt((self.counts * self.gaps**2).sum() / self.counts.sum()))

    @property
    def mean(self) -> Floats:
        """(times,) the mean gap over all treated units."""
        return np.asarray(self.sizes @ self.gaps / self.sizes.sum(), dtype=np.float64)


def gaps_of(panel: Panel, window: Window, follow: Follow) -> Gaps:
    """The gaps of each cohort that has a time in the window, against the units that are never treated."""
    times = len(panel.times)
    starts = [start for start in panel.starts() if np.subtract(*window.bounds(start, times))]
    never = panel.outcome[~panel.treated]
    gaps, counts, sizes = [], [], []
    for start in starts:
        rows = panel.start == start
        bounds = window.bounds(start, times)
        size = int(rows.sum())
        gaps.append(follow(Cohort(panel.outcome[rows].mean(axis=0), never, size, start, bounds)))
        counts.append([size if bounds[0] <= time < bounds[1] else 0 for time in range(times)])
        sizes.append(size)
    return Gaps(np.array(starts), np.array(sizes), np.array(gaps), np.array(counts, dtype=np.float64))


def placebos(panel: Panel, window: Window, follow: Follow, seed: int) -> list[Gaps]:
    """The gaps of controls as if they had been treated, at the starts of the really treated, who take no part.

    Each group of as many controls as were treated is a placebo; where these are more than 199, so many random ones are.
    The group itself is no donor.
    """
    controls = panel.of(~panel.treated)
    starts = np.sort(panel.start[panel.treated])
    if len(controls.units) <= len(starts):
        return []
    found = []
    for group in _groups(len(controls.units), starts, seed):
        start = np.full(len(controls.units), NEVER, dtype=np.int64)
        start[group] = starts
        placebo = Panel(controls.units, controls.times, controls.outcome, start)
        found.append(gaps_of(placebo, window, follow))
    return found


def _groups(controls: int, starts: Whole, seed: int) -> Iterator[Whole]:
    count = len(starts)
    if len(set(starts.tolist())) == 1 and comb(controls, count) <= PLACEBOS_MAX:
        yield from (np.array(group, dtype=np.int64) for group in combinations(range(controls), count))
        return
    random = np.random.default_rng(seed)
    for _ in range(PLACEBOS_MAX):
        yield random.permutation(controls)[:count]


def spread(found: list[Gaps]) -> float | None:
    """The error by placebos: how much their effects spread (Arkhangelsky et al. 2021, algorithm 4); None below two."""
    return float(np.std([each.effect for each in found])) if len(found) > 1 else None
