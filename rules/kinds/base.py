"""What a kind is: the config it reads, the column it computes and the reason it gives for one row of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from rules.expressions.expression import Written
from rules.expressions.tree import Type
from rules.quantities.currency import Currency, format_minor
from rules.quantities.exact import Exact
from rules.quantities.rounding import Rounding
from rules.quantities.written import Money

Columns = Mapping[str, Exact]
TERM = "term"  # the input that holds what was agreed with a row's partner
MINOR_MAX = 10**15  # the largest amount that a document may name, in minor units: sums of many stay within int64


@dataclass(frozen=True, slots=True)
class Terms:
    """What every rule of a program shares: its currency and how a line is rounded where it is born.

    For one rule, `types` says of which type each input of its kind is (`base` and those of `inputs`): a written 100_000
    is an amount of money beside money, and a number beside a number.
    """

    currency: Currency
    rounding: Rounding = Rounding.HALF_UP
    step_minor: int = 1
    types: Mapping[str, Type] = field(default_factory=dict, hash=False)

    @property
    def minor_per_major(self) -> int:
        """How many minor units make one of the currency: 100 cents."""
        return int(10**self.currency.decimals)

    def minor(self, money: Money) -> Fraction:
        """Written money in minor units, exactly; finer than one where it was written finer."""
        return money.amount * Fraction(10**self.currency.decimals)

    def measured(self, written: Money, name: str = "base") -> Fraction:
        """A written amount in the units of an input: minor units where that is money, else the number as it stands."""
        return self.minor(written) if self.types[name] is Type.MONEY else written.amount

    def measured_words(self, value: Fraction, name: str = "base") -> str:
        """A value of an input in words: an amount where that is money, else a number."""
        return self.money(value) if self.types[name] is Type.MONEY else number(value)

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

    def amount(self, minor: Fraction | int) -> str:
        """The same with the currency: `EUR 1,250.00`."""
        return f"{self.currency.code} {self.money(minor)}"

    def money(self, minor: Fraction | int) -> str:
        """An amount in words: whole minor units as `1,250.00`, finer ones with all their decimals."""
        exact = Fraction(minor)
        if exact.denominator == 1:
            return format_minor(exact.numerator, self.currency)
        return number(exact / 10**self.currency.decimals)


@dataclass(frozen=True, slots=True)
class Peers:
    """Whom a row was compared with: the known values of its peers in order, the lowest first, itself among them.

    `rows` are positions in the column, equal values in the order of these; `numbers` over `below` the values; `at` is
    the row's own index in both, and `near` the indices that the reason rests on beside it, such as the two ends. `unit`
    is money (minor units), percent or number.
    """

    rows: tuple[int, ...]
    numbers: tuple[Fraction | int, ...]
    below: int
    at: int | None = None
    near: tuple[int, ...] = ()
    unit: str = "number"

    def value(self, index: int) -> Fraction:
        """The value of one of them."""
        return Fraction(self.numbers[index]) / self.below


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one row has its value: the value worked out again, in words, and the inputs that it rests on.

    `value` is in minor units where the column is money; `exact` is the value before its one rounding, where there
    was one; `uses` names the inputs of the kind that the words quote, in their order; `peers` whom it was compared
    with, where it was.
    """

    value: Fraction
    words: str
    uses: tuple[str, ...] = ()
    exact: Fraction | None = None
    peers: Peers | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What a config says to the people whom it concerns: a sentence without its full stop, and a table of its steps
    where it has any."""

    text: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Kind(BaseModel):
    """The config of a kind; its docstring is the reference page's text.

    Where `short` names a field, a lone scalar fills it: `rate: 5%` is `rate: {rate: 5%}`. `also` are the JSON Schemas
    of other forms that a validator of the model reads.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)
    short: ClassVar[str | None] = None
    also: ClassVar[tuple[dict[str, object], ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_short(cls, written: object) -> object:
        if written is None:
            hint = "write the value, or delete the key"
            raise PydanticCustomError("W101", "{message}", {"message": "the value is blank", "hint": hint})
        return {cls.short: written} if cls.short and isinstance(written, str) else written

    def in_words(self, terms: Terms) -> Words:
        """What the config says, every key of it: as they are written, unless a kind says it better.

        A plan on paper is made of these, so what partners sign is what runs.
        """
        written = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return Words("; ".join(f"{name.replace('_', ' ')}: {written_words(value)}" for name, value in written.items()))

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """An expression that a kind reads on each row beside its base, and the types that it may have.

    `path` is where it was written, in keys and indices below the kind's own key; empty: under its input's name.
    """

    written: Written
    types: frozenset[Type]
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """What a kind adds up before a row: what starts it anew, whose rows they are, in which order, and which input.

    `over` is period, fiscal_year, contract or ever; `per` is partner or program; `order` are columns of the row, after
    which its key decides; `of` names the input that is added up, of credited rows each partner's share of it. The kind
    reads the total as input `before`.
    """

    over: str
    per: str
    order: tuple[Written, ...]
    of: str = "base"


class RowFault(NamedTuple):
    """A row that a kind cannot pay, and why; `beside` are the other rows that the message speaks of."""

    row: int
    code: str
    message: str
    hint: str
    beside: tuple[int, ...] = ()


class PayoutKind(Kind):
    """A kind that pays lines: one amount for each row, exact; the rule's line is rounded once, after all else.

    `measures` says which types of base it takes; none means that it takes no base. Both twins read the inputs that
    `inputs` names, `base` where it takes one and `before` where it is `running`, all in minor units where money.
    `rounds_together` says which lines keep their exact sum when they are rounded: `row`, those of one source row (for
    several partners); `frame`, those that `together` says.
    """

    measures: ClassVar[frozenset[Type]] = frozenset()
    rounds_together: ClassVar[Literal["row", "frame"] | None] = None

    @property
    def lifts_earlier_rows(self) -> bool:
        """Whether a row also brings what rows before it lack, and so rests on what these were paid."""
        return False

    @property
    def takes(self) -> frozenset[Type]:
        """Which types of base this config takes, of those that the kind `measures`; none: it takes no base."""
        return self.measures

    def inputs(self) -> Mapping[str, Wanted]:
        """The expressions that the kind reads beside the base, by input name."""
        return {}

    @property
    def optional_inputs(self) -> frozenset[str]:
        """The inputs that may be unknown where the row is paid; an unknown one of the others leaves nothing to pay."""
        return frozenset()

    @property
    def agreed(self) -> str | None:
        """The term of table `terms` that the kind reads as input TERM: unknown where none was agreed; None: no term."""
        return None

    @property
    def may_lapse(self) -> bool:
        """Whether a row on a day after an agreement has ended is paid as if nothing had been agreed."""
        return False

    def agreed_words(self, value: Fraction, terms: Terms) -> str:
        """An agreed value in words."""
        return percent(value)

    @property
    def running(self) -> Running | None:
        """What is added up before each row, and how; None where every row is paid on its own."""
        return None

    def turns(self, terms: Terms) -> Mapping[str, tuple[Fraction, ...]]:
        """Where what is due jumps or turns, by input in its units (minor where money), ascending; of `quota` in parts
        of it. An input that is not named is paid in proportion, or decides nothing."""
        return {}

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        """The rows that cannot be paid by this config; asked before `compute`, which is not called if there are any.

        A row that would not be paid anyway, for its base is unknown, is no fault.
        """
        return []

    def together(self, columns: Columns, rows: int, terms: Terms) -> NDArray[np.int64]:
        """Which lines are rounded together where `rounds_together` is `frame`, (rows,): those of the same number."""
        return np.zeros(rows, dtype=np.int64)

    @abstractmethod
    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        """What is due for every row in minor units, (rows,), exact and unrounded."""

    @abstractmethod
    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        """The same of one row, worked out alone in fractions."""

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        """What `check` finds wrong with the config once the currency is known: (code, message, hint)."""
        return []


class ShareKind(Kind):
    """A kind that shares a pool: one weight for each participant; the pool is split in their proportion.

    Where a weight `is_measure`, it is in the unit of its inputs, and those are all money or none of them is; a kind
    that `counts` takes no money.
    """

    is_measure: ClassVar[bool] = False
    counts: ClassVar[bool] = False

    def inputs(self) -> Mapping[str, Written]:
        """The expressions that the kind reads, by input name."""
        return {}

    @property
    def optional_inputs(self) -> frozenset[str]:
        """The inputs that may be unknown where the participant has a weight."""
        return frozenset()

    @abstractmethod
    def compute(self, columns: Columns, rows: int) -> Exact:
        """The weight of every participant, (rows,); unknown where an input is that is not optional."""

    @abstractmethod
    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        """The same weight of one participant, worked out alone in fractions."""


def written_words(value: object) -> str:
    """A value of a document on one line: lists in brackets, keys with their values in braces."""
    if isinstance(value, list):
        return "[" + ", ".join(map(written_words, value)) + "]"
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{name}: {written_words(each)}" for name, each in value.items() if each is not None) + "}"
        )
    return str(value)


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
