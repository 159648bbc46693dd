"""Percentile rank: the share of the peers that a value is better than, in points."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import numpy as np

from rules.exact import Exact
from rules.kinds.base import Columns, Reason, number, percent
from rules.kinds.scales.base import Better, PeerScale, PointsRange, View
from rules.kinds.scales.peers import circle_of, peer_groups

Method = Literal["mid", "below", "at_or_below", "inclusive", "exclusive"]


class Percentile(PeerScale):
    """Gives points for the share of the peers that a value is better than: `percentile: {among: partners.kind}`.

    Of n peers with a known value, the row itself included, b are worse and e are equal to it. `mid` (default) is the
    percentile rank of the textbooks, (b + e/2) / n, `mean` in SciPy's percentileofscore; `below` is b / n (its
    `strict`); `at_or_below` is (b + e) / n (its `weak`, and CUME_DIST of SQL); `inclusive` is b / (n - 1)
    (PERCENT_RANK of SQL, PERCENTRANK.INC of spreadsheets; unknown where n is 1); `exclusive` is (b + 1) / (n + 1)
    (PERCENTRANK.EXC). A share of 0 earns `points.from`, one of 1 `points.to`.
    """

    method: Method = "mid"
    points: PointsRange = PointsRange()

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        values = columns["value"]
        scaled, _ = values.scaled()
        signed = scaled if better == "higher" else -scaled
        first, span = self.points.from_, self.points.to - self.points.from_
        result: list[Fraction | None] = [None] * rows
        for members, _ in peer_groups(values, columns.get("group")):
            ranked = np.sort(signed[members])
            worse = np.searchsorted(ranked, signed[members], "left")
            as_good = np.searchsorted(ranked, signed[members], "right")
            for row, low, high in zip(members.tolist(), worse.tolist(), as_good.tolist(), strict=True):
                share = self._share(low, high, len(ranked))
                result[row] = None if share is None else first + share * span
        return Exact.of(result)

    def _share(self, worse: int, as_good: int, count: int) -> Fraction | None:
        if self.method == "inclusive":
            return Fraction(worse, count - 1) if count > 1 else None
        if self.method == "exclusive":
            return Fraction(worse + 1, count + 1)
        doubled = {"mid": worse + as_good, "below": 2 * worse, "at_or_below": 2 * as_good}
        return Fraction(doubled[self.method], 2 * count)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        numbers, below = circle_of(columns["value"], columns.get("group"), row)
        value = columns["value"].fraction(row)
        if value is None or not numbers or (self.method == "inclusive" and len(numbers) == 1):
            return None
        mine = value * below
        worse = sum(each < mine if view.better == "higher" else each > mine for each in numbers)
        equal, count = sum(each == mine for each in numbers), len(numbers)
        share = {
            "mid": (worse + Fraction(equal, 2)) / count,
            "below": Fraction(worse) / count,
            "at_or_below": Fraction(worse + equal) / count,
            "inclusive": Fraction(worse) / max(count - 1, 1),
            "exclusive": Fraction(worse + 1) / (count + 1),
        }[self.method]
        words = f"{view.shown(value)} is better than {worse} and equal to {equal} of {count} peers"
        words += f" ({self.method.replace('_', ' ')}): {percent(share)}"
        points = self.points.from_ * (1 - share) + self.points.to * share
        return Reason(points, f"{words}, {number(points)} points", ("value",))
