"""What the table of balances says: what partners had on each balance at the end of a day, and when it falls due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rules.calendar import Calendar, Period


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """What a partner, or the program where that is blank, had on a balance at the end of a day; and when it is to be
    released or expires, or was paid, where that is known.

    `amount_minor` is None where the cell is blank, `record` the row's place in its source.
    """

    partner: str
    balance: str
    as_of: date
    released_on: date | None
    amount_minor: int | None
    record: int

    @property
    def key(self) -> str:
        """The row's key, as people know it."""
        balance = self.balance.replace("\\", "\\\\").replace("/", "\\/")
        return f"{self.partner}/{balance}/{self.as_of}/{self.released_on or ''}"


def last_rows(rows: Iterable[OpeningRow], start: date) -> list[OpeningRow]:
    """The rows of the last day before a period begins of which there are any: what was before is told by them."""
    before = [row for row in rows if row.as_of < start]
    last = max((row.as_of for row in before), default=None)
    return [row for row in before if row.as_of == last]


def after(rows: Sequence[OpeningRow]) -> date:
    """The day after the one that the last rows tell of: no period that began before it is looked at."""
    return rows[0].as_of + timedelta(days=1) if rows else date.min


def falls_due(row: OpeningRow, period: Period, lasts: int, calendar: Calendar, is_first: bool) -> bool | None:
    """Whether a row's amount falls due in a period: None where it does so later, or never.

    It does on its day, or without one as if it had come on to the balance in the period of `as_of`: `lasts` periods
    later, never where that is 0. What was due on a day before falls due in the first period that opens with the row.
    """
    if row.released_on is not None:
        if row.released_on >= period.end:
            return None
        return is_first or row.released_on >= period.start
    if not lasts:
        return None
    ago = 0
    at: Period | None = period
    while at is not None and at.start > row.as_of:
        ago, at = ago + 1, calendar.before(at)
    if ago < lasts:
        return None
    return is_first or ago == lasts
