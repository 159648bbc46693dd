"""What a scale is: it turns the value of a KPI into points, for whole columns and, as a twin, for one row in words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from rules.expressions.expression import ExpressionField, Written
from rules.expressions.tree import Type
from rules.kinds.base import Columns, Kind, Reason, Terms, number, percent
from rules.kinds.scales.reference import Reference
from rules.quantities.exact import Exact, Flags
from rules.quantities.rounding import Rounding, multiply_divide, round_fraction
from rules.quantities.written import NumberField

Better = Literal["higher", "lower"]
Faults = list[tuple[str, str, str]]


class PointsRounding(Kind):
    """How points are rounded: the mode, and the step to whose multiples (whole points unless said)."""

    short: ClassVar[str | None] = "mode"

    mode: Annotated[Rounding, Field(strict=False)] = Rounding.HALF_UP
    to: NumberField = Fraction(1)


class PointsRange(Kind):
    """The points at the two ends of a scale."""

    from_: NumberField = Field(default=Fraction(0), alias="from")
    to: NumberField = Fraction(100)


@dataclass(frozen=True, slots=True)
class View:
    """What an explanation needs beside the columns: the program's terms, what the KPI is, which direction is good."""

    terms: Terms
    measured: Type = Type.NUMBER
    better: Better = "higher"
    is_percent: bool = False

    @property
    def unit(self) -> str:
        """How people read a value of the KPI: as money, percent or number."""
        return "money" if self.measured is Type.MONEY else "percent" if self.is_percent else "number"

    def shown(self, value: Fraction) -> str:
        """A value of the KPI in words: money as `1,250.00`, a percentage as `80 %`."""
        if self.measured is Type.MONEY:
            return self.terms.money(value)
        return percent(value) if self.is_percent else number(value)


class ScaleKind(Kind):
    """A kind that gives points for the value of a KPI.

    `compute` and `explain` take column `value`, a column for each key of `references()` and one for each of
    `inputs()` (`group`: the codes of groups of peers). `better` is the KPI's own direction, which the config
    overrides. Points are rounded as `round` says, then held between `floor_points` and `cap_points`; a kind itself
    works them out in `points_of` and `reason_of`.
    """

    better: Better | None = Field(default=None, description="which direction is good; the KPI's own unless said")
    round: PointsRounding | None = Field(default=None, description="how the points are rounded; not, unless said")
    floor_points: NumberField | None = Field(default=None, description="the fewest points")
    cap_points: NumberField | None = Field(default=None, description="the most points")

    def references(self) -> Mapping[str, Reference]:
        """What the KPI is measured against, by column key."""
        return {}

    def inputs(self) -> Mapping[str, Written]:
        """The expressions that the kind reads, by column key: `group` names who are peers."""
        return {}

    def among_peers(self) -> bool:
        """Whether a row's points depend on the values of other rows."""
        return False

    def unit_of(self, key: str, measured: Type) -> Type:
        """What the reference of a key holds, for a KPI that holds `measured`."""
        return measured

    @abstractmethod
    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        """The points before rounding, floor and cap, (rows,); unknown where the value or a needed reference is."""

    @abstractmethod
    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        """The same points of one row, worked out alone in fractions; None where they are unknown."""

    def compute(self, columns: Columns, rows: int, better: Better = "higher") -> Exact:
        """The points of every row, (rows,), exact unless `round` says otherwise."""
        points = self.points_of(columns, rows, self.better or better)
        known = points.is_known()
        if self.round is not None:
            steps = points * Exact.constant(1 / self.round.to, rows)
            rounded = multiply_divide(steps.numerator, 1, steps.denominator, self.round.mode)
            points = Exact(rounded) * Exact.constant(self.round.to, rows)
        if self.floor_points is not None:
            floor = Exact.constant(self.floor_points, rows)
            points = points.where(points.compare(floor) > 0, floor)
        if self.cap_points is not None:
            cap = Exact.constant(self.cap_points, rows)
            points = points.where(points.compare(cap) < 0, cap)
        return only_where(points, known)

    def explain(
        self,
        columns: Columns,
        row: int,
        terms: Terms,
        better: Better = "higher",
        measured: Type = Type.NUMBER,
        is_percent: bool = False,
    ) -> Reason | None:
        """The same points of one row, worked out alone in fractions and words; None where they are unknown.

        `is_percent`: people read the KPI as a percentage, 0.8 as 80 %.
        """
        reason = self.reason_of(columns, row, View(terms, measured, self.better or better, is_percent))
        if reason is None:
            return None
        value, words = reason.value, reason.words
        if self.round is not None:
            value = self.round.to * round_fraction(value / self.round.to, self.round.mode)
            if value != reason.value:
                words += f", rounded {self.round.mode.value.replace('_', ' ')} to {number(value)}"
        if self.floor_points is not None and value < self.floor_points:
            value, words = self.floor_points, f"{words}, at least {number(self.floor_points)}"
        if self.cap_points is not None and value > self.cap_points:
            value, words = self.cap_points, f"{words}, at most {number(self.cap_points)}"
        return reason if value == reason.value else replace(reason, value=value, words=words, exact=reason.value)

    def faults(self, terms: Terms, measured: Type = Type.NUMBER) -> Faults:
        """What `check` finds wrong once currency and KPI are known: (code, message, hint)."""
        found: Faults = []
        for key, reference in self.references().items():
            found += reference.faults(terms, self.unit_of(key, measured))
        return found + self.points_faults()

    def points_faults(self) -> Faults:
        """What is wrong with rounding, floor and cap of the points."""
        found: Faults = []
        if self.round is not None and self.round.to <= 0:
            found.append(("P212", "a rounding step is above 0", "write to: 1, or another step above 0"))
        floor, cap = self.floor_points, self.cap_points
        if floor is not None and cap is not None and floor > cap:
            found.append(("P211", f"the floor of {number(floor)} is above the cap of {number(cap)}", "exchange them"))
        return found


class PeerScale(ScaleKind):
    """A scale among peers: all who are measured, or with `among` those for whom an expression is equal."""

    among: ExpressionField | None = Field(default=None, description="who are peers: all, or where this is equal")

    def inputs(self) -> Mapping[str, Written]:
        return {} if self.among is None else {"group": self.among}

    def among_peers(self) -> bool:
        return True


def only_where(points: Exact, known: Flags) -> Exact:
    """The same points, unknown in every row where `known` does not hold."""
    rows = len(points)
    return points.where(known, Exact(np.zeros(rows, np.int64), 1, np.zeros(rows, np.bool_)))


def columns_below(columns: Columns, prefix: str, value: Exact) -> dict[str, Exact]:
    """The columns of a scale within a scale: those whose keys begin with `prefix`, without it, and its `value`."""
    inner = {key.removeprefix(prefix): column for key, column in columns.items() if key.startswith(prefix)}
    return {**inner, "value": value}


def flat(points: Fraction, rows: int) -> Exact:
    """The same points in every row."""
    return Exact.constant(points, rows)


def ascending_faults(what: str, references: list[Reference], terms: Terms, measured: Type) -> Faults:
    """The fault of written values that do not ascend; looked-up ones are known only by row."""
    values = [value for each in references if (value := each.literal(terms, measured)) is not None]
    if all(low < high for low, high in pairwise(values)):
        return []
    return [("P210", f"the {what} do not ascend", "write them from the lowest to the highest, each once")]
