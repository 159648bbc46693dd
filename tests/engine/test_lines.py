"""A payout rule beyond its kind: when rows count, what multiplies and bounds a line, and rules that rest on others."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from spine_stories import MONTH, told, write

from rules.problem import Refused

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


def test_a_line_is_multiplied_by_each_factor_and_rounded_once(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    multipliers:
      new_business: {times: 1.5, where: deals.kind = 'new'}
      long_term: {by: deals.term_months, bands: [{below: 12, times: 0.5}, {below: 24, times: 1}, {times: 1.01}]}
    unknown: leave_out
"""
    # d2: 33.333 x 1.01 = 33.66633; rounded before the factor it would be 33.33 x 1.01 = 33.66
    assert of(tmp_path, rules) == ["acme commission d2 3367"]
    assert of(tmp_path / "march", rules, "2026-03") == ["bolt commission d4 600"]


def test_a_factor_that_is_unknown_is_refused_by_name(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    multipliers: {long_term: deals.term_months / 12}
"""
    with pytest.raises(Refused) as caught:
        of(tmp_path, rules)
    assert [(each.code, each.place.field) for each in caught.value.problems] == [("F301", "d3")]
    assert "its multiplier long term is unknown" in caught.value.problems[0].message


def test_a_factor_stays_within_its_bounds_and_a_line_within_its_own(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    where: deals.term_months > 0
    multipliers: {long_term: {times: deals.term_months / 12, at_least: 0.8, at_most: 1.5}}
    at_least: EUR 7
    at_most: EUR 45
"""
    assert of(tmp_path, rules) == ["acme commission d2 4500"]  # 33.333 x 1.5 = 49.9995, at most 45
    assert of(tmp_path / "march", rules, "2026-03") == ["bolt commission d4 700"]  # 8 x 0.8 = 6.40, at least 7


def test_the_rows_of_a_spiff_lie_within_its_days(tmp_path: Path) -> None:
    rules = """
payouts:
  spiff:
    for_each: deals
    amount: EUR 250
    dated: deals.closed_on
    during: 2026-02-21 to 2026-03-31
"""
    assert of(tmp_path, rules) == ["bolt spiff d3 25000"]


def test_a_locked_row_counts_when_its_lock_is_over(tmp_path: Path) -> None:
    rules = """
payouts:
  referral:
    for_each: deals
    amount: EUR 100
    dated: deals.closed_on
    lock: 30 days
"""
    assert of(tmp_path, rules) == ["acme referral d1 10000"]  # 2026-01-10 + 30 days = 2026-02-09
    assert of(tmp_path / "march", rules, "2026-03") == ["acme referral d2 10000", "bolt referral d3 10000"]


def test_a_rule_rests_on_what_another_pays(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
  accelerator:
    for_each: partners
    base: commission
    rate: 20%
    where: partners.tier = 'gold' and commission > 30
  fee:
    for_each: partners
    base: commission + accelerator
    rate: -2%
"""
    assert of(tmp_path, rules) == [
        "acme accelerator acme 667",
        "acme commission d2 3333",
        "acme fee acme -80",
        "bolt commission d3 5001",
        "bolt fee bolt -100",
    ]


def test_lines_rounded_as_running_totals_are_never_off_in_all(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 0.5%
    rounding: {mode: half_up, cumulative: true}
"""
    found = of(tmp_path, rules)
    assert [line.removeprefix("acme ") for line in found[:2]] == ["commission d1 500", "commission d2 167"]
    assert found[2:] == ["bolt commission d3 250", "bolt commission d4 40"]
    total = sum(int(line.rsplit(" ", 1)[1]) for line in found if line.startswith("bolt"))
    assert abs(total - Fraction(58005, 200)) <= Fraction(1, 2)


def test_a_budget_is_spent_in_order_and_then_spent(tmp_path: Path) -> None:
    rules = """
payouts:
  spiff:
    for_each: deals
    amount: EUR 250
    dated: deals.closed_on
    during: 2026-01-01 to 2026-03-31
    limits:
      - {at_most: EUR 600, per: program, over: during, cut: in_order, order: [deals.closed_on], last: partial}
"""
    assert of(tmp_path, rules, "2026-01") == ["acme spiff d1 25000"]
    assert of(tmp_path, rules, "2026-02") == ["acme spiff d2 25000", "bolt spiff d3 10000"]
    assert of(tmp_path, rules, "2026-03") == ["bolt spiff d4 0"]


def test_a_cap_of_each_partner_cuts_pro_rata_and_banks_the_rest(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    limits:
      - {at_most: EUR 40, over: period, cut: pro_rata, excess: banked}
"""
    assert of(tmp_path, rules, "2026-01") == ["acme commission d1 4000"]  # 60.00 of 100.00 are banked
    assert of(tmp_path, rules, "2026-02") == [
        "acme commission d2 3333",
        "acme commission acme 667",  # released: 40.00 less 33.33
        "bolt commission d3 4000",
    ]
    assert of(tmp_path, rules, "2026-03") == [
        "acme commission acme 4000",
        "bolt commission d4 800",
        "bolt commission bolt 1001",
    ]
    assert of(tmp_path, rules, "2026-04") == ["acme commission acme 1333"]  # 60.00 - 6.67 - 40.00


def test_a_floor_tops_up_who_has_lines(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    limits:
      - {at_least: EUR 40}
"""
    assert of(tmp_path, rules) == ["acme commission d2 3333", "acme commission acme 667", "bolt commission d3 5001"]


RETURNS = DATA | {
    "deal_events.csv": """
        event_id,deal_id,partner_id,occurred_on,kind,amount
        e1,d1,,2026-02-03,return,333.34
        e2,d1,,2026-02-20,return,333.33
        e3,d1,,2026-03-02,return,333.33
        e4,d4,bolt,2026-03-09,return,8000.00
        e5,d2,acme,2026-03-09,amendment,1.00
        """,
}


def test_a_full_return_in_parts_undoes_its_payout_to_the_cent_and_never_more(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 1/3
    dated: deals.closed_on
    returns:
      refund:
        for_each: deal_events
        where: deal_events.kind = 'return'
        base: deal_events.amount
        dated: deal_events.occurred_on
"""
    sources = "sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv}\n"

    def lines(period: str) -> list[str]:
        data = RETURNS | {"deal_events.csv": RETURNS["deal_events.csv"].replace("partner_id,", "").replace(",,", ",")}
        data["deal_events.csv"] = data["deal_events.csv"].replace(",bolt,", ",").replace(",acme,", ",")
        with told(write(tmp_path / period, MONTH + sources + rules, data), period) as story:
            for partner in story.run.partners:
                story.why(partner)
            return story.lines()

    assert lines("2026-01") == ["acme commission d1 33333"]
    february = lines("2026-02")
    assert february[:3] == ["acme commission e1 -11111", "acme commission e2 -11111", "acme commission d2 11111"]
    march = lines("2026-03")
    assert "acme commission e3 -11111" in march  # 333.33 in all
    assert "bolt commission d4 2667" in march and "bolt commission e4 -2667" in march  # not a hundred times as much


def test_churn_within_its_days_claws_back_what_was_paid(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    returns:
      churn:
        where: customers.churned_on < deals.closed_on + interval '60' day
        dated: customers.churned_on
        share: 50%
"""
    sources = "sources: {partners: partners.csv, deals: deals.csv, customers: customers.csv}\n"
    data = {
        "partners.csv": DATA["partners.csv"],
        "deals.csv": """
            deal_id,partner_id,customer_id,status,closed_on,amount
            d1,acme,c1,won,2026-01-10,1000.01
            d2,acme,c2,won,2026-01-11,100.00
            """,
        "customers.csv": """
            customer_id,churned_on
            c1,2026-02-20
            c2,2026-06-01
            """,
    }
    with told(write(tmp_path, MONTH + sources + rules, data), "2026-02") as story:
        assert story.lines() == ["acme commission d1 -5000"]  # half of 100.00
        assert story.why("acme").value == -5000
