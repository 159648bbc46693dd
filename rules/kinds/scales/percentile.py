"""Percentile rank: the share of the peers that a value is better than, in points."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from rules.kinds.base import Columns, Reason, number, percent
from rules.kinds.scales.base import Better, PeerScale, PointsRange, View
from rules.kinds.scales.peers import Counts, First, at_rows, circle_of, peers_of, standings
from rules.quantities.exact import Exact

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
        first: First = "lowest" if better == "higher" else "highest"
        peers = standings(columns["value"], columns.get("group"), first)
        share = self._share(peers.ahead, peers.equal, peers.count)
        span = Exact.constant(self.points.to - self.points.from_, len(share))
        return at_rows(peers.rows, rows, share * span + Exact.constant(self.points.from_, len(share)))

    def _share(self, worse: Counts, equal: Counts, count: Counts) -> Exact:
        match self.method:
            case "mid":
                return Exact(2 * worse + equal) / Exact(2 * count)
            case "below":
                return Exact(worse) / Exact(count)
            case "at_or_below":
                return Exact(worse + equal) / Exact(count)
            case "inclusive":
                return Exact(worse) / Exact(count - 1)  # unknown for one alone
            case "exclusive":
                return Exact(worse + 1) / Exact(count + 1)

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
        peers = peers_of(columns["value"], columns.get("group"), row, view.unit)
        return Reason(points, f"{words}, {number(points)} points", ("value",), peers=peers)
