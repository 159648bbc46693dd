"""Contribution against pay: each partner's share of both, beside the line on which the two are equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import altair as alt

from engine.reports.charts.picture import Drawn, Picture, picture
from engine.reports.charts.style import DASH, FIRST, MUTED, PAPER, SECOND

DRAWN_MAX, NAMED_MAX, NAME_SIGNS = 2_000, 8, 28
_WIDTH, _HEIGHT, _FEW = 560, 440, 100
_ROOM = 0.08  # what is left free beyond the last point: a part of the plot
_SIGN, _LINE, _POINT = (
    6.6,
    15.0,
    (26.0, 10.0),
)  # pixels of a sign, of a line of text, and of a point with room beside it
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
Box = tuple[float, float, float, float]  # pixels from the left and from the top: left, right, top, bottom


class Side(NamedTuple):
    """Where a text stands beside a point: which of its ends is there, and how many pixels it is moved."""

    align: Literal["left", "center", "right"]
    right: int
    down: int


_NAME_SIDES = (  # beside, above and below the point
    *(Side("left", 9, 0), Side("right", -9, 0), Side("center", 0, -16), Side("center", 0, 16)),
    *(Side("right", 8, -16), Side("left", -8, -16)),
)
_LINE_ENDS, _LINE_SIDE = "equal shares", Side("right", -6, -10)


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
    if not ranked:
        subtitle = f"{subtitle} No partner has a share of both."
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
    first, last = max(low for low, _ in ends.values()), _last_of_both(ends)
    line = alt.Chart(alt.InlineData(values=[{"contribution": first, "pay": first}, last]))
    word = alt.Chart(alt.InlineData(values=[last]))
    return alt.layer(
        line.mark_line(color=MUTED, strokeWidth=1.25, strokeDash=DASH).encode(**_axes(ends)),
        word.mark_text(
            text=_LINE_ENDS, align=_LINE_SIDE.align, dx=_LINE_SIDE.right, dy=_LINE_SIDE.down, color=MUTED
        ).encode(**_axes(ends)),
    )


def _last_of_both(ends: Mapping[str, Ends]) -> dict[str, float]:
    """The last point of the line on which both shares are equal."""
    last = min(high for _, high in ends.values())
    return {"contribution": last, "pay": last}


def _points(rows: Sequence[Mapping[str, Any]], ends: Mapping[str, Ends]) -> alt.Chart:
    there = [word for word in _MARKS if any(row["standing"] == word for row in rows)]
    legend: Any = alt.Undefined if there else None  # one of nothing would have no size
    shapes, colours = zip(*(_MARKS[word] for word in there), strict=True) if there else ((), ())
    found: alt.Chart = (
        alt.Chart(alt.InlineData(values=list(rows)))
        .mark_point(size=90 if len(rows) <= _FEW else 36, opacity=0.85)
        .encode(
            **_axes(ends),
            shape=alt.Shape("standing:N", legend=legend, scale=alt.Scale(domain=there, range=list(shapes))),
            color=alt.Color("standing:N", legend=legend, scale=alt.Scale(domain=there, range=list(colours))),
        )
    )
    return found


def _named(rows: Sequence[Mapping[str, Any]], ends: Mapping[str, Ends]) -> list[tuple[Mapping[str, Any], Side]]:
    """The partners with the largest gaps, each with the first side of its point on which its name lies over no other
    name, and if there is such a side over no other point."""
    taken = [_box(_LINE_ENDS, _last_of_both(ends), ends, _LINE_SIDE)]
    points = {id(row): _box("", row, ends, Side("center", 0, 0)) for row in rows}
    found: list[tuple[Mapping[str, Any], Side]] = []
    for row in rows:
        if len(found) == NAMED_MAX or row["pay"] == row["contribution"]:
            break
        boxes = {side: _box(row["name"], row, ends, side) for side in _NAME_SIDES}
        free = [side for side, box in boxes.items() if _is_inside(box) and not any(_meet(box, each) for each in taken)]
        others = [box for key, box in points.items() if key != id(row)]
        free.sort(key=lambda side: any(_meet(boxes[side], each) for each in others))
        if free:
            found.append((row, free[0]))
            taken.append(boxes[free[0]])
    return found


def _box(text: str, at: Mapping[str, Any], ends: Mapping[str, Ends], side: Side) -> Box:
    """The pixels of a text beside a point of the plot; those of the point itself where the text is empty."""
    (low_x, high_x), (low_y, high_y) = ends["contribution"], ends["pay"]
    x = (float(at["contribution"]) - low_x) / (high_x - low_x) * _WIDTH + side.right
    y = (high_y - float(at["pay"])) / (high_y - low_y) * _HEIGHT + side.down
    width, height = (len(text) * _SIGN, _LINE) if text else _POINT
    left = x - {"left": 0.0, "center": width / 2, "right": width}[side.align]
    return left, left + width, y - height / 2, y + height / 2


def _is_inside(box: Box) -> bool:
    left, right, top, bottom = box
    return left >= 0 and right <= _WIDTH and top >= -_LINE and bottom <= _HEIGHT


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _names(named: Sequence[tuple[Mapping[str, Any], Side]], ends: Mapping[str, Ends]) -> Iterator[alt.Chart]:
    """Names beside their points."""
    for side in _NAME_SIDES:
        mine = [row for row, of in named if of == side]
        names = alt.Chart(alt.InlineData(values=mine)).encode(**_axes(ends), text="name:N")
        beside: Any = {"align": side.align, "dx": side.right, "dy": side.down}
        yield names.mark_text(**beside, stroke=PAPER, strokeWidth=3)  # to be read over points and lines
        yield names.mark_text(**beside)


def _described(ranked: Sequence[Shares]) -> str:
    """The picture in words, for who can't see it."""
    told = ", ".join(
        f"{each.name} {_percent(each.contribution)} of the contribution and {_percent(each.pay)} of the pay"
        for each in ranked[:NAMED_MAX]
    )
    return f"{len(ranked):,} partners; the largest gaps: {told}" if told else "nobody is scored"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.1f} %"
