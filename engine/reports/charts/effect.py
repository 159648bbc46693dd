"""An effect over time: what was there beside what would have been, and the effect by the time since the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import altair as alt

from engine.reports.charts.picture import Picture, picture
from engine.reports.charts.style import BAND, DASH, FIRST, HEIGHT, INK, MUTED, SECOND, WIDTH

LABELS_MAX = 12  # on an axis of time
OBSERVED, COUNTERFACTUAL = "as it was", "as it would have been without"
_AXIS = ",~r"
_EVENT_HEIGHT = 220


@dataclass(frozen=True, slots=True)
class Point:
    """The mean of the treated in a period: as it was, and as it would have been with its interval; NaN is unknown."""

    period: str
    observed: float
    counterfactual: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Event:
    """The effect so many periods after the start (before it where negative), with its interval; NaN is unknown."""

    since: int
    effect: float
    low: float
    high: float


def effect_picture(
    title: str, subtitle: str, outcome: str, word: str, points: Sequence[Point], start: str, events: Sequence[Event]
) -> Picture:
    """Two plots, one above the other; `start` is the first period that is treated, `word` what a period is called."""
    above = _over_time(points, outcome, start).properties(width=WIDTH, height=HEIGHT)
    plots: list[Any] = [above]
    if events:
        plots.append(_since_start(events, outcome, word).properties(width=WIDTH, height=_EVENT_HEIGHT))
    return picture(alt.vconcat(*plots, spacing=36), title, subtitle, _described(points, events, word))


def _over_time(points: Sequence[Point], outcome: str, start: str) -> Any:
    order = [each.period for each in points]
    every = -(-len(order) // LABELS_MAX)
    axis = alt.Axis(values=order[::every], labelAngle=0, grid=False)
    x = alt.X("period:O", sort=order, title=None, axis=axis, scale=alt.Scale(paddingOuter=0.2))
    rows = [
        {"period": each.period, "value": value, "series": series}
        for each in points
        for series, value in ((OBSERVED, each.observed), (COUNTERFACTUAL, each.counterfactual))
        if isfinite(value)
    ]
    bands = [
        {"period": each.period, "low": each.low, "high": each.high}
        for each in points
        if isfinite(each.low) and isfinite(each.high)
    ]
    y = alt.Y("value:Q", title=f"{outcome}, mean of the treated", axis=alt.Axis(format=_AXIS), scale=_loose())
    names = [OBSERVED, COUNTERFACTUAL]
    lines = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(strokeWidth=2.25)
        .encode(
            x=x,
            y=y,
            color=alt.Color("series:N", scale=alt.Scale(domain=names, range=[FIRST, SECOND])),
            strokeDash=alt.StrokeDash("series:N", scale=alt.Scale(domain=names, range=[[1, 0], list(DASH)])),
        )
    )
    layers: list[Any] = [
        alt.Chart(alt.InlineData(values=bands))
        .mark_area(color=BAND, opacity=0.45)
        .encode(x=x, y=alt.Y("low:Q", title=f"{outcome}, mean of the treated"), y2="high:Q"),
        lines,
        *_marked(start, x),
    ]
    return alt.layer(*layers)


def _marked(start: str, x: alt.X) -> list[alt.Chart]:
    """Where the first of the treated starts."""
    at = alt.Chart(alt.InlineData(values=[{"period": start}]))
    return [
        at.mark_rule(color=MUTED, strokeDash=DASH, strokeWidth=1.25).encode(x=x),
        at.mark_text(text="first start", align="right", dx=-6, color=MUTED, baseline="top").encode(x=x, y=alt.value(2)),
    ]


def _since_start(events: Sequence[Event], outcome: str, word: str) -> Any:
    rows = [{"since": each.since, "effect": each.effect} for each in events]
    sure = [
        {"since": each.since, "low": each.low, "high": each.high}
        for each in events
        if isfinite(each.low) and isfinite(each.high)
    ]
    first, last = min(each.since for each in events), max(each.since for each in events)
    x = alt.X(
        "since:Q",
        title=f"{word}s since the start (0 is the first)",
        scale=alt.Scale(domain=[first - 0.5, last + 0.5], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
    )
    y = alt.Y("effect:Q", title=f"effect on {outcome}", axis=alt.Axis(format=_AXIS))
    none = alt.Chart(alt.InlineData(values=[{"effect": 0}])).mark_rule(color=INK, strokeWidth=1).encode(y=y)
    begin = alt.Chart(alt.InlineData(values=[{"since": -0.5}]))
    return alt.layer(
        none,
        begin.mark_rule(color=MUTED, strokeDash=DASH, strokeWidth=1.25).encode(x=x),
        alt.Chart(alt.InlineData(values=sure))
        .mark_rule(color=BAND, strokeWidth=4)
        .encode(x=x, y=alt.Y("low:Q", title=f"effect on {outcome}"), y2="high:Q"),
        alt.Chart(alt.InlineData(values=rows)).mark_point(color=FIRST, size=50, opacity=1).encode(x=x, y=y),
    )


def _loose() -> alt.Scale:
    return alt.Scale(zero=False, nice=True)


def _described(points: Sequence[Point], events: Sequence[Event], word: str) -> str:
    """The pictures in words, for who can't see them."""
    last = points[-1]
    told = [f"in {last.period} the treated had {last.observed:,.4g}"]
    if isfinite(last.counterfactual):
        told.append(f"and would have had {last.counterfactual:,.4g} without it")
    after = [each for each in events if each.since >= 0][:6]
    if after:
        shown = ", ".join(f"{each.effect:,.4g}" for each in after)
        told.append(f"the effect by {word}s since the start: {shown}")
    return "; ".join(told)
