"""Difference-in-differences: what changed for the treated, less what changed for their controls.

In: a panel with one start, or the means of a published table. Out: an `Effect`. Errors are
clustered by unit; where clusters are too few, chance says who was treated instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from scenarios.effect.answer import WHOLE, Effect, Kind, Method, Window
from scenarios.effect.inference import Sure, by_randomisation, by_t, is_asymptotic, is_noise, satterthwaite, t_reach
from scenarios.effect.matching import matched_weights
from scenarios.effect.panel import NEVER, Flags, Floats, Panel, Whole


@dataclass(frozen=True, slots=True)
class Change:
    """The mean of a group before and after, and the standard error of its change where it is known."""

    before: float
    after: float
    std_error: float | None = None


def did_of_means(treated: Change, controls: Change) -> tuple[float, float | None]:
    """The estimate and its error from the means of two independent groups, as Card & Krueger (1994, table 3) do.

    >>> did_of_means(Change(135, 121), Change(165, 132))
    (19, None)
    """
    estimate = (treated.after - treated.before) - (controls.after - controls.before)
    if treated.std_error is None or controls.std_error is None:
        return estimate, None
    return estimate, sqrt(treated.std_error**2 + controls.std_error**2)


def did(panel: Panel, window: Window = WHOLE, neighbours: int | None = None, seed: int = 0) -> Effect:
    """The effect on the treated of one cohort, against all controls, or against their nearest `neighbours`.

    The panel has one start, with a time before and one in the window, and no unknown outcome. The estimate is d of
    y_it = a_i + g_t + d D_it by least squares; as all start together, that is a difference of mean changes. Matched
    controls weigh as often as they are a neighbour. The error is clustered by unit with the correction CR2, and t has
    the degrees of freedom of Bell & McCaffrey (Survey Methodology 2002): the usual G/(G-1) (N-1)/(N-K) with t of G - 1
    is too sure where the treated are few among many. With fewer than 30 clusters, or 10 on a side, chance says who was
    treated instead, and matching is done again for each assignment.
    """
    (start,) = panel.starts()
    first, end = window.bounds(start, len(panel.times))
    weights = _weights(panel.outcome[:, :start], panel.treated, neighbours)
    change = _difference(panel, _changes(panel, start, first, end)[:, None], weights)
    estimate, error = float(change.estimates[0]), float(change.std_errors[0])
    sides = int(panel.treated.sum()), int((weights[~panel.treated] > 0).sum())
    noise = min(sides) > 1 and is_noise(error, panel.outcome)
    if noise:
        sure, kind = Sure(None, None), None
    elif is_asymptotic(*sides, sum(sides)):
        sure, kind = by_t(estimate, error, change.degrees), Kind.T
    else:
        estimate_of = _estimates(panel, (start, first, end), neighbours)
        sure, kind = by_randomisation(panel.start, estimate_of, seed), Kind.PERMUTATION
    moved = panel.outcome - panel.outcome[:, :start].mean(axis=1, keepdims=True)
    path = _difference(panel, moved, weights)
    observed = panel.outcome[panel.treated].mean(axis=0)
    unit_periods = sides[0] * (end - first)
    return Effect(
        method=Method.DID if neighbours is None else Method.MATCHED,
        per_unit_period=estimate,
        total=estimate * unit_periods,
        std_error=None if noise or min(sides) < 2 else error,
        interval=sure.interval,
        degrees=change.degrees if kind is Kind.T else max(len(panel.units) - 2, 1),
        p_value=sure.p_value,
        p_kind=kind,
        pre_fit=float(np.sqrt(np.mean(path.estimates[:start] ** 2))),
        units=sides[0],
        controls=sides[1],
        pre_periods=start,
        unit_periods=unit_periods,
        spans={start: (first, end)},
        times=panel.times,
        observed=observed,
        counterfactual=observed - path.estimates,
        band=path.around(observed - path.estimates) if kind is Kind.T else None,
        notes=_notes(sides, neighbours, noise, kind),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Differences of two weighted means, one for each column: estimates, their errors and degrees of freedom."""

    estimates: Floats
    std_errors: Floats
    degrees: float

    def around(self, middle: Floats) -> Floats:
        """(2, columns) the ends of an interval of 95 % around other numbers."""
        half = t_reach(self.degrees) * self.std_errors
        return np.stack([middle - half, middle + half])


def _difference(panel: Panel, values: Floats, weights: Floats) -> Difference:
    """The treated less the controls in each column of `values` (units, columns); `weights` add up to one on a side.

    CR2 divides the square of a unit's deviation by one less its weight; with equal weights the variance is s^2 / n.
    """
    means, variances, sizes, degrees = [], [], [], []
    for side in (panel.treated & (weights > 0), ~panel.treated & (weights > 0)):
        weight = weights[side, None]
        mean = (weight * values[side]).sum(axis=0)
        left = np.maximum(1 - weight, np.finfo(np.float64).tiny)  # one unit alone: its deviation is 0
        means.append(mean)
        variances.append((weight**2 * (values[side] - mean) ** 2 / left).sum(axis=0))
        sizes.append(float((weight**2).sum()))
        degrees.append(float((weight**2).sum() ** 2 / (weight**4).sum() - 1))
    freedom = satterthwaite(np.array(sizes), np.array(degrees))
    return Difference(means[0] - means[1], np.sqrt(variances[0] + variances[1]), freedom)


def _changes(panel: Panel, start: int, first: int, end: int) -> Floats:
    """(units,) the mean of the window less the mean of the time before."""
    after = panel.outcome[:, first:end].mean(axis=1)
    return np.asarray(after - panel.outcome[:, :start].mean(axis=1), dtype=np.float64)


def _weights(before: Floats, treated: Flags, neighbours: int | None) -> Floats:
    """(units,) each side adds up to one."""
    weights = np.zeros(len(before))
    weights[treated] = 1 / treated.sum()
    weights[~treated] = (
        1 / (~treated).sum() if neighbours is None else matched_weights(before[treated], before[~treated], neighbours)
    )
    return weights


def _estimates(
    panel: Panel, window: tuple[int, int, int], neighbours: int | None
) -> Callable[[Whole], tuple[float, float]]:
    """What `by_randomisation` asks: the estimate of the change, and of the real treatment, under another assignment."""
    before, changes = panel.outcome[:, : window[0]], _changes(panel, *window)
    real = panel.treated.astype(np.float64)

    def estimate_of(assigned: Whole) -> tuple[float, float]:
        treated = np.asarray(assigned != NEVER, dtype=np.bool_)
        contrast = _weights(before, treated, neighbours) * np.where(treated, 1.0, -1.0)
        return float(contrast @ changes), float(contrast @ real)

    return estimate_of


def _notes(sides: tuple[int, int], neighbours: int | None, noise: bool, kind: Kind | None) -> tuple[str, ...]:
    notes = []
    if neighbours is not None:
        notes.append(f"{sides[1]} distinct controls are among the {neighbours} nearest of {sides[0]} treated")
    if kind is Kind.PERMUTATION:
        notes.append("there are too few clusters for a clustered error, so chance says who was treated")
    if noise:
        notes.append("the paths do not vary around each other, so no error can be estimated")
    return tuple(notes)
