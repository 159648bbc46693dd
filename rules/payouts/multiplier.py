"""Multipliers: what is due for a line times a factor that a KPI, a score, a date or a band decides; with the twin.

A line is multiplied before it is rounded, by each multiplier of its rule in their order. A multiplier that does not
apply to a row (`where` is false or unknown) leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field, PlainSerializer, TypeAdapter, ValidationError, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Columns, Kind, Reason, Wanted, number
from rules.quantities.exact import Exact
from rules.quantities.numerals import DECIMAL_PATTERN, NUMBER_PATTERN, Unwritable
from rules.quantities.written import NumberField, number_text, parse_rate
from rules.reads import Reads

_NUMBER: TypeAdapter[Fraction] = TypeAdapter(NumberField)
_SCHEMA = _NUMBER.json_schema() | {
    "pattern": rf"^(?:{NUMBER_PATTERN}|{DECIMAL_PATTERN}%)$",
    "description": "A number or a percentage.",
    "examples": ["1.2", "80%"],
}


class Percentage(Fraction):
    """A number that was written in percent, and is told so."""

    __slots__ = ()


def _read(value: object) -> Fraction:
    """A number, or a percentage: an edge of an attainment is written as one."""
    try:
        if isinstance(value, str) and value.endswith("%"):
            return Percentage(parse_rate(value))
        return _NUMBER.validate_python(value)
    except ValidationError as refusal:
        fault = refusal.errors()[0]
        raise PydanticCustomError(fault["type"], "{message}", fault["ctx"]) from None
    except Unwritable as fault:
        raise PydanticCustomError(fault.code, "{message}", {"message": fault.message, "hint": fault.hint}) from None


FactorField = Annotated[
    Fraction,
    Reads(_read),
    PlainSerializer(number_text, return_type=str, when_used="json"),
    WithJsonSchema(_SCHEMA),
]
_NUMBERS = frozenset({Type.NUMBER, Type.COUNT, Type.MONEY})


class FactorBand(Kind):
    """A factor, and the value of `by` below which it holds; the last band has no upper end."""

    below: FactorField | None = None
    times: FactorField


class Multiplier(Kind):
    """A factor on what is due: an expression, or the band that a measure falls into; within bounds.

    `gold: {times: 1.2, where: performance.tier = 'gold'}` or `{by: attainment, bands: [{below: 80%, times: 0}, {times:
    1}]}`. A value that equals `below` is in the next band. Money in `by` counts in major units.
    """

    short = "times"

    times: ExpressionField | None = Field(default=None, description="the factor")
    by: ExpressionField | None = Field(default=None, description="the measure whose band is the factor")
    bands: Annotated[tuple[FactorBand, ...], Field(strict=False)] = Field(default=(), description="the bands of `by`")
    where: ExpressionField | None = Field(default=None, description="only for rows for which this holds")
    at_least: FactorField | None = Field(default=None, description="the lowest factor")
    at_most: FactorField | None = Field(default=None, description="the highest factor")

    @model_validator(mode="after")
    def _is_whole(self) -> Multiplier:
        if (self.times is None) == (self.by is None) or (self.by is None) != (not self.bands):
            named = [name for name in ("times", "by", "bands") if getattr(self, name)]
            found = f"names {' and '.join(named)}" if named else "names neither"
            message = f"a multiplier is a factor (times) or bands of a measure (by, bands), and this one {found}"
            _refuse("P190", message, "write times:, or by: and bands:")
        edges = [band.below for band in self.bands]
        if edges and (edges[-1] is not None or any(edge is None for edge in edges[:-1])):
            message = "every band but the last has an end, and the last has none"
            _refuse("P191", message, "give each band but the last below:")
        for low, high in pairwise(edge for edge in edges if edge is not None):
            if low >= high:
                message = f"below {number(high)} stands after below {number(low)}, and bands rise"
                _refuse("P191", message, "write them from the lowest to the highest")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            message = f"no factor is at least {number(self.at_least)} and at most {number(self.at_most)}"
            _refuse("P192", message, "swap the two")
        return self

    def inputs(self) -> Mapping[str, Wanted]:
        """The expressions that it reads on each row."""
        found = {"times": self.times, "by": self.by}
        wanted = {name: Wanted(written, _NUMBERS) for name, written in found.items() if written is not None}
        if self.where is not None:
            wanted["where"] = Wanted(self.where, frozenset({Type.FLAG}))
        return wanted

    def compute(self, columns: Columns, rows: int, minor_per_major: Mapping[str, int]) -> Exact:
        """The factor of every row, (rows,); unknown where its input is, 1 where it does not apply.

        `minor_per_major` names the inputs that are money, and the minor units in one major unit.
        """
        name = "times" if self.by is None else "by"
        value = columns[name] * Exact.constant(Fraction(1, minor_per_major.get(name, 1)), rows)
        if self.by is not None:
            factor = Exact.constant(self.bands[-1].times, rows)
            for band in reversed(self.bands[:-1]):
                assert band.below is not None, "all bands but the last have an end"
                is_below = value.compare(Exact.constant(band.below, rows)) < 0
                factor = Exact.constant(band.times, rows).where(is_below, factor)
            value = Exact(factor.numerator, factor.denominator, value.known)
        for bound, side in ((self.at_least, -1), (self.at_most, 1)):
            if bound is not None:
                limit = Exact.constant(bound, rows)
                beyond = np.sign(value.compare(limit)) == side
                value = Exact.constant(bound, rows).where(beyond & value.is_known(), value)
        if "where" in columns:
            applies = (columns["where"].numerator > 0) & columns["where"].is_known()
            value = value.where(applies, Exact.constant(1, rows))
        return value

    def explain(self, columns: Columns, row: int, minor_per_major: Mapping[str, int]) -> Reason:
        """The same factor of one row, worked out alone in fractions."""
        if "where" in columns and columns["where"].fraction(row) != 1:
            return Reason(Fraction(1), "does not apply", ())
        name = "times" if self.by is None else "by"
        measured = columns[name].fraction(row)
        assert measured is not None, "a row with an unknown factor is never paid"
        measured /= minor_per_major.get(name, 1)
        if self.by is None:
            value, words = measured, number(measured)
        else:
            band = next(band for band in self.bands if band.below is None or measured < band.below)
            value, words = band.times, f"{number(band.times)} as {number(measured)} is "
            words += "in the last band" if band.below is None else f"below {number(band.below)}"
        if self.at_least is not None and value < self.at_least:
            value, words = self.at_least, f"{words}, at least {number(self.at_least)}"
        if self.at_most is not None and value > self.at_most:
            value, words = self.at_most, f"{words}, at most {number(self.at_most)}"
        return Reason(value, words, (name,))


def _refuse(code: str, message: str, hint: str) -> None:
    raise PydanticCustomError(code, "{message}", {"message": message, "hint": hint})
