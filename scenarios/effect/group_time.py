"""Effects of cohorts that start at different times: each against the units that are not treated yet.

In: a panel with starts and no unknown outcome. Out: ATT(g, t), and any weighted sum of them with what each unit
contributes to its error. Plain two-way fixed effects would compare late starters with early ones, whose effect then
counts against them; here no treated unit is ever a control (Callaway & Sant'Anna, Journal of Econometrics 2021, without
covariates; de Chaisemartin & D'Haultfoeuille 2020 show what goes wrong otherwise).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scenarios.effect.inference import satterthwaite
from scenarios.effect.panel import Flags, Floats, Panel, Whole

Controls = Literal["not_yet", "never"]
FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class GroupTime:
    """ATT(g, t) of every cohort g and time t, with the panel that they come from.

    `att` is (cohorts, times), the change since the time before the start, less that of the controls: NaN where there is
    no control. Before the start it shows how the cohort moved already; at the time before the start it is 0.
    """

    panel: Panel
    controls: Controls
    starts: Whole  # (cohorts,)
    sizes: Whole  # (cohorts,) units
    att: Floats  # (cohorts, times)


def group_time(panel: Panel, controls: Controls = "not_yet") -> GroupTime:
    """ATT(g, t) = E[Y_t - Y_(g-1) | g] - E[Y_t - Y_(g-1) | controls].

    The controls of a cell are the units that start after both g and t, or never; with `never` the latter alone. Every
    cohort has a time before its start.
    """
    starts = np.array(panel.starts(), dtype=np.int64)
    times, cohorts = np.arange(len(panel.times)), np.arange(len(starts))
    rows = [np.flatnonzero(panel.start == start) for start in starts]
    sizes = np.array([len(each) for each in rows], dtype=np.int64)
    sums = np.array([panel.outcome[each].sum(axis=0) for each in rows])
    beside = _means_of_controls(panel, sizes, sums, controls)
    late = np.maximum(times, starts[:, None])  # which set of controls a cell has
    means = sums / sizes[:, None]
    moved = means - means[cohorts, starts - 1][:, None]
    att = moved - (beside[late, times] - beside[late, (starts - 1)[:, None]])
    return GroupTime(panel, controls, starts, sizes, att)


def _means_of_controls(panel: Panel, sizes: Whole, sums: Floats, controls: Controls) -> Floats:
    """(sets, times) the mean outcome at each time of all who start after the set's time; NaN where there are none.

    It is what all have less what the cohorts up to then have. A single control has no spread to tell an error from, so
    it is one only where no set has more.
    """
    times = np.arange(len(panel.times))
    begun = np.searchsorted(panel.starts(), times, side="right") if controls == "not_yet" else len(sizes) + 0 * times
    counts = (len(panel.units) - np.append(0, np.cumsum(sizes)))[begun]
    left = panel.outcome.sum(axis=0) - np.vstack([0 * times, np.cumsum(sums, axis=0)])[begun]
    is_enough = counts >= max(min(2, int(counts.max())), 1)
    return np.where(is_enough[:, None], left / np.maximum(counts, 1)[:, None], np.nan)


def eligible(found: GroupTime, sets: Whole) -> Flags:
    """(units, sets) whether a unit is among the controls of a set, which is told by the time when none has started."""
    first = np.where(found.panel.treated, found.panel.start, FAR)
    limit = sets if found.controls == "not_yet" else np.full(len(sets), FAR - 1)
    return np.asarray(first[:, None] > limit, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """A weighted sum of ATT(g, t), and each unit's part of its error: their squares add up to the variance."""

    estimate: float
    parts: Floats  # (units,)
    degrees: float  # of freedom

    @property
    def std_error(self) -> float:
        """The error, clustered by unit."""
        return float(np.sqrt((self.parts**2).sum()))


