"""A points table: the points of listed values, with steps or straight lines between them, or of those values alone."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from rules.expressions.tree import Type
from rules.kinds.base import Columns, Kind, Reason, Terms, number
from rules.kinds.scales.base import Better, Faults, ScaleKind, View, ascending_faults, flat, only_where
from rules.kinds.scales.reference import Reference
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField


class TablePoint(Kind):
    """A value and its points."""

    at: Reference
    points: NumberField


class PointsTable(ScaleKind):
    """Gives points by a table: `points_table: {between: interpolate, steps: [{at: 80%, points: 50}, {at: 100%, points:
    100}]}`.

    `between` says what a value between two steps earns: with `step` the points of the highest step that it reached,
    with `interpolate` points on the straight line between both, with `nothing` only a listed value earns. A value
    that no step covers earns `otherwise` (0); when interpolated it earns the points of the nearest end.
    """

    between: Literal["step", "interpolate", "nothing"]
    steps: Annotated[tuple[TablePoint, ...], Field(strict=False, min_length=1)]
    otherwise: NumberField | None = None

    def references(self) -> Mapping[str, Reference]:
        return {f"{index}.at": step.at for index, step in enumerate(self.steps)}

    def faults(self, terms: Terms, measured: Type = Type.NUMBER) -> Faults:
        found = super().faults(terms, measured)
        found += ascending_faults("steps of a points table", [step.at for step in self.steps], terms, measured)
        if self.between == "interpolate" and self.otherwise is not None:
            message = "an interpolated table leaves nothing over for otherwise"
            found.append(("P216", message, "leave otherwise out, or add a step"))
        return found

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        value, places = columns["value"], [columns[key] for key in self.references()]
        known = value.is_known()
        for place in places:
            known = known & place.is_known()
        between = self._on_lines if self.between == "interpolate" else self._at_steps
        return only_where(between(value, places, rows), known)

    def _at_steps(self, value: Exact, places: list[Exact], rows: int) -> Exact:
        points = flat(self.otherwise or Fraction(0), rows)
        for step, place in zip(self.steps, places, strict=True):
            side = value.compare(place)
            covers = side >= 0 if self.between == "step" else side == 0
            points = flat(step.points, rows).where(covers, points)
        return points

    def _on_lines(self, value: Exact, places: list[Exact], rows: int) -> Exact:
        points = flat(self.steps[-1].points, rows)
        for index in reversed(range(len(places) - 1)):
            low, high = places[index], places[index + 1]
            start, end = flat(self.steps[index].points, rows), flat(self.steps[index + 1].points, rows)
            inside = (low.compare(high) < 0) & (value.compare(low) >= 0) & (value.compare(high) <= 0)
            between = start + (value - low) / (high - low) * (end - start)
            points = between.where(inside, points)
        return flat(self.steps[0].points, rows).where(value.compare(places[0]) <= 0, points)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        value = columns["value"].fraction(row)
        places = [place for key in self.references() if (place := columns[key].fraction(row)) is not None]
        if value is None or len(places) < len(self.steps):
            return None
        uses = ("value", *self.references())
        table = [(place, step.points) for place, step in zip(places, self.steps, strict=True)]
        if self.between == "interpolate":
            points, words = _between(value, table, view)
            return Reason(points, words, uses)
        reached = [pair for pair in table if pair[0] == value or (self.between == "step" and pair[0] < value)]
        if not reached:
            return Reason(self.otherwise or Fraction(0), f"{view.shown(value)} is covered by no step", uses)
        place, points = reached[-1]
        return Reason(points, f"{view.shown(value)} reaches {view.shown(place)}: {number(points)} points", uses)


def _between(value: Fraction, table: list[tuple[Fraction, Fraction]], view: View) -> tuple[Fraction, str]:
    """The points on the first line that holds the value, or of the nearest end."""
    shown = view.shown(value)
    place, points = table[0]
    if value <= place:
        return points, f"{shown} is not above the first step {view.shown(place)}"
    for (low, start), (high, end) in pairwise(table):
        if low <= value <= high and low < high:
            words = f"{shown} between {view.shown(low)} ({number(start)} points) and {view.shown(high)}"
            found = (start * (high - value) + end * (value - low)) / (high - low)
            return found, f"{words} ({number(end)} points)"
    return table[-1][1], f"{shown} is beyond the last step"
