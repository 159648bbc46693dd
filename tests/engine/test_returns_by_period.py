"""Limits beside returns, quarter after quarter, as `run` works them out: it lets go of columns on the way to lines, and
looks back at the quarters before all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import partage, told, write

from engine.facts.gather import gather_facts
from engine.settle import settle
from engine.sheet import evaluate
from rules.load import load

QUARTERS = ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
HEAD = """
program: Story
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv}
credit: {sales: {of: deals, from: {owner: 100%}}}
payouts:
"""
TIERS = (
    "tiers: {method: marginal, accumulate: fiscal_year, order: [deals.closed_on], steps: [{to: 700, rate: 5%}, "
    "{rate: 8%}]}"
)
IN_ORDER = "cut: in_order, order: [deals.closed_on]"
LIMITS = {
    "floor_of_year": "{at_least: 150, over: fiscal_year}",
    "floor_of_quarter": "{at_least: 150, over: period}",
    "floor_of_days": "{at_least: 150, over: during}",
    "cap_of_year": f"{{at_most: 40, over: fiscal_year, {IN_ORDER}}}",
    "whole_lines": f"{{at_most: 40, per: program, over: fiscal_year, {IN_ORDER}, last: none}}",
    "shared": "{at_most: 40, over: fiscal_year, cut: pro_rata}",
    "bank": "{at_most: 20, cut: pro_rata, excess: banked}",
    "cap_over_floor": f"{{at_least: 150, over: fiscal_year}}, {{at_most: 60, over: fiscal_year, {IN_ORDER}}}",
}
EVENTS = "e1,d1,2026-02-01,100\ne2,d1,2026-05-01,900\ne3,d2,2026-11-01,100.10\ne4,d3,2026-11-02,700\n"
DEALS = "d1,p,2026-01-10,1000\nd2,p,2026-04-10,333.33\nd3,q,2026-05-10,700\nd4,p,2026-08-10,400\n"


def rule(name: str, limit: str, is_credited: bool = False, method: str = "as_paid") -> str:
    kind = "rate: 5%" if method == "as_paid" else TIERS
    credit, during = "credit: sales, " * is_credited, "during: 2026-01-01 to 2026-06-30, " * ("during" in limit)
    back = f"{{for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on, tiers: {method}}}"
    base = f"{credit}base: deals.amount, dated: deals.closed_on, {during}{kind}"
    return f"  {name}: {{{base}, limits: [{limit}], returns: {{back: {back}}}}}\n"


def program(folder: Path, rules: str, deals: str = DEALS, events: str = EVENTS) -> Path:
    tables = {
        "partners.csv": "partner_id\np\nq\n",
        "deals.csv": f"deal_id,partner_id,closed_on,amount\n{deals}",
        "deal_events.csv": f"event_id,deal_id,occurred_on,amount\n{events}",
    }
    return write(folder, HEAD + rules, tables)


@pytest.mark.parametrize("method", ["as_paid", "highest_first"])
@pytest.mark.parametrize("is_credited", [False, True], ids=["owned", "credited"])
def test_a_run_of_each_quarter_pays_what_its_explanation_does(tmp_path: Path, is_credited: bool, method: str) -> None:
    path = program(tmp_path, "".join(rule(name, limit, is_credited, method) for name, limit in LIMITS.items()))
    loaded = load(path)
    for quarter in QUARTERS:
        period = loaded.understood().calendar.period(quarter)
        with told(path, quarter) as story, gather_facts(loaded.understood(), loaded.folder, period) as facts:
            sheet = evaluate(story.plan, facts.snapshot, period, "lines")
            assert settle(story.plan, sheet, loaded.sha256, facts.inputs).run_id == story.run.run_id
            for partner in story.run.partners:
                story.why(partner)


@pytest.mark.parametrize("is_credited", [False, True], ids=["owned", "credited"])
def test_a_part_that_is_returned_in_the_year_is_topped_up_at_its_end(tmp_path: Path, is_credited: bool) -> None:
    """50 in January and -5 in May: at the end of the year 105 are missing to 150."""
    floor = rule("commission", LIMITS["floor_of_year"], is_credited)
    path = program(tmp_path, floor, DEALS.splitlines()[0] + "\n", "e1,d1,2026-05-01,100\n")
    ran = [partage("run", path, "--period", quarter, "--json").json() for quarter in QUARTERS]
    assert [each["total_minor"] for each in ran] == [5000, -500, 0, 10500]
