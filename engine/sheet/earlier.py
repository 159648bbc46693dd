"""Look back: the sheets of earlier periods, worked out again from the same facts as they are known now.

What a limit of the year has left, what a bank holds and what a return takes back rests on what was paid before. Each
earlier period is worked out at most once, from the first one on, and only where a rule asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from engine.sheet.keeping import Keep
from engine.sheet.lookback import looking_back
from engine.values import Credits, Facts, Plan, Sheet
from rules.calendar import Period

Evaluated = Callable[[Plan, Facts, Period, Keep, "Earlier"], Sheet]


class Earlier:
    """The sheets of the periods before one, by the facts that all share and what of the plan looks back."""

    def __init__(self, plan: Plan, facts: Facts, keep: Keep, evaluated: Evaluated) -> None:
        self._plan, self._facts, self._keep, self._evaluated = looking_back(plan), facts, keep, evaluated
        self.sheets: dict[str, Sheet] = {}
        self.credits: dict[str, Credits] = {}  # of crediting rules that are alike in all periods

    @property
    def first(self) -> date:
        """The first day on which the program is in force."""
        return self._plan.effective.first

    @property
    def last(self) -> date:
        """The last day on which the program is in force."""
        return self._plan.effective.last

    def since(self, first: date, period: Period) -> list[Sheet]:
        """The sheets of the program's periods from the one that holds `first`, and before `period`, in order."""
        periods: list[Period] = []
        at = self._plan.calendar.before(period)
        while at is not None and at.end > first and at.end > self._plan.effective.first:
            periods.append(at)
            at = self._plan.calendar.before(at)
        return [self.sheet(each) for each in reversed(periods)]

    def holding(self, day: date, period: Period) -> Sheet | None:
        """The sheet of the period before `period` that holds a day, if the program was in force then."""
        at = self._plan.calendar.before(period)
        while at is not None and at.end > self._plan.effective.first:
            if at.start <= day < at.end:
                return self.sheet(at)
            at = self._plan.calendar.before(at)
        return None

    def before(self, period: Period) -> Sheet | None:
        """The sheet of the period before `period`, if the program was in force then."""
        return self.back(period, 1)

    def back(self, period: Period, periods: int) -> Sheet | None:
        """The sheet of so many periods before `period`, if the program was in force then."""
        at: Period | None = period
        for _ in range(periods):
            at = None if at is None else self._plan.calendar.before(at)
        return None if at is None or at.end <= self._plan.effective.first else self.sheet(at)

    def sheet(self, period: Period) -> Sheet:
        """The sheet of one period."""
        if period.name not in self.sheets:
            self.sheets[period.name] = self._evaluated(self._plan, self._facts.at(period), period, self._keep, self)
        return self.sheets[period.name]
