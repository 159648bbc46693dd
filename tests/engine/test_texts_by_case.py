"""Texts and dates that are chosen by a KPI or by a product: every place where a condition may stand asks about them.

SQL knows the texts and dates, the kernel knows the KPIs and products; such a condition needs both. Each is written
below with those for whom it holds, worked by hand, and is then put into a program in all places at once.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, Told, told, write

TABLES = {
    "partners.csv": """
        partner_id,tier,kind,recruited_on
        acme,gold,reseller,2025-01-31
        bolt,,referral,2026-04-01
        crux,silver,silver,
        dune,gold,reseller,2025-12-24
        """,
    # in April: acme 130.00, crux 250.00, bolt and dune nothing
    "deals.csv": """
        deal_id,partner_id,kind,status,opened_on,closed_on,amount
        d1,acme,new,won,2026-03-31,2026-04-01,100.00
        d2,acme,renewal,won,2026-01-01,2026-04-30,30.00
        d3,bolt,,won,2026-04-01,2026-04-15,
        d4,bolt,new,lost,2026-04-16,2026-04-16,0.00
        d5,crux,new,won,,2026-04-17,250.00
        """,
}
HEAD = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
kpis:
  revenue: {{sum: deals.amount, dated: deals.closed_on, blank: leave_out}}
"""
BEFORE_ALL = "partners.recruited_on" + " - interval '100' year" * 21  # no date: the calendar begins with the year 1
OWNER = {"d1": "acme", "d2": "acme", "d3": "bolt", "d4": "bolt", "d5": "crux"}


def agreed(story: Told) -> Told:
    """The story, after every partner's payout was explained: each value is worked out a second time, row by row."""
    for partner in story.run.partners:
        story.why(partner)
    return story


def keys(story: Told, component: str) -> list[str]:
    """What a component pays for."""
    told_lines = [line.split() for line in story.lines()]
    return [key for _, of, key, amount in told_lines if of == component and amount != "0"]


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ("case when revenue > 0 then partners.tier else 'x' end = 'gold'", "acme"),
        ("'gold' != case when revenue > 0 then partners.tier else 'x' end", "bolt crux dune"),
        ("case when revenue > 0 then partners.tier else 'x' end in ('gold', 'x')", "acme bolt dune"),
        ("case when revenue > 0 then partners.tier end is null", "bolt dune"),
        ("coalesce(case when revenue <= 130 then partners.tier end, 'none') = 'none'", "bolt crux"),
        ("nullif(case when revenue > 200 then 'x' else partners.tier end, 'gold') is not null", "crux"),
        ("case when revenue > 0 then partners.tier else partners.kind end = partners.kind", "bolt crux dune"),
        ("case when revenue > 0 then partners.partner_id else 'bolt' end = partners.partner_id", "acme bolt crux"),
        ("case when revenue > 0 then partners.recruited_on else '2020-02-29' end < '2025-06-01'", "acme bolt dune"),
        (
            "case when revenue > 0 then partners.recruited_on else date '2020-01-31' end + interval '1' month"
            " in ('2025-02-28', '2020-02-29')",
            "acme bolt dune",
        ),
        ("period.start - case when revenue > 0 then partners.recruited_on else '2026-03-31' end > 1", "acme"),
        ("least(case when revenue > 0 then partners.recruited_on end, period.start) is null", "bolt crux dune"),
        ("date '9999-12-31' + interval '1' day is null and partners.tier = 'gold'", "acme dune"),
        (f"{BEFORE_ALL} is null and partners.kind != 'silver'", "acme bolt dune"),
        ("not (case when revenue > 0 then partners.tier else partners.kind end = 'gold')", "bolt crux dune"),
    ],
)
def test_a_text_or_a_date_by_a_kpi_of_the_partner(tmp_path: Path, condition: str, who: str) -> None:
    program = f"""{HEAD}
scorecards:
  performance:
    for: "{condition}"
    kpis: {{revenue: {{weight: 100%, linear: {{from: 0, to: 1000}}}}}}
payouts:
  welcome: {{amount: 10, where: "{condition}"}}
  scored: {{amount: 10, where: performance >= 0}}
pools:
  club: {{size: 100, shared: equally, among: "{condition}"}}
  share: {{size: 100, shared: {{by: "case when {condition} then 1 else 0 end"}}}}
"""
    with told(write(tmp_path, program, TABLES)) as story:
        agreed(story)
        for component in ("welcome", "scored", "club", "share"):
            assert keys(story, component) == who.split(), component


