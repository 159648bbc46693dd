"""The period that a user names: one of the program's calendar, within the days for which the program is in force."""

from __future__ import annotations

from rules.calendar import NoSuchPeriod, Period
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused


def period_of(meaning: Meaning, name: str) -> Period:
    """The period of that name, which lies within the days for which the program is in force."""
    try:
        period = meaning.calendar.period(name)
    except NoSuchPeriod as error:
        raise Refused(Problem("S120", f"there is no period {name}", Place(), str(error))) from None
    if period.start < meaning.effective.first or period.end > meaning.effective.end:
        message = f"period {period} is not within {meaning.effective.first} to {meaning.effective.last}"
        hint = "the program is in force for those days only; change the period, or effective:"
        raise Refused(Problem("S121", message, Place(), hint))
    return period
