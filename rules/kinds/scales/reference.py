"""What a KPI is measured against: a target, a benchmark, a percentile of the peers, another value or a plain number.

A program's text goes in, a frozen `Reference` comes out; looking up the value of each row is the engine's job.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Kind, Terms
from rules.kinds.scales.quantile import Quantile
from rules.quantities.numerals import NUMBER_PATTERN, Unwritable
from rules.quantities.written import (
    MONEY_PATTERN,
    RATE_PATTERN,
    Money,
    RateField,
    money_text,
    number_text,
    parse_money,
    parse_number,
    parse_rate,
)
from rules.reads import Reads

Source = Literal["literal", "table", "percentile", "expression"]
_TABLES = ("target", "benchmark.p25", "benchmark.p50", "benchmark.p75")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A written number, share (`percent`: its amount is the fraction) or amount of money (in major units)."""

    amount: Fraction
    unit: Literal["number", "percent", "money"]
    currency: str | None = None


def parse_quantity(text: str) -> Quantity:
    """A quantity of whichever unit its writing shows; raises `Unwritable`.

    >>> parse_quantity("EUR 1_250.00")
    Quantity(amount=Fraction(1250, 1), unit='money', currency='EUR')
    >>> parse_quantity("7.5%").amount, parse_quantity("-3").unit
    (Fraction(3, 40), 'number')
    """
    if text.endswith("%"):
        return Quantity(parse_rate(text), "percent")
    if text[:1].isalpha():
        money = parse_money(text)
        return Quantity(money.amount, "money", money.currency)
    return Quantity(parse_number(text), "number")


def quantity_text(quantity: Quantity) -> str:
    """The canonical text of a quantity; `parse_quantity` reads it back."""
    if quantity.unit == "money":
        return money_text(Money(quantity.amount, quantity.currency))
    if quantity.unit == "percent":
        return number_text(quantity.amount * 100) + "%"
    return number_text(quantity.amount)


def _read(value: object) -> Quantity:
    if isinstance(value, Quantity):
        return value
    try:
        if not isinstance(value, str):
            raise Unwritable("W123", f"a written text belongs here, not a {type(value).__name__}", "write one value")
        return parse_quantity(value)
    except Unwritable as error:
        raise PydanticCustomError(error.code, "{message}", {"message": error.message, "hint": error.hint}) from None


QuantityField = Annotated[
    Quantity,
    Reads(_read),
    PlainSerializer(quantity_text, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "pattern": f"^(?:{NUMBER_PATTERN}|{RATE_PATTERN}|{MONEY_PATTERN}|{'|'.join(_TABLES)})$",
            "description": "A number, a percentage or an amount of money; or target, benchmark.p25, benchmark.p50, "
            "benchmark.p75: what the tables targets and benchmarks hold.",
            "examples": ["40", "75%", "EUR 100_000", "target", "benchmark.p50"],
        }
    ),
]


class Reference(Kind):
    """What a KPI is measured against: `40`, `75%`, `EUR 100_000`, `target`, `benchmark.p50`, `{percentile: 75%}` or
    `{expression: last_year}`.

    `target` is the row's target for this KPI and `benchmark.p50` the figure of its segment, in the tables of those
    names. `percentile` is that percentile of the peers' values of the same KPI, among all or, with `among`, among
    those for whom an expression is equal. `expression` is another KPI or a column, such as a baseline.
    """

    short: ClassVar[str | None] = "value"

    value: QuantityField | None = None
    table: Literal["target", "benchmark.p25", "benchmark.p50", "benchmark.p75"] | None = None
    percentile: RateField | None = None
    among: ExpressionField | None = None
    method: Quantile | None = Field(default=None, description="interpolated (type 7) unless said")
    expression: ExpressionField | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_table(cls, written: object) -> object:
        return {"table": written} if isinstance(written, str) and written in _TABLES else written

    @model_validator(mode="after")
    def _one_source(self) -> Reference:
        sources = (self.value, self.table, self.percentile, self.expression)
        message = ""
        if sum(each is not None for each in sources) != 1:
            message = "a reference names one of value, table, percentile and expression"
        elif self.percentile is None and (self.among is not None or self.method is not None):
            message = "among and method belong to a percentile"
        elif self.percentile is not None and not 0 <= self.percentile <= 1:
            message = "a percentile lies between 0% and 100%"
        if message:
            hint = "write a quantity, target, benchmark.p50, {percentile: 75%} or {expression: ...}"
            raise PydanticCustomError("P208", "{message}", {"message": message, "hint": hint})
        return self

    @property
    def source(self) -> Source:
        """Which of the ways the reference takes."""
        if self.value is not None:
            return "literal"
        if self.table is not None:
            return "table"
        return "percentile" if self.percentile is not None else "expression"

    @property
    def words(self) -> str:
        """The reference as a person would name it: `target`, `the 75 % percentile`, `40`."""
        if self.value is not None:
            return quantity_text(self.value)
        if self.expression is not None:
            return self.expression.text
        if self.percentile is not None:
            return f"the {number_text(self.percentile * 100)} % percentile"
        assert self.table is not None, "one of the sources is named"
        return self.table

    def literal(self, terms: Terms, measured: Type) -> Fraction | None:
        """The value of a literal in the KPI's unit: minor units where it is money; None for other sources.

        >>> from rules.quantities.currency import currency
        >>> reference = Reference.model_validate("EUR 12.50")
        >>> reference.literal(Terms(currency("EUR")), Type.MONEY)
        Fraction(1250, 1)
        """
        if self.value is None:
            return None
        return self.value.amount * (10**terms.currency.decimals if measured is Type.MONEY else 1)

    def faults(self, terms: Terms, measured: Type) -> list[tuple[str, str, str]]:
        """The faults of a literal whose unit is not the KPI's: (code, message, hint)."""
        if self.value is None:
            return []
        if self.value.unit == "money" and measured is Type.MONEY:
            return terms.currency_faults(Money(self.value.amount, self.value.currency))
        if self.value.unit == "money":
            return [("P209", f"{self.words} is money, and the KPI is a {measured.value}", "write a number")]
        if self.value.unit == "percent" and measured is Type.MONEY:
            return [("P209", f"{self.words} is a share, and the KPI is money", "write an amount, or scale another KPI")]
        return []
