"""The program's calendar: which periods there are, what they are called and which days they hold.

Periods are half-open inside (`start` <= day < `end`) and told to people with both days included. Names are
`2026-04`, `2026-Q2`, `2026-H1`, `2026`, or the program's own for a custom calendar; the year in a name is the fiscal
year's. A fiscal year that does not start on 1 January is named after the calendar year of its first or of its last day,
as the program says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

MONTHS_BY_LENGTH: Mapping[str, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_YEAR = r"(19\d{2}|2\d{3})"  # the years that a document can hold
_NAMES = {"quarter": ("Q", 4), "half_year": ("H", 2)}


@dataclass(frozen=True, slots=True)
class Period:
    """A named stretch of days: `start` is its first day, `end` the day after its last."""

    name: str
    start: date
    end: date

    @property
    def last(self) -> date:
        """The last day that belongs to the period."""
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days the period holds."""
        return (self.end - self.start).days

    def __str__(self) -> str:
        return f"{self.name} ({self.start} to {self.last})"


class NoSuchPeriod(ValueError):
    """The calendar has no period of that name; the message says which names it has."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The lengths and names of a program's periods.

    `length` is month, quarter, half_year, year or custom. The fiscal year starts on day `start_day` of `start_month`;
    `named_after_end` tells whether a fiscal year has the name of the calendar year in which it ends.

    >>> str(Calendar("quarter").period("2026-Q2"))
    '2026-Q2 (2026-04-01 to 2026-06-30)'
    >>> str(Calendar("year", 4, 6, named_after_end=True).period("2026"))
    '2026 (2025-04-06 to 2026-04-05)'
    """

    length: str = "month"
    start_month: int = 1
    start_day: int = 1
    named_after_end: bool = False
    custom: tuple[Period, ...] = field(default=())

    def period(self, name: str) -> Period:
        """The period of that name; raises NoSuchPeriod."""
        if self.length == "custom":
            for period in self.custom:
                if period.name == name:
                    return period
            raise NoSuchPeriod("the calendar's periods are " + ", ".join(period.name for period in self.custom))
        year, number = self._parse(name)
        return self._numbered(year, number)

    def before(self, period: Period) -> Period | None:
        """The period that ends where this one starts; None where a custom calendar has none."""
        if self.length == "custom":
            return next((each for each in self.custom if each.end == period.start), None)
        year, number = self._parse(period.name)
        return self._numbered(year, number - 1) if number else self._numbered(year - 1, self._per_year() - 1)

    def after(self, period: Period) -> Period | None:
        """The period that starts where this one ends; None where a custom calendar has none."""
        if self.length == "custom":
            return next((each for each in self.custom if each.start == period.end), None)
        year, number = self._parse(period.name)
        return self._numbered(year, number + 1) if number + 1 < self._per_year() else self._numbered(year + 1, 0)

    def is_last(self, day: date) -> bool:
        """Whether a period ends on a day, or the first one begins on the next.

        >>> Calendar("quarter").is_last(date(2026, 3, 31)), Calendar("quarter").is_last(date(2026, 4, 30))
        (True, False)
        """
        after = day + timedelta(days=1)
        if self.length == "custom":
            return any(after in (each.start, each.end) for each in self.custom)
        if self.length == "month":
            return after.day == 1
        return after.day == self.start_day and (after.month - self.start_month) % MONTHS_BY_LENGTH[self.length] == 0

    def fiscal_year(self, day: date) -> Period:
        """The fiscal year that holds a day (of a custom calendar: the custom period that does)."""
        if self.length == "custom":
            for period in self.custom:
                if period.start <= day < period.end:
                    return period
            raise NoSuchPeriod(f"no period of the calendar holds {day}")
        year = day.year if day >= date(day.year, self.start_month, self.start_day) else day.year - 1
        named = self.named_after_end and (self.start_month, self.start_day) != (1, 1)
        start, end = (date(each, self.start_month, self.start_day) for each in (year, year + 1))
        return Period(f"{year + named:04d}", start, end)

    def _per_year(self) -> int:
        return 12 // MONTHS_BY_LENGTH[self.length]

    def _shift(self) -> int:
        if self.length == "month":
            return 0  # a month is named by the calendar, whatever the fiscal year
        starts_in_january = (self.start_month, self.start_day) == (1, 1)
        return 1 if self.named_after_end and not starts_in_january else 0

    def _parse(self, name: str) -> tuple[int, int]:
        pattern, example = self._form()
        match = re.fullmatch(pattern, name, re.ASCII)
        if match is None:
            raise NoSuchPeriod(f"a period of this program is a {self.length.replace('_', '-')}, such as {example}")
        return int(match[1]) - self._shift(), int(match[2]) - 1 if match.lastindex == 2 else 0

    def _form(self) -> tuple[str, str]:
        if self.length == "month":
            return rf"{_YEAR}-(0[1-9]|1[0-2])", "2026-04"
        if self.length == "year":
            return _YEAR, "2026"
        letter, count = _NAMES[self.length]
        return rf"{_YEAR}-{letter}([1-{count}])", f"2026-{letter}2"

    def _numbered(self, year: int, number: int) -> Period:
        months = MONTHS_BY_LENGTH[self.length]
        shown = year + self._shift()
        if self.length == "month":
            name = f"{shown:04d}-{number + 1:02d}"
        elif self.length == "year":
            name = f"{shown:04d}"
        else:
            name = f"{shown:04d}-{_NAMES[self.length][0]}{number + 1}"
        return Period(name, self._month_start(year, number * months), self._month_start(year, (number + 1) * months))

    def _month_start(self, year: int, months: int) -> date:
        month = months if self.length == "month" else self.start_month - 1 + months
        return date(year + month // 12, month % 12 + 1, self.start_day)
