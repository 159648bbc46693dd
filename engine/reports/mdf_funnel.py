"""The funnel of funds as a picture: money from what was allocated to what was won, and leads on the way."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from engine.mdf.metrics import FundMetrics
from engine.reports.charts.funnel import Step, funnel_picture
from engine.reports.charts.picture import Picture
from rules.kinds.base import Terms
from rules.quantities.rounding import round_fraction


def funnel(title: str, as_of: date, found: FundMetrics, terms: Terms) -> Picture:
    """What was allocated, approved, claimed and paid; then leads on their way to customers; then pipeline and won."""

    def money(name: str, minor: int | Fraction | None) -> Step:
        return Step(name, minor, "unknown" if minor is None else terms.money(round_fraction(Fraction(minor))))

    returns = found.returns
    counts = (
        ("leads", returns.leads),
        ("qualified", returns.qualified),
        ("opportunities", returns.opportunities),
        ("customers", returns.customers),
    )
    funds = (
        ("allocated", found.allocated),
        ("approved", found.approved),
        ("claimed", found.claimed),
        ("paid", found.paid),
    )
    deals = (("pipeline", returns.pipeline), ("weighted", returns.weighted), ("closed-won", returns.won))
    groups = [
        (f"funds, {terms.currency.code}", [money(*each) for each in funds]),
        ("leads", [Step(name, count, "unknown" if count is None else f"{count:,}") for name, count in counts]),
        (f"deals, {terms.currency.code}", [money(*each) for each in deals]),
    ]
    whose = "Leads and deals are those of the funded campaigns, caused by them or not."
    told = f"The whole program at the end of {as_of}. {whose}"
    return funnel_picture(f"{title}: from budget to outcome", told, groups)
