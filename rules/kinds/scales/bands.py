"""Bands: a fixed number of points for each range of values."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from rules.expressions.tree import Type
from rules.kinds.base import Columns, Kind, Reason, Terms
from rules.kinds.scales.base import Better, Faults, ScaleKind, View, flat, only_where
from rules.kinds.scales.reference import Reference
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField


class Band(Kind):
    """A range of values and its points: up to an edge that it leaves out (`below`) or takes in (`up_to`), or open."""

    below: Reference | None = None
    up_to: Reference | None = None
    points: NumberField

    @property
    def edge(self) -> Reference | None:
        """Where the band ends; None where it is open."""
        return self.below if self.below is not None else self.up_to


class Bands(ScaleKind):
    """Gives the points of the band that holds the value: `bands: [{below: 0, points: 0}, {below: 40, points: 60},
    {points: 100}]`.

    Each band says how it treats its edge: `below: 40` leaves 40 to the next band, `up_to: 40` holds 40 itself. The
    first band that holds the value counts; the last one is open.
    """

    short: ClassVar[str | None] = "steps"

    steps: Annotated[tuple[Band, ...], Field(strict=False)]

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, written: object) -> object:
        return {"steps": written} if isinstance(written, list | tuple) else written

    @model_validator(mode="after")
    def _last_open(self) -> Bands:
        closed = [band.edge is not None for band in self.steps]
        twice = any(band.below is not None and band.up_to is not None for band in self.steps)
        if twice or closed != [True] * (len(closed) - 1) + [False]:
            message = "every band but the last has one edge, and the last has none"
            hint = "write below: or up_to: in each band, and only points: in the last"
            raise PydanticCustomError("P215", "{message}", {"message": message, "hint": hint})
        return self

    def references(self) -> Mapping[str, Reference]:
        return {f"{index}.edge": band.edge for index, band in enumerate(self.steps) if band.edge is not None}

    def faults(self, terms: Terms, measured: Type = Type.NUMBER) -> Faults:
        found = super().faults(terms, measured)
        edges = [
            (value, band.up_to is not None)
            for band in self.steps
            if band.edge is not None and (value := band.edge.literal(terms, measured)) is not None
        ]
        if any(low >= high for low, high in pairwise(edges)):
            hint = "write the bands from the lowest to the highest, each edge once"
            found.append(("P210", "the edges of the bands do not ascend", hint))
        return found

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        value = columns["value"]
        known, points = value.is_known(), flat(self.steps[-1].points, rows)
        for index in reversed(range(len(self.steps) - 1)):
            edge = columns[f"{index}.edge"]
            side = value.compare(edge)
            holds = side < 0 if self.steps[index].below is not None else side <= 0
            points = flat(self.steps[index].points, rows).where(holds, points)
            known = known & edge.is_known()
        return only_where(points, known)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        value = columns["value"].fraction(row)
        edges = [columns[key].fraction(row) for key in self.references()]
        if value is None or None in edges:
            return None
        uses = ("value", *self.references())
        for band, edge in zip(self.steps, edges, strict=False):
            assert edge is not None, "every edge is known"
            if value < edge or (band.up_to is not None and value == edge):
                side = "below" if band.below is not None else "up to"
                return Reason(band.points, f"{view.shown(value)} is {side} {view.shown(edge)}", uses)
        return Reason(self.steps[-1].points, f"{view.shown(value)} is in the last band", uses)
