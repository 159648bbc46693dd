"""Rank: points for a place among the peers, by a list or in equal steps from the first to the last."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from rules.exact import Exact
from rules.kinds.base import Columns, Kind, Reason, number
from rules.kinds.scales.base import Better, PeerScale, View
from rules.kinds.scales.peers import circle_of, peer_groups
from rules.written import NumberField


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
        values = columns["value"]
        scaled, _ = values.scaled()
        signed = -scaled if better == "higher" else scaled
        result: list[Fraction | None] = [None] * rows
        for members, _ in peer_groups(values, columns.get("group")):
            levels, level_of, sizes = np.unique(signed[members], return_inverse=True, return_counts=True)
            ends = np.cumsum(sizes).tolist()
            count = len(levels) if self.ties == "dense" else len(members)
            earned = [
                self._of_level(level, end - size, end, count)
                for level, (size, end) in enumerate(zip(sizes.tolist(), ends, strict=True))
            ]
            for row, level in zip(members.tolist(), level_of.tolist(), strict=True):
                result[row] = earned[level]
        return Exact.of(result)

    def _of_level(self, level: int, start: int, end: int, count: int) -> Fraction:
        """The points of the level-th best value, which holds places start + 1 to end."""
        if self.ties == "mean":
            held = [self._of_place(place, count) for place in range(start + 1, end + 1)]
            return sum(held, Fraction(0)) / len(held)
        return self._of_place({"best": start + 1, "worst": end, "dense": level + 1}[self.ties], count)

    def _of_place(self, place: int, count: int) -> Fraction:
        if self.places is not None:
            return self.places[place - 1] if place <= len(self.places) else Fraction(0)
        ends = self.points or PlacePoints()
        span = ends.last - ends.first
        return ends.first + (span * (place - 1) / (count - 1) if count > 1 else 0)

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
        return Reason(points, f"{words}: {number(points)} points", ("value",))

    def _points_at(self, place: int, count: int) -> Fraction:
        if self.places is not None:
            return dict(enumerate(self.places, start=1)).get(place, Fraction(0))
        first, last = (Fraction(100), Fraction(0)) if self.points is None else (self.points.first, self.points.last)
        if count == 1:
            return first
        return (first * (count - place) + last * (place - 1)) / (count - 1)
