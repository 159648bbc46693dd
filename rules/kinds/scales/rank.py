"""Rank: points for a place among the peers, by a list or in equal steps from the first to the last."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from rules.kinds.base import Columns, Kind, Reason, number
from rules.kinds.scales.base import Better, PeerScale, View
from rules.kinds.scales.peers import Counts, First, at_rows, circle_of, peers_of, standings, weights_of_places
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField


class PlacePoints(Kind):
    """The points of the first and of the last place; the places between them are equally far apart."""

    first: NumberField = Fraction(100)
    last: NumberField = Fraction(0)


class Rank(PeerScale):
    """Gives points for the place among the peers: `rank: {ties: best, places: [25, 18, 15]}`.

    `ties` says what equal values earn: the points of the `best` or of the `worst` place that they hold, or the `mean`
    of the points of all of them (so that a tie moves no points to or from others); with `dense` they share one
    place and the next value has the next one. `places` gives the points of each place, and places beyond it earn 0;
    without it places earn from `points.first` to `points.last` in equal steps, and one alone is first.
    """

    ties: Literal["best", "worst", "mean", "dense"]
    places: Annotated[tuple[NumberField, ...], Field(strict=False, min_length=1)] | None = None
    points: PlacePoints | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Rank:
        if self.places is not None and self.points is not None:
            context = {"hint": "keep places, or first and last"}
            raise PydanticCustomError("P217", "a rank has a list of points, or points of first and last", context)
        return self

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        first: First = "highest" if better == "higher" else "lowest"
        peers = standings(columns["value"], columns.get("group"), first)
        is_dense = self.ties == "dense"
        start, end = {
            "best": (peers.ahead, peers.ahead + 1),
            "worst": (peers.ahead + peers.equal - 1, peers.ahead + peers.equal),
            "mean": (peers.ahead, peers.ahead + peers.equal),
            "dense": (peers.levels_ahead, peers.levels_ahead + 1),
        }[self.ties]
        points = self._of_places(start, end, peers.levels if is_dense else peers.count)
        return at_rows(peers.rows, rows, points)

    def _of_places(self, start: Counts, end: Counts, count: Counts) -> Exact:
        """The mean points of places start + 1 to end by row, of `count` places."""
        if self.places is not None:
            return weights_of_places(self.places, start, end)
        ends = self.points or PlacePoints()
        way = (Exact(start + end - 1) / Exact(2 * (count - 1))).or_else(0)  # one alone is first
        return way * Exact.constant(ends.last - ends.first, len(way)) + Exact.constant(ends.first, len(way))

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        numbers, below = circle_of(columns["value"], columns.get("group"), row)
        value = columns["value"].fraction(row)
        if value is None or not numbers:
            return None
        if self.ties == "dense":
            numbers = sorted(set(numbers))
        ahead = sum(each > value * below if view.better == "higher" else each < value * below for each in numbers)
        level = sum(each == value * below for each in numbers)
        held = range(ahead + 1, ahead + level + 1)
        table = [self._points_at(place, len(numbers)) for place in held]
        points = {"worst": table[-1], "mean": sum(table, Fraction(0)) / level}.get(self.ties, table[0])
        words = f"{view.shown(value)} has place {ahead + 1} of {len(numbers)}"
        if level > 1:
            words += f", level with {level - 1} more ({self.ties})"
        peers = peers_of(columns["value"], columns.get("group"), row, view.unit)
        return Reason(points, f"{words}: {number(points)} points", ("value",), peers=peers)

    def _points_at(self, place: int, count: int) -> Fraction:
        if self.places is not None:
            return dict(enumerate(self.places, start=1)).get(place, Fraction(0))
        first, last = (Fraction(100), Fraction(0)) if self.points is None else (self.points.first, self.points.last)
        if count == 1:
            return first
        return (first * (count - place) + last * (place - 1)) / (count - 1)
