"""KPIs as they are written: a measure on the rows of a table, a ratio of two, or a formula over other KPIs.

The catalogue's KPIs are written in the same language as a program's own (`rules/catalogue/*.yaml`), so each can be
read, copied and changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField
from rules.kinds.base import Kind
from rules.names import Name
from rules.quantities.written import CountField, FlagField, NumberField

AGGREGATES = ("sum", "count", "count_distinct", "mean", "median")


_CREDITED = (
    "a deal counts for those with a credit of that role on it, by their shares; `sourced`: a deal that no credit says "
    "is sourced counts whole for its own partner; `influenced`: a deal that somebody sourced, by a credit or as its "
    "own partner_id, counts for nobody"
)


class Window(StrEnum):
    """Which stretch of days a measure looks at, as seen from the period; months are whole calendar months."""

    PERIOD = "period"
    PERIOD_BEFORE = "period_before"
    LAST_MONTH = "last_month"
    MONTH_BEFORE = "month_before"
    TRAILING_YEAR = "trailing_12_months"
    UNTIL_END = "until_end"
    UNTIL_START = "until_start"


class MeasureSpec(BaseModel):
    """One number for each partner, from the rows of one table: a sum, a count, a mean or a median.

    A row counts for the partner that it names; with `credited`, for the partners that hold a credit of that role on the
    deal, by their shares. With `latest_of`, of several rows with the same value only the latest counts.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)

    sum: ExpressionField | None = None
    count: Name | None = Field(default=None, description="the table whose rows are counted")
    count_distinct: ExpressionField | None = Field(default=None, description="the column whose values are counted once")
    mean: ExpressionField | None = Field(
        default=None, description="the sum over the rows where it is known / their number"
    )
    median: ExpressionField | None = None
    where: ExpressionField | None = Field(default=None, description="only rows for which this holds")
    dated: ExpressionField | None = Field(default=None, description="the date that puts a row into the window")
    window: Annotated[Window, Field(strict=False)] = Window.PERIOD
    credited: Literal["sourced", "influenced", "co_sold"] | None = Field(default=None, description=_CREDITED)
    partner: ExpressionField | None = Field(default=None, description="whose a row is, where not its own partner_id")
    latest_of: ExpressionField | None = None
    blank: Literal["unknown", "leave_out"] = Field(default="unknown", description="what a row without the value does")
    direct: FlagField = Field(default=False, description="for the program, rows of no partner count too")

    @model_validator(mode="after")
    def _one_aggregate(self) -> MeasureSpec:
        found = [name for name in AGGREGATES if getattr(self, name) is not None]
        if len(found) != 1:
            message = f"a measure is one thing, and this one is {' and '.join(found) if found else 'none'}"
            hint = "write one of " + ", ".join(AGGREGATES)
            raise PydanticCustomError("P120", "{message}", {"message": message, "hint": hint})
        return self

    @property
    def aggregate(self) -> str:
        """Which of the aggregates it is."""
        return next(name for name in AGGREGATES if getattr(self, name) is not None)


class KpiSpec(Kind):
    """A KPI: one from the catalogue (`use`), a measure with or without what it is divided by (`over`), or a formula.

    A ratio with nothing to divide by is unknown unless `when_zero` says zero; with `at_least`, so is one that rests on
    fewer rows. `parts` are KPIs that belong to this one, called `name.part`.
    """

    short = "use"

    use: Name | None = Field(default=None, description="the id of a KPI of the catalogue")
    title: str | None = None
    unit: Literal["money", "percent", "count", "days", "score", "ratio", "minutes"] | None = None
    better: Literal["higher", "lower"] | None = None
    level: Literal["partner", "program"] | None = None
    sum: ExpressionField | None = None
    count: Name | None = None
    count_distinct: ExpressionField | None = None
    mean: ExpressionField | None = None
    median: ExpressionField | None = None
    where: ExpressionField | None = None
    dated: ExpressionField | None = None
    window: Annotated[Window, Field(strict=False)] = Window.PERIOD
    credited: Literal["sourced", "influenced", "co_sold"] | None = Field(default=None, description=_CREDITED)
    partner: ExpressionField | None = Field(default=None, description="whose a row is, where not its own partner_id")
    latest_of: ExpressionField | None = None
    blank: Literal["unknown", "leave_out"] = Field(default="unknown", description="what a row without the value does")
    direct: FlagField = Field(default=False, description="for the program, rows of no partner count too")
    over: MeasureSpec | None = None
    formula: ExpressionField | None = None
    each: Literal["partner"] | None = Field(default=None, description="above partners, a formula's values are averaged")
    times: NumberField | None = Field(default=None, description="what the ratio is multiplied by, such as 100 or 12")
    when_zero: Literal["unknown", "zero"] = "unknown"
    at_least: CountField | None = Field(default=None, description="how much it must be divided by to be known")
    options: Mapping[Name, NumberField] = Field(default={}, description="values that expressions call option.NAME")
    parts: Mapping[Name, KpiSpec] = {}

    @model_validator(mode="after")
    def _one_meaning(self) -> KpiSpec:
        ways = [name for name in ("use", "formula") if getattr(self, name) is not None]
        ways += [name for name in AGGREGATES if getattr(self, name) is not None]
        if len(ways) != 1:
            message = f"a KPI is one thing, and this one is {' and '.join(ways) if ways else 'none'}"
            hint = "write one of use, formula, " + ", ".join(AGGREGATES)
            raise PydanticCustomError("P120", "{message}", {"message": message, "hint": hint})
        return self

    @property
    def measure(self) -> MeasureSpec:
        """The measure that the KPI itself writes."""
        shared = {name: getattr(self, name) for name in MeasureSpec.model_fields}
        return MeasureSpec.model_construct(**shared)
