"""What a simulation tells beside the cost: tiers that scorecards gave, effective rates, the budget, and cliffs."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import group
from scenarios.acts.simulate import simulate
from scenarios.acts.summed import Asked
from scenarios.outcomes.values import Simulated

PLAN = """program: Plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
scorecards:
  card:
    kpis: {sold: {weight: 100%, linear: {from: 0, to: 100_000, points: {from: 0, to: 100}}}}
    tiers: {silver: 10, gold: 40}
  steep:
    kpis: {sold: {weight: 100%, linear: {from: 0, to: 200_000, points: {from: 0, to: 100}}}}
    tiers: {low: 0, high: 20}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      method: whole
      accumulate: transaction
      at_edge: EDGE
      steps: [{to: 30_000, rate: 5%}, {to: 80_000, rate: 8%}, {rate: 10%}]
  bonus: {for_each: deals, dated: deals.closed_on, amount: 10}
"""
PARTNERS = "partner_id,name,region\nacme,Acme,north\nbolt,Bolt,south\ncrux,Crux,south\n"
DEALS = """deal_id,partner_id,closed_on,amount
D-1,acme,2026-02-10,80000
D-2,bolt,2026-02-12,28500
D-3,bolt,2026-02-12,29999.99
D-4,bolt,2026-02-12,28499.99
"""


def write(folder: Path, edge: str = "lower_tier") -> Path:
    for name, text in {"partners.csv": PARTNERS, "deals.csv": DEALS}.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "program.yaml").write_text(PLAN.replace("EDGE", edge), "utf-8")
    (folder / "half.yaml").write_text("scenario: half\nfacts: {scale: {deals.amount: 40%}}\n", "utf-8")
    return folder / "program.yaml"


def found_of(program: Path, **asked: Any) -> Simulated:
    return simulate(program, [program.parent / "half.yaml"], Asked("2026-02", **asked))


def printed(program: Path, *words: str) -> str:
    file = program.parent / "half.yaml"
    done = CliRunner().invoke(group, ["simulate", str(program), str(file), "--period", "2026-02", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_tiers_are_those_that_each_scorecard_gave_before_and_after(tmp_path: Path) -> None:
    """80,000.00 are 80 points of the one card and 40 of the other; 32,000.00 are 32 and 16; bolt sold 86,999.98."""
    found = found_of(write(tmp_path), by="tier")
    assert {card: dict(each.of) for card, each in found.base.tiers.items()} == {
        "card": {"acme": "gold", "bolt": "gold", "crux": ""},
        "steep": {"acme": "high", "bolt": "high", "crux": "low"},
    }
    (half,) = found.scenarios
    moved = (("2026-02", "acme", "gold", "silver"), ("2026-02", "bolt", "gold", "silver"))
    assert half.tier_moves("card") == moved and half.ups_and_downs("card") == (0, 2)
    assert half.ups_and_downs("steep") == (0, 2)
    assert found.base.by_group == {"gold": found.base.cost_minor, "": 0}
    told = printed(tmp_path / "program.yaml", "--by", "tier")
    assert "half: card: acme Acme from gold to silver" in told and "half: steep: 0 up, 2 down" in told
    assert "(none)" in told


def test_without_scored_tiers_the_column_is_told_by(tmp_path: Path) -> None:
    program = write(tmp_path)
    text = program.read_text("utf-8")
    start, end = text.index("scorecards:"), text.index("payouts:")
    program.write_text(text[:start] + text[end:], "utf-8")
    (tmp_path / "partners.csv").write_text(PARTNERS.replace("region", "tier"), "utf-8")
    found = found_of(program, by="tier")
    assert set(found.base.groups.values()) == {"north", "south"} and not found.base.tiers


def test_effective_rates_are_told_by_component_tier_region_and_partner(tmp_path: Path) -> None:
    """acme: 6,400.00 and 10.00 of 80,000.00; bolt: 5 % of each deal and 30.00 of 86,999.98."""
    found = found_of(write(tmp_path), by="region", per="sold")
    north, south = Fraction(641_000, 8_000_000), Fraction(142_500 + 150_000 + 142_500 + 3_000, 8_699_998)
    assert {group: of.rate for group, of in found.base.held.items()} == {"north": north, "south": south}
    assert found.base.rates() == {"acme": north, "bolt": south, "crux": None}
    assert found.base.rate_of_component("bonus") == Fraction(4_000, 16_699_998)
    assert found.base.of_tiers["steep"]["high"].rate == found.base.effective_rate
    told = json.loads(printed(tmp_path / "program.yaml", "--by", "region", "--per", "sold", "--json"))
    assert [each["effective_rate"] for each in told["as_it_is"]["groups"]] == [str(north), str(south)]
    (bonus,) = (each for each in told["scenarios"][0]["components"] if each["component"] == "bonus")
    assert Fraction(bonus["before_rate"]) == Fraction(4_000, 16_699_998)
    assert "per sold" in printed(tmp_path / "program.yaml", "--by", "component", "--per", "sold")


def test_the_variance_to_the_budget_is_an_amount_and_a_part(tmp_path: Path) -> None:
    program = write(tmp_path)
    told = json.loads(printed(program, "--budget", "10_000", "--json"))["as_it_is"]
    assert (told["over_budget_minor"], told["over_budget_part"]) == (told["cost_minor"] - 1_000_000, "79/1000")
    assert "7.90%" in printed(program, "--budget", "10_000")


@pytest.mark.parametrize(("edge", "near"), [("lower_tier", (1, 1)), ("higher_tier", (1, 0))])
def test_cliffs_are_where_a_rule_jumps_and_who_is_just_below(tmp_path: Path, edge: str, near: tuple[int, int]) -> None:
    """30,000.00 at 5 % or 8 %: 900.00. bolt has three deals below, of which 28,499.99 is further than 5 %; acme is at
    the upper edge, and so below it only where the edge is of the lower tier."""
    found = found_of(write(tmp_path, edge), tells_cliffs=True)
    assert found.base.cliffs is not None and found.scenarios[0].outcome.cliffs is not None
    assert [(each.rule, int(each.at), int(each.jump_minor), each.near or 0) for each in found.base.cliffs.jumps] == [
        ("commission", 3_000_000, 90_000, near[0]),
        ("commission", 8_000_000, 160_000, near[1]),
    ]
    assert [each.near for each in found.scenarios[0].outcome.cliffs.jumps] == [0, 0]
    told = printed(tmp_path / "program.yaml", "--cliffs")
    assert "as it is: commission  30,000.00  deals.amount    +900.00" in told
    assert json.loads(printed(tmp_path / "program.yaml", "--json"))["as_it_is"]["cliffs"] is None


def test_cliffs_of_a_measure_of_partners_count_partners(tmp_path: Path) -> None:
    """A gate on the score: 43 points are within 5 % of 45, 80 are beyond it."""
    program = write(tmp_path)
    text = program.read_text("utf-8")
    rule = (
        "  bonus:\n    base: deals.amount\n    dated: deals.closed_on\n    tiers:\n      method: whole\n"
        "      accumulate: transaction\n      at_edge: higher_tier\n      by: steep\n"
        "      steps: [{to: 45, rate: 1%}, {rate: 2%}]\n"
    )
    program.write_text(text[: text.index("  bonus:")] + rule, "utf-8")
    cliffs = found_of(program, tells_cliffs=True).base.cliffs
    assert cliffs is not None
    assert [(int(each.at), each.near or 0) for each in cliffs.jumps if each.rule == "bonus"] == [(45, 1)]


YEAR = """    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{to: 100_000, rate: 5%}, {rate: 8%}]
"""


def test_near_is_who_stands_below_the_edge_at_the_end(tmp_path: Path) -> None:
    """acme comes by 96,000.00 and ends at 120,000.00; bolt ends at 97,000.00, and crux had 98,000.00 in January. Who
    passed the band on the way, or has come to it in parts, does not count twice."""
    program = write(tmp_path)
    text = program.read_text("utf-8")
    start, end = text.index("    tiers:\n      method: whole"), text.index("  bonus:")
    program.write_text(
        text[:start] + YEAR.replace("marginal", "whole\n      at_edge: lower_tier") + text[end:], "utf-8"
    )
    rows = ["D-1,acme,2026-01-10,96000", "D-2,acme,2026-02-10,24000", "D-3,bolt,2026-02-12,96000",
            "D-4,bolt,2026-02-13,1000", "D-5,crux,2026-01-12,98000"]  # fmt: skip
    (tmp_path / "deals.csv").write_text("deal_id,partner_id,closed_on,amount\n" + "\n".join(rows) + "\n", "utf-8")
    cliffs = simulate(program, [], Asked("2026-01..2026-02", tells_cliffs=True)).base.cliffs
    assert cliffs is not None
    assert [(int(each.at), each.near) for each in cliffs.jumps] == [(10_000_000, 2)]


def test_cliffs_of_scores_are_told_and_what_is_not_followed(tmp_path: Path) -> None:
    program = write(tmp_path)
    text = program.read_text("utf-8")
    start, end = text.index("    tiers:\n      method: whole"), text.index("  bonus:")
    more = "    rate: 5%\n    multipliers:\n      more: {by: steep, bands: [{below: 41, times: 1}, {times: 1.2}]}\n"
    gold = "  gold: {for_each: partners, where: card.tier = 'gold', amount: 100}\n"
    program.write_text(text[:start] + more + text[end:] + gold, "utf-8")
    cliffs = found_of(program, tells_cliffs=True).base.cliffs
    assert cliffs is not None
    (jump,) = cliffs.jumps
    assert (jump.rule, jump.measure, int(jump.at), jump.near) == ("commission", "steep", 41, 1)
    assert cliffs.not_followed == (("gold", "whether it pays is decided by card.tier"),)
    told = printed(program, "--cliffs")
    assert "not followed: gold: whether it pays is decided by card.tier" in told
    assert json.loads(printed(program, "--cliffs", "--json"))["as_it_is"]["not_followed"][0]["rule"] == "gold"
    program.write_text(text[:start] + "    rate: 5%\n" + text[end:], "utf-8")
    assert "as it is: no cliffs\nhalf: no cliffs" in printed(program, "--cliffs")


def test_a_tier_has_the_pay_of_the_periods_in_which_it_was_held(tmp_path: Path) -> None:
    """acme is gold in February and of no tier in March: 260.00."""
    program = write(tmp_path)
    (tmp_path / "deals.csv").write_text(DEALS + "D-5,acme,2026-03-02,5000\n", "utf-8")
    found = simulate(program, [program.parent / "half.yaml"], Asked("2026-02..2026-03", by="tier", per="sold"))
    of = found.base.of_tiers["card"]
    march = 25_000 + 1_000
    assert of["gold"].paid_minor == found.base.cost_minor - march and of[""].paid_minor == march
    assert of[""].rate == Fraction(march, 500_000)
    assert found.base.by_group == {"gold": of["gold"].paid_minor, "": march}
    (half,) = found.scenarios
    assert half.tier_moves("card") == (("2026-02", "acme", "gold", "silver"), ("2026-02", "bolt", "gold", "silver"))
    done = CliRunner().invoke(group, ["simulate", str(program), str(tmp_path / "half.yaml"),
                                      "--period", "2026-02..2026-03", "--by", "tier"])  # fmt: skip
    assert "half: card: acme Acme from gold to silver in 2026-02" in done.output
    assert "half: card: 0 up, 2 down in any period" in done.output
