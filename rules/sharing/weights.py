"""Weights of a pool that are made of more than one measure: points with classes, lockstep, salary up to a maximum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from rules.consistent import Inconsistent, consistent, weights_below_zero
from rules.expressions.expression import ExpressionField, Written
from rules.kinds.base import Columns, Kind, Reason, ShareKind, Terms, Words, number
from rules.names import Name
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField
from rules.sharing.base import guarded, zeros


class PointClass(Kind):
    """One class of units: how many a member holds, and how many points one of them has."""

    short: ClassVar[str | None] = "units"

    units: ExpressionField
    points: NumberField = Fraction(1)


class Points(ShareKind):
    """Shares the pool by points: of every class, the units that a member holds times the points of one.

    `points: {classes: {equity: {units: partners.units, points: 3}, service: {units: partners.years}}}`. A member whose
    units of a class are unknown takes no part.
    """

    is_measure: ClassVar[bool] = True

    classes: Annotated[dict[Name, PointClass], Field(min_length=1)]

    def inputs(self) -> Mapping[str, Written]:
        return {name: each.units for name, each in self.classes.items()}

    def in_words(self, terms: Terms) -> Words:
        rows = tuple((name, each.units.text, number(each.points)) for name, each in self.classes.items())
        return Words("by points: units times points, added up over the classes", ("class", "units", "points"), rows)

    def compute(self, columns: Columns, rows: int) -> Exact:
        weight = zeros(rows)
        for name, each in self.classes.items():
            weight = guarded(weight) + guarded(columns[name] * Exact.constant(each.points, rows))
        return weight

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        parts, value = [], Fraction(0)
        for name, each in self.classes.items():
            units = columns[name].fraction(row)
            assert units is not None, "a member without units takes no part"
            value += units * each.points
            parts.append(f"{name} {number(units)} x {number(each.points)}")
        return Reason(value, f"{' + '.join(parts)} = {number(value)} points", tuple(self.classes))


class Lockstep(ShareKind):
    """Shares the pool by seniority: the points of the step that a member has reached, the last one for all beyond.

    `lockstep: {of: partners.years, points: [10, 12, 15]}`: 10 points below one year, 12 below two, then 15.
    """

    counts: ClassVar[bool] = True

    of: ExpressionField
    points: Annotated[tuple[NumberField, ...], Field(strict=False, min_length=1)]

    @consistent
    def _weigh(self) -> Iterator[Inconsistent]:
        yield from weights_below_zero("points", self.points)

    def inputs(self) -> Mapping[str, Written]:
        return {"of": self.of}

    def in_words(self, terms: Terms) -> Words:
        rows = tuple((str(step), number(points)) for step, points in enumerate(self.points))
        return Words(f"by lockstep of {self.of.text}; the last step holds for all beyond", ("from", "points"), rows)

    def compute(self, columns: Columns, rows: int) -> Exact:
        years = columns["of"]
        weight = Exact.constant(self.points[0], rows)
        for step, points in enumerate(self.points):
            has_reached = years.compare(Exact.constant(step, rows)) >= 0
            weight = Exact.constant(points, rows).where(has_reached, weight)
        return guarded(weight) + years * zeros(rows)  # unknown where the years are

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        years = columns["of"].fraction(row)
        assert years is not None, "a member without a step takes no part"
        step = min(max(years.__floor__(), 0), len(self.points) - 1)
        value = self.points[step]
        return Reason(value, f"{self.of.text} = {number(years)}: step {step}, {number(value)} points", ("of",))


class Salary(ShareKind):
    """Shares the pool in proportion to pay, of which no more than a maximum counts: `salary: {of: partners.salary,
    at_most: partners.pay_limit}`. A member whose maximum is unknown has none."""

    short: ClassVar[str | None] = "of"
    is_measure: ClassVar[bool] = True

    of: ExpressionField
    at_most: ExpressionField | None = Field(default=None, description="how much of the pay counts")

    def inputs(self) -> Mapping[str, Written]:
        return {"of": self.of} if self.at_most is None else {"of": self.of, "at_most": self.at_most}

    @property
    def optional_inputs(self) -> frozenset[str]:
        return frozenset({"at_most"})

    def in_words(self, terms: Terms) -> Words:
        most = "" if self.at_most is None else f", of which no more than {self.at_most.text} counts"
        return Words(f"in proportion to {self.of.text}{most}")

    def compute(self, columns: Columns, rows: int) -> Exact:
        pay = columns["of"]
        if self.at_most is None:
            return pay
        most = columns["at_most"]
        return most.where(most.is_known() & (most.compare(pay) < 0) & pay.is_known(), pay)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        pay = columns["of"].fraction(row)
        assert pay is not None, "a member without pay takes no part"
        words = f"{self.of.text} = {number(pay)}"
        if self.at_most is None:
            return Reason(pay, words, ("of",))
        most = columns["at_most"].fraction(row)
        if most is None or pay <= most:
            return Reason(pay, f"{words}, within {self.at_most.text}", ("of", "at_most"))
        return Reason(most, f"{words}, of which {number(most)} counts", ("of", "at_most"))
