"""The reference for the KPIs of deals and credits, row by row. In: a scope and a period. Out: numerator, denominator.

Each function states one formula of the catalogue; Unknown is raised where the figure can't be known.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from kpi_oracle_conventions import (
    Pair,
    Period,
    Row,
    Scope,
    Unknown,
    amount,
    customer_is_active,
    days_between,
    deal_is_open,
    deal_is_won,
    distinct,
    known,
    mean,
    median,
    ratio,
    total,
)


def won_deals(scope: Scope, period: Period) -> list[Row]:
    return [deal for deal in scope.rows("deals") if deal_is_won(deal, period)]


def won_deals_of_partners(scope: Scope, period: Period) -> list[Row]:
    return [deal for deal in scope.partner_rows("deals") if deal_is_won(deal, period)]


def annual_contract_value(scope: Scope, period: Period) -> Pair:
    return amount(total(won_deals(scope, period), "annual_value"))


def total_contract_value(scope: Scope, period: Period) -> Pair:
    return amount(total(won_deals(scope, period), "amount"))


def sales_volume(scope: Scope, period: Period) -> Pair:
    return amount(len(won_deals(scope, period)))


def average_deal_size(scope: Scope, period: Period) -> Pair:
    won = won_deals(scope, period)
    return ratio(total(won, "amount"), len(won))


def deal_close_rate(scope: Scope, period: Period) -> Pair:
    """Over the deals closed in the period, the default."""
    closed = [
        deal
        for deal in scope.partner_rows("deals")
        if deal.get("status") in ("won", "lost") and period.has(deal.get("closed_on"))
    ]
    return ratio(len(won_deals_of_partners(scope, period)), len(closed))


def pipeline_value(scope: Scope, period: Period) -> Pair:
    open_deals = [deal for deal in scope.partner_rows("deals") if deal_is_open(deal, period.end)]
    return amount(total(open_deals, "amount"))


def sales_cycle_days(scope: Scope, period: Period) -> Pair:
    return mean([days_between(deal, "opened_on", "closed_on") for deal in won_deals(scope, period)])


def sales_cycle_days_median(scope: Scope, period: Period) -> Pair:
    return median([days_between(deal, "opened_on", "closed_on") for deal in won_deals(scope, period)])


def partner_growth_rate(scope: Scope, period: Period) -> Pair:
    if period.before is None:
        raise Unknown("no period before")
    now = total(won_deals_of_partners(scope, period), "amount")
    then = total(won_deals_of_partners(scope, period.before), "amount")
    return ratio(now - then, then)


def transaction_frequency(scope: Scope, period: Period) -> Pair:
    won = won_deals(scope, period)
    return ratio(len(won), len(distinct(won, "customer_id")))


def cross_sell_rate(scope: Scope, period: Period) -> Pair:
    return customers_sold_more(scope, period, "cross_sell")


def upsell_rate(scope: Scope, period: Period) -> Pair:
    return customers_sold_more(scope, period, "upsell")


def customers_sold_more(scope: Scope, period: Period, kind: str) -> Pair:
    """Customers of the partner's won deals of the kind, whoever sourced the customer / its customers active at E."""
    sold = [deal for deal in won_deals_of_partners(scope, period) if deal.get("kind") == kind]
    active = [customer for customer in scope.partner_rows("customers") if customer_is_active(customer, period.end)]
    return ratio(len(distinct(sold, "customer_id")), len(distinct(active, "customer_id")))


def partner_sourced_revenue(scope: Scope, period: Period) -> Pair:
    return shared_amount([part for part in parts_of(scope, "sourced") if deal_is_won(part.deal, period)])


def partner_sourced_pipeline(scope: Scope, period: Period) -> Pair:
    return shared_amount([part for part in parts_of(scope, "sourced") if deal_is_open(part.deal, period.end)])


def partner_influenced_revenue(scope: Scope, period: Period) -> Pair:
    sourced_by_partners = scope.facts.once("sourced by partners", lambda: deals_sourced_by_partners(scope))
    influenced = [part for part in parts_of(scope, "influenced") if deal_is_won(part.deal, period)]
    return shared_amount([part for part in influenced if part.deal["deal_id"] not in sourced_by_partners])


