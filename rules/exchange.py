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


_Ways: TypeAlias = dict[tuple[str, bool], list[Quote]]  # by the other currency, and whether the first is the own


class Rates:
    """The rates of one kind between the program's currency and others: `rows` in any order; `clashing` are those that
    were rejected since several are of one day, which is then without a rate. So is a month with several averages."""

    def __init__(self, meaning: ExchangeMeaning, rows: Iterable[Row], clashing: Iterable[Row] = ()) -> None:
        self.meaning = meaning
        self._quotes, self._clashing = self._by_way(rows), self._by_way(clashing)
        if meaning.kind == "average":
            for way, quotes in self._quotes.items():
                self._clashing.setdefault(way, []).extend(_of_one_month(quotes))

    def _by_way(self, rows: Iterable[Row]) -> _Ways:
        """Rates by the other currency and the direction, in the order of their days."""
        code = self.meaning.terms.currency.code
        found: _Ways = {}
        for origin, to, day, rate, record in rows:
            if (origin == code) != (to == code):
                is_inverse = origin == code
                other = to if is_inverse else origin
                found.setdefault((other, is_inverse), []).append(Quote(day, rate, is_inverse, record))
        for quotes in found.values():
            quotes.sort(key=lambda quote: quote.day)
        return found

    def of(self, code: str, day: date | None) -> Quote | None:
        """The quotation that converts a currency on a day: in the row's direction where one counts, else in the other;
        None where none does, or where it clashes with another of its day."""
        found, clash = self._of(code, day)
        return found if clash is None else None

    def clash(self, code: str, day: date | None) -> Quote | None:
        """One of the clashing quotations of which another would convert a currency on a day; None where none would."""
        return self._of(code, day)[1]

    def _of(self, code: str, day: date | None) -> tuple[Quote | None, Quote | None]:
        if day is None:
            return None, None
        for is_inverse in (False, True):
            found = self._latest(self._quotes, code, is_inverse, day)
            clash = self._latest(self._clashing, code, is_inverse, day)
            if clash is not None and (found is None or found.day <= clash.day or self.meaning.kind == "average"):
                return None, clash
            if found is not None:
                return found, None
        return None, None

    def _latest(self, ways: _Ways, code: str, is_inverse: bool, day: date) -> Quote | None:
        quotes = ways.get((code, is_inverse), [])
        if self.meaning.kind == "average":
            month = [each for each in quotes if _month(each) == (day.year, day.month)]
            return month[-1] if month else None
        at = bisect_right(quotes, day, key=lambda quote: quote.day)
        found = quotes[at - 1] if at else None
        return found if found and (day - found.day).days <= self.meaning.stale_after_days else None

    def beside(self, code: str, clash: Quote) -> list[Quote]:
        """The accepted quotations of the month of a clashing average, in its direction, in the order of their days."""
        quotes = self._quotes.get((code, clash.is_inverse), [])
        return [each for each in quotes if _month(each) == _month(clash)]

    def nearest(self, code: str, day: date | None) -> Quote | None:
        """The quotation of a currency that is the fewest days away; of two, the earlier; without a day, the latest."""
        quotes = [*self._quotes.get((code, False), []), *self._quotes.get((code, True), [])]
        if day is None:
            return max(quotes, key=lambda quote: quote.day, default=None)
        return min(quotes, key=lambda quote: (abs((quote.day - day).days), quote.day), default=None)

    def factor(self, code: str, quote: Quote) -> Fraction:
        """Minor units of the program's currency for one minor unit of another, exact."""
        return quote.factor(currency(code), self.meaning.terms.currency)


def _month(quote: Quote) -> tuple[int, int]:
    return quote.day.year, quote.day.month


def _of_one_month(quotes: Iterable[Quote]) -> list[Quote]:
    """The averages of months that have several which differ."""
    found: dict[tuple[int, int], list[Quote]] = {}
    for each in quotes:
        found.setdefault(_month(each), []).append(each)
    return [each for month in found.values() if len({quote.rate for quote in month}) > 1 for each in month]
