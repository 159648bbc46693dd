"""Min-max: where a value lies between the worst and the best of its peers, in points."""

from __future__ import annotations

from fractions import Fraction

from rules.exact import Exact
from rules.kinds.base import Columns, Reason
from rules.kinds.scales.base import Better, PeerScale, PointsRange, View
from rules.kinds.scales.peers import circle_of, peer_groups
from rules.written import NumberField


class MinMax(PeerScale):
    """Gives points in proportion to the way from the worst peer to the best: `min_max: {among: partners.kind}`.

    The worst value earns `points.from` (0), the best `points.to` (100). Peers who are all equal have no way between
    them: their points are unknown, or `when_equal`. Adding a number to all values or multiplying them by one above
    zero changes no points.
    """

    points: PointsRange = PointsRange()
    when_equal: NumberField | None = None

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        values = columns["value"]
        scaled, _ = values.scaled()
        start, span = self.points.from_, self.points.to - self.points.from_
        result: list[Fraction | None] = [None] * rows
        for members, _ in peer_groups(values, columns.get("group")):
            mine = scaled[members].tolist()
            low, high = min(mine), max(mine)
            for row, each in zip(members.tolist(), mine, strict=True):
                if low == high:
                    result[row] = self.when_equal
                else:
                    way = each - low if better == "higher" else high - each
                    result[row] = start + span * Fraction(way, high - low)
        return Exact.of(result)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        numbers, below = circle_of(columns["value"], columns.get("group"), row)
        value = columns["value"].fraction(row)
        if value is None or not numbers:
            return None
        ends = sorted((Fraction(min(numbers), below), Fraction(max(numbers), below)), reverse=view.better == "lower")
        worst, best = ends
        if worst == best:
            words = f"all {len(numbers)} peers have {view.shown(value)}"
            return None if self.when_equal is None else Reason(self.when_equal, words, ("value",))
        points = (self.points.from_ * (best - value) + self.points.to * (value - worst)) / (best - worst)
        words = f"{view.shown(value)} between the worst of {len(numbers)} peers, {view.shown(worst)}, "
        return Reason(points, f"{words}and the best, {view.shown(best)}", ("value",))
