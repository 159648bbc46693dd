"""Synthetic difference-in-differences: weights over controls and over earlier times, then a difference of differences.

In: a panel and controls that are never treated. Out: an `Effect` (Arkhangelsky, Athey, Hirshberg, Imbens & Wager,
American Economic Review 2021, algorithm 1). It needs no control on the treated's level, only one that moves like them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from scenarios.effect.answer import WHOLE, Effect, Kind, Method, Window
from scenarios.effect.donors import CONTROLS_MIN, Cohort, Gaps, gaps_of, placebos, spread
from scenarios.effect.inference import SIDE_MIN, Sure, by_t, is_noise
from scenarios.effect.matching import nearest
from scenarios.effect.panel import Floats, Panel, Whole
from scenarios.effect.simplex import simplex_weights
from scenarios.effect.synthetic import answer

ZETA_TIMES = 1e-6  # the paper's ridge on the weights of times, over the spread of changes


def sdid(panel: Panel, window: Window = WHOLE, seed: int = 0) -> Effect:
    """The effect on the treated, with the paper's error for their number.

    With ten treated or more it is the jackknife with fixed weights (algorithm 3), taken with Student's t of the treated
    less one: the normal distribution of the paper is for many, and refused 7.5 % of programs with 12 treated and no
    effect. With fewer, or where leaving one out leaves nothing, it is the spread of placebos (algorithm 4) with a
    normal interval, and p is their rank; fewer than 19 controls give no interval by placebos.
    """
    found = gaps_of(panel, window, follow)
    controls = int((~panel.treated).sum())
    error = jackknife(panel, window) if int(found.sizes.sum()) >= SIDE_MIN else None
    degrees = inf
    notes: tuple[str, ...] = ()
    if error is not None:
        degrees = int(found.sizes.sum()) - 1
        sure, kind = by_t(found.effect, error, degrees), Kind.JACKKNIFE
    else:
        others = placebos(panel, window, follow, seed)
        error, kind = spread(others), Kind.PLACEBO
        sure, notes = _ranked(found, others, error, controls)
    if error is not None and is_noise(error, panel.outcome):
        error, sure = None, Sure(None, None)
        notes = ("the paths do not vary around each other, so no error can be estimated",)
    return answer(
        Method.SDID,
        panel,
        window,
        found,
        std_error=error,
        interval=sure.interval,
        degrees=degrees,
        p=(sure.p_value, kind if sure.p_value is not None else None),
        notes=notes,
    )


def _ranked(found: Gaps, others: list[Gaps], error: float | None, controls: int) -> tuple[Sure, tuple[str, ...]]:
    if error is None:
        return Sure(None, None), ("there are too few controls for placebos, so no error can be estimated",)
    extreme = sum(abs(each.effect) >= abs(found.effect) * (1 - 1e-9) for each in others)
    p_value = (1 + extreme) / (1 + len(others))
    if controls < CONTROLS_MIN:
        words = f"with {controls} controls no placebo test reaches 5 %, so there is no interval"
        return Sure(p_value, None), (words,)
    return Sure(p_value, by_t(found.effect, error, inf).interval), ()


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The donors that were used, what each of them weighs, and what each time before the start weighs."""

    pool: Whole
    units: Floats  # of the pool
    times: Floats  # (start,)


def weigh(cohort: Cohort) -> Weights:
    """The weights of the paper: of units with ridge zeta^2 = (units x periods)^(1/2) x variance of changes, of times
    with hardly any; each with an intercept, so what counts is how a path moves, not its level."""
    start, (first, end) = cohort.start, cohort.bounds
    path = cohort.path[:start]
    pool = nearest(path, cohort.donors[:, :start], by_shape=True)
    before, after = cohort.donors[pool, :start], cohort.donors[pool, first:end].mean(axis=1)
    variance = float(np.diff(before, axis=1).var(ddof=1)) if before.shape[1] > 1 and before.size > 2 else 0.0
    ridge = np.sqrt(cohort.units * (end - first)) * variance * start
    units = simplex_weights((before - before.mean(axis=1, keepdims=True)).T, path - path.mean(), float(ridge))
    slight = ZETA_TIMES**2 * variance * len(pool)
    times = simplex_weights(before - before.mean(axis=0), after - after.mean(), slight)
    return Weights(pool, units, times)


def follow(cohort: Cohort) -> Floats:
    """The gaps to the weighted donors, less the weighted gap of the time before."""
    weights = weigh(cohort)
    raw = cohort.path - weights.units @ cohort.donors[weights.pool]
    return np.asarray(raw - raw[: cohort.start] @ weights.times, dtype=np.float64)


def jackknife(panel: Panel, window: Window) -> float | None:
    """The error from leaving each unit out once, with the weights as they are; None where that leaves nobody."""
    times = len(panel.times)
    never = np.flatnonzero(~panel.treated)
    cohorts = []
    for start in panel.starts():
        rows = np.flatnonzero(panel.start == start)
        bounds = window.bounds(start, times)
        if bounds[0] == bounds[1]:
            continue
        weights = weigh(Cohort(panel.outcome[rows].mean(axis=0), panel.outcome[never], len(rows), start, bounds))
        moved = panel.outcome[:, bounds[0] : bounds[1]].mean(axis=1) - panel.outcome[:, :start] @ weights.times
        cohorts.append((rows, never[weights.pool], weights.units, moved, bounds[1] - bounds[0]))
    if any(len(rows) < 2 or units.max() > 1 - 1e-9 for rows, _, units, _, _ in cohorts):
        return None
    sums, cells = np.zeros(len(panel.units)), np.zeros(len(panel.units))
    for rows, pool, units, moved, periods in cohorts:
        treated, controls = moved[rows].mean(), units @ moved[pool]
        effect, count = np.full(len(panel.units), treated - controls), np.full(len(panel.units), len(rows))
        effect[rows] = (len(rows) * treated - moved[rows]) / (len(rows) - 1) - controls
        effect[pool] = treated - (controls - units * moved[pool]) / (1 - units)
        count[rows] -= 1
        sums += effect * count * periods
        cells += count * periods
    effects = sums / cells
    number = len(effects)
    return float(np.sqrt((number - 1) / number * ((effects - effects.mean()) ** 2).sum()))
