"""What people write instead of a program's KPIs: one DuckDB script, by hand, for the same forty numbers.

One query for each table, filtered aggregates over the rows that any of them counts, conditions worked out once; it
knows its data (at most two blank shares on a deal, terms of 12, 24 or 36 months, minutes in quarters, March 2026) and
keeps whole numbers, as ours does: each KPI is a numerator and a denominator by partner.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

_WON = "status = 'won' AND closed_on >= DATE '2026-03-01' AND closed_on < DATE '2026-04-01'"
_BEFORE = "status = 'won' AND closed_on >= DATE '2026-02-01' AND closed_on < DATE '2026-03-01'"
_YEAR = "status = 'won' AND closed_on >= DATE '2025-04-01' AND closed_on < DATE '2026-04-01'"
_LOST = "status = 'lost' AND closed_on >= DATE '2026-03-01' AND closed_on < DATE '2026-04-01'"
_OPEN = "opened_on < DATE '2026-04-01' AND (closed_on >= DATE '2026-04-01' OR closed_on IS NULL)"
_MARCH = "occurred_on >= DATE '2026-03-01' AND occurred_on < DATE '2026-04-01'"

DEALS = f"""SELECT partner_id,
    sum(annual_value) FILTER (won) AS annual_value_won,
    sum(amount) FILTER (won) AS amount_won,
    count(*) FILTER (won) AS deals_won,
    count(*) FILTER (lost) AS deals_lost,
    sum(amount) FILTER (is_open) AS amount_open,
    sum(closed_on - opened_on) FILTER (won) AS days_won,
    quantile_disc(closed_on - opened_on, 0.5) FILTER (won) AS days_low,
    -quantile_disc(opened_on - closed_on, 0.5) FILTER (won) AS days_high,
    sum(amount) FILTER (before) AS amount_before,
    count(DISTINCT customer_id) FILTER (won) AS customers_won,
    sum(amount) FILTER (year) AS amount_year,
    sum(margin) FILTER (won) AS margin_won,
    sum(amount * (72 // term_months)) FILTER (won) AS amount_by_month,
    sum(amount) FILTER (kind = 'new' AND won) AS amount_new,
    count(*) FILTER (is_new) AS opened,
    sum(term_months) FILTER (won) AS months_won,
    sum(amount) FILTER (product IN ('product-1', 'product-2', 'product-3') AND year) AS amount_products
    FROM (SELECT *, {_WON} AS won, {_BEFORE} AS before, {_YEAR} AS year, {_LOST} AS lost, {_OPEN} AS is_open,
            opened_on >= DATE '2026-03-01' AND opened_on < DATE '2026-04-01' AS is_new
        FROM deals WHERE partner_id IS NOT NULL)
    WHERE won OR before OR year OR lost OR is_open OR is_new
    GROUP BY partner_id"""

SOURCED = f"""WITH shares AS (SELECT deal_id, partner_id, CASE WHEN share IS NULL
            THEN 2 * (1 - coalesce(sum(share) OVER deal, 0)) / count(*) FILTER (share IS NULL) OVER deal
            ELSE 2 * share END AS two_shares FROM credits WHERE role = 'sourced' WINDOW deal AS (PARTITION BY deal_id)),
    meant AS (SELECT deal_id, partner_id, CASE WHEN {_WON} THEN amount END AS won,
            CASE WHEN {_OPEN} THEN amount END AS open FROM deals WHERE ({_WON}) OR ({_OPEN}))
    SELECT partner_id, sum(won) AS sourced_won, sum(open) AS sourced_open FROM (
        SELECT s.partner_id, won * CAST(two_shares * 1000000000 AS BIGINT)::HUGEINT AS won,
            open * CAST(two_shares * 1000000000 AS BIGINT)::HUGEINT AS open FROM meant JOIN shares AS s USING (deal_id)
        UNION ALL
        SELECT partner_id, won * 2000000000::HUGEINT, open * 2000000000::HUGEINT
            FROM meant ANTI JOIN shares USING (deal_id) WHERE partner_id IS NOT NULL
    ) GROUP BY partner_id"""

INFLUENCED = f"""SELECT c.partner_id,
    sum(amount * CAST(share * 1000000000 AS BIGINT)::HUGEINT) AS influenced_won
    FROM credits AS c JOIN deals AS d USING (deal_id)
    WHERE c.role = 'influenced' AND d.partner_id IS NULL AND {_WON}
        AND deal_id NOT IN (SELECT deal_id FROM credits WHERE role = 'sourced')
    GROUP BY c.partner_id"""

CO_SOLD = f"""SELECT c.partner_id,
    sum(amount) FILTER ({_WON}) AS co_sold_won,
    sum(amount) FILTER ({_OPEN}) AS co_sold_open
    FROM credits AS c JOIN deals AS d USING (deal_id) WHERE c.role = 'co_sold' GROUP BY c.partner_id"""

ACTIVITIES = f"""SELECT partner_id,
    count(*) FILTER (kind = 'content_view' AND march) AS views,
    sum(minutes) FILTER (kind = 'content_view' AND march) AS view_minutes,
    count(*) FILTER (kind IN ('promotion', 'testimonial', 'case_study') AND march) AS advocacy,
    count(*) FILTER (kind = 'follow_up' AND march) AS follow_ups,
    count(*) FILTER (kind IN ('social_like', 'social_comment', 'social_share') AND march) AS social,
    count(*) FILTER (kind = 'message' AND march) AS messages,
    count(*) FILTER (kind = 'message' AND march AND activity_id IN (SELECT in_reply_to FROM activities
        WHERE in_reply_to IS NOT NULL AND occurred_on < DATE '2026-04-01')) AS replied,
    count(*) FILTER (kind = 'meeting') AS meetings_year,
    sum(quantity) FILTER (kind = 'meeting') AS attendees_year,
    sum(quantity * CAST(minutes * 4 AS BIGINT)) FILTER (kind = 'meeting' AND march) AS quarters_given,
    sum(response_minutes) FILTER (kind = 'message' AND march) AS response_minutes,
    count(response_minutes) FILTER (kind = 'message' AND march) AS responses,
    count(DISTINCT contact_id) FILTER (march) AS contacts
    FROM (SELECT *, {_MARCH} AS march FROM activities
        WHERE occurred_on >= DATE '2025-04-01' AND occurred_on < DATE '2026-04-01')
    WHERE march OR kind = 'meeting'
    GROUP BY partner_id"""

SUBSCRIPTIONS = """SELECT partner_id,
    sum(mrr) FILTER (month = DATE '2026-03-01') AS mrr,
    sum(mrr) FILTER (month = DATE '2026-02-01') AS mrr_before,
    count(*) FILTER (month = DATE '2026-03-01' AND mrr > 0) AS paying,
    sum(users) FILTER (month = DATE '2026-03-01') AS users,
    sum(mrr) FILTER (month >= DATE '2025-04-01' AND month < DATE '2026-04-01') AS mrr_year
    FROM subscriptions GROUP BY partner_id"""

# Each KPI as numerator, denominator, over the columns of the queries; a sum over nothing is 0, a share 0 of the whole.
KPIS = {
    "annual_contract_value": ("annual_value_won", "1"),
    "total_contract_value": ("amount_won", "1"),
    "sales_volume": ("deals_won", "1"),
    "average_deal_size": ("amount_won", "deals_won"),
    "deal_close_rate": ("deals_won", "deals_won + deals_lost"),
    "pipeline_value": ("amount_open", "1"),
    "sales_cycle_days": ("days_won", "deals_won"),
    "sales_cycle_days.median": ("days_low + days_high", "CASE WHEN deals_won > 0 THEN 2 ELSE 0 END"),
    "partner_growth_rate": ("amount_won - amount_before", "amount_before"),
    "transaction_frequency": ("deals_won", "customers_won"),
    "won_year": ("amount_year", "1"),
    "margin_rate": ("margin_won", "amount_won"),
    "new_business": ("amount_new", "1"),
    "deals_opened": ("opened", "1"),
    "expected_fee": ("3 * amount_won", "40"),
    "monthly_value": ("amount_by_month", "72"),
    "term": ("months_won", "deals_won"),
    "product_sales": ("amount_products", "1"),
    "partner_sourced_revenue": ("sourced_won", "2000000000"),
    "partner_sourced_pipeline": ("sourced_open", "2000000000"),
    "partner_influenced_revenue": ("influenced_won", "1000000000"),
    "co_sell_revenue": ("co_sold_won", "1"),
    "co_sell_revenue.open_amount": ("co_sold_open", "1"),
    "content_engagement": ("views", "1"),
    "content_engagement.minutes": ("CAST(view_minutes * 1000000000 AS HUGEINT)", "1000000000"),
    "partner_advocacy": ("advocacy", "1"),
    "follow_ups": ("follow_ups", "1"),
    "social_engagement": ("social", "1"),
    "reply_conversion_rate": ("replied", "messages"),
    "meetings": ("meetings_year", "1"),
    "attendees": ("attendees_year", "meetings_year"),
    "response_time": ("CAST(response_minutes * 1000000000 AS HUGEINT)", "1000000000 * responses"),
    "time_given": ("quarters_given", "4"),
    "contacts_met": ("contacts", "1"),
    "monthly_recurring_revenue": ("mrr", "1"),
    "annual_recurring_revenue": ("12 * mrr", "1"),
    "mrr_growth": ("mrr - mrr_before", "mrr_before"),
    "mrr_year": ("mrr_year", "1"),
    "revenue_per_user": ("mrr", "users"),
    "paying_customers": ("paying", "1"),
}


def by_hand(folder: Path, threads: int) -> pa.Table:
    """The script: each table's query into a small table by partner, then every KPI from their columns.

    Gives partner_id, and for each KPI `name` and `name/`: numerator and denominator (0: nothing to divide by).
    """
    connection = duckdb.connect(config={"threads": threads, "memory_limit": "1GB"})
    connection.execute("SET enable_progress_bar=false; SET preserve_insertion_order=false")
    for table in ("partners", "deals", "credits", "activities", "subscriptions"):
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{folder / table}.parquet'")
    queries = (DEALS, SOURCED, INFLUENCED, CO_SOLD, ACTIVITIES, SUBSCRIPTIONS)
    columns: list[str] = []
    for index, query in enumerate(queries):
        connection.execute(f"CREATE TABLE q{index} AS {query}")
        columns += [row[0] for row in connection.execute(f"DESCRIBE q{index}").fetchall() if row[0] != "partner_id"]
    joins = " ".join(f"LEFT JOIN q{index} USING (partner_id)" for index in range(len(queries)))
    filled = ", ".join(f"coalesce({name}, 0) AS {name}" for name in columns)
    kpis = ", ".join(f'{above} AS "{name}", {below} AS "{name}/"' for name, (above, below) in KPIS.items())
    query = f"""SELECT partner_id, {kpis} FROM (SELECT partner_id, {filled} FROM partners {joins})
        ORDER BY partner_id"""
    return connection.sql(query).to_arrow_table()
