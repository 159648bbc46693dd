"""Response curves over what was seen: points, the curve with its interval, and where the spend stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from engine.reports.charts.picture import Picture, picture
from engine.reports.charts.style import BAND, DASH, FIRST, HEIGHT, INK, MUTED, WIDTH

CURVES_MAX, POINTS_MAX, NAME_SIGNS = 12, 1_000, 40
_COLUMNS, _SMALL_WIDTH, _SMALL_HEIGHT = 3, 230, 150
_AXIS = ",~r"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One curve to draw: its name, the observations (spend, what the spend brought), the curve as (spend, response,
    low, high), and the mean spend of the last period."""

    name: str
    points: Sequence[tuple[float, float]]
    line: Sequence[tuple[float, float, float, float]]
    current: float


def fitted_picture(title: str, subtitle: str, spend: str, outcome: str, curves: Sequence[Drawn]) -> Picture:
    """The first CURVES_MAX of the curves, each in a plot of its own; the subtitle says how many are left out.

    Of more than POINTS_MAX observations of a curve, as many are drawn, evenly from the least spend to the largest.
    """
    shown = curves[:CURVES_MAX]
    told = [subtitle, "Dashed: the mean spend of the last period."]
    told += [f"The first {len(shown)} of {len(curves)} curves."] if len(curves) > len(shown) else []
    told += [f"{POINTS_MAX:,} observations are drawn."] if any(len(each.points) > POINTS_MAX for each in shown) else []
    described = "; ".join(
        f"{each.name}: {each.line[-1][1]:,.4g} at {each.line[-1][0]:,.4g}" for each in shown if each.line
    )
    if len(shown) == 1:
        plot: Any = _plot(shown[0], spend, outcome).properties(width=WIDTH, height=HEIGHT)
    else:
        plot = alt.concat(*_small(shown, spend, outcome), columns=_COLUMNS, spacing=24, align="each")
    return picture(plot, title, " ".join(told), described)


def _small(curves: Sequence[Drawn], spend: str, outcome: str) -> Iterator[Any]:
    for each in curves:
        name = each.name if len(each.name) <= NAME_SIGNS else f"{each.name[: NAME_SIGNS - 3].rstrip()}..."
        heading = alt.TitleParams(text=name, fontSize=13, offset=6)
        yield _plot(each, spend, outcome).properties(width=_SMALL_WIDTH, height=_SMALL_HEIGHT, title=heading)


def _plot(drawn: Drawn, spend: str, outcome: str) -> Any:
    beside = alt.Axis(format=_AXIS, offset=8)
    x = alt.X("spend:Q", title=spend, axis=alt.Axis(format=_AXIS, labelOverlap=True), scale=alt.Scale(zero=True))
    y = alt.Y("response:Q", title=outcome, axis=beside, scale=alt.Scale(zero=True))
    low = alt.Y("low:Q", title=outcome, axis=beside)
    lines = [dict(zip(("spend", "response", "low", "high"), each, strict=True)) for each in drawn.line]
    curve = alt.Chart(alt.InlineData(values=lines))
    layers: list[Any] = [
        curve.mark_area(color=BAND, opacity=0.55).encode(x=x, y=low, y2="high:Q"),
        alt.Chart(alt.InlineData(values=_thinned(drawn.points)))
        .mark_point(color=MUTED, size=22, opacity=0.45, filled=True)
        .encode(x=x, y=y),
        curve.mark_line(color=FIRST, strokeWidth=2.5).encode(x=x, y=y),
        alt.Chart(alt.InlineData(values=[{"spend": drawn.current}]))
        .mark_rule(color=INK, strokeDash=DASH, strokeWidth=1.25)
        .encode(x=x),
    ]
    return alt.layer(*layers)


def _thinned(points: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
    ordered = sorted(points)
    kept = (
        ordered
        if len(ordered) <= POINTS_MAX
        else [ordered[at * len(ordered) // POINTS_MAX] for at in range(POINTS_MAX)]
    )
    return [{"spend": spend, "response": response} for spend, response in kept]
