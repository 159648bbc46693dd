"""What every KPI of the reference keeps: periods, states, blanks, sums, ratios, scopes. Standard library only.

In: tables of typed rows. Out: the helpers that the KPI files are written with. Two rules shape all of them:

- A comparison with a blank date or text is false, so a blank end ("not terminated before T") means: has not ended.
- A blank in a value that is summed, averaged or put against a threshold makes that figure unknown: leaving the row out
  of a sum would count it as zero, and a blank is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Pair = tuple[int | Fraction, int | Fraction]


class Unknown(Exception):
    """The figure can't be known: a table was not supplied, a needed cell is blank, or the denominator is zero."""


@dataclass(frozen=True)
class Period:
    """S <= date < E, with the period before it where there is one."""

    start: date
    end: date
    before: Period | None = None

    def has(self, day: date | None) -> bool:
        return day is not None and self.start <= day < self.end

    def has_last_month(self, month: date | None) -> bool:
        """Whether `month` is the calendar month of the period's last day, the day before E."""
        last_day = self.end - timedelta(days=1)
        return month is not None and (month.year, month.month) == (last_day.year, last_day.month)


class Facts:
    """All tables, with the rows of each partner gathered once; sums over two currencies are refused."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.kept: dict[str, Any] = {}
        self.rows_of_partner: dict[tuple[str, str], list[Row]] = {}
        for table, rows in tables.items():
            for row in rows:
                partner_id = row.get("partner_id")
                if partner_id is not None:
                    self.rows_of_partner.setdefault((table, partner_id), []).append(row)
            currencies = {row["currency"] for row in rows if row.get("currency") is not None}
            if table != "partners" and len(currencies) > 1:
                raise ValueError(f"{table} holds {sorted(currencies)}: the reference does not convert currencies")

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """What `compute` returns, computed the first time only: it is the same for every partner."""
        if name not in self.kept:
            self.kept[name] = compute()
        return self.kept[name]


@dataclass(frozen=True)
class Scope:
    """One partner (its id), or the whole program (None): which rows a figure is computed from."""

    facts: Facts
    partner_id: str | None

    def whole(self, table: str) -> list[Row]:
        """Every row of the table, whatever the scope; Unknown where the table was not supplied."""
        if table not in self.facts.tables:
            raise Unknown(table)
        return self.facts.tables[table]

    def rows(self, table: str) -> list[Row]:
        """The partner's rows by partner_id; for the program every row, those without a partner too."""
        everything = self.whole(table)
        if self.partner_id is None:
            return everything
        return self.facts.rows_of_partner.get((table, self.partner_id), [])

    def partner_rows(self, table: str) -> list[Row]:
        """Like `rows`, for the formulas that speak of partners: what belongs to no partner is left out."""
        return [row for row in self.rows(table) if row.get("partner_id") is not None]


def is_before(day: date | None, instant: date) -> bool:
    return day is not None and day < instant


def partner_is_active(row: Row, instant: date) -> bool:
    return is_before(row.get("recruited_on"), instant) and not is_before(row.get("terminated_on"), instant)


def customer_is_active(row: Row, instant: date) -> bool:
    return is_before(row.get("acquired_on"), instant) and not is_before(row.get("churned_on"), instant)


def deal_is_open(row: Row, instant: date) -> bool:
    """By its dates alone: today's status says nothing about an instant in the past."""
    return is_before(row.get("opened_on"), instant) and not is_before(row.get("closed_on"), instant)


def deal_is_won(row: Row, period: Period) -> bool:
    return row.get("status") == "won" and period.has(row.get("closed_on"))


def known(row: Row, column: str) -> Any:
    """The cell's value; Unknown where it is blank."""
    value = row.get(column)
    if value is None:
        raise Unknown(column)
    return value


def total(rows: Iterable[Row], column: str) -> Any:
    """The sum of the column; zero over no rows, Unknown where a cell is blank."""
    result = 0
    for row in rows:
        result += known(row, column)
    return result


def days_between(row: Row, first: str, second: str) -> int:
    days: int = (known(row, second) - known(row, first)).days
    return days


def amount(value: int | Fraction) -> Pair:
    """A sum or a count: its denominator is one."""
    return (value, 1)


def ratio(numerator: int | Fraction, denominator: int | Fraction) -> Pair:
    """Numerator and denominator as they are, not reduced; Unknown where the denominator is zero."""
    if denominator == 0:
        raise Unknown("zero denominator")
    return (numerator, denominator)


def mean(values: list[Any]) -> Pair:
    return ratio(sum(values), len(values))


def median(values: list[int]) -> Pair:
    """The middle value, or the mean of the two in the middle; Unknown over no values."""
    if not values:
        raise Unknown("no values")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return (ordered[middle], 1)
    return (ordered[middle - 1] + ordered[middle], 2)


def distinct(rows: Iterable[Row], column: str) -> set[Any]:
    """The different values of the column; a blank names nobody and is not counted."""
    return {row[column] for row in rows if row.get(column) is not None}
