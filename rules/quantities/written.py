"""How people write quantities in a program: a text in, an exact value out, or `Unwritable` with reason and cure.

The fields at the end bind each grammar to pydantic models: they accept str only; a refusal is a `PydanticCustomError`
whose type is the problem's code and whose context holds the hint; `model_dump(mode="json")` gives canonical text.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated, Any, TypeVar

from pydantic import PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.quantities.numerals import (
    COUNT_PATTERN,
    DECIMAL_PATTERN,
    FRACTION_PATTERN,
    MAGNITUDE_MAX,
    NUMBER_PATTERN,
    OTHER_NUMBER,
    PLAIN_NUMBER,
    WHOLE_PATTERN,
    Unwritable as Unwritable,
    check_digits,
    decimal_text,
    has_decimals,
    measure,
    parse_decimal,
    parse_fraction,
    shown_text,
)
from rules.reads import Reads

RATE_PATTERN = rf"{DECIMAL_PATTERN}%?|{FRACTION_PATTERN}"
MONEY_PATTERN = rf"(?:[A-Z]{{3}} )?{DECIMAL_PATTERN}"
DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
RANGE_PATTERN = rf"{DATE_PATTERN} to {DATE_PATTERN}"
FLAG_PATTERN = r"true|false"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in major units (euros, not cents) and its currency code; None means the program's currency."""

    amount: Fraction
    currency: str | None


@dataclass(frozen=True, slots=True, order=True)
class DateRange:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        assert self.first <= self.last, "a range runs forwards"

    @property
    def end(self) -> date:
        """The day after the last, for half-open comparison."""
        return self.last + timedelta(days=1)


def parse_money(text: str) -> Money:
    """An amount, with its currency code before it or none, so that `EUR 1_250.00` reads as in a contract.

    Up to 12 decimals and 10^15 major units; whether it is finer than the currency's minor unit, the caller judges.

    >>> parse_money("EUR 1_250.00")
    Money(amount=Fraction(1250, 1), currency='EUR')
    >>> parse_money("-0.0035")
    Money(amount=Fraction(-7, 2000), currency=None)
    """
    measure(text)
    currency, _, amount = text.rpartition(" ")
    if re.fullmatch("[A-Z]{3}", currency):
        return Money(parse_decimal(amount, text), currency)
    if PLAIN_NUMBER.fullmatch(text) is None and _has_currency(text):
        raise Unwritable("W115", f"{shown_text(text)} is not an amount with a currency code", "write EUR 500 or 500")
    return Money(parse_decimal(text, text), None)


def parse_rate(text: str) -> Fraction:
    """A share as `7.5%`, `0.075` or `1/3`; without `%`, a decimal beyond 1 is refused, for `5` may mean 5% or 500%.

    >>> parse_rate("7.5%"), parse_rate("0.075"), parse_rate("1/3")
    (Fraction(3, 40), Fraction(3, 40), Fraction(1, 3))
    """
    measure(text)
    if text.endswith("%"):
        return parse_decimal(text[:-1], text) / 100
    if "/" in text:
        return parse_fraction(text)
    rate = parse_decimal(text, text)
    if abs(rate) > 1:
        percent = decimal_text(rate * 100, 0)
        raise Unwritable("W113", f"the rate {text} has no %", f"write {text}% or {percent}%, whichever is meant")
    return rate


def parse_number(text: str) -> Fraction:
    """An exact number as `-3.25` or `1/3`, up to 10^15 in size.

    >>> parse_number("-3.25")
    Fraction(-13, 4)
    """
    measure(text)
    return parse_fraction(text) if "/" in text else parse_decimal(text, text)


def parse_count(text: str) -> int:
    """A whole number up to 10^15 in size.

    >>> parse_count("1_000")
    1000
    """
    measure(text)
    if re.fullmatch(rf"{COUNT_PATTERN}(?:\.[0-9]+|/{WHOLE_PATTERN})", text):
        raise Unwritable("W122", f"{shown_text(text)} is not a whole number", "leave out the decimals, as in 1_000")
    return int(parse_decimal(text, text))


def parse_date(text: str) -> date:
    """A day as `2026-01-31`, in the years 1900 to 2999.

    >>> parse_date("2026-01-31")
    datetime.date(2026, 1, 31)
    """
    measure(text)
    if not re.fullmatch(DATE_PATTERN, text):
        check_digits(text)
        raise Unwritable("W116", f"{shown_text(text)} is not a date", "write year-month-day, such as 2026-01-31")
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    _check_month(text, year, month)
    days = calendar.monthrange(year, month)[1]
    if not 1 <= day <= days:
        cause = f"{calendar.month_name[month]} {year} has {days} days"
        raise Unwritable("W117", f"there is no day {text}", cause)
    return date(year, month, day)


