"""Contribution against pay: each partner's share of both, beside the line on which the two are equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import altair as alt

from engine.reports.charts.picture import Drawn, Picture, picture
from engine.reports.charts.style import DASH, FIRST, MUTED, PAPER, SECOND

DRAWN_MAX, NAMED_MAX, NAME_SIGNS = 2_000, 8, 28
_WIDTH, _HEIGHT, _FEW = 560, 440, 100
_NAME, _LINE, _ROOM = 0.3, 0.035, 0.08  # as wide and as high as a name, and what is left free: in parts of the plot
_WORDS: Mapping[int | None, str] = {
    1: "paid well above its peers",
    0: "near its peers",
    -1: "paid well below its peers",
    None: "not held against peers",
}
_MARKS: Mapping[str, tuple[str, str]] = {  # shape and colour, in the order of the legend
    _WORDS[1]: ("triangle-up", SECOND),
    _WORDS[0]: ("circle", FIRST),
    _WORDS[-1]: ("triangle-down", SECOND),
    _WORDS[None]: ("square", MUTED),
}

Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shares:
    """What is drawn of one partner: its name, its shares, and whether its pay for a point is well above that of its
    peers (1), well below (-1) or near (0); None where it can't be held against them."""

    name: str
    contribution: Fraction
    pay: Fraction
    standing: int | None


def contribution_picture(title: str, subtitle: str, shares: Sequence[Shares]) -> Picture:
    """Each partner as a point, the largest gaps named; the same picture whatever their order.

    Of more than DRAWN_MAX partners those with the largest gaps are drawn, and the subtitle says so.
    """
    ranked = sorted(shares, key=lambda each: (-abs(each.pay - each.contribution), each.name, each.pay))
    if len(ranked) > DRAWN_MAX:
        subtitle = f"{subtitle} The {DRAWN_MAX:,} with the largest gaps are drawn, of {len(ranked):,} partners."
    rows = [_row(each) for each in ranked[:DRAWN_MAX]]
    ends = {axis: _ends([row[axis] for row in rows]) for axis in ("contribution", "pay")}
    chart = alt.layer(_equal_shares(ends), _points(rows, ends), *_names(_named(rows, ends), ends))
    return picture(chart.properties(width=_WIDTH, height=_HEIGHT), title, subtitle, _described(ranked))


def _ends(values: Sequence[float]) -> Ends:
    """The ends of an axis: zero is on it, and beyond the last point there is room."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    return low, high + (high - low) * _ROOM if high > low else 1.0


def _row(each: Shares) -> dict[str, Any]:
    return {
        "name": each.name if len(each.name) <= NAME_SIGNS else f"{each.name[: NAME_SIGNS - 3].rstrip()}...",
        "contribution": float(each.contribution),
        "pay": float(each.pay),
        "standing": _WORDS[each.standing],
    }


def _axes(ends: Mapping[str, Ends]) -> dict[str, Any]:
    """Both axes, each with a scale of its own: shares of the pay may be spread much wider than those of points."""
    form = alt.Axis(format="~%", tickCount=6)
    scales = {axis: alt.Scale(domain=list(each), nice=False) for axis, each in ends.items()}
    return {
        "x": alt.X("contribution:Q", title="share of the contribution of all", scale=scales["contribution"], axis=form),
        "y": alt.Y("pay:Q", title="share of the pay of all", scale=scales["pay"], axis=form),
    }


def _equal_shares(ends: Mapping[str, Ends]) -> Drawn:
    """The line on which a partner is paid the share that it contributed, as far as both axes go."""
    (low_x, high_x), (low_y, high_y) = ends["contribution"], ends["pay"]
    first, last = max(low_x, low_y), min(high_x, high_y)
    line = alt.Chart(alt.InlineData(values=[{"contribution": at, "pay": at} for at in (first, last)]))
    word = alt.Chart(alt.InlineData(values=[{"contribution": last, "pay": last}]))
    return alt.layer(
        line.mark_line(color=MUTED, strokeWidth=1.25, strokeDash=DASH).encode(**_axes(ends)),
        word.mark_text(text="equal shares", align="right", dx=-6, dy=-10, color=MUTED).encode(**_axes(ends)),
    )


def _points(rows: Sequence[Mapping[str, Any]], ends: Mapping[str, Ends]) -> alt.Chart:
    there = [word for word in _MARKS if any(row["standing"] == word for row in rows)]
    shapes, colours = zip(*(_MARKS[word] for word in there), strict=True) if there else ((), ())
    found: alt.Chart = (
        alt.Chart(alt.InlineData(values=list(rows)))
        .mark_point(size=90 if len(rows) <= _FEW else 36, opacity=0.85)
        .encode(
            **_axes(ends),
            shape=alt.Shape("standing:N", scale=alt.Scale(domain=there, range=list(shapes))),
            color=alt.Color("standing:N", scale=alt.Scale(domain=there, range=list(colours))),
        )
    )
    return found


def _named(rows: Sequence[Mapping[str, Any]], ends: Mapping[str, Ends]) -> list[Mapping[str, Any]]:
    """The partners with the largest gaps, without those whose name would lie over another one."""
    found: list[Mapping[str, Any]] = []
    for row in rows:
        is_free = all(
            _apart(row, other, ends, "contribution") > _NAME or _apart(row, other, ends, "pay") > _LINE
            for other in found
        )
        if is_free and row["pay"] != row["contribution"]:
            found.append(row)
        if len(found) == NAMED_MAX:
            break
    return found


def _apart(one: Mapping[str, Any], other: Mapping[str, Any], ends: Mapping[str, Ends], axis: str) -> float:
    """How far two points lie from each other along an axis, in parts of the plot."""
    low, high = ends[axis]
    return abs(float(one[axis]) - float(other[axis])) / (high - low)


def _names(rows: Sequence[Mapping[str, Any]], ends: Mapping[str, Ends]) -> Iterator[alt.Chart]:
    """Names to the right of their points, and to the left where the plot ends."""
    low, high = ends["contribution"]
    for is_left in (False, True):
        mine = [row for row in rows if (row["contribution"] > high - _NAME * (high - low)) is is_left]
        names = alt.Chart(alt.InlineData(values=mine)).encode(**_axes(ends), text="name:N")
        align: Literal["left", "right"] = "right" if is_left else "left"
        beside = -9 if is_left else 9
        yield names.mark_text(align=align, dx=beside, stroke=PAPER, strokeWidth=3)  # to be read over points and lines
        yield names.mark_text(align=align, dx=beside)


def _described(ranked: Sequence[Shares]) -> str:
    """The picture in words, for who can't see it."""
    told = ", ".join(
        f"{each.name} {_percent(each.contribution)} of the contribution and {_percent(each.pay)} of the pay"
        for each in ranked[:NAMED_MAX]
    )
    return f"{len(ranked):,} partners; the largest gaps: {told}" if told else "nobody is scored"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.1f} %"