@pytest.mark.parametrize(
    ("condition", "which"),
    [
        ("case when deals.amount * 2 > 100 then deals.kind else 'x' end = 'new'", "d1 d5"),
        ("case when deals.amount * 2 > 100 then deals.kind end is null", "d2 d3 d4"),
        ("case when deals.amount * 2 > 100 then deals.kind else deals.status end = deals.status", "d2 d3 d4"),
        (
            "coalesce(case when deals.amount / 2 > 20 then deals.kind end, deals.kind, 'none') in ('none', 'renewal')",
            "d2 d3",
        ),
        ("nullif(case when 1 * 2 > 1 then deals.kind end, 'new') is null", "d1 d3 d4 d5"),
        (
            "case when deals.amount * 2 > 100 then deals.closed_on else deals.opened_on end"
            " between '2026-04-01' and '2026-04-16'",
            "d1 d3 d4",
        ),
        (
            "deals.closed_on - case when deals.amount * 2 > 50 then deals.opened_on else deals.closed_on end > 0",
            "d1 d2",
        ),
        ("greatest(case when deals.amount * 2 > 100 then deals.closed_on end, '2026-04-10') = '2026-04-10'", "d1"),
    ],
)
def test_a_text_or_a_date_by_a_product_of_the_deal(tmp_path: Path, condition: str, which: str) -> None:
    """The rows and the base of a payout, and the rows and the measure of a KPI."""
    program = f"""{HEAD}
  deals_meant: {{count: deals, where: "{condition}", dated: deals.closed_on}}
  points: {{sum: "case when {condition} then 1 * 2 else 0 end", dated: deals.closed_on}}
  days: {{count_distinct: "case when {condition} then deals.closed_on end", dated: deals.closed_on}}
payouts:
  bounty: {{for_each: deals, amount: 1, where: "{condition}", dated: deals.closed_on}}
  fee:
    base: "case when {condition} then 100 + coalesce(deals.amount, 0) else 0 end"
    rate: 10%
    dated: deals.closed_on
"""
    with told(write(tmp_path, program, TABLES)) as story:
        agreed(story)
        assert keys(story, "bounty") == keys(story, "fee") == which.split()
        owners = [OWNER[key] for key in which.split()]
        counts = [owners.count(partner) for partner in story.run.partners]
        assert story.sheet.columns["deals_meant"].fractions() == counts
        assert story.sheet.columns["points"].fractions() == [2 * count for count in counts]
        assert story.sheet.columns["days"].fractions() == counts  # no two deals closed on one day


@pytest.mark.parametrize(
    ("condition", "which"),
    [
        ("case when revenue > 200 then deals.kind else deals.status end = 'new'", "d5"),
        ("case when revenue > 200 then deals.closed_on else deals.opened_on end < deals.closed_on", "d1 d2 d3"),
        ("case when revenue > 0 then partners.tier else deals.kind end in ('gold', 'new')", "d1 d2 d4"),
    ],
)
def test_a_text_or_a_date_of_the_deal_by_a_kpi_of_its_partner(tmp_path: Path, condition: str, which: str) -> None:
    program = f"""{HEAD}
payouts:
  bounty: {{for_each: deals, amount: 1, where: "{condition}", dated: deals.closed_on}}
  fee: {{base: "case when {condition} then 100 else 0 * revenue end", rate: 10%, dated: deals.closed_on}}
"""
    with told(write(tmp_path, program, TABLES)) as story:
        agreed(story)
        assert keys(story, "bounty") == keys(story, "fee") == which.split()


def test_who_takes_part_by_a_text_that_a_product_chooses(tmp_path: Path) -> None:
    condition = "case when 1 * 2 > 1 then partners.tier else 'x' end = 'gold'"
    program = f'{HEAD}\neligible: "{condition}"\npools: {{club: {{size: 100, shared: equally}}}}\n'
    with told(write(tmp_path, program, TABLES)) as story:
        assert agreed(story).payouts() == {"acme": 5_000, "dune": 5_000}


def test_a_text_by_the_tier_of_a_scorecard(tmp_path: Path) -> None:
    program = f"""{HEAD}
scorecards:
  performance:
    kpis: {{revenue: {{weight: 100%, linear: {{from: 0, to: 200}}}}}}
    tiers: {{bronze: 0, top: 60}}
pools:
  club: {{size: 100, shared: equally, among: "case when performance.tier = 'top' then partners.kind end = 'reseller'"}}
"""
    with told(write(tmp_path, program, TABLES)) as story:
        assert keys(agreed(story), "club") == ["acme"]  # 130 of 200 are 65 points; crux has 100 and is no reseller


def test_a_formula_that_names_its_cases(tmp_path: Path) -> None:
    choice = "case when revenue > 200 then 'high' when revenue > 0 then 'low' end"
    program = f"""{HEAD}
  weight: {{formula: "case when coalesce({choice}, 'none') in ('none', 'high') then period.days else 0 end"}}
pools:
  club: {{size: 90, shared: {{by: weight}}}}
"""
    with told(write(tmp_path, program, TABLES)) as story:
        assert agreed(story).payouts() == {"acme": 0, "bolt": 3_000, "crux": 3_000, "dune": 3_000}


def test_as_many_texts_as_a_condition_holds(tmp_path: Path) -> None:
    """A condition of nearly 2,000 characters: what SQL is asked grows with the texts, not with their pairs."""
    words = " ".join(f"when revenue = {number} then 't{number}'" for number in range(2, 25))
    one, other = f"case {words} else partners.tier end", f"case {words} else partners.kind end"
    program = f'{HEAD}\npools:\n  club: {{size: 100, shared: equally, among: "{one} = {other}"}}\n'
    with told(write(tmp_path, program, TABLES)) as story:
        assert keys(agreed(story), "club") == ["crux"]
