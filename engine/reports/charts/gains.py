"""Winners and losers: a bar of what each gains or loses; of many, how the gains are spread, and the largest of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from engine.reports.charts.labels import ROW, ROWS_WIDTH, amount_axis, amounts_in, beside, cut, plus, rows_axis
from engine.reports.charts.picture import Drawn, Picture, picture
from engine.reports.charts.style import FIRST, INK, PAPER, SECOND, drawn
from rules.quantities.currency import Currency

BARS_MAX, ENDS_MAX, BINS_MAX = 30, 10, 30
_SPREAD_HEIGHT = 170
_CENT = 50  # what lies beyond the outermost fiftieth of each side is counted in the outermost bars


@dataclass(frozen=True, slots=True)
class Gain:
    """What somebody gains in minor units, below zero where it is lost."""

    name: str
    minor: int


def gains_picture(title: str, subtitle: str, gains: Sequence[Gain], money: Currency, who: str = "partners") -> Picture:
    """Those who gain and who lose, from the most that is gained to the most that is lost.

    Beyond BARS_MAX the spread of all is drawn above, and below it the ENDS_MAX largest gains and losses.
    """
    moved = sorted((each for each in gains if each.minor), key=lambda each: (-each.minor, each.name))
    won = sum(each.minor > 0 for each in moved)
    lost, same = len(moved) - won, len(gains) - len(moved)
    counts = f"{won:,} gain, {lost:,} lose, {same:,} {'stays' if same == 1 else 'stay'} the same."
    told, described = " ".join(filter(None, (subtitle, counts))), _described(moved, counts, money)
    if len(moved) <= BARS_MAX:
        return picture(_bars(moved, money), title, told, described)
    told += f" Below: the {ENDS_MAX} largest gains and losses."
    ends = [
        *[each for each in moved if each.minor > 0][:ENDS_MAX],
        *[each for each in moved if each.minor < 0][-ENDS_MAX:],
    ]
    spread, is_open = _spread([each.minor for each in moved], money, who)
    told += " The outermost bars hold all beyond." if is_open else ""
    return picture(alt.vconcat(spread, _bars(ends, money), spacing=28), title, told, described)


def _bars(gains: Sequence[Gain], money: Currency) -> Drawn:
    said = amounts_in(money, (each.minor for each in gains))
    rows = [
        {"at": at, "name": cut(each.name), "told": plus(said(each.minor)), "gain": drawn(each.minor, money)}
        for at, each in enumerate(gains)
    ]
    y = rows_axis(len(rows))
    x = _axis("gain:Q", f"gain or loss, {money.code}", alt.Undefined if rows else alt.Scale(domain=[0, 1]))
    bars = alt.Chart(alt.InlineData(values=rows)).mark_bar().encode(x=x, y=y, color=_by_sign("gain"))
    layers = [bars, _zero(), *beside(rows, y)]
    found: Drawn = alt.layer(*layers).properties(width=ROWS_WIDTH, height=max(ROW * len(rows), ROW))
    return found


def _axis(field: str, title: str, scale: Any = alt.Undefined) -> alt.X:
    return alt.X(field, title=title, scale=scale, axis=amount_axis())


def _by_sign(field: str) -> Any:
    return alt.condition(f"datum.{field} < 0", alt.value(SECOND), alt.value(FIRST))


def _zero() -> alt.Chart:
    found: alt.Chart = (
        alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=INK, strokeWidth=1).encode(x="zero:Q")
    )
    return found


def _spread(minor: Sequence[int], money: Currency, who: str) -> tuple[Drawn, bool]:
    """How many gain or lose how much, in steps of one width; no bar holds gains and losses both. Whether the outermost
    bars hold what lies beyond them."""
    ordered = sorted(minor)
    beyond = len(ordered) // _CENT
    low, high = min(ordered[beyond], 0), max(ordered[-1 - beyond], 0)
    step = _step(high - low)
    first, last = _place(low or 1, step), _place(high or -1, step)
    places = Counter(min(max(_place(each, step), first), last) for each in ordered)
    is_open = _place(ordered[0], step) < first or _place(ordered[-1], step) > last
    rows = [
        {"low": drawn(at * step, money), "high": drawn((at + 1) * step, money), "count": count}
        for at, count in sorted(places.items())
    ]
    title = f"gain or loss, {money.code}"
    bars = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(stroke=PAPER, strokeWidth=1)
        .encode(
            x=_axis("low:Q", title),
            x2="high:Q",
            y=alt.Y("count:Q", title=who, axis=alt.Axis(format="~s", tickMinStep=1, tickCount=4)),
            y2=alt.datum(0),
            color=_by_sign("low"),
        )
    )
    found: Drawn = alt.layer(bars, _zero()).properties(width=ROWS_WIDTH, height=_SPREAD_HEIGHT)
    return found, is_open


def _step(span_minor: int) -> int:
    """The least of 1, 2, 5, 10, 20, ... minor units that cuts a span into at most BINS_MAX steps.

    >>> _step(100_000), _step(17)
    (5000, 1)
    """
    step = 1
    for factor in (1, 2, 5):
        at = factor
        while at * BINS_MAX < span_minor:
            at *= 10
        step = at if factor == 1 else min(step, at)
    return step


def _place(minor: int, step: int) -> int:
    """The step in which a gain or a loss lies; its far end belongs to it."""
    return (minor - 1) // step if minor > 0 else minor // step


def _described(moved: Sequence[Gain], counts: str, money: Currency) -> str:
    """The picture in words, for who can't see it."""
    said = amounts_in(money, (each.minor for each in moved))
    ends = [*moved[:3], *moved[3:][-3:]]
    return "; ".join([counts.rstrip("."), *(f"{each.name} {plus(said(each.minor))}" for each in ends)])
