"""The columns of every table that the generator writes, in the order of the file; `*` marks the key."""

from __future__ import annotations

_TABLES = """
partners: partner_id* name kind tier region segment manager parent_id currency recruited_on onboarded_on activated_on terminated_on capacity
partner_history: partner_id* attribute* valid_from* valid_to value
terms: partner_id* term* product* deal_id* valid_from* valid_to value contract_ref accepted_on
payees: payee_id* partner_id valid_from* valid_to supplier_ref bank_ref country entity tax_form_until withholding on_hold
units: partner_id* class* valid_from* valid_to units
capital: entry_id* partner_id occurred_on kind amount
salaries: partner_id* valid_from* valid_to annual
targets: target_id* partner_id scope region kpi period target version set_on set_by
benchmarks: kpi* segment* period* p25 p50 p75
markets: region* segment* valid_from* potential_customers
customers: customer_id* partner_id referred_by acquired_on churned_on region segment acquisition_cost
leads: lead_id* partner_id source campaign_id referred_by created_on qualified_on opportunity_on converted_on lost_on customer_id deal_id cost
registrations: registration_id* partner_id deal_id registered_on expires_on status
deals: deal_id* customer_id partner_id integration_id campaign_id product kind stage status opened_on closed_on amount annual_value margin term_months recorded_on
deal_items: deal_id* item_id* product quantity net
deal_events: event_id* deal_id item_id occurred_on kind amount quantity
stages: deal_id* stage* entered_on* left_on
touches: touch_id* partner_id lead_id deal_id campaign_id touched_on kind
credits: credit_id* deal_id customer_id project_id partner_id role touched_on share
invoices: invoice_id* deal_id customer_id issued_on due_on amount tax
receipts: receipt_id* invoice_id received_on amount
revenue: customer_id partner_id integration_id month stream amount margin
subscriptions: customer_id* month* partner_id mrr users
results: entity* month* account* amount
costs: cost_id* partner_id channel incurred_on category amount
adjustments: adjustment_id* partner_id period component amount reason evidence refers_to
fx_rates: from_currency* to_currency* kind* valid_on* rate
holidays: country* day*
mdf_budgets: budget_id* partner_id region tier valid_from expires_on amount
mdf: request_id* partner_id budget_id campaign_id activity requested_on requested decided_on approved claim_by
mdf_claims: claim_id* request_id submitted_on decided_on paid_on claimed approved paid proof_sha256 reason
campaigns: campaign_id* partner_id kind joint starts_on ends_on impressions reached clicks spend
training: partner_id* person_id* course* enrolled_on* completed_on certified expires_on
activities: activity_id* partner_id customer_id contact_id campaign_id occurred_on by kind in_reply_to response_minutes quantity minutes
contacts: contact_id* partner_id kind created_on
surveys: answer_id* respondent_id partner_id customer_id integration_id answered_on question score
projects: project_id* partner_id customer_id started_on due_on completed_on
hours: entry_id* partner_id project_id worked_on hours billable billed
integrations: integration_id* partner_id launched_on features development_cost
usage: integration_id* customer_id* used_on* partner_id active_users api_calls errors latency_ms_total
"""  # noqa: E501

_MARKED = {name: columns.split() for name, columns in (line.split(":") for line in _TABLES.strip().splitlines())}

COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(column.rstrip("*") for column in columns) for table, columns in _MARKED.items()
}
KEYS: dict[str, tuple[str, ...]] = {
    table: tuple(column[:-1] for column in columns if column.endswith("*")) for table, columns in _MARKED.items()
}