def parse_month(text: str) -> DateRange:
    """A calendar month as `2026-04`: the range of its days.

    >>> parse_month("2026-02").last
    datetime.date(2026, 2, 28)
    """
    measure(text)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
        check_digits(text)
        raise Unwritable("W116", f"{shown_text(text)} is not a month", "write year-month, such as 2026-04")
    year, month = int(text[:4]), int(text[5:])
    _check_month(text, year, month)
    return DateRange(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def parse_range(text: str) -> DateRange:
    """The days from a first to a last, both included, as `2026-01-01 to 2026-12-31`.

    >>> parse_range("2026-01-01 to 2026-12-31").end
    datetime.date(2027, 1, 1)
    """
    measure(text)
    ends = text.split(" to ")
    if len(ends) != 2:
        hint = "write the first and the last day, such as 2026-01-01 to 2026-12-31"
        raise Unwritable("W119", f"{shown_text(text)} is not a range of dates", hint)
    first, last = parse_date(ends[0]), parse_date(ends[1])
    if last < first:
        raise Unwritable("W120", f"the range ends on {last}, before it starts on {first}", f"write {last} to {first}")
    return DateRange(first, last)


def parse_flag(text: str) -> bool:
    """Exactly `true` or `false`; `yes`, `no` and `on` are words, and `NO` is Norway.

    >>> parse_flag("true")
    True
    """
    measure(text)
    if text in ("true", "false"):
        return text == "true"
    meant = {"yes": "true", "on": "true", "true": "true", "y": "true", "1": "true"}
    meant |= {"no": "false", "off": "false", "false": "false", "n": "false", "0": "false"}
    hint = f"write {meant.get(text.lower(), 'true or false')}"
    raise Unwritable("W121", f"{shown_text(text)} is neither true nor false", hint)


def money_text(money: Money) -> str:
    """The canonical text of an amount, with two decimals at least; `parse_money` reads it back.

    >>> money_text(Money(Fraction(1250), "EUR"))
    'EUR 1250.00'
    """
    return (f"{money.currency} " if money.currency else "") + decimal_text(money.amount, 2)


def rate_text(rate: Fraction) -> str:
    """The canonical text of a rate: a decimal up to 1, else a percentage; a fraction where no 12 decimals hold it.

    >>> rate_text(Fraction(3, 40)), rate_text(Fraction(3, 2)), rate_text(Fraction(1, 3))
    ('0.075', '150%', '1/3')
    """
    if abs(rate) <= 1 and has_decimals(rate):
        return decimal_text(rate, 0)
    if has_decimals(rate * 100) and abs(rate * 100) <= MAGNITUDE_MAX:
        return decimal_text(rate * 100, 0) + "%"
    return f"{rate.numerator}/{rate.denominator}"


def number_text(number: Fraction) -> str:
    """The canonical text of a number: a decimal, or a fraction where no 12 decimals hold it."""
    return decimal_text(number, 0) if has_decimals(number) else f"{number.numerator}/{number.denominator}"


def range_text(days: DateRange) -> str:
    """The canonical text of a range of dates."""
    return f"{days.first} to {days.last}"


def _has_currency(text: str) -> bool:
    if OTHER_NUMBER.fullmatch(text):
        return False
    return any(character.isalpha() or unicodedata.category(character) == "Sc" for character in text)


def _check_month(text: str, year: int, month: int) -> None:
    if not 1 <= month <= 12:
        raise Unwritable("W117", f"{text} names month {month:02}", "months are 01 to 12, and the year comes first")
    if not 1900 <= year <= 2999:
        raise Unwritable("W118", f"the year of {text} is out of range", "write a year from 1900 to 2999")


T = TypeVar("T")


def _reads(parse: Callable[[str], T]) -> Reads:
    def read(value: object) -> T:
        try:
            if value is None:
                raise Unwritable("W101", "the value is blank", "write the value, or delete the key")
            if not isinstance(value, str):
                message = f"a written text belongs here, not a {type(value).__name__}"
                raise Unwritable("W123", message, "write one value, such as EUR 500")
            return parse(value)
        except Unwritable as error:
            context = {"message": error.message, "hint": error.hint}
            # The message goes in by name: its own braces, copied from the document, are no template.
            raise PydanticCustomError(error.code, "{message}", context) from None

    return Reads(read)


def _writes(write: Callable[[T], str]) -> PlainSerializer:
    return PlainSerializer(write, return_type=str, when_used="json")


def _schema(kinds: list[str], pattern: str, description: str, examples: list[Any], **bounds: Any) -> WithJsonSchema:
    shape = {"type": kinds, "pattern": f"^(?:{pattern})$", "description": description, "examples": examples}
    return WithJsonSchema(shape | bounds)


_NUMERIC = ["string", "number"]
_INTEGRAL = ["string", "integer"]
_SIZE = {"minimum": -(10**15), "maximum": 10**15}

MoneyField = Annotated[
    Money,
    _reads(parse_money),
    _writes(money_text),
    _schema(
        _NUMERIC,
        MONEY_PATTERN,
        "An amount in major units, with a currency code before it or in the program's currency.",
        ["EUR 1_250.00", "500", "-5"],
        **_SIZE,
    ),
]
RateField = Annotated[
    Fraction,
    _reads(parse_rate),
    _writes(rate_text),
    _schema(
        _NUMERIC,
        RATE_PATTERN,
        "A share: a percentage, a decimal from -1 to 1, or a fraction.",
        ["7.5%", "0.075", "1/3"],
        minimum=-1,
        maximum=1,
    ),
]
NumberField = Annotated[
    Fraction,
    _reads(parse_number),
    _writes(number_text),
    _schema(_NUMERIC, NUMBER_PATTERN, "An exact number or fraction.", ["-3.25", "1/3"], **_SIZE),
]
CountField = Annotated[
    int,
    _reads(parse_count),
    _writes(str),
    _schema(_INTEGRAL, COUNT_PATTERN, "A whole number.", ["1_000", "12"], **_SIZE),
]
DateField = Annotated[
    date,
    _reads(parse_date),
    _writes(str),
    _schema(["string"], DATE_PATTERN, "A day, as year-month-day.", ["2026-01-31"]),
]
RangeField = Annotated[
    DateRange,
    _reads(parse_range),
    _writes(range_text),
    _schema(["string"], RANGE_PATTERN, "Days from first to last, both included.", ["2026-01-01 to 2026-12-31"]),
]
FlagField = Annotated[
    bool,
    _reads(parse_flag),
    _writes(lambda flag: "true" if flag else "false"),
    _schema(["string", "boolean"], FLAG_PATTERN, "Exactly true or false.", ["true", "false"]),
]
