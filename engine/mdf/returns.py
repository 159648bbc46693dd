"""What came of money that was paid: leads and what each cost, the pipeline, deals won, their margin, and the payback.

In: the leads and deals of campaigns, and what was paid for them. Out: exact figures; None is unknown, and so is what is
divided by nothing. What is in the pipeline and what was won are never added up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeVar

from engine.mdf.facts import Deal, Lead, Outcomes


@dataclass(frozen=True, slots=True)
class Returns:
    """What campaigns brought by a day. Counts are None where there is no table of leads; `pipeline` is what the open
    deals come to, `weighted` the same by how likely their stages are won; `payback` counts months from the first
    approval on; `rows` are the leads and deals that count, by which groups that share some are known."""

    paid: int
    leads: int | None
    qualified: int | None
    opportunities: int | None
    customers: int | None
    pipeline: int | None
    weighted: Fraction | None
    won: int | None
    margin: int | None
    payback: Fraction | None
    unknown_stages: tuple[str, ...] = ()
    rows: frozenset[tuple[str, str]] = frozenset()

    def cost_per(self, count: int | None) -> Fraction | None:
        """What was paid for each lead, or for whatever else was counted; unknown where nothing was."""
        return Fraction(self.paid, count) if count else None

    @property
    def margin_return(self) -> Fraction | None:
        """(margin of the deals won - paid) / paid: all that the campaigns are credited with, caused by them or not."""
        return Fraction(self.margin - self.paid, self.paid) if self.margin is not None and self.paid else None


@dataclass(frozen=True, slots=True)
class ByCampaign:
    """Leads and deals by the campaign that they are of; None where there is no table of them."""

    leads: Mapping[str, Sequence[Lead]] | None
    deals: Mapping[str, Sequence[Deal]] | None

    @staticmethod
    def of(outcomes: Outcomes) -> ByCampaign:
        """The outcomes of many campaigns, so that those of a few are found at once."""
        return ByCampaign(_by_campaign(outcomes.leads), _by_campaign(outcomes.deals))


_Of = TypeVar("_Of", Lead, Deal)


def _by_campaign(every: Sequence[_Of] | None) -> Mapping[str, Sequence[_Of]] | None:
    if every is None:
        return None
    found: dict[str, list[_Of]] = {}
    for each in every:
        found.setdefault(each.campaign, []).append(each)
    return found


def _once(every: Mapping[str, Sequence[_Of]] | None, campaigns: Collection[str]) -> list[_Of] | None:
    """Those of some campaigns, each once."""
    if every is None:
        return None
    return list({each.id: each for campaign in campaigns for each in every.get(campaign, ())}.values())


def returns_of(
    outcomes: ByCampaign,
    campaigns: Collection[str],
    stages: Mapping[str, Fraction],
    paid: int,
    first: date,
    as_of: date,
) -> Returns:
    """What campaigns brought by the end of `as_of`; each lead and each deal counts once, however many led to it."""
    leads, deals = _once(outcomes.leads, campaigns), _once(outcomes.deals, campaigns)
    opened = None if deals is None else [each for each in deals if _is_open(each, as_of)]
    won = None if deals is None else [each for each in deals if _is_won(each, as_of)]
    margin = _sum(None if won is None else [each.margin_minor for each in won])
    weighted, unknown = _weighted(opened, stages)
    return Returns(
        paid=paid,
        leads=_reached(leads, "created_on", as_of),
        qualified=_reached(leads, "qualified_on", as_of),
        opportunities=_reached(leads, "opportunity_on", as_of),
        customers=_reached(leads, "converted_on", as_of),
        pipeline=_sum(None if opened is None else [each.amount_minor for each in opened]),
        weighted=weighted,
        won=_sum(None if won is None else [each.amount_minor for each in won]),
        margin=margin,
        payback=None if won is None or margin is None else payback(paid, _monthly(won, first, as_of)),
        unknown_stages=unknown,
        rows=frozenset(
            [("lead", each.id) for each in leads or () if _has_begun(each, as_of)]
            + [("deal", each.id) for each in [*(opened or ()), *(won or ())]]
        ),
    )


def payback(spend_minor: int, monthly_minor: Sequence[int]) -> Fraction | None:
    """After how many months the margins add up to what was spent, in proportion within the month; None where they do
    not, or nothing was spent.

    >>> payback(1000, [0, 100, 300, 400, 400])  # 800 after four months, and half of the next 400
    Fraction(9, 2)
    """
    total = 0
    if spend_minor <= 0:
        return None
    for months, margin in enumerate(monthly_minor):
        if total + margin >= spend_minor:
            return months + Fraction(spend_minor - total, margin)
        total += margin
    return None


def _monthly(won: Sequence[Deal], first: date, as_of: date) -> list[int]:
    """Margins by calendar month from that of `first` on; what was won before counts in the first."""
    found = [0] * (_month(as_of) - _month(first) + 1)
    for each in won:
        assert each.closed_on is not None
        found[max(_month(each.closed_on) - _month(first), 0)] += each.margin_minor or 0
    return found


def _month(day: date) -> int:
    return day.year * 12 + day.month


def _reached(leads: Sequence[Lead] | None, step: str, as_of: date) -> int | None:
    if leads is None:
        return None
    days: list[date | None] = [getattr(each, step) for each in leads]
    return sum(day is not None and day <= as_of for day in days)


def _has_begun(lead: Lead, as_of: date) -> bool:
    steps = (lead.created_on, lead.qualified_on, lead.opportunity_on, lead.converted_on)
    return any(day is not None and day <= as_of for day in steps)


def _is_open(deal: Deal, as_of: date) -> bool:
    began = deal.opened_on is not None and deal.opened_on <= as_of
    return began and not (deal.closed_on is not None and deal.closed_on <= as_of)


def _is_won(deal: Deal, as_of: date) -> bool:
    return deal.status == "won" and deal.closed_on is not None and deal.closed_on <= as_of


def _sum(amounts: Sequence[int | None] | None) -> int | None:
    """The sum, unknown where one of them is."""
    if amounts is None or None in amounts:
        return None
    return sum(each for each in amounts if each is not None)


def _weighted(opened: Sequence[Deal] | None, stages: Mapping[str, Fraction]) -> tuple[Fraction | None, tuple[str, ...]]:
    """The pipeline by how likely its stages are won, and the stages of which that is not said; one of those makes it
    unknown."""
    if opened is None or not stages:
        return None, ()
    unknown = {each.stage or "(blank)" for each in opened if each.stage not in stages}
    if unknown or any(each.amount_minor is None for each in opened):
        return None, tuple(sorted(unknown))
    parts = (stages[each.stage or ""] * (each.amount_minor or 0) for each in opened)
    return sum(parts, Fraction(0)), ()
