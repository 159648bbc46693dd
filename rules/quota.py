"""Quotas: what a partner is to reach, from the table of targets, for the period or its part of a year.

A quota is a value of partners like a KPI: `attainment: {formula: sourced / quota}`, `tiers: {quota: quota, ...}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from pydantic import Field

from rules.active import active_days, explain_active_days
from rules.calendar import Calendar, Period
from rules.expressions.tree import Type
from rules.kinds.base import Kind, Terms, Words, number, percent
from rules.names import Name
from rules.problem import Place
from rules.quantities.exact import Exact
from rules.quantities.written import RateField


class QuotaSpec(Kind):
    """What a partner is to reach of a KPI: its own target, else the program's, of the table `targets`.

    A quota set for the fiscal year is parted among its periods by `seasonality` (`{Q1: 20%, ...}`, by the names of the
    periods without their year); without it, the quota of a period is the whole year's. With `prorate: active_days` a
    partner who was recruited or terminated within the period (within the year, where the quota is the whole year's) has
    as much of it as it was active for, by days.
    """

    short = "target"

    target: Name = Field(description="the KPI whose targets they are, as the table of targets calls it")
    unit: Literal["money", "number", "count"] = "money"
    set_for: Literal["period", "fiscal_year"] = "period"
    seasonality: Mapping[str, RateField] = Field(default={}, description="the part of the year that falls in a period")
    prorate: Literal["active_days", "none"] = "none"

    def in_words(self, terms: Terms) -> Words:
        stretch = self.set_for.replace("_", " ")
        text = f"the partner's own target of {self.target} for the {stretch}, else the program's; in {self.unit}"
        if self.seasonality:
            parts = ", ".join(f"{name} {percent(part)}" for name, part in self.seasonality.items())
            text += f"; of it falls {parts}"
        elif self.set_for == "fiscal_year":
            text += "; each period has the whole of it"
        return Words(text + ("; in proportion to the days on which it was active" if self.prorate != "none" else ""))


@dataclass(frozen=True, slots=True)
class QuotaMeaning:
    """A quota, with its type and where it is written."""

    name: str
    spec: QuotaSpec
    type: Type
    place: Place

    def stretch(self, period: Period, calendar: Calendar) -> Period:
        """The period or the fiscal year that its target is set for."""
        return period if self.spec.set_for == "period" else calendar.fiscal_year(period.start)

    def prorated_over(self, period: Period, calendar: Calendar) -> Period:
        """The days over which it is prorated: the period's where it is the period's part, else its stretch."""
        return period if self.spec.seasonality else self.stretch(period, calendar)

    def part(self, period: Period) -> Fraction:
        """The part of its target that falls in a period."""
        return self.spec.seasonality[season(period)] if self.spec.seasonality else Fraction(1)


def season(period: Period) -> str:
    """The name of a period without its year.

    >>> season(Period("2026-Q2", date(2026, 4, 1), date(2026, 7, 1)))
    'Q2'
    """
    return period.name.partition("-")[2] or period.name


def quota(
    meaning: QuotaMeaning, target: Exact, active_from: Exact, active_to: Exact, period: Period, days: Period
) -> Exact:
    """The quota of every partner, (partners,), in minor units where money; unknown where it has no target.

    `active_from` and `active_to` are its first and last days in days since 1970-01-01, unknown where it has none;
    `days` is the stretch over which it is prorated.
    """
    rows = len(target)
    found = target * Exact.constant(meaning.part(period), rows)
    if meaning.spec.prorate == "none":
        return found
    held, whole = active_days(active_from, active_to, days), Exact.constant(days.days, rows)
    return found * held / whole


def explain_quota(
    meaning: QuotaMeaning,
    target: Fraction | None,
    active: tuple[date | None, date | None],
    period: Period,
    days: Period,
    named: str,
) -> tuple[Fraction | None, str]:
    """The same of one partner, worked out alone, and how in words; `named` tells its target."""
    if target is None:
        return None, "no target is set"
    value, words = target, named
    if meaning.spec.seasonality:
        value *= meaning.spec.seasonality[season(period)]
        words = f"{percent(meaning.spec.seasonality[season(period)])} of {named}"
    if meaning.spec.prorate == "active_days":
        held = explain_active_days(*active, days)
        value = value * held / days.days
        words += f", x {number(Fraction(held))} of {days.days} days active"
    return value, words
