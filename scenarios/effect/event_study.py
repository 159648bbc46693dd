"""The event study: the effect by the number of periods since the start, with what was there before it.

In: a panel. Out: leads and lags against the period before the start, each with an error and an interval, and one test
that all leads are zero: whether the treated moved like their controls before anything was paid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from scenarios.effect.group_time import Combined, Controls, GroupTime, combine, eligible, group_time
from scenarios.effect.inference import t_reach
from scenarios.effect.panel import Flags, Floats, Panel, Whole

LEADS_MAX = 8  # in the test: with more, its power goes into periods long past


@dataclass(frozen=True, slots=True, eq=False)
class EventStudy:
    """Effects by event time; 0 is the first treated period, and -1, to which all are compared, is left out."""

    event_times: Whole  # (events,)
    effects: Floats  # (events,)
    std_errors: Floats | None  # (events,)
    intervals: Floats | None  # (2, events) 95 %, of each by itself
    units: Whole  # (events,) treated units that an effect is the mean of
    pre_trend_p: float | None  # that all leads are zero


def event_study(panel: Panel, controls: Controls = "not_yet") -> EventStudy:
    """The mean over cohorts, by units, of ATT(g, g + e) for each e.

    The joint test is Hotelling's: W (m - q + 1) / (q m) of q leads by F with q and m - q + 1 degrees of freedom, W the
    Wald statistic of their clustered covariance and m the fewest degrees of freedom of a lead. It takes the last leads
    that every cohort has, at most eight and at most m / 4; None where no lead is left, or the units don't vary.
    """
    found = group_time(panel, controls)
    events = np.array([each for each in _events(found) if each != -1], dtype=np.int64)
    combined = [combine(found, _weights(found, int(event))) for event in events]
    effects = np.array([each.estimate for each in combined])
    units = np.array([int(found.sizes[_has(found, int(event))].sum()) for event in events], dtype=np.int64)
    if min(int(panel.treated.sum()), int(eligible(found, found.starts[:1]).sum())) < 2:
        return EventStudy(events, effects, None, None, units, None)
    errors = np.array([each.std_error for each in combined])
    half = np.array([t_reach(each.degrees) for each in combined]) * errors
    return EventStudy(
        events, effects, errors, np.stack([effects - half, effects + half]), units, _joint(found, events, combined)
    )


def _has(found: GroupTime, event: int) -> Flags:
    """(cohorts,) whether a cohort has that event time, with controls."""
    at = found.starts + event
    inside = (at >= 0) & (at < found.att.shape[1])
    return np.asarray(inside & ~np.isnan(found.att[np.arange(len(at)), np.where(inside, at, 0)]), dtype=np.bool_)


def _events(found: GroupTime) -> list[int]:
    times = found.att.shape[1]
    return [event for event in range(-int(found.starts.max()), times) if _has(found, event).any()]


def _weights(found: GroupTime, event: int) -> Floats:
    """(cohorts, times) the share of each cohort in the mean at an event time."""
    weights = np.zeros_like(found.att)
    has = np.flatnonzero(_has(found, event))
    weights[has, found.starts[has] + event] = found.sizes[has] / found.sizes[has].sum()
    return weights


def _joint(found: GroupTime, events: Whole, combined: list[Combined]) -> float | None:
    last = [each for event, each in zip(events, combined, strict=True) if -found.starts.min() <= event < -1]
    degrees = min((each.degrees for each in last), default=0.0)
    count = min(len(last), LEADS_MAX, int(degrees / 4))
    if not count:
        return None
    leads = last[-count:]
    effects = np.array([each.estimate for each in leads])
    parts = np.stack([each.parts for each in leads])
    covariance = parts @ parts.T
    if np.linalg.matrix_rank(covariance, hermitian=True) < count or not covariance.any():
        return None
    wald = float(effects @ np.linalg.solve(covariance, effects))
    rest = degrees - count + 1
    return float(special.fdtrc(count, rest, wald * rest / (count * degrees)))
