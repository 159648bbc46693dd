"""Judge what the data support: a curve, a straight line up to the largest spend seen, or nothing at all.

In: observations and what was asked. Out: a `Judged` curve with its intervals, or the problem that says why there is
none. A curve holds between the least and the largest spend that was seen, and says nothing beyond. It is refused
where there are too few observations or distinct spends, where it explains no more than the levels alone, where an
S-shape was not seen to bend back, and where its interval at the largest spend reaches zero. Where no bend was seen at
all, only a line is supported. Between families the least AICc decides; the runner-up is told with its distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.reports.counted import counted
from rules.problem import Place, Problem
from scenarios.curves.fit import LINE, Fit, Goodness, fit, flat
from scenarios.curves.floats import Floats
from scenarios.curves.observed import Observed
from scenarios.curves.resample import redraw, resampled, weights
from scenarios.curves.shapes import AUTO, Smooth

OBSERVATIONS_MIN = 8
SPENDS_MIN = 5
SPARE_MIN = 4  # observations beyond the levels and what is estimated
SPREAD_MIN = 0.02  # of the largest spend: how far spends lie from their own unit's mean, as a root mean square
BETTER = 2.0  # by how much an AICc is less where a model is the better one (Burnham and Anderson 2002)
STRAIGHT = 0.8  # a curve whose slope falls by less than a fifth has not been seen to bend
UNSURE = 0.25  # the part of the draws that may not bend


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a fit: families to choose from, what is carried over (None: to be found), whether periods
    have a level in common, how many draws, and their seed."""

    families: tuple[str, ...] = AUTO
    carry_over: float | None = 0.0
    by_period: bool = False
    draws: int = 200
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A curve that the data support: `fit` with its `draws` (curves and what is carried over), the yardsticks of
    AICc, and the spends between which it holds. `current` is the mean spend of the last period. Spends count what is
    carried over.
    """

    name: str
    seen: Observed
    fit: Fit
    draws: Smooth
    draws_carry: Floats
    resampled: str
    flat: Goodness
    line: Goodness
    runner_up: tuple[str, float] | None
    least: float
    most: float
    current: float
    notes: tuple[Problem, ...] = ()

    def spends(self) -> Floats:
        """The spends of the data, with what is carried over, (rows,)."""
        return self.seen.carried(np.array([self.fit.carry_over]))[:, 0]

    def saturation(self, spend: float) -> float | None:
        """The slope at a spend as a part of the steepest slope; None where that grows without bound."""
        steepest = float(self.fit.curve.steepest()[0])
        return float(self.fit.curve.slope(np.array([spend]))[0]) / steepest if 0 < steepest < np.inf else None


def judged(name: str, seen: Observed, asked: Asked) -> Judged | Problem:
    """The curve of one unit or group, or why there is none."""
    if (problem := _too_little(name, seen, asked)) is not None:
        return problem
    level, line = flat(seen, asked.by_period), fit(seen, LINE, asked.carry_over, asked.by_period)
    fits = [fit(seen, family, asked.carry_over, asked.by_period) for family in asked.families]
    fits.sort(key=lambda each: (each.goodness.aicc, each.goodness.parameters, each.family))
    if min(each.goodness.aicc for each in (*fits, line)) > level.aicc - BETTER:
        message = f"{name}: no curve explains the outcome better than a level without any spend does"
        return Problem("M304", message, Place(), "the data do not tell a response: nothing is claimed")
    weight = weights(seen, name, asked.draws, asked.seed)
    if fits and fits[0].goodness.aicc <= line.goodness.aicc - BETTER:
        found = _with_draws(name, seen, asked, weight, fits[0], fits[1:], (level, line.goodness))
        bend = _not_bent(found)
        if bend is None:
            return _unless_zero(found)
        if bend == "S":
            message = f"{name}: rises ever faster up to the largest spend, {_short(found.most)}; no bend back was seen"
            return Problem("M306", message, Place(), "larger spends have to be seen before anything is said")
    found = _with_draws(name, seen, asked, weight, line, fits, (level, line.goodness))
    return _unless_zero(found if not asked.families else _as_line(found))


def _as_line(found: Judged) -> Judged:
    message = f"{found.name}: saturation was not seen: only a straight line to {_short(found.most)} is supported"
    note = Problem("M305", message, Place(), "see larger spends before a budget goes beyond it", "warning")
    return replace(found, notes=(note,))


def _too_little(name: str, seen: Observed, asked: Asked) -> Problem | None:
    """Why nothing can be fitted at all."""
    levels = len(seen.units) + (len(seen.periods_seen()) - 1 if asked.by_period else 0)
    needed = max(OBSERVATIONS_MIN, levels + SPARE_MIN + 3 + (asked.carry_over is None))
    if len(seen) < needed:
        message = f"{name}: {counted(len(seen), 'observation')}, and at least {needed} are needed"
        return Problem("M301", message, Place(), "take more periods, or fit units together with --by")
    distinct = len(np.unique(seen.spend))
    if distinct < SPENDS_MIN:
        message = (
            f"{name}: {counted(distinct, 'different spend')}, and at least {SPENDS_MIN} are needed to tell a curve"
        )
        return Problem("M302", message, Place(), "fit units together with --by, or take more periods")
    own = seen.spend - (np.add.reduceat(seen.spend, seen.starts()) / np.bincount(seen.unit))[seen.unit]
    if float(np.sqrt((own**2).mean())) < SPREAD_MIN * seen.spend_max:
        message = f"{name}: the spend of a unit hardly changes from period to period, so nothing can follow it"
        return Problem("M303", message, Place(), "a response is told by spends that differ")
    if asked.carry_over != 0.0 and not seen.is_without_gaps():
        message = f"{name}: a period is missing, so what is carried over is unknown"
        return Problem("M308", message, Place(), "add the rows, with a spend of 0 where there was none")
    return None


def _with_draws(
    name: str,
    seen: Observed,
    asked: Asked,
    weight: Floats,
    best: Fit,
    others: Sequence[Fit],
    yardsticks: tuple[Goodness, Goodness],
) -> Judged:
    curves, carry = redraw(seen, best, weight, asked.by_period, asked.carry_over is None)
    spends = seen.carried(np.array([best.carry_over]))[:, 0]
    runner_up = (others[0].family, others[0].goodness.aicc - best.goodness.aicc) if others else None
    is_last = seen.period == seen.period.max()
    return Judged(
        name,
        seen,
        best,
        curves,
        carry,
        resampled(seen),
        *yardsticks,
        runner_up,
        float(spends.min()),
        float(spends.max()),
        float(spends[is_last].mean()),
    )


def _not_bent(found: Judged) -> str | None:
    """`S` or `line` where the curve, or too many of its draws, has not bent by the largest spend; else None."""
    parts = np.concatenate([_slope_left(each, found.most) for each in (found.fit.curve, found.draws)])
    if parts[0] < STRAIGHT and float((parts[1:] >= STRAIGHT).mean()) <= UNSURE:
        return None
    return "S" if float(found.fit.curve.inflection()[0]) > found.most / 10 else "line"


def _slope_left(curves: Smooth, most: float) -> Floats:
    """The slope at the largest spend as a part of the steepest from a tenth of it on, (curves,); 1 of a flat curve."""
    end = np.full(len(curves), most)
    steepest = curves.slope(np.clip(curves.inflection(), most / 10, most))
    return np.where(steepest > 0, curves.slope(end) / np.where(steepest > 0, steepest, 1.0), 1.0)


def _unless_zero(found: Judged) -> Judged | Problem:
    """The curve, unless its interval at the largest spend reaches zero."""
    at = np.full(len(found.draws), found.most)
    if float(np.quantile(found.draws.value(at), 0.025)) > 0:
        return found
    message = f"{found.name}: the interval of the response at the largest spend reaches zero"
    return Problem("M307", message, Place(), "the data do not tell a response: nothing is claimed")


def _short(number: float) -> str:
    """A spend to three or more digits, for people."""
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"
