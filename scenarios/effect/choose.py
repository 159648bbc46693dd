"""Measure an effect by the method that fits the panel, or say why none does.

In: a panel as it comes, with unknown outcomes and early starts. Out: an `Effect`, or `NotMeasurable`. What was left out
and why a method was taken stands in the notes. The answer does not depend on the order of the units.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenarios.effect.answer import PRE_PERIODS_MIN, WHOLE, Effect, Kind, Method, NotMeasurable, Window
from scenarios.effect.did import did
from scenarios.effect.event_study import event_study
from scenarios.effect.panel import NEVER, Panel
from scenarios.effect.sdid import sdid
from scenarios.effect.staggered import staggered
from scenarios.effect.synthetic import exact_fit, synthetic

FEW_TREATED = 3
NEIGHBOURS = 3
PRE_TREND = 0.05
POOR_FIT = 2.0  # times the fit of a path that is free in its level

Prepared = tuple[Panel, tuple[str, ...]]


def measure(
    panel: Panel,
    method: Method | None = None,
    window: Window = WHOLE,
    neighbours: int = NEIGHBOURS,
    seed: int = 0,
) -> Effect | NotMeasurable:
    """The effect on the treated, with the test of what was there before the start.

    With no method named: one to three treated go to synthetic control, or to synthetic difference-in-differences where
    no mix of controls reaches their level, or one fits exactly, as so many donors may by chance; starts that differ go
    to group-time effects; else it is a difference-in-differences, and a synthetic one where the treated moved unlike
    their controls before (p < 5 %).
    """
    ready = prepare(panel, window)
    if isinstance(ready, NotMeasurable):
        return ready
    panel, notes = ready
    if refusal := _misfit(panel, method):
        return refusal
    trend = event_study(panel).pre_trend_p
    found = _auto(panel, window, seed, trend) if method is None else _by(panel, method, window, neighbours, seed)
    if isinstance(found, NotMeasurable):
        return found
    if trend is not None and trend < PRE_TREND:
        notes = (*notes, f"before the start the treated moved unlike their controls (p = {trend:.2g})")
    return replace(found, pre_trend_p=trend, notes=(*notes, *found.notes))


def prepare(panel: Panel, window: Window = WHOLE) -> Prepared | NotMeasurable:
    """The units in order of name that can be measured, and what was left out; or why nothing can be."""
    if not panel.treated.any():
        return NotMeasurable("M203", "nobody was funded in this time, so there is no effect to measure")
    known, notes = panel.in_order().complete(), []
    if lost := len(panel.units) - len(known.units):
        notes.append(f"{lost} units are left out: their outcome is unknown at some time")
    if not known.treated.any():
        return NotMeasurable("M206", "the outcome of every treated unit is unknown at some time")
    late = known.of((known.start == NEVER) | (known.start >= PRE_PERIODS_MIN))
    if not late.treated.any():
        most = int(known.start.max())
        return NotMeasurable("M201", f"{most} periods before the start are known, and {PRE_PERIODS_MIN} are needed")
    if early := len(known.units) - len(late.units):
        notes.append(f"{early} units are left out: fewer than {PRE_PERIODS_MIN} periods before their start are known")
    if not any(np.subtract(*window.bounds(start, len(panel.times))) for start in late.starts()):
        return NotMeasurable("M205", "no period after a start is left to count")
    if late.treated.all() and len(late.starts()) == 1:
        return NotMeasurable("M202", "every unit is treated from the same time on, so there is nothing to compare with")
    if not np.ptp(late.outcome):
        return NotMeasurable("M204", f"the outcome is {late.outcome[0, 0]:g} for everyone at every time")
    return late, tuple(notes)


def _misfit(panel: Panel, method: Method | None) -> NotMeasurable | None:
    """Why a named method does not fit the starts of a panel."""
    if method in (Method.DID, Method.MATCHED) and len(panel.starts()) > 1:
        words = f"{len(panel.starts())} different starts: early starters would be controls of late ones"
        return NotMeasurable("M207", f"{words}, so use group-time effects")
    if method is not None and method is not Method.GROUP_TIME and panel.treated.all():
        return NotMeasurable("M202", "no unit is never treated, and this method needs such controls")
    return None


def _by(panel: Panel, method: Method, window: Window, neighbours: int, seed: int) -> Effect | NotMeasurable:
    match method:
        case Method.DID:
            return did(panel, window, seed=seed)
        case Method.MATCHED:
            return did(panel, window, neighbours, seed)
        case Method.SYNTHETIC:
            return synthetic(panel, window, seed)
        case Method.SDID:
            return sdid(panel, window, seed)
        case Method.GROUP_TIME:
            found = staggered(panel, window, seed=seed)
            return found or NotMeasurable("M202", "in no counted period is a unit left that is not treated yet")


def _auto(panel: Panel, window: Window, seed: int, trend: float | None) -> Effect | NotMeasurable:
    if int(panel.treated.sum()) <= FEW_TREATED and int((~panel.treated).sum()) > FEW_TREATED:
        return _few(panel, window, seed)
    if len(panel.starts()) > 1:
        return _by(panel, Method.GROUP_TIME, window, NEIGHBOURS, seed)
    found = did(panel, window, seed=seed)
    if found.p_kind is Kind.T and trend is not None and trend < PRE_TREND:
        return sdid(panel, window, seed)
    return found


def _few(panel: Panel, window: Window, seed: int) -> Effect:
    level, shape = synthetic(panel, window, seed), sdid(panel, window, seed)
    if level.pre_fit <= exact_fit(panel):
        return replace(
            shape, notes=(*shape.notes, "a mix of controls fits the time before exactly, which proves nothing")
        )
    if level.pre_fit <= POOR_FIT * shape.pre_fit:
        return level
    return replace(shape, notes=(*shape.notes, "no mix of controls reaches the level of the treated before the start"))
