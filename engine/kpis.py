"""A KPI worked out from its measures, for partners or for any grouping of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.values import ALWAYS, PARTNERS, Facts, Measured
from rules.active import ACTIVE
from rules.calendar import Calendar, Period
from rules.expressions.tree import Column, Type
from rules.meaning import KpiMeaning
from rules.quantities.exact import Exact
from rules.quota import QuotaMeaning, quota
from rules.ratio import formula, ratio


def quota_column(
    meaning: QuotaMeaning, minor_per_major: int, facts: Facts, period: Period, calendar: Calendar
) -> Exact:
    """The quota of each partner, in minor units where money; unknown where it has no target."""
    days = meaning.stretch(period, calendar)
    scale = minor_per_major if meaning.type == Type.MONEY else 1
    target = facts.reference("target", (meaning.spec.target,), scale, days.name)
    wanted = {name: (Column(PARTNERS, column), Type.DATE) for name, column in ACTIVE.items()}
    active = facts.rows(PARTNERS, None, None, ALWAYS, wanted, {}).measures
    return quota(meaning, target, active["from"], active["to"], period, meaning.prorated_over(period, calendar))


@dataclass(frozen=True, slots=True, eq=False)
class KpiColumns:
    """A KPI by group, (groups,): its value, and what a measured one is made of (None for a formula)."""

    value: Exact
    numerator: Exact | None = None
    denominator: Exact | None = None


def kpi_columns(
    kpi: KpiMeaning, measured: Mapping[str, Measured], named: Mapping[str, Exact], period: Period, groups: int
) -> KpiColumns:
    """The columns of a KPI from its measures, or from the KPIs of its formula (`named`), which come before it."""
    if kpi.formula is not None:
        return KpiColumns(formula(kpi, named, period.days, groups))
    assert kpi.numerator is not None, "a KPI is a formula or a measure"
    top = measured[kpi.numerator.name]
    below = top.denominator
    if kpi.denominator is not None:
        under = measured[kpi.denominator.name]
        below = below * under.numerator / under.denominator
    return KpiColumns(ratio(kpi, top.numerator, below), top.numerator, below)
