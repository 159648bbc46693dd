"""Several pictures as one, one below the other, for a file that holds a single picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.reports.charts.picture import Picture

_SPACING, _TITLE_SIZE = 44, 14
_LEFT = 195  # pixels from a plot to the names beside it, at most: where every title begins
_OF_THE_WHOLE = ("$schema", "config", "datasets", "description")


def stacked(title: str, pictures: Sequence[Picture]) -> Picture:
    """One picture of several: each keeps its title above its own plot. One alone stays as it is."""
    if len(pictures) == 1:
        return pictures[0]
    parts: list[dict[str, Any]] = [json.loads(each.specification) for each in pictures]
    heading = {"text": title, "fontSize": 18, "offset": 24}
    whole: dict[str, Any] = {key: parts[0][key] for key in ("$schema", "config") if key in parts[0]}
    data: dict[str, Any] = {}
    for each in parts:
        data |= each.get("datasets", {})
        each["title"] |= {"fontSize": _TITLE_SIZE, "frame": "group", "dx": -_LEFT}
    apart = {"scale": dict.fromkeys(("color", "shape", "strokeDash", "yOffset"), "independent")}
    inside = [{key: value for key, value in each.items() if key not in _OF_THE_WHOLE} for each in parts]
    told = " ".join(f"{each.title}: {each.description}." for each in pictures)
    whole |= {"title": heading, "description": f"{title}. {told}", "vconcat": inside, "spacing": _SPACING}
    whole |= {"datasets": data, "resolve": apart}
    return Picture(title, told, json.dumps(whole, sort_keys=True, ensure_ascii=False, allow_nan=False))
