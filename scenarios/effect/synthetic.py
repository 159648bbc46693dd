"""Synthetic control: a weighted average of controls that follows the treated before the start, and goes on after it.

In: a panel with few treated units and controls that are never treated. Out: an `Effect` with the p-value of the placebo
test (Abadie, Diamond & Hainmueller, Journal of the American Statistical Association 2010), and an interval where there
are at least 19 controls.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np

from scenarios.effect.answer import WHOLE, Effect, Kind, Method, Window
from scenarios.effect.donors import CONTROLS_MIN, Cohort, Gaps, gaps_of, placebos
from scenarios.effect.matching import DONORS_MAX, nearest
from scenarios.effect.panel import Floats, Panel
from scenarios.effect.simplex import simplex_weights

EXACT = 1e-9  # of the spread of outcomes
LEVEL = 0.05  # at which a test refuses
TIE = 1e-9  # of a ratio: what counts as just as extreme in spite of the last bits


def synthetic(panel: Panel, window: Window = WHOLE, seed: int = 0) -> Effect:
    """The mean gap between the treated and their synthetic control.

    p = (1 + placebos whose ratio of root mean squared gaps, after to before, is at least that of the treated) / (1 +
    placebos). The interval holds the effects that the placebo test of the mean gap does not refuse at 5 % (Firpo &
    Possebom, Journal of Causal Inference 2018): estimate +- r x fit before, r the ratio of mean gap to fit before that
    one placebo in twenty reaches. The two ask different things; a note tells where they part over zero. Every unit is
    fitted with at most 100 donors, those that were nearest to it. A fit before that is exact counts as a billionth of
    the spread of outcomes, so that no ratio rests on rounding.
    """
    found = gaps_of(panel, window, follow)
    others = placebos(panel, window, follow, seed)
    controls = int((~panel.treated).sum())
    least = exact_fit(panel)
    ratio = found.after / max(found.before, least)
    extreme = sum(each.after / max(each.before, least) >= ratio * (1 - TIE) for each in others)
    p_value = (1 + extreme) / (1 + len(others)) if others else None
    interval = _interval(found, others, least) if controls >= CONTROLS_MIN else None
    return answer(
        Method.SYNTHETIC,
        panel,
        window,
        found,
        std_error=None,
        interval=interval,
        p=(p_value, Kind.PLACEBO if others else None),
        notes=tuple(_notes(controls, found.before <= least, p_value, interval)),
    )


def follow(cohort: Cohort) -> Floats:
    """The gaps to the synthetic path, whose weights fit the time before the start."""
    before = cohort.donors[:, : cohort.start]
    pool = nearest(cohort.path[: cohort.start], before)
    weights = simplex_weights(before[pool].T, cohort.path[: cohort.start])
    return np.asarray(cohort.path - weights @ cohort.donors[pool], dtype=np.float64)


def exact_fit(panel: Panel) -> float:
    """The root mean square of gaps up to which a fit is exact."""
    return max(EXACT * float(np.ptp(panel.outcome)), float(np.finfo(np.float64).tiny))


def _interval(found: Gaps, others: list[Gaps], least: float) -> tuple[float, float] | None:
    """The effects e for which more than 5 % of all have a mean gap over fit of at least |gap - e|'s."""
    ratios = sorted((abs(each.effect) / max(each.before, least) for each in others), reverse=True)
    needed = (1 + len(others)) // 20
    if not needed:
        return None
    half = ratios[needed - 1] * max(found.before, least)
    return found.effect - half, found.effect + half


def _notes(controls: int, is_exact: bool, p_value: float | None, interval: tuple[float, float] | None) -> Iterator[str]:
    if p_value is None:
        yield "there are too few controls for placebos, so there is neither a p-value nor an interval"
    elif controls < CONTROLS_MIN:
        yield f"with {controls} controls no placebo test reaches 5 %, so there is no interval"
    if p_value is not None and interval is not None and (p_value <= LEVEL) == (interval[0] <= 0 <= interval[1]):
        yield (
            "p-value and interval disagree over zero: p ranks how far the paths part in either direction, the interval "
            "is of the mean effect"
        )
    if is_exact:
        yield "the fit before the start is exact, as it is by chance where donors are many and periods few"


def answer(
    method: Method,
    panel: Panel,
    window: Window,
    found: Gaps,
    *,
    std_error: float | None,
    interval: tuple[float, float] | None,
    degrees: float = inf,
    p: tuple[float | None, Kind | None],
    notes: tuple[str, ...],
) -> Effect:
    """An `Effect` from gaps and what a method says of their uncertainty."""
    observed = panel.outcome[np.isin(panel.start, found.starts)].mean(axis=0)
    unit_periods, controls = int(found.counts.sum()), int((~panel.treated).sum())
    return Effect(
        method=method,
        per_unit_period=found.effect,
        total=found.effect * unit_periods,
        std_error=std_error,
        interval=interval,
        degrees=degrees,
        p_value=p[0],
        p_kind=p[1],
        pre_fit=found.before,
        units=int(found.sizes.sum()),
        controls=controls,
        pre_periods=int(found.starts[0]),
        unit_periods=unit_periods,
        spans={start: window.bounds(start, len(panel.times)) for start in found.starts.tolist()},
        times=panel.times,
        observed=observed,
        counterfactual=observed - found.mean,
        band=None,
        notes=notes if controls <= DONORS_MAX else (*notes, f"the {DONORS_MAX} nearest controls are donors"),
    )
