"""The worst of several scales, where every one of them has to be good."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from rules.kinds.scales.several import Several
from rules.quantities.exact import Exact


class WorstOf(Several):
    """Gives the points of the worst of several scales of the KPI: `worst_of: [{linear: ...}, {percentile: ...}]`.

    A scale without points makes the whole unknown (`unknown: unknown`) or is left out (`unknown: leave_out`). Of equal
    ones the first counts.
    """

    unknown: Literal["leave_out", "unknown"] = "unknown"

    def wins(self, points: Exact, best: Exact) -> Exact:
        return points.where(points.compare(best) < 0, best)

    def chosen(self, points: Mapping[int, Fraction]) -> int:
        return min(points, key=lambda index: (points[index], index))
