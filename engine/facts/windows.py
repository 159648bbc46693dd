"""The days that a measure looks at: a window and a period in, a half-open range of days out."""

from __future__ import annotations

from datetime import date, timedelta

from rules.calendar import Calendar, Period
from rules.kpi import Window


def window_days(window: Window, period: Period, calendar: Calendar) -> tuple[date | None, date | None] | None:
    """The half-open days of a window (None: open); None altogether where there is no period before."""
    last = period.end - timedelta(days=1)
    match window:
        case Window.PERIOD:
            return period.start, period.end
        case Window.PERIOD_BEFORE:
            before = calendar.before(period)
            return None if before is None else (before.start, before.end)
        case Window.LAST_MONTH:
            first, end = _month(last.year, last.month, 0)
            return first, min(end, period.end)  # a period that does not end with a month looks no further than its end
        case Window.MONTH_BEFORE:
            return _month(period.start.year, period.start.month, -1)
        case Window.TRAILING_YEAR:
            return _year_before(period.end), period.end
        case Window.UNTIL_END:
            return None, period.end
        case Window.UNTIL_START:
            return None, period.start


def _month(year: int, month: int, shift: int) -> tuple[date, date]:
    first = year * 12 + month - 1 + shift
    return date(first // 12, first % 12 + 1, 1), date((first + 1) // 12, (first + 1) % 12 + 1, 1)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February: the year before it began on 1 March
        return date(day.year - 1, 3, 1)
