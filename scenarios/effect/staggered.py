"""The effect of cohorts that start at different times, as one answer.

In: a panel and which periods count. Out: an `Effect`: ATT(g, t) weighted by treated units, with errors clustered by
unit, or by randomisation of the starts where there are too few clusters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenarios.effect.answer import WHOLE, Effect, Kind, Method, Window
from scenarios.effect.group_time import Controls, GroupTime, combine, eligible, group_time
from scenarios.effect.inference import Sure, by_randomisation, by_t, is_asymptotic, is_noise, t_reach
from scenarios.effect.panel import Flags, Floats, Panel, Whole


def staggered(panel: Panel, window: Window = WHOLE, controls: Controls = "not_yet", seed: int = 0) -> Effect | None:
    """The mean effect over the treated unit-periods of the window that have controls; None where none has.

    Each cohort has a time before its start, and there is no unknown outcome. Cohorts with no
    such period are not among the units. The counterfactual is the mean over these of what each would have been, by
    time; unknown where a cohort has no control left.
    """
    found = group_time(panel, controls)
    cells = counted(found, window)
    unit_periods = int(cells.sum())
    if not unit_periods:
        return None
    overall = combine(found, cells / unit_periods)
    measured = np.asarray(cells.any(axis=1), dtype=np.bool_)
    first = int(found.starts[measured][0])
    sides = int(found.sizes[measured].sum()), int(eligible(found, np.array([first])).sum())
    noise = min(sides) > 1 and is_noise(overall.std_error, panel.outcome)
    if noise:
        sure, kind = Sure(None, None), None
    elif is_asymptotic(*sides, len(panel.units)):
        sure, kind = by_t(overall.estimate, overall.std_error, overall.degrees), Kind.T
    else:
        sure, kind = by_randomisation(panel.start, _estimates(panel, window, controls), seed), Kind.PERMUTATION
    observed = panel.outcome[np.isin(panel.start, found.starts[measured])].mean(axis=0)
    shares = _shares(found, measured)
    missed = np.where(np.isnan(shares[0]), np.nan, (shares * np.nan_to_num(found.att)).sum(axis=0))
    return Effect(
        method=Method.GROUP_TIME,
        per_unit_period=overall.estimate,
        total=overall.estimate * unit_periods,
        std_error=None if noise or min(sides) < 2 else overall.std_error,
        interval=sure.interval,
        degrees=overall.degrees if kind is Kind.T else max(len(panel.units) - 2, 1),
        p_value=sure.p_value,
        p_kind=kind,
        pre_fit=float(np.sqrt(np.mean(missed[:first] ** 2))),
        units=sides[0],
        controls=sides[1],
        pre_periods=first,
        unit_periods=unit_periods,
        spans={int(found.starts[at]): _span(cells[at]) for at in np.flatnonzero(measured)},
        times=panel.times,
        observed=observed,
        counterfactual=observed - missed,
        band=_band(found, shares, observed - missed) if kind is Kind.T else None,
        notes=_notes(found, unit_periods, window, noise, kind),
    )


def counted(found: GroupTime, window: Window) -> Floats:
    """(cohorts, times) how many treated units each cell of the window holds; 0 where it has no controls."""
    times = np.arange(found.att.shape[1])
    bounds = np.array([window.bounds(int(start), len(times)) for start in found.starts])
    inside = (times >= bounds[:, :1]) & (times < bounds[:, 1:])
    return np.where(inside & ~np.isnan(found.att), found.sizes[:, None], 0).astype(np.float64)


def _span(cells: Floats) -> tuple[int, int]:
    """The times of a cohort that count, one after the other: whoever is a control late is one before."""
    at = np.flatnonzero(cells)
    return int(at[0]), int(at[-1]) + 1


def _estimates(panel: Panel, window: Window, controls: Controls) -> Callable[[Whole], tuple[float, float]]:
    times = np.arange(len(panel.times))
    switched = (panel.treated[:, None] & (times >= panel.start[:, None])).astype(np.float64)

    def estimate_of(assigned: Whole) -> tuple[float, float]:
        answers = []
        for outcome in (panel.outcome, switched):
            found = group_time(Panel(panel.units, panel.times, outcome, assigned), controls)
            cells = counted(found, window)
            answers.append(float((cells * np.nan_to_num(found.att)).sum() / cells.sum()))
        return answers[0], answers[1]

    return estimate_of


def _shares(found: GroupTime, measured: Flags) -> Floats:
    """(cohorts, times) each measured cohort's share of the units; NaN at the times when one of them has no controls."""
    sizes = np.where(measured, found.sizes, 0)
    shares = np.repeat((sizes / sizes.sum())[:, None], found.att.shape[1], axis=1)
    shares[:, np.isnan(found.att[measured]).any(axis=0)] = np.nan
    return shares


def _band(found: GroupTime, shares: Floats, counterfactual: Floats) -> Floats:
    times = found.att.shape[1]
    half = np.full(times, np.nan)
    for time in np.flatnonzero(~np.isnan(shares[0])):
        weights = np.zeros_like(shares)
        weights[:, time] = shares[:, time]
        combined = combine(found, weights)
        half[time] = t_reach(combined.degrees) * combined.std_error
    return np.stack([counterfactual - half, counterfactual + half])


def _notes(found: GroupTime, unit_periods: int, window: Window, noise: bool, kind: Kind | None) -> tuple[str, ...]:
    notes = []
    bounds = [window.bounds(int(start), found.att.shape[1]) for start in found.starts]
    asked = sum(int(size) * (end - first) for size, (first, end) in zip(found.sizes, bounds, strict=True))
    if lost := asked - unit_periods:
        notes.append(
            f"{lost} treated unit-periods are left out: nobody was left untreated to compare them with, so "
            "what they brought is not in the total"
        )
    if alone := int((found.sizes == 1).sum()):
        notes.append(f"{alone} of {len(found.sizes)} starts have one unit, so these are compared with one another")
    if kind is Kind.PERMUTATION:
        notes.append("there are too few clusters for a clustered error, so chance says which unit starts when")
    if noise:
        notes.append("the paths do not vary around each other, so no error can be estimated")
    return tuple(notes)
