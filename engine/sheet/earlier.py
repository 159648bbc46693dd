"""Look back: the sheets of earlier periods, worked out again from the same facts as they are known now.

What a limit of the year has left, what a bank holds and what a return takes back rests on what was paid before. Each
earlier period is worked out at most once, from the first one on, and only where a rule asks for it: by the version of
the program that it was locked with, where that is another one.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from datetime import date

from engine.sheet.by_version import THIS, refuse_other_facts, refuse_other_rule, seen_by
from engine.sheet.keeping import Keep
from engine.sheet.lookback import looked_at, looking_back
from engine.values import Credits, Facts, Plan, Sheet
from engine.values.versions import LockedBy, Version, version_on
from rules.calendar import Period
from rules.meaning import Meaning

Evaluated = Callable[[Plan, Facts, Period, Keep, "Earlier"], Sheet]


class Earlier:
    """The sheets of the periods before one, by the facts that all share and what of the plan looks back, as one version
    of the program names what is in them."""

    def __init__(self, shared: Shared, own: Version | None = None) -> None:
        self._shared, self._own = shared, own
        self._written = shared.plan_of(own)
        self._plan = looking_back(self._written, shared.wanted)
        self.sheets: dict[str, Sheet] = {}
        self.credits: MutableMapping[str, Credits] = {}  # of crediting rules that are alike in all periods

    @property
    def first(self) -> date:
        """The first day on which the program is in force, by this version or an earlier one."""
        return min(each.effective.first for each in self._shared.plans)

    @property
    def last(self) -> date:
        """The last day on which the program is in force."""
        return self._plan.effective.last

    def since(self, first: date, period: Period) -> list[Sheet]:
        """The sheets of the program's periods from the one that holds `first`, and before `period`, in order."""
        periods: list[Period] = []
        at = self._plan.calendar.before(period)
        while at is not None and at.end > first and self._is_in_force(at):
            periods.append(at)
            at = self._plan.calendar.before(at)
        return [self.sheet(each) for each in reversed(periods)]

    def holding(self, day: date, period: Period) -> Sheet | None:
        """The sheet of the period before `period` that holds a day, if the program was in force then."""
        at = self._plan.calendar.before(period)
        while at is not None and self._is_in_force(at):
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
        return None if at is None or not self._is_in_force(at) else self.sheet(at)

    def sheet(self, period: Period) -> Sheet:
        """The sheet of one period, as this version names what is in it."""
        if period.name not in self.sheets:
            by = version_on(self._shared.locked, period.start)
            is_own = _digest(by) == _digest(self._own)
            if not is_own:
                refuse_other_facts(self._written, self._shared.plan_of(by), by, period, self._shared.facts)
            found = self._shared.sheet(period, by)
            if not is_own:
                found = seen_by(self._written, found, self._shared.plan_of(by), _digest(by) or THIS)
            self.sheets[period.name] = found
        return self.sheets[period.name]

    def worked_out(self, period: Period) -> Sheet:
        """The sheet of a period that this version is the one of."""
        facts = self._shared.at(period, None if self._own is None else self._own.meaning)
        return self._shared.evaluated(self._plan, facts, period, self._shared.keep, self)

    def refuse_other_rule(self, name: str, period: Period, sheet: Sheet | None = None) -> None:
        """Raise Refused where the payout with a column of that name was worked out otherwise in an earlier sheet, or in
        any locked period before `period`."""
        for each in self._shared.locked:
            is_asked = each.start < period.start if sheet is None else each.period == sheet.period.name
            if is_asked and _digest(each.version) != _digest(self._own):
                refuse_other_rule(self._written, self._shared.plan_of(each.version), each.period, name)

    def _is_in_force(self, period: Period) -> bool:
        by = version_on(self._shared.locked, period.start)
        return period.end > self._shared.plan_of(by).effective.first


class Shared:
    """What all versions share: the sheets, each as its own version wrote it, and what any version looks back at.
    `locked` are the earlier periods that were locked, in order, where they were locked with several versions; `at`
    gives the facts as another period sees them, where somebody holds them already."""

    def __init__(
        self,
        plan: Plan,
        facts: Facts,
        keep: Keep,
        evaluated: Evaluated,
        locked: Sequence[LockedBy] = (),
        at: Callable[[Period, Meaning | None], Facts] | None = None,
    ) -> None:
        self.at = at or facts.at
        self.facts, self.keep, self.evaluated, self.locked = facts, keep, evaluated, locked
        self.plans = [plan, *(each.version.plan for each in locked if each.version is not None)]
        self.wanted = {name for each in self.plans for name in looked_at(each)}
        self._views: dict[str, Earlier] = {}
        self._found: dict[str, Sheet] = {}

    def plan_of(self, version: Version | None) -> Plan:
        """The plan of a version, or of the one at hand."""
        return self.plans[0] if version is None else version.plan

    def seen_as(self, version: Version | None) -> Earlier:
        """The sheets as a version names what is in them."""
        if _digest(version) not in self._views:
            self._views[_digest(version)] = Earlier(self, version)
        return self._views[_digest(version)]

    def sheet(self, period: Period, by: Version | None) -> Sheet:
        """The sheet of one period, as its version wrote it."""
        if period.name not in self._found:
            self._found[period.name] = self.seen_as(by).worked_out(period)
        return self._found[period.name]


def _digest(version: Version | None) -> str:
    return "" if version is None else version.sha256
