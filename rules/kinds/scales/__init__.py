"""The register of scales: every way to turn the value of a KPI into points, one line each.

A scale is one file: a frozen model of its config, and twins; see `rules.kinds`. The plain ones rest on one value alone
and are registered in `rules.kinds.scales.plain`, because the others are made of them.
"""

from __future__ import annotations

from rules.kinds.scales.base import ScaleKind
from rules.kinds.scales.better_of import BetterOf
from rules.kinds.scales.improvement import Improvement
from rules.kinds.scales.plain import PLAIN
from rules.kinds.scales.worst_of import WorstOf

SCALES: dict[str, type[ScaleKind]] = {
    **PLAIN,
    "improvement": Improvement,
    "better_of": BetterOf,
    "worst_of": WorstOf,
}
