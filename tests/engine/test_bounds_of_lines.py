"""What a line pays at least and at most, below zero too; and what is told of limits and running totals."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, refused, told, write

SOURCES = "sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv}\n"
RULE = """
payouts:
  pay:
    base: deals.amount
    dated: deals.closed_on
    rate: 10%
"""
DEALS = "d1,p,2026-04-01,1000.00\nd2,p,2026-04-02,-300.00\nd3,p,2026-04-03,20.00\n"


def of(folder: Path, more: str, rule: str = RULE, events: str = "") -> Path:
    tables = {
        "partners.csv": "partner_id\np\n",
        "deals.csv": f"deal_id,partner_id,closed_on,amount\n{DEALS}",
        "deal_events.csv": f"event_id,deal_id,occurred_on,amount\n{events}",
    }
    return write(folder, MONTH + SOURCES + rule + "".join(f"    {line}\n" for line in more.splitlines()), tables)


BOUNDS = [
    ("at_least: 0", [10_000, 0, 200]),  # it never charges
    ("at_least: 5", [10_000, 500, 500]),
    ("at_least: -10", [10_000, -1_000, 200]),  # it charges no more than 10
    ("at_most: 50", [5_000, -3_000, 200]),
    ("at_most: 0", [0, -3_000, 0]),
    ("at_least: 0\nat_most: 50", [5_000, 0, 200]),
]


@pytest.mark.parametrize(("bounds", "lines"), BOUNDS)
def test_a_bound_of_a_line_is_read_as_it_stands(tmp_path: Path, bounds: str, lines: list[int]) -> None:
    with told(of(tmp_path, bounds)) as story:
        assert [int(line.split()[-1]) for line in story.lines()] == lines
        story.why("p")


def test_a_growth_rebate_of_at_least_nothing_charges_nobody(tmp_path: Path) -> None:
    """10 % of what the month brought beyond 1,000: 720 are less, and nothing is paid."""
    rebate = "kpis: {sales: {sum: deals.amount, dated: deals.closed_on}, growth: {formula: sales - 1000}}"
    rule = f"{rebate}\npayouts:\n  pay:\n    for_each: partners\n    base: growth\n    rate: 10%\n"
    with told(of(tmp_path, "at_least: 0", rule)) as story:
        assert story.lines() == ["p pay p 0"]
        assert "at least 0.00" in story.why("p", "pay").words


def test_what_a_capped_line_was_paid_is_what_its_return_takes_back(tmp_path: Path) -> None:
    more = "at_most: 50\nreturns: {back: {for_each: deal_events, dated: deal_events.occurred_on}}"
    with told(of(tmp_path, more, events="e1,d1,2026-04-20,1000.00\n")) as story:
        assert sorted(story.lines()) == ["p pay d1 5000", "p pay d2 -3000", "p pay d3 200", "p pay e1 -5000"]


def test_bands_of_an_attainment_are_written_as_percentages(tmp_path: Path) -> None:
    """At 120 % of what the deals are worth in a year, 1.5 times, and no more than 140 %."""
    kpi = "kpis: {attainment: {sum: deals.amount, over: {sum: deals.annual_value}}}"
    bands = "bands: [{below: 80%, times: 0}, {below: 110%, times: 1}, {times: 150%}], at_most: 140%"
    rule = f"{kpi}{RULE}    multipliers: {{accelerator: {{by: attainment, {bands}}}}}\n"
    path = of(tmp_path, "where: deals.amount > 500", rule)
    (tmp_path / "deals.csv").write_text(
        "deal_id,partner_id,closed_on,amount,annual_value\nd1,p,2026-04-01,1200.00,1000.00\n"
    )
    with told(path) as story:
        assert story.lines() == ["p pay d1 16800"]
        assert "x accelerator 1.5 as 1.2 is in the last band, at most 1.4" in story.why("p", "pay").words


def test_bounds_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    assert [each.split()[0] for each in refused(of(tmp_path, "at_least: 50\nat_most: 5"))] == ["P192"]


def test_a_line_that_does_not_fit_whole_is_told_as_such(tmp_path: Path) -> None:
    more = "limits: [{at_most: 10, per: partner, over: ever, cut: in_order, order: [deals.amount], last: none}]"
    with told(of(tmp_path, f"where: deals.amount > 0\n{more}")) as story:
        (line,) = (part for part in story.why("p", "pay").parts if "d1" in part.title)
    assert line.words.endswith(
        ": entitled 100.00, applied 0.00; 8.00 were left, but a line is paid whole or not at all, "
        "and the first that does not fit is the end"
    )


def test_what_was_added_up_for_ever_is_told_in_plain_words(tmp_path: Path) -> None:
    steps = "steps: [{to: 900, rate: 1%}, {rate: 2%}]"
    tiers = f"tiers: {{method: marginal, accumulate: ever, order: [deals.closed_on], {steps}}}"
    with told(of(tmp_path, "", RULE.replace("rate: 10%", tiers))) as story:
        words = [part.words for line in story.why("p", "pay").parts for part in line.parts]
    assert "1 row before it, from the first row on" in words
