"""What measuring an effect of funds or of an incentive was asked, and what it found: the values of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.problem import Problem
from rules.quantities.currency import Currency
from scenarios.effect.adstock import CarryOver
from scenarios.effect.answer import Effect, Method, NotMeasurable
from scenarios.effect.event_study import EventStudy
from scenarios.effect.spill import NetLift
from scenarios.funds.worth import Range, Worth
from scenarios.panels.treatment import Since


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure: a KPI over periods (of the program's calendar, or `by` month or quarter), of which partners, and
    how. `lasts` is for how many periods a campaign is counted, None for all after its start. `margin` is a rate or a
    KPI, `also` a KPI that may have been taken from, `split` what the treated are told apart by; "" where not asked."""

    outcome: str
    periods: str
    by: str = ""
    method: Method | None = None
    since: Since = Since.CAMPAIGN
    activity: str | None = None
    incentive: str = ""
    lasts: int | None = None
    margin: str = ""
    also: str = ""
    split: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A KPI as a report names it; `unit` is money, count, percent, ..."""

    name: str
    title: str
    unit: str

    @property
    def is_money(self) -> bool:
        """Whether it is an amount, in whole units of the currency here."""
        return self.unit == "money"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The same question of a part of the treated: what was found, what was paid to them (minor units) and its worth."""

    name: str
    answer: Effect | NotMeasurable
    paid_minor: int | None
    worth: Worth | None


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """What the effect is worth, and what of it is left: `net` after what was taken from elsewhere and from later.

    `break_even` is the effect per partner and period that would just pay, `power` how often such data would find it.
    `payback_periods` counts from a partner's start, and is infinite where these are too few. `lift` is the effect over
    what would have been. `deadweight` is what an incentive paid for what would have been anyway.
    """

    worth: Worth
    net: Worth | None
    margin: str  # in words; "" where not asked
    break_even: float | None
    power: float | None
    payback_periods: float | None
    lift: Range | None
    deadweight: Range | None


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """All that was found. `paid_minor` and `granted_minor` are exact, and of the partners that count as treated; what
    was paid is None where a payment lacks its amount. `left_out` counts partners by why they can't be compared;
    `unknown` counts rows of funds that lack a day or an amount."""

    asked: Asked
    program: str
    currency: Currency
    period_word: str  # month, quarter, ...
    periods: tuple[str, ...]
    outcome: Outcome
    partners: int
    left_out: Mapping[str, int]
    answer: Effect | NotMeasurable
    paid_minor: int | None
    granted_minor: int
    study: EventStudy | None
    returns: Returns | None
    also: tuple[Outcome, Effect | NotMeasurable] | None
    net: NetLift | NotMeasurable | None
    carry_over: CarryOver | NotMeasurable | None
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    unknown: int
    rejected: int
    warnings: tuple[Problem, ...]
