"""What payees earned and were not paid by a day: a roll-forward that adds up, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class AccruedRow:
    """One payee in one currency, in minor units: opening + earned + adjusted + returned - paid = closing.

    `calculated_minor` is what open cycles would add, and no part of the closing. Of one program of several, payments
    are those of all programs of the payee together: `paid_minor` and `returned_minor` are None, and are not counted.
    """

    payee: str
    currency: str
    opening_minor: int
    earned_minor: int
    adjusted_minor: int
    returned_minor: int | None
    paid_minor: int | None
    calculated_minor: int

    @property
    def closing_minor(self) -> int:
        """What is owed at the end of the day."""
        moved = self.opening_minor + self.earned_minor + self.adjusted_minor
        return moved + (self.returned_minor or 0) - (self.paid_minor or 0)

    @property
    def amounts(self) -> tuple[int | None, ...]:
        """Its columns: opening, earned, adjusted, returned, paid, closing, calculated and not locked."""
        return (
            self.opening_minor,
            self.earned_minor,
            self.adjusted_minor,
            self.returned_minor,
            self.paid_minor,
            self.closing_minor,
            self.calculated_minor,
        )


@dataclass(frozen=True, slots=True)
class Accrued:
    """The roll-forward from the beginning of one day to the end of another: a row for each payee and currency.

    `program` is the one that it is of, "" for all; `cycles` are the open ones that `calculated_minor` rests on.
    """

    start: date
    as_of: date
    program: str
    rows: tuple[AccruedRow, ...]
    cycles: tuple[str, ...]

    @property
    def totals(self) -> tuple[AccruedRow, ...]:
        """The sum of all rows in each currency; the payee is blank."""
        currencies = sorted({row.currency for row in self.rows})
        return tuple(_total(code, [row for row in self.rows if row.currency == code]) for code in currencies)


def _total(code: str, rows: list[AccruedRow]) -> AccruedRow:
    return AccruedRow(
        "",
        code,
        sum(row.opening_minor for row in rows),
        sum(row.earned_minor for row in rows),
        sum(row.adjusted_minor for row in rows),
        _sum(row.returned_minor for row in rows),
        _sum(row.paid_minor for row in rows),
        sum(row.calculated_minor for row in rows),
    )


def _sum(amounts: Iterable[int | None]) -> int | None:
    """The sum of amounts that are all known; None where they are not told."""
    found = [each for each in amounts if each is not None]
    return sum(found) if found else None
