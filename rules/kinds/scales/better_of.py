"""The better of several scales, such as achievement and improvement."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from rules.kinds.scales.several import Several
from rules.quantities.exact import Exact


class BetterOf(Several):
    """Gives the points of the best of several scales of the KPI: `better_of: [{linear: ...}, {improvement: ...}]`.

    A scale without points, such as an improvement without a baseline, is left out (`unknown: leave_out`) or makes the
    whole unknown (`unknown: unknown`). Of equal ones the first counts.
    """

    unknown: Literal["leave_out", "unknown"] = "leave_out"

    def wins(self, points: Exact, best: Exact) -> Exact:
        return points.where(points.compare(best) > 0, best)

    def chosen(self, points: Mapping[int, Fraction]) -> int:
        return max(points, key=lambda index: (points[index], -index))
