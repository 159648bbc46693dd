"""Min-max: where a value lies between the worst and the best of its peers, in points."""

from __future__ import annotations

from fractions import Fraction

from rules.kinds.base import Columns, Reason
from rules.kinds.scales.base import Better, PeerScale, PointsRange, View
from rules.kinds.scales.peers import at_rows, circle_of, peers_of, standings
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField


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
        peers = standings(values, columns.get("group"), "lowest")
        mine = values.take(peers.rows)
        low = values.take(peers.rows[peers.starts])
        high = values.take(peers.rows[peers.starts + peers.count - 1])
        way = (mine - low if better == "higher" else high - mine) / (high - low)  # unknown where all are equal
        span = Exact.constant(self.points.to - self.points.from_, len(way))
        points = way * span + Exact.constant(self.points.from_, len(way))
        if self.when_equal is not None:
            points = points.where(points.is_known(), Exact.constant(self.when_equal, len(points)))
        return at_rows(peers.rows, rows, points)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        numbers, below = circle_of(columns["value"], columns.get("group"), row)
        value = columns["value"].fraction(row)
        if value is None or not numbers:
            return None
        ends = sorted((Fraction(min(numbers), below), Fraction(max(numbers), below)), reverse=view.better == "lower")
        worst, best = ends
        peers = peers_of(columns["value"], columns.get("group"), row, view.unit, near=(0, -1))
        if worst == best:
            words = f"all {len(numbers)} peers have {view.shown(value)}"
            return None if self.when_equal is None else Reason(self.when_equal, words, ("value",), peers=peers)
        points = (self.points.from_ * (best - value) + self.points.to * (value - worst)) / (best - worst)
        words = f"{view.shown(value)} between the worst of {len(numbers)} peers, {view.shown(worst)}, "
        return Reason(points, f"{words}and the best, {view.shown(best)}", ("value",), peers=peers)