def co_sell_revenue(scope: Scope, period: Period) -> Pair:
    return shared_amount([part for part in parts_of(scope, "co_sold") if deal_is_won(part.deal, period)])


def co_sell_open_amount(scope: Scope, period: Period) -> Pair:
    return shared_amount([part for part in parts_of(scope, "co_sold") if deal_is_open(part.deal, period.end)])


def deals_sourced_by_partners(scope: Scope) -> set[str]:
    return {part.deal["deal_id"] for part in parts_of(Scope(scope.facts, None), "sourced")}


@dataclass(frozen=True)
class Part:
    """What one partner (None: the company) holds of a deal in a role; the share is a fraction of one."""

    deal: Row
    partner_id: str | None
    share: Fraction


def shared_amount(parts: list[Part]) -> Pair:
    """The deals' amounts, each times the share held of it, exact and unrounded."""
    return amount(sum((known(part.deal, "amount") * part.share for part in parts), Fraction(0)))


def parts_of(scope: Scope, role: str) -> list[Part]:
    """The partner's parts; for the program those of every partner, without what the company holds."""
    by_partner: dict[str, list[Part]] = scope.facts.once(f"{role} by partner", lambda: by_partner_id(scope, role))
    if scope.partner_id is not None:
        return by_partner.get(scope.partner_id, [])
    return [part for parts in by_partner.values() for part in parts]


def by_partner_id(scope: Scope, role: str) -> dict[str, list[Part]]:
    result: dict[str, list[Part]] = {}
    for part in all_parts(scope, role):
        if part.partner_id is not None:
            result.setdefault(part.partner_id, []).append(part)
    return result


def all_parts(scope: Scope, role: str) -> list[Part]:
    """Every deal divided in the role; a credit of a customer or a project has no deal and is passed over."""
    credits: dict[str, list[Row]] = {}
    for credit in scope.whole("credits"):
        if credit.get("deal_id") is not None and credit.get("role") == role:
            credits.setdefault(credit["deal_id"], []).append(credit)
    return [part for deal in scope.whole("deals") for part in divide(deal, role, credits.get(deal["deal_id"], []))]


def divide(deal: Row, role: str, credits: list[Row]) -> list[Part]:
    """The deal's parts by its credits of the role.

    Without a 'sourced' credit a deal is sourced whole by its partner_id (blank: by the company). A blank share is an
    equal part of what the filled shares of the role leave of 100 %: nothing where they leave nothing.
    """
    if not credits and role == "sourced":
        return [Part(deal, deal.get("partner_id"), Fraction(1))]
    filled = [credit["share"] for credit in credits if credit.get("share") is not None]
    left = max(Fraction(0), 1 - sum(filled, Fraction(0)))
    parts = []
    for credit in credits:
        share = credit.get("share")
        if share is None:
            share = left / (len(credits) - len(filled))
        parts.append(Part(deal, credit.get("partner_id"), share))
    return parts


def deals_won_with_integration(scope: Scope, period: Period) -> Pair:
    return amount(len(deals_with_integration(scope, period)))


def deals_won_with_integration_amount(scope: Scope, period: Period) -> Pair:
    return amount(total(deals_with_integration(scope, period), "amount"))


def deals_won_with_integration_direct(scope: Scope, period: Period) -> Pair:
    return amount(len([d for d in deals_with_integration(scope, period) if d.get("partner_id") is None]))


def deals_won_with_integration_indirect(scope: Scope, period: Period) -> Pair:
    return amount(len([d for d in deals_with_integration(scope, period) if d.get("partner_id") is not None]))


def deals_with_integration(scope: Scope, period: Period) -> list[Row]:
    """Won deals that name an integration: for a partner one of its own, whoever sold the deal."""
    integrations = distinct(scope.rows("integrations"), "integration_id")
    if scope.partner_id is None:
        integrations = distinct(scope.whole("deals"), "integration_id")
    named = [deal for deal in scope.whole("deals") if deal.get("integration_id") in integrations]
    return [deal for deal in named if deal_is_won(deal, period)]
