"""What a kind is: the config it reads, the column it computes and the reason it gives for one row of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from rules.expressions.expression import Written
from rules.expressions.tree import Type
from rules.quantities.currency import Currency, format_minor
from rules.quantities.exact import Exact, Integers
from rules.quantities.rounding import Rounding
from rules.quantities.written import Money

Columns = Mapping[str, Exact]
MINOR_MAX = 10**15  # the largest amount that a document may name, in minor units: sums of many stay within int64


@dataclass(frozen=True, slots=True)
class Terms:
    """What every rule of a program shares: its currency and how a line is rounded where it is born."""

    currency: Currency
    rounding: Rounding = Rounding.HALF_UP
    step_minor: int = 1

    def minor(self, money: Money) -> Fraction:
        """Written money in minor units, exactly; finer than one where it was written finer."""
        return money.amount * Fraction(10**self.currency.decimals)

    def currency_faults(self, money: Money) -> list[tuple[str, str, str]]:
        """The fault of money in another currency than the program's, if it is."""
        if money.currency in (None, self.currency.code):
            return []
        message = f"an amount in {money.currency} in a program that pays {self.currency.code}"
        return [("P130", message, f"write it in {self.currency.code}")]

    def whole_faults(self, money: Money) -> list[tuple[str, str, str]]:
        """The same, and the faults of money that is finer than the minor unit, or beyond 10^15 of them."""
        faults = self.currency_faults(money)
        if self.minor(money).denominator != 1:
            decimals = self.currency.decimals
            message = f"{self.currency.code} has {decimals} decimals, and this amount has more"
            faults.append(("P132", message, f"write it with at most {decimals} decimals"))
        if abs(self.minor(money)) > MINOR_MAX:
            most = format_minor(MINOR_MAX, self.currency)
            faults.append(("W112", f"an amount beyond {self.currency.code} {most}", "check the number of digits"))
        return faults

    @property
    def rounding_words(self) -> str:
        """How lines are rounded, in words: `half up`, `half up to 0.05`."""
        to = "" if self.step_minor == 1 else f" to {format_minor(self.step_minor, self.currency)}"
        return self.rounding.value.replace("_", " ") + to

    def money(self, minor: Fraction | int) -> str:
        """An amount in words: whole minor units as `1,250.00`, finer ones with all their decimals."""
        exact = Fraction(minor)
        if exact.denominator == 1:
            return format_minor(exact.numerator, self.currency)
        return number(exact / 10**self.currency.decimals)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one row has its value: the value worked out again, in words, and the inputs that it rests on.

    `value` is in minor units where the column is money; `exact` is the value before its one rounding, where there
    was one; `uses` names the inputs of the kind that the words quote, in their order.
    """

    value: Fraction
    words: str
    uses: tuple[str, ...] = ()
    exact: Fraction | None = None


class Kind(BaseModel):
    """The config of a kind; its docstring is the reference page's text.

    Where `short` names a field, a lone scalar fills it: `rate: 5%` is `rate: {rate: 5%}`. `also` are the JSON Schemas
    of other forms that a validator of the model reads.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    short: ClassVar[str | None] = None
    also: ClassVar[tuple[dict[str, object], ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_short(cls, written: object) -> object:
        return {cls.short: written} if cls.short and isinstance(written, str) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        whole = handler.resolve_ref_schema(schema)
        if (cls.short is None and not cls.also) or "properties" not in whole:
            return schema
        short = [] if cls.short is None else [whole["properties"][cls.short]]
        long = dict(whole)
        whole.clear()
        whole.update({"description": long.pop("description", ""), "anyOf": [*short, *cls.also, long]})
        return schema


class PayoutKind(Kind):
    """A kind that pays lines: one amount for each row.

    `measures` says which types of base it takes; none means that it takes no base. `explain` reads input `base`.
    """

    measures: ClassVar[frozenset[Type]] = frozenset()

    @abstractmethod
    def compute(self, columns: Columns, rows: int, terms: Terms) -> Integers:
        """The amount of every row in minor units, (rows,), each rounded once."""

    @abstractmethod
    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        """The same amount of one row, worked out alone in fractions."""

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        """What `check` finds wrong with the config once the currency is known: (code, message, hint)."""
        return []


class ShareKind(Kind):
    """A kind that shares a pool: one weight for each participant; the pool is split in their proportion."""

    def inputs(self) -> Mapping[str, Written]:
        """The expressions that the kind reads, by input name."""
        return {}

    @abstractmethod
    def compute(self, columns: Columns, rows: int) -> Exact:
        """The weight of every participant, (rows,); unknown where an input is."""

    @abstractmethod
    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        """The same weight of one participant, worked out alone in fractions."""


def number(value: Fraction) -> str:
    """A number in words: exact decimals where they end, else nine of them and the sign that more follow.

    >>> number(Fraction(7, 8)), number(Fraction(1, 3)), number(Fraction(1250000))
    ('0.875', '0.333333333..', '1,250,000')
    """
    sign, size = ("-", -value) if value < 0 else ("", value)
    whole, rest = divmod(size, 1)
    digits = ""
    while rest and len(digits) < 9:
        digit, rest = divmod(rest * 10, 1)
        digits += str(digit)
    more = ".." if rest else ""
    return f"{sign}{int(whole):,}" + (f".{digits}{more}" if digits else "")


def percent(value: Fraction) -> str:
    """A fraction as a percentage in words.

    >>> percent(Fraction(3, 40))
    '7.5 %'
    """
    return f"{number(value * 100)} %"