def combine(found: GroupTime, weights: Floats) -> Combined:
    """The sum of `weights` (cohorts, times) x ATT(g, t); a cell with no controls has weight 0.

    The weights are taken as given, so the answer is for the partners who were treated. A unit's part is its influence:
    how far it lies from the mean of its cohort, or of the controls, by its weight. Each deviation is stretched by
    sqrt(n / (n - 1)), without which a variance over n units comes out too small. Cohorts of one unit have no mean to
    lie from, so they are compared with one another, and a single one with all treated.
    """
    used = np.where(weights != 0, np.nan_to_num(found.att), 0.0)
    treated = _treated_parts(found, weights, used)
    controls, freedom = _control_parts(found, weights)
    return Combined(float((weights * used).sum()), treated - controls, _degrees(found, weights, freedom))


def _base(found: GroupTime, weights: Floats) -> Floats:
    """(cohorts, times) the weights as coefficients on the outcome itself: less their sum at the time before a start."""
    coefficients = weights.copy()
    coefficients[np.arange(len(found.starts)), found.starts - 1] -= weights.sum(axis=1)
    return coefficients


def _treated_parts(found: GroupTime, weights: Floats, used: Floats) -> Floats:
    outcome, start = found.panel.outcome, found.panel.start
    parts = np.zeros(len(outcome))
    coefficients = _base(found, weights)
    for at, (first, size) in enumerate(zip(found.starts, found.sizes, strict=True)):
        rows = start == first
        if size > 1:
            values = outcome[rows] @ coefficients[at]
            parts[rows] = (values - values.mean()) / size * np.sqrt(size / (size - 1))
    alone = found.sizes == 1
    if not alone.any():
        return parts
    effects, sums = (weights * used).sum(axis=1), weights.sum(axis=1)
    peers = alone if alone.sum() > 1 else np.ones_like(alone)
    scale = np.sqrt(alone.sum() / max(alone.sum() - 1, 1))
    total = sums[peers].sum()
    misses = effects - sums * (effects[peers].sum() / total if total else 0.0)
    for at in np.flatnonzero(alone).tolist():
        parts[start == found.starts[at]] = misses[at] * scale
    return parts


def _control_parts(found: GroupTime, weights: Floats) -> tuple[Floats, tuple[float, float]]:
    """What each unit adds as a control: its deviations from the mean of the controls, over the sets that it is in.

    Also, for the degrees of freedom, the variance of that sum if all outcomes were independent with variance 1, and how
    many controls there are less one: the mean over the sets by their weight.
    """
    times = weights.shape[1]
    coefficients = np.zeros((times, times))  # (sets, times): how a set's outcomes enter
    for at, first in enumerate(found.starts):
        late = np.maximum(np.arange(times), first)
        np.add.at(coefficients, (late, np.arange(times)), weights[at])
        np.add.at(coefficients, (late, np.full(times, first - 1)), -weights[at])
    sets = np.flatnonzero(np.abs(coefficients).sum(axis=1))
    coefficients = coefficients[sets]
    values = found.panel.outcome @ coefficients.T  # (units, sets)
    inside = eligible(found, sets)
    size = inside.sum(axis=0)
    means = (inside * values).sum(axis=0) / size
    stretch = np.sqrt(size / np.maximum(size - 1, 1)) / size
    parts = np.asarray((inside * (values - means) * stretch).sum(axis=1), dtype=np.float64)
    shares = np.abs(coefficients).sum(axis=1)
    variance = float((((inside / size) @ coefficients) ** 2).sum())
    return parts, (variance, float(shares @ (size - 1) / shares.sum()) if len(sets) else 1.0)


def _degrees(found: GroupTime, weights: Floats, controls: tuple[float, float]) -> float:
    """Degrees of freedom as Bell & McCaffrey (Survey Methodology 2002) find them: as if outcomes were independent."""
    variances = (_base(found, weights) ** 2).sum(axis=1) / found.sizes
    alone = found.sizes == 1
    peers = int(alone.sum()) if alone.sum() > 1 else int(found.sizes.sum())
    every = np.append(np.where(alone, 0.0, variances), [variances[alone].sum(), controls[0]])
    return satterthwaite(every, np.append(found.sizes - 1, [peers - 1, controls[1]]).astype(np.float64))
