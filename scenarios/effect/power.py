"""What an estimate could have found: the minimum detectable effect, and the power for an effect of some size.

In: an `Effect` with its interval, which tells the error of the very estimate that was made. Out: plain numbers in the
outcome's unit, per unit and period. An effect is found where the interval leaves out zero.
"""

from __future__ import annotations

from math import inf

import numpy as np
from scipy import special

from scenarios.effect.answer import Effect
from scenarios.effect.inference import t_reach

POWER = 0.8


def minimum_detectable(effect: Effect, power: float = POWER) -> float | None:
    """The smallest effect that is found with the given power; None without an interval.

    (t of 97.5 % + t of the power) x error (Bloom, Evaluation Review 1995), so never below half the interval.
    """
    error = _error(effect)
    return None if error is None else (t_reach(effect.degrees) + t_reach(effect.degrees, power)) * error


def power_of(effect: Effect, size: float) -> float | None:
    """How often an effect of that size is found: by the noncentral t; None without an interval."""
    error = _error(effect)
    if error is None:
        return None
    edge, away = t_reach(effect.degrees), abs(size) / error
    if effect.degrees == inf:
        return float(special.ndtr(away - edge) + special.ndtr(-away - edge))
    found = np.nan_to_num(special.nctdtr(effect.degrees, away, [edge, -edge]))  # NaN where next to nothing is left
    return float(1 - found[0] + found[1])


def _error(effect: Effect) -> float | None:
    """The error whose interval of 95 % is as wide as that of the estimate; placebos and permutations state none."""
    if effect.interval is None or not effect.interval[1] > effect.interval[0]:
        return None
    return (effect.interval[1] - effect.interval[0]) / 2 / t_reach(effect.degrees)
