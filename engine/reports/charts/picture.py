"""A picture: a chart in the style of the house, and its bytes as SVG and PNG.

In: an Altair chart over inline records. Out: bytes that are the same for the same values; drawn in the process by the
bundled renderer, which fetches nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import altair as alt
import vl_convert

from engine.reports.charts.style import CONFIG

_TITLE_SIGNS, _LINE_SIGNS = 76, 104  # that fit on a line above a plot
_GRAMMAR = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])  # as the renderer names its versions

Drawn = alt.Chart | alt.LayerChart | alt.FacetChart | alt.HConcatChart | alt.VConcatChart


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart that is ready to be drawn: its title, what it shows in words for who can't see it, and how it is drawn
    (Vega-Lite, as JSON)."""

    title: str
    description: str
    specification: str

    def svg(self) -> bytes:
        """The picture as an SVG file, UTF-8."""
        return vl_convert.vegalite_to_svg(self.specification, vl_version=_GRAMMAR, allowed_base_urls=[]).encode()

    def png(self, scale: float = 2) -> bytes:
        """The picture as a PNG file; at scale 1, one pixel of the file is one of the picture."""
        return vl_convert.vegalite_to_png(self.specification, scale=scale, vl_version=_GRAMMAR, allowed_base_urls=[])


def picture(chart: Drawn, title: str, subtitle: str = "", description: str = "") -> Picture:
    """A chart as a picture, in the style of the house.

    `subtitle` says the unit and what the reader should look at; `description` says what is to be seen, and is the
    subtitle unless told. Every text, those of the data included, is drawn as text: what can't be printed is a space.
    """
    heading = alt.TitleParams(text=wrap(_clean(title), _TITLE_SIGNS), subtitle=wrap(_clean(subtitle), _LINE_SIGNS))
    told = _clean(description or subtitle)
    found = _clean_all(chart.properties(title=heading, description=f"{_clean(title)}. {told}").to_dict())
    found["config"] = dict(CONFIG)
    return Picture(_clean(title), told, json.dumps(found, sort_keys=True, ensure_ascii=False, allow_nan=False))


def _clean_all(value: Any) -> Any:
    """A specification in which each text can be printed: the renderer ends the whole process on a control sign."""
    if isinstance(value, dict):
        return {key: _clean_all(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_all(each) for each in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
