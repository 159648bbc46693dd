"""The reference for the KPIs of leads, customers, revenue, costs and API use, row by row.

In: a scope and a period. Out: numerator and denominator; Unknown is raised where the figure can't be known.
"""

from __future__ import annotations

from kpi_oracle_conventions import (
    Pair,
    Period,
    Row,
    Scope,
    amount,
    customer_is_active,
    is_before,
    partner_is_active,
    ratio,
    total,
)


def monthly_recurring_revenue(scope: Scope, period: Period) -> Pair:
    rows = [row for row in scope.rows("subscriptions") if period.has_last_month(row.get("month"))]
    return amount(total(rows, "mrr"))


def annual_recurring_revenue(scope: Scope, period: Period) -> Pair:
    monthly, _ = monthly_recurring_revenue(scope, period)
    return amount(12 * monthly)


def partner_revenue(scope: Scope, period: Period) -> Pair:
    rows = [row for row in scope.partner_rows("revenue") if period.has(row.get("month"))]
    return amount(total(rows, "amount"))


def marketplace_revenue(scope: Scope, period: Period) -> Pair:
    rows = [row for row in scope.rows("revenue") if period.has(row.get("month"))]
    return amount(total([row for row in rows if row.get("stream") == "marketplace"], "amount"))


def partner_leads(scope: Scope, period: Period) -> Pair:
    return amount(len(created(scope.partner_rows("leads"), period)))


def partner_sourced_leads(scope: Scope, period: Period) -> Pair:
    leads = created(scope.partner_rows("leads"), period)
    return amount(len([lead for lead in leads if lead.get("source") not in (None, "company")]))


def lead_conversion_rate(scope: Scope, period: Period) -> Pair:
    return conversion(created(scope.partner_rows("leads"), period), period)


def referral_conversion_rate(scope: Scope, period: Period) -> Pair:
    leads = [lead for lead in scope.rows("leads") if lead.get("source") == "referral"]
    return conversion(created(leads, period), period)


def affiliate_conversion_rate(scope: Scope, period: Period) -> Pair:
    leads = [lead for lead in scope.rows("leads") if lead.get("source") == "affiliate"]
    return conversion(created(leads, period), period)


def created(leads: list[Row], period: Period) -> list[Row]:
    return [lead for lead in leads if period.has(lead.get("created_on"))]


def conversion(leads: list[Row], period: Period) -> Pair:
    converted = [lead for lead in leads if is_before(lead.get("converted_on"), period.end)]
    return ratio(len(converted), len(leads))


def leads_in_funnel(scope: Scope, period: Period) -> Pair:
    waiting = [
        lead
        for lead in scope.partner_rows("leads")
        if is_before(lead.get("created_on"), period.end)
        and not is_before(lead.get("converted_on"), period.end)
        and not is_before(lead.get("lost_on"), period.end)
    ]
    return amount(len(waiting))


def client_acquisition(scope: Scope, period: Period) -> Pair:
    acquired = [row for row in scope.rows("customers") if period.has(row.get("acquired_on"))]
    return amount(len(acquired))


def client_retention_rate(scope: Scope, period: Period) -> Pair:
    at_start = [row for row in scope.rows("customers") if customer_is_active(row, period.start)]
    kept = [row for row in at_start if not is_before(row.get("churned_on"), period.end)]
    return ratio(len(kept), len(at_start))


def partner_retention_cost(scope: Scope, period: Period) -> Pair:
    """The program's figure holds the costs of no partner and of inactive ones too."""
    costs = [
        cost
        for cost in scope.rows("costs")
        if cost.get("category") in ("retention", "support", "training") and period.has(cost.get("incurred_on"))
    ]
    active = [partner for partner in scope.rows("partners") if partner_is_active(partner, period.end)]
    return ratio(total(costs, "amount"), len(active))


def project_completion_rate(scope: Scope, period: Period) -> Pair:
    due = due_projects(scope, period)
    in_time = [row for row in due if row.get("completed_on") is not None and row["completed_on"] <= row["due_on"]]
    return ratio(len(in_time), len(due))


def project_completion_rate_late(scope: Scope, period: Period) -> Pair:
    due = due_projects(scope, period)
    completed = [row for row in due if is_before(row.get("completed_on"), period.end)]
    late = [row for row in completed if row["completed_on"] > row["due_on"]]
    return ratio(len(late), len(due))


def due_projects(scope: Scope, period: Period) -> list[Row]:
    return [row for row in scope.rows("projects") if period.has(row.get("due_on"))]


def api_calls(scope: Scope, period: Period) -> Pair:
    return amount(total(used(scope, period), "api_calls"))


def api_error_rate(scope: Scope, period: Period) -> Pair:
    rows = used(scope, period)
    return ratio(total(rows, "errors"), total(rows, "api_calls"))


def used(scope: Scope, period: Period) -> list[Row]:
    return [row for row in scope.rows("usage") if period.has(row.get("used_on"))]
