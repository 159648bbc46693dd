"""The frontier: what each budget would bring at best, with the proved bound, and what the next 1 of it would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from engine.reports.charts.labels import short_axis
from engine.reports.charts.picture import Drawn, Picture, picture
from engine.reports.charts.response import short
from engine.reports.charts.style import DASH, FIRST, INK, MUTED, SECOND

_LEFT, _RIGHT, _HEIGHT = 400, 210, 300
_BEST, _BOUND = "found", "proved: no split brings more"


@dataclass(frozen=True, slots=True)
class Step:
    """A budget with what its best split brings, what no split of it exceeds, and what the next 1 of it would bring
    (None: not known)."""

    budget: float
    response: float
    bound: float
    price: float | None


def frontier_picture(
    title: str,
    subtitle: str,
    budget: str,
    response: str,
    steps: Sequence[Step],
    asked: Step | None = None,
    now: tuple[float, float] | None = None,
) -> Picture:
    """The response against the budget, and beside it the shadow price; `asked` is the answer at the budget that was
    asked for, `now` the spend and the response of the plan in force."""
    known = sorted({each.budget: each for each in (*steps, *((asked,) if asked else ()))}.values(), key=_budget)
    plots: list[Any] = [_curve(known, budget, response, asked, now).properties(width=_LEFT, height=_HEIGHT)]
    if any(each.price is not None for each in known):
        plots.append(_prices(known, budget, asked).properties(width=_RIGHT, height=_HEIGHT))
    described = "; ".join(
        f"{short(each.budget)} brings {short(each.response)}" for each in known[:: -(-len(known) // 8)]
    )
    return picture(alt.hconcat(*plots, spacing=36), title, subtitle, described)


def _budget(each: Step) -> float:
    return each.budget


def _x(title: str, of: Sequence[Step]) -> alt.X:
    is_far = not of or min(each.budget for each in of) > max(each.budget for each in of) / 2
    return alt.X("budget:Q", title=title, axis=short_axis(5), scale=alt.Scale(zero=not is_far, nice=True))


def _curve(
    steps: Sequence[Step], budget: str, response: str, asked: Step | None, now: tuple[float, float] | None
) -> Drawn:
    x = _x(budget, [*steps, *([Step(now[0], now[1], now[1], None)] if now else [])])
    y = alt.Y("value:Q", title=response, axis=short_axis(6), scale=alt.Scale(zero=False, nice=True))
    rows = [
        {"budget": each.budget, "value": value, "line": line}
        for each in steps
        for line, value in ((_BEST, each.response), (_BOUND, each.bound))
    ]
    names = [_BEST, _BOUND]
    lines = alt.Chart(alt.InlineData(values=rows)).encode(
        x=x,
        y=y,
        color=alt.Color(
            "line:N",
            sort=names,
            legend=alt.Legend(symbolSize=500),
            scale=alt.Scale(domain=names, range=[FIRST, SECOND]),
        ),
        strokeDash=alt.StrokeDash("line:N", sort=names, scale=alt.Scale(domain=names, range=[[1, 0], list(DASH)])),
    )
    points = alt.Chart(alt.InlineData(values=[row for row in rows if row["line"] == _BEST]))
    layers: list[Any] = [
        lines.mark_line(strokeWidth=2.25),
        points.mark_point(color=FIRST, size=30, opacity=1).encode(x=x, y=y),
    ]
    layers += _asked(asked, x, y) + _now(now, asked, x, y)
    found: Drawn = alt.layer(*layers)
    return found


def _asked(asked: Step | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The budget that was asked for, as a line and a point on the frontier."""
    if asked is None:
        return []
    at = alt.Chart(alt.InlineData(values=[{"budget": asked.budget, "value": asked.response}]))
    words = f"asked: {short(asked.budget)}"
    return [
        at.mark_rule(color=INK, strokeDash=DASH, strokeWidth=1.25).encode(x=x),
        at.mark_point(shape="diamond", color=INK, size=110, opacity=1).encode(x=x, y=y),
        at.mark_text(text=words, align="center", baseline="bottom", color=INK).encode(x=x, y=alt.value(-4)),
    ]


def _now(now: tuple[float, float] | None, asked: Step | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    if now is None:
        return []
    is_left = asked is not None and now[0] <= asked.budget  # so that no word lies on the line of what was asked
    at = alt.Chart(alt.InlineData(values=[{"budget": now[0], "value": now[1]}])).encode(x=x, y=y)
    return [
        at.mark_point(shape="circle", color=MUTED, size=90, opacity=1),
        at.mark_text(text="now", align="right" if is_left else "left", dx=-9 if is_left else 9, dy=6, color=MUTED),
    ]


def _prices(steps: Sequence[Step], budget: str, asked: Step | None) -> Drawn:
    """What the next 1 of each budget would bring."""
    x = _x(budget, steps)
    y = alt.Y("price:Q", title="the next 1 brings", axis=alt.Axis(format="~r"), scale=alt.Scale(zero=True, nice=True))
    base = alt.Chart(
        alt.InlineData(values=[{"budget": e.budget, "price": e.price} for e in steps if e.price is not None])
    ).encode(x=x, y=y)
    layers: list[Any] = [base.mark_line(color=FIRST), base.mark_point(color=FIRST, size=30, opacity=1)]
    if asked is not None and asked.price is not None:
        at = alt.Chart(alt.InlineData(values=[{"budget": asked.budget, "price": asked.price}])).encode(x=x, y=y)
        layers += [
            alt.Chart(alt.InlineData(values=[{"budget": asked.budget}]))
            .mark_rule(color=INK, strokeDash=DASH, strokeWidth=1.25)
            .encode(x=x),
            at.mark_point(shape="diamond", color=INK, size=110, opacity=1),
            at.mark_text(text=f"{asked.price:,.3g}", align="left", dx=10, dy=-8, color=INK),
        ]
    found: Drawn = alt.layer(*layers)
    return found
