"""The made-up examples of a plan are worked out by the engine, on values that could be real."""

from __future__ import annotations

from pathlib import Path

from spine_stories import write

from engine.acts.curve import curve
from engine.acts.plan_document import plan_document

PROGRAM = """
program: Examples
currency: {currency}
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {{partners: partners.csv, deals: deals.csv, usage: usage.csv}}
kpis:
  revenue: {{sum: deals.amount, dated: deals.closed_on}}
  won: {{title: won deals, unit: percent, count: deals, where: deals.status = 'won', over: {{count: deals}}}}
scorecards:
  performance:
    kpis: {{revenue: {{weight: 100%, linear: {{from: 0, to: 1_000_000}}}}}}
    tiers: {{bronze: 0, gold: 80}}
payouts:
{rules}"""
MADE_UP = "Example, on made-up values:"


def rows(folder: Path, rules: str, currency: str = "EUR") -> list[str]:
    """The rows of the first rule's example, without its head."""
    text = plan_document(write(folder, PROGRAM.format(currency=currency, rules=rules), {})).markdown
    table = text.split(MADE_UP, 1)[1].split("\n\n")[1]
    return table.splitlines()[2:]


def test_a_fee_is_shown_on_what_it_is_a_fee_of(tmp_path: Path) -> None:
    fee = "  fee: {for_each: partners, base: -(revenue + revenue), rate: 2%, at_least: EUR -250}\n"
    assert rows(tmp_path, fee) == [
        "| EUR -1,000.00 | 2 % of -1,000.00 | EUR -20.00 |",
        "| EUR -1,234.57 | 2 % of -1,234.57 | EUR -24.69 |",
        "| EUR -100,000.00 | 2 % of -100,000.00, no less than -250.00 | EUR -250.00 |",
    ]


def test_amounts_have_the_decimals_of_their_currency(tmp_path: Path) -> None:
    rate = "  share: {base: deals.amount, rate: 2.5%}\n"
    assert rows(tmp_path / "yen", rate, "JPY") == [
        "| JPY 100,000 | 2.5 % of 100,000 | JPY 2,500 |",
        "| JPY 123,457 | 2.5 % of 123,457 | JPY 3,086 |",
    ]
    assert rows(tmp_path / "dinar", rate, "KWD")[1] == "| KWD 123.457 | 2.5 % of 123.457 | KWD 3.086 |"


def test_counts_are_whole_and_as_many_as_are_worth_a_line(tmp_path: Path) -> None:
    assert rows(tmp_path, "  calls: {base: usage.api_calls, per_unit: EUR 0.0035}\n") == [
        "| 1,000 | 1,000 x 0.0035 | EUR 3.50 |",
        "| 1,200 | 1,200 x 0.0035 | EUR 4.20 |",
    ]


def test_a_score_and_a_share_have_a_value_that_they_could_have(tmp_path: Path) -> None:
    scored = "  scored: {for_each: partners, base: revenue, rate: {rate: 10%, times: performance / 50, at_most: 12%}}\n"
    assert rows(tmp_path / "one", scored)[0] == (
        "| 1.5 | EUR 1,000.00 | 12 % of 1,000.00: 10 % x 1.5 = 15 %, at most 12 % | EUR 120.00 |"
    )
    part = "  part: {for_each: partners, base: revenue, rate: {rate: 100%, times: won}}\n"
    assert rows(tmp_path / "two", part)[0] == "| 0.25 | EUR 1,000.00 | 25 % of 1,000.00: 100 % x 0.25 | EUR 250.00 |"


def test_multipliers_are_part_of_the_example(tmp_path: Path) -> None:
    rule = "  bonus: {for_each: partners, base: revenue, rate: 10%, multipliers: {score: {times: performance / 60}}}\n"
    assert rows(tmp_path, rule)[0] == "| EUR 1,000.00 | 75 | 10 % of 1,000.00, times 1.25 (score) | EUR 125.00 |"


CAPPED = """  bonus:
    {{for_each: partners, base: revenue, rate: 10%, at_most: EUR 900, multipliers: {{accelerator: {factor}}}}}
"""


def capped(folder: Path, factor: str, rules: str = CAPPED) -> list[list[str]]:
    """The rows of the example of a capped rule with a multiplier: what is read, and what is paid."""
    found = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows(folder, rules.format(factor=factor))]
    return [[*row[:-2], row[-1]] for row in found]


