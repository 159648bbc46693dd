"""The quotas of a program: each from targets that are there, parted among the periods of its calendar."""

from __future__ import annotations

from fractions import Fraction

from rules.calendar import MONTHS_BY_LENGTH, Calendar
from rules.check.scope import Path, Scope
from rules.expressions.tree import Type
from rules.kinds.base import percent
from rules.quota import QuotaMeaning, QuotaSpec

_LABELS = {"month": ("", 12), "quarter": ("Q", 4), "half_year": ("H", 2)}


def quota(scope: Scope, name: str, spec: QuotaSpec, calendar: Calendar) -> QuotaMeaning | None:
    """A quota; None after noting its faults. KPIs and payouts can name it from here on."""
    path: Path = ("quotas", name)
    table = scope.table("targets", path)
    if spec.set_for == "period" and spec.seasonality:
        message = "a target of the period has no parts"
        scope.problem("P199", (*path, "seasonality"), message, "write set_for: fiscal_year, or leave it out")
    elif spec.seasonality:
        _check_seasons(scope, spec, calendar, path)
    if spec.set_for == "fiscal_year" and calendar.length == "custom":
        message = "a custom calendar has no fiscal years"
        scope.problem("P199", (*path, "set_for"), message, "set targets for each period")
    type_ = Type(spec.unit)
    scope.named[name] = type_
    return None if table is None else QuotaMeaning(name, spec, type_, scope.key_place(path))


def _check_seasons(scope: Scope, spec: QuotaSpec, calendar: Calendar, path: Path) -> None:
    """Every period of a year has its part, and the parts are all of it."""
    at = (*path, "seasonality")
    if calendar.length not in _LABELS:
        scope.problem("P199", at, "a year that is one period has no parts", "leave seasonality out")
        return
    letter, count = _LABELS[calendar.length]
    assert count == 12 // MONTHS_BY_LENGTH[calendar.length]
    wanted = [f"{letter}{each}" if letter else f"{each:02d}" for each in range(1, count + 1)]
    if sorted(spec.seasonality) != wanted:
        message = f"seasonality names {', '.join(spec.seasonality)}"
        scope.problem("P199", at, message, f"name each of {', '.join(wanted)}")
    total = sum(spec.seasonality.values(), Fraction(0))
    if total != 1:
        scope.problem(
            "P199", at, f"the parts of the year are {percent(total)}, not 100 %", "write parts that add up to 100%"
        )
