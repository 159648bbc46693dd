"""One style for every picture: dark on white, few lines, and nothing told by colour alone.

The two colours differ in greyscale and for the colour-blind (after Okabe and Ito, Color Universal Design, 2008), and a
second series differs by its dash or its shape as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rules.quantities.currency import Currency

INK, MUTED, GRID, PAPER = "#1a1a1a", "#5f5f5f", "#e3e3e3", "#ffffff"
FIRST, SECOND, BAND = "#0b5fa5", "#e08214", "#9fc3e0"  # the main series; what it is held against; an interval
SERIES = (FIRST, SECOND, "#00795a", "#b5518c", "#4aa5d8", "#6f5a1f")  # of several series, in their order
DASH, DOTS = (6, 4), (1, 3)
WIDTH, HEIGHT = 640, 360  # of the plot, in pixels

# The first is part of the renderer, so that a text has the same width on every machine; the others are as wide.
FONT = "Liberation Sans, Helvetica, Arial, sans-serif"
THOUSANDS, PERCENT = ",~f", ".0%"  # of an axis, as d3-format writes them

CONFIG: Mapping[str, Any] = {
    "font": FONT,
    "background": PAPER,
    "padding": 16,
    "aria": False,  # a picture has one description; hundreds of labels of marks would only hide it
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 12,
        "titleColor": INK,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "gridColor": GRID,
        "domainColor": MUTED,
        "tickColor": MUTED,
        "tickCount": 6,
    },
    "axisX": {"grid": False},
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        "labelColor": INK,
        "labelFontSize": 12,
        "title": None,
        "orient": "top",
        "symbolStrokeWidth": 2,
        "columnPadding": 24,
    },
    "title": {
        "anchor": "start",
        "color": INK,
        "fontSize": 16,
        "subtitleColor": MUTED,
        "subtitleFontSize": 12,
        "subtitlePadding": 6,
        "offset": 14,
    },
    "text": {"color": INK, "fontSize": 12},
    "line": {"color": FIRST, "strokeWidth": 2.25},
    "rule": {"color": MUTED},
    "point": {"color": FIRST, "filled": True, "opacity": 0.75, "size": 60},
    "area": {"color": BAND, "opacity": 0.6},
    "bar": {"color": FIRST},
}


def drawn(minor: int | Fraction, money: Currency) -> float:
    """Where an amount lies on an axis of whole currency units: for drawing only, never for a number that is read."""
    return float(Fraction(minor) / 10**money.decimals)
