"""What a panel could find: the error to expect, the minimum detectable effect and the power, from the time before.

In: the outcome before the first start. Out: plain numbers in the outcome's unit, per unit and period. The time before
is cut in two, as if treatment had begun there: how much the units' changes differ among themselves is the noise that
an effect must rise above. It holds whatever goes from one period into the next, with no model of it.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from scenarios.effect.inference import t_reach
from scenarios.effect.panel import Flags, Floats, Panel

POWER = 0.8


def minimum_detectable(panel: Panel, periods: int, power: float = POWER) -> float | None:
    """The smallest effect that a test at 5 % finds with the given power; None where the time before can't say.

    (t of 97.5 % + t of the power) x the expected error (Bloom, Evaluation Review 1995), with clusters - 1 degrees.
    """
    error = expected_error(panel, periods)
    if error is None:
        return None
    degrees = len(panel.units) - 1
    return (t_reach(degrees) + t_reach(degrees, power)) * error


def power_of(panel: Panel, periods: int, effect: float) -> float | None:
    """How often a test at 5 % would find an effect of that size: by the noncentral t."""
    error = expected_error(panel, periods)
    if error is None:
        return None
    degrees = len(panel.units) - 1
    edge, away = t_reach(degrees), abs(effect) / error
    return float(1 - special.nctdtr(degrees, away, edge) + special.nctdtr(degrees, away, -edge))


def expected_error(panel: Panel, periods: int) -> float | None:
    """The error of a difference-in-differences whose time after is `periods` long, or half of the time before."""
    if not panel.starts():
        return None
    before = panel.outcome[:, : panel.starts()[0]]
    after = min(periods, before.shape[1] // 2)
    treated = panel.treated
    if after < 1 or min(int(treated.sum()), int((~treated).sum())) < 1 or len(treated) < 4:
        return None
    changes = before[:, -after:].mean(axis=1) - before[:, :-after].mean(axis=1)
    variance = _within(changes, treated)
    return float(np.sqrt(variance * (1 / treated.sum() + 1 / (~treated).sum()))) if variance > 0 else None


def _within(changes: Floats, treated: Flags) -> float:
    """The variance of changes around the mean of their own side."""
    misses = np.where(treated, changes - changes[treated].mean(), changes - changes[~treated].mean())
    return float((misses * misses).sum() / (len(changes) - 2))
