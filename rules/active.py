"""The days on which a partner was one: of a quota or a share that holds for the whole period, it has that part.

`active_days` takes columns, `explain_active_days` two dates; they share no code. The first and the last day count.
"""

from __future__ import annotations

from datetime import date

from rules.calendar import Period
from rules.quantities.exact import Exact

ACTIVE = {"from": "recruited_on", "to": "terminated_on"}  # the columns of a partner's first and last day


def active_days(active_from: Exact, active_to: Exact, days: Period) -> Exact:
    """How many of some days each partner was one, (partners,); days since 1970-01-01, unknown where there is none."""
    rows = len(active_from)
    first, end = _ordinal(days.start), _ordinal(days.end)
    begins = _known_or(active_from, first)
    ends = _known_or(active_to + Exact.constant(1, rows), end)
    latest_start = -(-begins).least(Exact.constant(-first, rows))
    held = ends.least(Exact.constant(end, rows)) - latest_start
    return held.where(held.compare(Exact.constant(0, rows)) > 0, Exact.constant(0, rows))


def explain_active_days(active_from: date | None, active_to: date | None, days: Period) -> int:
    """The same of one partner.

    >>> year = Period("2026", date(2026, 1, 1), date(2027, 1, 1))
    >>> explain_active_days(date(2026, 4, 1), None, year), explain_active_days(None, date(2026, 9, 30), year)
    (275, 273)
    """
    first = max(days.start, active_from or days.start)
    last = min(days.last, active_to or days.last)
    return max((last - first).days + 1, 0)


def _known_or(days: Exact, otherwise: int) -> Exact:
    return days.where(days.is_known(), Exact.constant(otherwise, len(days)))


def _ordinal(day: date) -> int:
    return (day - date(1970, 1, 1)).days
