"""The periods from one to another, as a user names them: `2024-01..2026-06`."""

from __future__ import annotations

from rules.calendar import Calendar, NoSuchPeriod, Period
from rules.problem import Place, Problem, Refused

PERIODS_MAX = 600


def span_of(calendar: Calendar, text: str) -> tuple[Period, ...]:
    """Each period from the first that is named to the last; raises Refused (S120, M211).

    What is measured is paid to nobody, so the program need not have been in force.

    >>> [each.name for each in span_of(Calendar("quarter"), "2025-Q4..2026-Q2")]
    ['2025-Q4', '2026-Q1', '2026-Q2']
    """
    one, sign, other = text.partition("..")
    if not sign:
        message = f"'{text[:64]}' is one period, and an effect is measured over several"
        raise Refused(Problem("M211", message, Place(), "write the first and the last, such as 2024-01..2026-06"))
    try:
        first, last = calendar.period(one), calendar.period(other)
    except NoSuchPeriod as error:
        raise Refused(Problem("S120", f"there is no span of periods {text[:64]}", Place(), str(error))) from None
    found = [first]
    while found[-1].start < last.start and len(found) < PERIODS_MAX:
        after = calendar.after(found[-1])
        if after is None:
            break
        found.append(after)
    if found[-1] != last:
        message = f"{last.name} does not come after {first.name}, or not within {PERIODS_MAX} periods"
        raise Refused(Problem("M211", message, Place(), "name the earlier period first"))
    return tuple(found)
