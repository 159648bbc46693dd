"""Exchange: which rate converts a row in another currency, and what one of its minor units is worth.

In: how a program converts, and the rates of the table `fx_rates`. Out: for a currency and a day the quotation that
counts, as an exact fraction in the direction in which it is quoted. Nothing is crossed over a third currency.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, TypeAlias

from pydantic import Field

from rules.crediting.days import DaysField
from rules.kinds.base import Kind, Terms, Words, number
from rules.names import Name
from rules.problem import Place
from rules.quantities.currency import Currency, currency, format_minor

STALE_AFTER_DAYS = 7
RATE_MAX = 10**9  # with 9 decimals and 4 of currencies, the product with any amount fits 128 bits
PERIOD_END = "period_end"
RateKind: TypeAlias = Literal["spot", "average", "closing"]


class ExchangeSpec(Kind):
    """How rows in another currency are converted: by the rates of the table `fx_rates`, exact, as they are quoted.

    A row is converted at the latest rate on or before its day, no older than `stale_after` (7 days unless said); an
    `average` is the one of the day's calendar month. The day is that of the row's event, or, with `on: period_end`, the
    period's last. `dates` names another column of a table as the day of its rows, or `period_end`.
    """

    short = "rates"

    rates: RateKind = Field(default="spot", description="the kind of rate, as fx_rates.kind says it")
    on: Literal["event", "period_end"] = "event"
    stale_after: DaysField | None = Field(default=None, description="how old a rate may be; 7 days unless said")
    dates: Mapping[Name, str] = Field(default={}, description="table: the column with the day of its rows")

    def in_words(self, terms: Terms) -> Words:
        day = "the period's last day" if self.on == PERIOD_END else "the day of its event"
        if self.rates == "average":
            text = f"a row in another currency is converted at the average rate of the month of {day}"
        else:
            days = self.stale_after or STALE_AFTER_DAYS
            text = f"a row in another currency is converted at the latest {self.rates} rate on or before {day}, "
            text += f"at most {days} day{'s' * (days != 1)} old"
        for table, column in self.dates.items():
            text += f"; the day of {table} is " + ("the period's last" if column == PERIOD_END else column)
        text += "; payouts are worked out of the exact amount, all else of the amount rounded"
        return Words(f"{text} {terms.rounding.value.replace('_', ' ')}; a row without such a rate is not accepted")


@dataclass(frozen=True, slots=True)
class ExchangeMeaning:
    """How rows are converted: `days` names, by table, the columns with the day of a row, the first that is not blank;
    none of them: the period's last day. A table that is not named has no day."""

    spec: ExchangeSpec
    days: Mapping[str, tuple[str, ...]]
    terms: Terms
    place: Place

    @property
    def kind(self) -> RateKind:
        """The kind of rate that converts."""
        return self.spec.rates

    @property
    def stale_after_days(self) -> int:
        """How many days old a rate may be."""
        return self.spec.stale_after or STALE_AFTER_DAYS

    def needs_period(self) -> bool:
        """Whether a conversion depends on which period is run."""
        return any(not names for names in self.days.values())


@dataclass(frozen=True, slots=True)
class Quote:
    """A rate as it is quoted: `rate` units of the second currency for one of the first; `is_inverse` where the first is
    the program's own."""

    day: date
    rate: Fraction
    is_inverse: bool
    record: int

    def factor(self, own: Currency, to: Currency) -> Fraction:
        """Minor units of `to` for one minor unit of `own`, exact.

        >>> Quote(date(2026, 3, 2), Fraction("0.0062"), False, 1).factor(currency("JPY"), currency("EUR"))
        Fraction(31, 50)
        """
        rate = 1 / self.rate if self.is_inverse else self.rate
        return rate * Fraction(to.minor_per_major, own.minor_per_major)

    def words(self, kind: str, file: str) -> str:
        """What an amount is multiplied with, or divided by: `x 0.92 (spot of 2026-03-02, fx.csv record 7)`."""
        sign = "/" if self.is_inverse else "x"
        return f"{sign} {number(self.rate)} ({kind} of {self.day}, {file} record {self.record})"


@dataclass(frozen=True, slots=True)
class Converted:
    """An amount of a row in its own currency, and what it is in the program's: exact, in minor units."""

    own_minor: int
    own: Currency
    quote: Quote
    value: Fraction

    def words(self, kind: str, file: str, terms: Terms) -> str:
        """`USD 1,000.00 x 0.92 (spot of 2026-03-02, fx.csv record 7) = 920.00`."""
        own = f"{self.own.code} {format_minor(self.own_minor, self.own)}"
        return f"{own} {self.quote.words(kind, file)} = {terms.money(self.value)}"


@dataclass(frozen=True, slots=True)
class Gain:
    """What amounts of paid rows in one currency are: in it, at the rates of their days, and at that of the period's
    last day (`quote`; None where there is none), in minor units."""

    table: str
    column: str
    own: Currency
    rows: int
    own_minor: int
    at_days_minor: int
    at_end_minor: int | None
    quote: Quote | None

    @property
    def gain_minor(self) -> int | None:
        """What the amounts have gained by the period's last day; below zero, what they have lost."""
        return None if self.at_end_minor is None else self.at_end_minor - self.at_days_minor


Row: TypeAlias = tuple[str, str, date, Fraction, int]  # from, to, the day, the rate, the record


class Rates:
    """The rates of one kind between the program's currency and others: `rows` in any order."""

    def __init__(self, meaning: ExchangeMeaning, rows: Iterable[Row]) -> None:
        self._meaning, code = meaning, meaning.terms.currency.code
        self._quotes: dict[tuple[str, bool], list[Quote]] = {}
        for origin, to, day, rate, record in rows:
            if (origin == code) != (to == code):
                is_inverse = origin == code
                other = to if is_inverse else origin
                self._quotes.setdefault((other, is_inverse), []).append(Quote(day, rate, is_inverse, record))
        for quotes in self._quotes.values():
            quotes.sort(key=lambda quote: quote.day)

    def of(self, code: str, day: date | None) -> Quote | None:
        """The quotation that converts a currency on a day: in the row's direction where one counts, else in the other;
        None where none does."""
        if day is None:
            return None
        return self._latest(code, False, day) or self._latest(code, True, day)

    def _latest(self, code: str, is_inverse: bool, day: date) -> Quote | None:
        quotes = self._quotes.get((code, is_inverse), [])
        if self._meaning.kind == "average":
            month = [each for each in quotes if (each.day.year, each.day.month) == (day.year, day.month)]
            return month[-1] if month else None
        at = bisect_right(quotes, day, key=lambda quote: quote.day)
        found = quotes[at - 1] if at else None
        return found if found and (day - found.day).days <= self._meaning.stale_after_days else None

    def nearest(self, code: str, day: date | None) -> Quote | None:
        """The quotation of a currency that is the fewest days away; of two, the earlier; without a day, the latest."""
        quotes = [*self._quotes.get((code, False), []), *self._quotes.get((code, True), [])]
        if day is None:
            return max(quotes, key=lambda quote: quote.day, default=None)
        return min(quotes, key=lambda quote: (abs((quote.day - day).days), quote.day), default=None)

    def factor(self, code: str, quote: Quote) -> Fraction:
        """Minor units of the program's currency for one minor unit of another, exact."""
        return quote.factor(currency(code), self._meaning.terms.currency)
