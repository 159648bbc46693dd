"""A gate: one number of points where a condition on the KPI is met, another where it is missed."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from rules.kinds.base import Columns, Kind, Reason, number
from rules.kinds.scales.base import Better, ScaleKind, View, flat, only_where
from rules.kinds.scales.reference import Reference
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField


class GatePoints(Kind):
    """The points of a gate that is met and of one that is missed."""

    met: NumberField = Fraction(100)
    missed: NumberField = Fraction(0)


class Gate(ScaleKind):
    """Gives all points or none: `gate: {at_least: 3}`, `gate: {at_most: 5%}`, `gate: {equals: 1}`.

    The value named is itself good enough. `points` are 100 where the gate is met and 0 where it is missed, unless
    said. A flag counts as 1 (true) or 0 (false).
    """

    at_least: Reference | None = None
    at_most: Reference | None = None
    equals: Reference | None = None
    points: GatePoints = GatePoints()

    @model_validator(mode="after")
    def _one_test(self) -> Gate:
        if sum(each is not None for each in (self.at_least, self.at_most, self.equals)) != 1:
            context = {"hint": "write at_least: 3, at_most: 5% or equals: 1"}
            raise PydanticCustomError("P218", "a gate has one of at_least, at_most and equals", context)
        return self

    def bare(self) -> Gate:
        """The same gate with nothing said about points."""
        return Gate(at_least=self.at_least, at_most=self.at_most, equals=self.equals)

    @property
    def line(self) -> Reference:
        """What the value is compared with."""
        found = self.at_least or self.at_most or self.equals
        assert found is not None, "one of them is named"
        return found

    def references(self) -> Mapping[str, Reference]:
        return {"line": self.line}

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        value, line = columns["value"], columns["line"]
        side = value.compare(line)
        met = side >= 0 if self.at_least is not None else side <= 0 if self.at_most is not None else side == 0
        points = flat(self.points.met, rows).where(met, flat(self.points.missed, rows))
        return only_where(points, value.is_known() & line.is_known())

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        value, line = columns["value"].fraction(row), columns["line"].fraction(row)
        if value is None or line is None:
            return None
        name, met = "equal to", value == line
        if self.at_least is not None:
            name, met = "at least", value >= line
        elif self.at_most is not None:
            name, met = "at most", value <= line
        points = self.points.met if met else self.points.missed
        words = f"{view.shown(value)} is {'' if met else 'not '}{name} {view.shown(line)}: {number(points)} points"
        return Reason(points, words, ("value", "line"))
