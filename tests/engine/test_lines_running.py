"""Payouts that add up: tiers over the year or a contract, returns that lower them, revenue shares by age."""

from __future__ import annotations

from pathlib import Path

from spine_stories import MONTH, told, write

SOURCES = "sources: {partners: partners.csv, deals: deals.csv}\n"
DATA = {
    "partners.csv": """
        partner_id,tier,region
        acme,gold,DE
        bolt,silver,FR
        """,
    "deals.csv": """
        deal_id,partner_id,status,kind,closed_on,amount,term_months
        d1,acme,won,new,2026-01-10,1000.00,12
        d2,acme,won,renewal,2026-02-20,333.33,24
        d3,bolt,won,new,2026-02-28,500.05,
        d4,bolt,won,new,2026-03-05,80.00,6
        """,
}


def of(folder: Path, rules: str, period: str = "2026-02") -> list[str]:
    with told(write(folder, MONTH + SOURCES + rules, DATA), period) as story:
        for partner in story.run.partners:
            story.why(partner)  # every cent of it re-adds
        return story.lines()


TIERS = """
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{to: 1_200, rate: 5%}, {rate: 10%}]
"""


def test_tiers_add_up_over_the_fiscal_year_and_pay_only_the_period(tmp_path: Path) -> None:
    assert of(tmp_path, TIERS, "2026-01") == ["acme commission d1 5000"]
    assert of(tmp_path, TIERS) == [
        "acme commission d2 2333",  # 200.00 at 5 % and 133.33 at 10 %
        "bolt commission d3 2500",
    ]
    assert of(tmp_path, TIERS, "2026-03") == ["bolt commission d4 400"]


def test_a_return_empties_the_highest_tier_first(tmp_path: Path) -> None:
    rules = (
        TIERS
        + """
    returns:
      refund:
        for_each: deal_events
        base: deal_events.amount
        dated: deal_events.occurred_on
        tiers: highest_first
"""
    )
    data = DATA | {
        "deal_events.csv": """
            event_id,deal_id,occurred_on,kind,amount
            e1,d1,2026-02-28,return,233.33
            e2,d1,2026-03-01,return,100.00
            """
    }
    sources = "sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv}\n"
    with told(write(tmp_path, MONTH + sources + rules, data), "2026-02") as story:
        assert story.lines() == [
            "acme commission e1 -1833",  # 133.33 from the tier of 10 %, and 100.00 from that of 5 %
            "acme commission d2 2333",
            "bolt commission d3 2500",
        ]
        assert story.why("acme").value == 500


def test_tiers_of_a_contract_start_anew_with_each_deal(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: invoices.amount
    credit: owner
    dated: invoices.issued_on
    tiers:
      method: marginal
      accumulate: contract
      order: [invoices.issued_on]
      steps: [{to: 100, rate: 10%}, {rate: 20%}]
credit: {owner: {of: deals, from: {owner: 100%}}}
"""
    data = DATA | {
        "invoices.csv": """
            invoice_id,deal_id,issued_on,amount
            i1,d1,2026-01-11,80.00
            i2,d1,2026-02-11,80.00
            i3,d2,2026-02-21,80.00
            """
    }
    sources = "sources: {partners: partners.csv, deals: deals.csv, invoices: invoices.csv}\n"
    with told(write(tmp_path, MONTH + sources + rules, data), "2026-02") as story:
        assert story.lines() == ["acme commission i2 1400", "acme commission i3 800"]
        assert story.why("acme").value == 2200


def test_a_revenue_share_ends_after_twelve_months_and_halves_after_six(tmp_path: Path) -> None:
    rules = """
payouts:
  share:
    base: subscriptions.mrr
    dated: subscriptions.month
    where: months(customers.acquired_on, subscriptions.month) < 12
    tiers:
      method: whole
      by: months(customers.acquired_on, subscriptions.month)
      at_edge: higher_tier
      steps: [{to: 6, rate: 20%}, {rate: 10%}]
"""
    data = {
        "partners.csv": DATA["partners.csv"],
        "customers.csv": "customer_id,acquired_on\nc1,2026-01-01\nc2,2025-08-15\nc3,2025-01-31\n",
        "subscriptions.csv": """
            customer_id,month,partner_id,mrr
            c1,2026-02-01,acme,100.00
            c2,2026-02-01,acme,100.00
            c2,2026-03-01,acme,100.00
            c3,2026-02-01,acme,100.00
            """,
    }
    sources = "sources: {partners: partners.csv, customers: customers.csv, subscriptions: subscriptions.csv}\n"
    path = write(tmp_path, MONTH + sources + rules, data)
    with told(path, "2026-02") as story:
        assert story.lines() == ["acme share c1/2026-02-01 2000", "acme share c2/2026-02-01 2000"]  # 1 and 5 months
        assert story.why("acme").value == 4000
    with told(path, "2026-03") as story:
        assert story.lines() == ["acme share c2/2026-03-01 1000"]  # 6 months


def test_only_what_looks_back_is_worked_out_for_earlier_periods(tmp_path: Path) -> None:
    rules = """
kpis: {sold: {sum: deals.amount, dated: deals.closed_on}}
payouts:
  bounty: {for_each: deals, amount: 5, dated: deals.closed_on}
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    limits: [{at_most: EUR 120, over: fiscal_year, cut: pro_rata}]
  bonus: {for_each: partners, base: sold, rate: 1%}
"""
    with told(write(tmp_path, MONTH + SOURCES + rules, DATA), "2026-02") as story:
        assert "acme commission d2 2000" in story.lines()  # 100.00 went to January
        january = story.sheet.earlier["2026-01"]
        assert {name.split(".")[0] for name in january.columns} == {"commission"}