def test_a_measure_that_decides_the_factor_is_shown_in_each_of_its_bands(tmp_path: Path) -> None:
    by_share = "{by: won, bands: [{below: 0.8, times: 0}, {below: 1, times: 1}, {times: 1.5}]}"
    assert capped(tmp_path / "share", by_share) == [
        ["EUR 1,000.00", "40 %", "EUR 0.00"],
        ["EUR 1,000.00", "90 %", "EUR 100.00"],
        ["EUR 1,000.00", "150 %", "EUR 150.00"],
        ["EUR 1,234.57", "90 %", "EUR 123.46"],
        ["EUR 10,000.00", "90 %", "EUR 900.00"],
    ]
    by_score = "{by: performance, bands: [{below: 50, times: 0}, {times: 1.2}]}"
    assert capped(tmp_path / "score", by_score)[:2] == [
        ["EUR 1,000.00", "25", "EUR 0.00"],
        ["EUR 1,000.00", "75", "EUR 120.00"],
    ]
    worked_out = "{by: revenue / deals_lost, bands: [{below: 2, times: 0.5}, {times: 2}]}"
    lost = PROGRAM.replace("scorecards:", "  deals_lost: {{count: deals, where: deals.status = 'lost'}}\nscorecards:")
    text = plan_document(
        write(tmp_path / "ratio", lost.format(currency="EUR", rules=CAPPED.format(factor=worked_out)), {})
    ).markdown
    assert "| revenue | revenue / deals_lost | worked out as | pays |" in text


def test_a_measure_that_is_the_base_itself_is_one_column(tmp_path: Path) -> None:
    by_base = "{by: revenue, bands: [{below: 5_000, times: 1}, {times: 1.2}]}"
    assert capped(tmp_path, by_base) == [
        ["EUR 2,500.00", "EUR 250.00"],
        ["EUR 7,500.00", "EUR 900.00"],
        ["EUR 3,086.42", "EUR 308.64"],
        ["EUR 25,000.00", "EUR 900.00"],
    ]


def test_a_condition_of_a_factor_is_shown_met_and_not(tmp_path: Path) -> None:
    gold = "{times: 1.2, where: performance.tier = 'gold'}"
    assert capped(tmp_path / "alone", gold)[:3] == [
        ["EUR 1,000.00", "no", "EUR 100.00"],
        ["EUR 1,000.00", "yes", "EUR 120.00"],
        ["EUR 1,234.57", "no", "EUR 123.46"],
    ]
    banded = "{by: won, bands: [{below: 80%, times: 0}, {times: 1.5}], where: performance.tier = 'gold'}"
    assert capped(tmp_path / "banded", banded)[:2] == [
        ["EUR 1,000.00", "40 %", "yes", "EUR 0.00"],
        ["EUR 1,000.00", "120 %", "yes", "EUR 150.00"],
    ]


def test_a_schedule_is_shown_where_its_multiplier_pays(tmp_path: Path) -> None:
    tiered = CAPPED.replace("rate: 10%", "tiers: {{method: marginal, steps: [{{to: 4_000, rate: 0%}}, {{rate: 10%}}]}}")
    found = capped(tmp_path, "{by: won, bands: [{below: 80%, times: 0}, {times: 1}]}", tiered)
    assert found == [
        ["EUR 2,000.00", "120 %", "EUR 0.00"],
        ["EUR 4,000.00", "120 %", "EUR 0.00"],
        ["EUR 6,000.00", "40 %", "EUR 0.00"],
        ["EUR 6,000.00", "120 %", "EUR 200.00"],
    ]


def test_a_card_is_shown_with_what_its_entries_ask_for(tmp_path: Path) -> None:
    card = """  card:
    base: deals.amount
    card:
      entries:
        - {for: {deals.product: [Atlas, Beacon]}, rate: 3%}
        - {for: {deals.product: Atlas, deals.kind: renewal}, rate: 4%}
        - {for: {deals.term_months: {from: 36}}, rate: 5%}
      otherwise: {rate: 2%}
"""
    found = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows(tmp_path, card)]
    assert [(row[:4], row[-1]) for row in found] == [
        (["Atlas", "other", "other", "EUR 1,000.00"], "EUR 30.00"),
        (["Atlas", "renewal", "other", "EUR 1,000.00"], "EUR 40.00"),
        (["other", "other", "36", "EUR 1,000.00"], "EUR 50.00"),
        (["other", "other", "other", "EUR 1,000.00"], "EUR 20.00"),
    ]
    assert "more specific than entry 1" in found[1][-2]


def test_a_line_below_zero_is_said_as_it_is_paid(tmp_path: Path) -> None:
    rules = "  floored: {base: deals.amount, rate: 5%, at_least: 0}\n"
    rules += "  capped: {base: deals.amount, rate: 5%, at_most: 90}\n"
    program = write(tmp_path, PROGRAM.format(currency="EUR", rules=rules), {})
    below_zero = {rule: curve(program, rule, first="-1_000")[0].points[0].line_minor for rule in ("floored", "capped")}
    assert below_zero == {"floored": 0, "capped": -5_000}
    text = plan_document(program).markdown
    assert "at least EUR 0.00: where it would be below zero, nothing is paid and nothing is charged" in text
    assert "at most EUR 90.00, before it is rounded; one below zero stays as it is" in text
