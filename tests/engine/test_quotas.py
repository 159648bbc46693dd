"""Quotas: targets for the period or for the year's part of it, prorated by days, and attainment against them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from spine_stories import refused, told, write

from engine.acts.metrics import metrics
from engine.acts.score import score_partners

QUARTER = """
program: Story
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, targets: targets.csv}
"""
DATA = {
    "partners.csv": """
        partner_id,recruited_on,terminated_on
        acme,2020-01-01,
        bolt,2026-05-17,
        crux,2020-01-01,2026-05-15
        """,
    "deals.csv": """
        deal_id,partner_id,status,closed_on,amount
        d1,acme,won,2026-04-10,900.00
        d2,bolt,won,2026-05-20,450.00
        d3,acme,won,2026-06-01,300.00
        """,
    "targets.csv": """
        target_id,partner_id,kpi,period,target
        t1,,sales,2026,4000
        t2,acme,sales,2026,3000
        t3,acme,sales,2026-Q2,1000
        """,
}
ATTAINED = """
kpis:
  sales: {sum: deals.amount, where: deals.status = 'won', dated: deals.closed_on}
  attainment: {formula: sales / quota, unit: percent}
payouts:
  bonus:
    for_each: partners
    tiers:
      method: interpolated
      by: attainment
      steps: [{at: 0%, amount: 0}, {at: 100%, amount: 1_000}, {at: 200%, amount: 3_000}]
"""


def bonuses(folder: Path, quota: str) -> dict[str, int]:
    with told(write(folder, QUARTER + quota + ATTAINED, DATA), "2026-Q2") as story:
        for partner in story.run.partners:
            story.why(partner)
            story.why(partner, "quota")
        return story.payouts()


def test_the_target_of_the_period(tmp_path: Path) -> None:
    rules = "quotas: {quota: {target: sales, prorate: none}}\n"
    with told(write(tmp_path, QUARTER + rules + ATTAINED.split("payouts")[0], DATA), "2026-Q2") as story:
        assert story.why("acme", "attainment").shown == "120 %"
        assert story.why("bolt", "quota").value is None


def test_the_year_parted_by_seasons_and_prorated_by_days(tmp_path: Path) -> None:
    rules = """
quotas:
  quota:
    target: sales
    set_for: fiscal_year
    seasonality: {Q1: 20%, Q2: 25%, Q3: 25%, Q4: 30%}
"""
    # acme 25 % of 3,000 = 750.00, sold 1,200.00 = 160 %; bolt 25 % of 4,000 = 1,000.00, sold 450.00 = 45 %
    assert bonuses(tmp_path, rules) == {"acme": 2_200_00, "bolt": 450_00, "crux": 0}
    # of the 91 days of the quarter bolt was active on 45, crux on 45
    found = bonuses(tmp_path / "days", rules.rstrip() + "\n    prorate: active_days\n")
    assert found == {"acme": 2_200_00, "bolt": 910_00, "crux": 0}  # 450 / (1,000 x 45 / 91) = 91 %


def test_parts_of_a_year_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    rules = "quotas: {quota: {target: sales, set_for: fiscal_year, seasonality: {Q1: 50%, Q2: 60%}}}\n"
    found = refused(write(tmp_path, QUARTER + rules + ATTAINED, DATA), "2026-Q2")
    assert found == ["P199 program.yaml:6:68", "P199 program.yaml:6:68"]


def test_tiers_whose_steps_are_parts_of_a_quota(tmp_path: Path) -> None:
    rules = """
quotas: {quota: {target: sales}}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    where: partners.partner_id = 'acme'
    tiers:
      method: marginal
      quota: quota
      accumulate: period
      order: [deals.closed_on]
      steps: [{to: 100%, rate: 5%}, {rate: 10%}]
"""
    with told(write(tmp_path, QUARTER + rules, DATA), "2026-Q2") as story:
        assert story.lines() == ["acme commission d1 4500", "acme commission d3 2500"]  # 100.00 at 5 %, 200.00 at 10 %
        assert story.why("acme").value == 7000


def test_metrics_and_scores_know_quotas_and_say_how_many_rows_were_left_out(tmp_path: Path) -> None:
    rules = "quotas: {quota: {target: sales}}\n" + ATTAINED.split("payouts")[0]
    card = """
scorecards:
  performance:
    groups: {growth: {weight: 100%, kpis: {attainment: {weight: 100%, linear: {from: 0%, to: 200%}}}}}
    missing: zero
"""
    bad = DATA | {"deals.csv": DATA["deals.csv"] + "        d4,acme,won,2026-06-02,1e2\n"}
    path = write(tmp_path, QUARTER + rules + card, bad)
    by = {kpi: value for kpi, value in metrics(path, "2026-Q2").values.items() if kpi == "attainment"}
    assert by["attainment"].fraction(0) == Fraction(6, 5)  # 1,200.00 of 1,000.00
    assert metrics(path, "2026-Q2").rejected == 1
    scored = score_partners(path, "2026-Q2")
    assert (scored.sheet.columns["performance"].fraction(0), scored.rejected) == (60, 1)
