"""The reference for KPIs: slow, row by row, exact, written from the data model and the catalogue's formulas alone.

In: typed tables and a period. Out: for every partner and for the program a numerator and a denominator, or None where
the figure can't be known. It shares no code with the rules and imports none of them, so that a misreading on one side
shows as a difference. `kpi_oracle_deals`, `_customers` and `_partners` hold the formulas, `_conventions` what they all
keep, `_csv` the reader.

Where the definitions leave room, the reference reads them so:

Scope
 1. A partner's rows are those whose own partner_id names it; no figure goes by way of customers.partner_id instead.
 2. The program's figure takes every row, those without a partner too (direct deals, customers, program costs), unless
    the KPI's formula or name speaks of partners, or gives the amount to partners by credits: then rows and credits
    without a partner are left out. So annual_contract_value and client_acquisition count direct business;
    deal_close_rate, pipeline_value, partner_growth_rate, partner_revenue, lead_conversion_rate, training do not.
 3. KPIs of level 'program' have no figure for one partner. Partners that have left keep theirs.
 4. What is counted distinct (customers, partners, respondents) is counted once in the program, however many partners
    share it; a blank id is not counted.
Unknown
 5. A measure is unknown when a table that its own formula reads was not supplied; the catalogue's other tables serve
    other parts. Credits not supplied leave the sourced amounts unknown, though deals.partner_id is there.
 6. A comparison with a blank is false: a blank closed_on is an open deal, a blank source is not 'other than company',
    a partner without recruited_on is never active.
 7. A blank value that a row in the figure needs (amount, mrr, score, minutes, the other date of a duration) makes
    the figure unknown, for the partner and for the program, in sums and in means.
Deals
 8. Won means status 'won' and closed_on in the period, closed means won or lost so; open goes by the dates alone,
    whatever the status is today.
 9. Shares are fractions of one. Nothing is rounded. Filled shares over 100 % leave blank ones nothing; a part credited
    to no partner is the company's. Role 'sourced' credits replace deals.partner_id even where they leave out part of
    the deal. Co-sold amounts go by share. A deal with a partner among its sourced credits is sourced by a partner.
10. partner_growth_rate needs the period before; without it, or where nothing was won in it, it is unknown.
11. Cross-sell and upsell: the customers of the partner's deals are not tested for being its own, or active, customers.
12. transaction_frequency: a deal without a customer counts as a deal, not as a customer.
13. deals_won_with_integration: for a partner, won deals that name one of its integrations (integrations.partner_id),
    whoever sold them; direct and indirect tell whether the deal has a partner_id. The program's needs that table too.
People
14. The partners' NPS and satisfaction take answers without a customer, customer_satisfaction those with one, support
    and alignment all. Only the two NPS take each respondent's latest answer (ties: the greater answer_id); means take
    every answer. Scores between 6 and 9 are neither promoter nor detractor.
15. An activity is one, whatever its quantity; `by` is not looked at. A message is replied to when any activity before
    the end names it in in_reply_to.
16. partners_trained is 1 or 0 for a partner; a certificate that has expired still counts in its part.
17. partner_retention_cost of a partner that is not active at the end is unknown (its denominator is zero).
18. project_completion_rate: due_on in the period; completed on due_on is in time; the part `late` is also over all due.
Not read: currencies (rows of two currencies are refused), recorded_on (all is known), KPI settings but their defaults.
Parts left out: co_sell_revenue's customers acquired, strategic_alignment's joint projects, api_calls' adopters,
partner_activation_days' share (needs within_days), breakdowns by kind, tier, region, manager.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import kpi_oracle_customers as customers
import kpi_oracle_deals as deals
import kpi_oracle_partners as partners
from kpi_oracle_conventions import Facts, Pair, Period, Scope, Tables, Unknown
from kpi_oracle_csv import read_csv_tables

__all__ = ["KPIS", "PARTS", "PROGRAM_ONLY", "Pair", "Tables", "Values", "oracle", "read_csv_tables"]

Formula = Callable[[Scope, Period], Pair]

_FORMULAS: tuple[Formula, ...] = (
    deals.annual_contract_value,
    deals.total_contract_value,
    deals.sales_volume,
    deals.average_deal_size,
    deals.deal_close_rate,
    deals.pipeline_value,
    deals.sales_cycle_days,
    deals.partner_growth_rate,
    deals.partner_sourced_revenue,
    deals.partner_sourced_pipeline,
    deals.partner_influenced_revenue,
    deals.co_sell_revenue,
    deals.cross_sell_rate,
    deals.upsell_rate,
    deals.transaction_frequency,
    deals.deals_won_with_integration,
    customers.monthly_recurring_revenue,
    customers.annual_recurring_revenue,
    customers.partner_revenue,
    customers.marketplace_revenue,
    customers.partner_leads,
    customers.partner_sourced_leads,
    customers.lead_conversion_rate,
    customers.referral_conversion_rate,
    customers.affiliate_conversion_rate,
    customers.leads_in_funnel,
    customers.client_acquisition,
    customers.client_retention_rate,
    customers.partner_retention_cost,
    customers.project_completion_rate,
    customers.api_calls,
    customers.api_error_rate,
    partners.partner_count,
    partners.active_partners,
    partners.partner_churn_rate,
    partners.partner_acquisition_rate,
    partners.partner_activation_days,
    partners.partner_nps,
    partners.partner_satisfaction,
    partners.customer_satisfaction,
    partners.support_satisfaction,
    partners.strategic_alignment,
    partners.training_completion_rate,
    partners.training_days,
    partners.partners_trained,
    partners.partner_advocacy,
    partners.content_engagement,
    partners.follow_ups,
    partners.social_engagement,
    partners.reply_conversion_rate,
)
KPIS: dict[str, Formula] = {formula.__name__: formula for formula in _FORMULAS}
PARTS: dict[str, dict[str, Formula]] = {
    "sales_cycle_days": {"median": deals.sales_cycle_days_median},
    "co_sell_revenue": {"open_amount": deals.co_sell_open_amount},
    "deals_won_with_integration": {
        "amount": deals.deals_won_with_integration_amount,
        "direct": deals.deals_won_with_integration_direct,
        "indirect": deals.deals_won_with_integration_indirect,
    },
    "project_completion_rate": {"late": customers.project_completion_rate_late},
    "api_calls": {"error_rate": customers.api_error_rate},
    "partner_acquisition_rate": {"number": partners.partner_acquisition_number},
    "partner_satisfaction": {"mean": partners.partner_satisfaction_mean},
    "customer_satisfaction": {"mean": partners.customer_satisfaction_mean},
    "training_completion_rate": {"by_enrolment": partners.training_completion_rate_by_enrolment},
    "partners_trained": {"certified": partners.partners_certified},
    "content_engagement": {"minutes": partners.content_engagement_minutes},
}
PROGRAM_ONLY = ("partner_count", "active_partners", "partner_churn_rate", "partner_acquisition_rate")


@dataclass(frozen=True)
class Values:
    """A measure's (numerator, denominator) for every partner and for the program; None is unknown."""

    by_partner: dict[str, Pair | None]
    program: Pair | None
    parts: dict[str, Values]


def oracle(kpi_id: str, tables: Tables, start: date, end: date, before: tuple[date, date] | None = None) -> Values:
    """The KPI over start <= date < end; `before` is the period before it, half-open too. KeyError: not a KPI of these.

    Money is in minor units, shares and percentages are fractions, durations are days.
    """
    period = Period(start, end, None if before is None else Period(*before))
    facts = Facts(tables)
    only_program = kpi_id in PROGRAM_ONLY
    parts = {name: values(formula, facts, period, only_program) for name, formula in PARTS.get(kpi_id, {}).items()}
    measure = values(KPIS[kpi_id], facts, period, only_program)
    return Values(measure.by_partner, measure.program, parts)


def values(formula: Formula, facts: Facts, period: Period, only_program: bool) -> Values:
    by_partner: dict[str, Pair | None] = {}
    for row in facts.tables.get("partners", []):
        partner_id = row["partner_id"]
        by_partner[partner_id] = None if only_program else figure(formula, Scope(facts, partner_id), period)
    return Values(by_partner, figure(formula, Scope(facts, None), period), {})


def figure(formula: Formula, scope: Scope, period: Period) -> Pair | None:
    try:
        return formula(scope, period)
    except Unknown:
        return None
