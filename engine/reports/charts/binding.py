"""Binding constraints: what one more unit of room at each of them would bring, as bars, the dearest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from engine.reports.charts.labels import ROW, ROWS_WIDTH, beside, cut, rows_axis
from engine.reports.charts.picture import Picture, picture
from engine.reports.charts.style import FIRST, SECOND

BARS_MAX = 20
_LOOSER, _HARDER = "cap: what one more would bring", "floor: what one less would bring"


@dataclass(frozen=True, slots=True)
class Held:
    """A constraint that holds an answer back: its name, whether it is a floor (else a cap), its price, and its limit
    in words."""

    name: str
    is_floor: bool
    price: float
    limit: str


def binding_picture(title: str, subtitle: str, held: Sequence[Held]) -> Picture:
    """A bar of the price of each constraint; at most BARS_MAX of them, and the subtitle says how many are left out."""
    ranked = sorted(held, key=lambda each: (-each.price, each.name, each.is_floor))
    shown = ranked[:BARS_MAX]
    told = [subtitle] if subtitle else []
    told += [f"The {len(shown)} dearest of {len(ranked):,}."] if len(ranked) > len(shown) else []
    told += [] if ranked else ["No constraint holds the answer back."]
    rows = [
        {
            "at": at,
            "name": cut(f"{each.name} {'floor' if each.is_floor else 'cap'}", 36),
            "told": f"{each.price:,.3g}" + (f" (limit {each.limit})" if each.limit else ""),
            "price": each.price,
            "side": _HARDER if each.is_floor else _LOOSER,
        }
        for at, each in enumerate(shown)
    ]
    y = rows_axis(len(rows))
    there = [side for side in (_LOOSER, _HARDER) if any(row["side"] == side for row in rows)]
    colours = alt.Scale(domain=there, range=[{_LOOSER: FIRST, _HARDER: SECOND}[side] for side in there])
    legend = alt.Legend(labelLimit=300) if there else None
    x = alt.X(
        "price:Q",
        title="price: for 1 more or less of the limit",
        axis=alt.Axis(format="~r", grid=True),
        scale=alt.Undefined if rows else alt.Scale(domain=[0, 1]),
    )
    bars = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(x=x, y=y, color=alt.Color("side:N", scale=colours, legend=legend))
    )
    chart = alt.layer(bars, *beside(rows, y)).properties(width=ROWS_WIDTH, height=max(ROW * len(rows), ROW))
    described = "; ".join(f"{row['name']} {row['told']}" for row in rows) or "no constraint holds the answer back"
    return picture(chart, title, " ".join(told), described)
