"""Response curves with where the spend stands and where it would: small plots, the next 1 of spend as a tangent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from engine.reports.charts.labels import cut, short_axis
from engine.reports.charts.picture import Drawn, Picture, picture
from engine.reports.charts.style import DASH, FIRST, HEIGHT, INK, MUTED, SECOND, WIDTH

CURVES_MAX = 12
_COLUMNS, _SMALL = 3, (200, 140)
_TANGENT = 0.16  # how far a tangent reaches to each side: a part of the axis
_NOW, _PROPOSED = "now", "proposed"

Point = tuple[float, float]  # spend, response


@dataclass(frozen=True, slots=True)
class Response:
    """A unit's curve as (spend, response) in rising order of the spend, where it stands (None: not known), where it
    would stand, and what the next 1 of spend would bring there."""

    name: str
    line: Sequence[Point]
    now: Point | None
    proposed: Point
    marginal: float


def response_picture(
    title: str, subtitle: str, spend: str, response: str, curves: Sequence[Response], of: int = 0
) -> Picture:
    """Each unit in a plot of its own, those whose spend moves most first; at most CURVES_MAX of them. `of` is
    how many units there are, where `curves` are those that move most."""
    ranked = sorted(curves, key=lambda each: (-abs(each.proposed[0] - (each.now or (0.0, 0.0))[0]), each.name))
    shown, count = ranked[:CURVES_MAX], max(of, len(curves))
    told = [
        subtitle,
        "Dashed: what the next 1 of spend brings.",
        *([f"The {len(shown)} that move most, of {count:,}."] if count > len(shown) else []),
    ]
    plots = [
        _plot(each, spend if at >= len(shown) - _COLUMNS else "", response if not at % _COLUMNS else "", len(shown))
        for at, each in enumerate(shown)
    ]
    described = "; ".join(f"{each.name}: {_from_to(each)}, the next 1 brings {each.marginal:,.3g}" for each in shown)
    chart: Drawn
    if len(plots) == 1:
        chart = plots[0]
    else:
        chart = alt.concat(*plots, columns=_COLUMNS, spacing=22, align="all").resolve_scale(
            shape="shared", strokeDash="shared"
        )
    return picture(chart, title, " ".join(each for each in told if each), described)


def _plot(each: Response, spend: str, response: str, count: int) -> Any:
    x = alt.X("spend:Q", title=spend or None, axis=short_axis(4), scale=alt.Scale(zero=True, nice=4))
    y = alt.Y("response:Q", title=response or None, axis=short_axis(4), scale=alt.Scale(zero=True, nice=4))
    points = [{"spend": each.proposed[0], "response": each.proposed[1], "point": _PROPOSED}]
    points += [{"spend": each.now[0], "response": each.now[1], "point": _NOW}] if each.now else []
    names = [_NOW, _PROPOSED]
    curve = alt.Chart(alt.InlineData(values=[{"spend": at, "response": value} for at, value in each.line]))
    tangent = alt.Chart(alt.InlineData(values=_tangent(each)))
    marks = alt.Chart(alt.InlineData(values=points)).encode(x=x, y=y)
    looks = {
        "shape": alt.Shape("point:N", scale=alt.Scale(domain=names, range=["circle", "diamond"])),
        "color": alt.Color("point:N", scale=alt.Scale(domain=names, range=[MUTED, SECOND])),
    }
    layers = [
        curve.mark_line(color=FIRST, strokeWidth=2.25).encode(x=x, y=y),
        tangent.mark_line(color=INK, strokeWidth=1.5, strokeDash=DASH).encode(x=x, y=y),
        marks.mark_point(size=95, opacity=1, filled=True).encode(**looks),
    ]
    width, height = (WIDTH, HEIGHT) if count == 1 else _SMALL
    heading = alt.TitleParams(
        text=cut(each.name),
        fontSize=13,
        offset=6,
        subtitle=f"{_from_to(each)}; next 1: {each.marginal:,.3g}",
        subtitleFontSize=11,
    )
    return alt.layer(*layers).properties(width=width, height=height, title=heading)


def _tangent(each: Response) -> list[dict[str, Any]]:
    """The tangent at the proposed spend, within the plot."""
    ends = [at for at, _ in each.line] + [each.proposed[0]]
    spend, response = each.proposed
    reach = max(ends) * _TANGENT
    top = max([value for _, value in each.line] + [response])
    if each.marginal > 0 and top > 0:
        reach = min(reach, top * 2 * _TANGENT / each.marginal)
    low = max(spend - reach, spend - response / each.marginal if each.marginal > 0 else 0.0, 0.0)
    return [{"spend": at, "response": response + each.marginal * (at - spend)} for at in (low, spend + reach)]


def _from_to(each: Response) -> str:
    to = short(each.proposed[0])
    return to if each.now is None else f"{short(each.now[0])} to {to}"


def short(value: float) -> str:
    """A number for the eye, in three or four digits.

    >>> short(1_234_567.0), short(45_000.0), short(999.4), short(0.0)
    ('1.23M', '45k', '999', '0')
    """
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 0.9995:
            return f"{value / size:.3g}{sign}" if abs(value) < size * 999.5 else f"{value / size:,.0f}{sign}"
    return f"{value:.3g}"
