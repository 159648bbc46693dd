"""A funnel: how much of what went in at the top came through each step, as bars of one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import altair as alt

from engine.reports.charts.picture import Picture, picture
from engine.reports.charts.style import FIRST, INK, WIDTH

_ROW, _BAR = 32, 20  # pixels of a step, and of its bar
_NAMES = 110  # pixels for the names of steps, so that the bars of all funnels begin below each other
_ROOM = 1.2  # of the widest bar, so that the words beside it fit


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel: its name, what came through, and that in words; None where it is not known."""

    name: str
    value: int | Fraction | None
    words: str


def funnel_picture(title: str, subtitle: str, groups: Sequence[tuple[str, Sequence[Step]]]) -> Picture:
    """Funnels of several units one below the other, such as money and leads; each is drawn on its own scale."""
    charts = [_funnel(unit, steps) for unit, steps in groups if steps]
    told = "; ".join(f"{step.name} {step.words}" for _, steps in groups for step in steps)
    return picture(alt.vconcat(*charts, spacing=20), title, subtitle, told)


def _funnel(unit: str, steps: Sequence[Step]) -> alt.LayerChart:
    top = max((Fraction(each.value) for each in steps if each.value is not None), default=Fraction(0))
    rows = [_row(each, top) for each in steps]
    names = alt.Axis(labelColor=INK, minExtent=_NAMES, maxExtent=_NAMES, domain=False, ticks=False, grid=False)
    at: dict[str, Any] = {
        "y": alt.Y("step:N", sort=[each.name for each in steps], title=None, axis=names),
        "x": alt.X("part:Q", scale=alt.Scale(domain=[0, _ROOM]), axis=None),
    }
    base = alt.Chart(alt.InlineData(values=rows))
    bars = base.mark_bar(color=FIRST, size=_BAR).encode(**at)
    words = base.mark_text(align="left", dx=6, color=INK).encode(**at, text="words:N")
    heading = alt.TitleParams(text=unit, fontSize=13, fontWeight="bold", anchor="start", offset=4)
    return alt.LayerChart(layer=[bars, words], width=WIDTH, height=_ROW * len(rows), title=heading)


def _row(step: Step, top: Fraction) -> dict[str, Any]:
    """A step as a part of the widest one."""
    part = 0.0 if step.value is None or not top else float(Fraction(step.value) / top)
    return {"step": step.name, "part": max(part, 0.0), "words": step.words}
