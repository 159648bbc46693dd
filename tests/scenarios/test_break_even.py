"""Break even: the rate, amount or threshold that costs an amount, proved on the engine and beside sums made by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import group
from rules.problem import Refused
from scenarios.acts.break_even import break_even

PLAN = """program: Plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 5%
"""
PARTNERS = "partner_id,name,region\nacme,Acme,north\nbolt,Bolt,south\ncrux,Crux,south\n"
DEALS = """deal_id,partner_id,closed_on,amount
D-1,acme,2026-02-10,80000
D-2,bolt,2026-02-12,30000
D-3,acme,2026-03-12,345.67
"""


def partage(*words: str) -> str:
    done = CliRunner().invoke(group, words)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A small plan: three partners, three deals."""
    for name, text in {"program.yaml": PLAN, "partners.csv": PARTNERS, "deals.csv": DEALS}.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / "program.yaml"


def scenario(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, "utf-8")
    return path


def costs_by_hand(plan: Path, billionths: int) -> int:
    """What two deals of 80,000.00 and 30,000.00 are paid, each rounded half up to the cent."""
    return sum((2 * minor * billionths + 10**9) // (2 * 10**9) for minor in (8_000_000, 3_000_000))


@pytest.mark.parametrize(("cost", "rate"), [("6_600", "3/50"), ("5_000.07", None), ("110_000", "1")])
def test_the_rate_that_costs_an_amount_is_found_on_the_engine(plan: Path, cost: str, rate: str | None) -> None:
    found = break_even(plan, None, "2026-02", "payouts.commission.rate", cost)
    first, shown, last = (int(each * 10**9) for each in (found.from_value, found.value, found.to_value))
    assert rate is None or found.value == Fraction(rate)
    assert costs_by_hand(plan, first) == costs_by_hand(plan, shown) == costs_by_hand(plan, last) == found.cost_minor
    assert first == 0 or costs_by_hand(plan, first - 1) < found.cost_minor
    assert last == 10**9 or costs_by_hand(plan, last + 1) == (found.next_minor or 0) > found.wanted_minor
    assert found.is_exact is (found.cost_minor == found.wanted_minor)
    assert found.evaluations < 60


def test_a_rate_breaks_even_with_a_scenario(plan: Path) -> None:
    """With a SPIFF of 1,000.00 for each of two deals, 4,400.00 are left for 110,000.00: 4 %."""
    file = scenario(plan.parent, "add: {payouts.spiff: {for_each: deals, dated: deals.closed_on, amount: 1_000}}")
    asked = ("--period", "2026-02", "--break-even", "payouts.commission.rate", "--cost", "6400")
    found = json.loads(partage("simulate", str(plan), str(file), *asked, "--json"))
    assert (found["rate"], found["cost_minor"], found["is_exact"]) == ("1/25", 640_000, True)


STEPS = """    tiers:
      method: marginal
      accumulate: transaction
      steps: [{to: 20_000, rate: 5%}, {to: 60_000, rate: 8%}, {rate: 10%}]
"""


def test_the_amount_that_costs_an_amount_is_found_to_the_minor_unit(plan: Path) -> None:
    """5,500.00 and a SPIFF for each of two deals: 6,000.00 leaves 250.00 for each; 6,000.01 is between two cents."""
    file = scenario(plan.parent, "add: {payouts.spiff: {for_each: deals, dated: deals.closed_on, amount: EUR 100}}")
    next_plan = plan.parent / "next.yaml"
    partage("apply", str(file), "--program", str(plan), "--out", str(next_plan))
    found = break_even(next_plan, None, "2026-02", "payouts.spiff.amount", "6_000")
    assert found.is_amount and found.is_exact and found.next_minor == 600_002
    assert found.value == found.from_value == found.to_value == 25_000
    odd = break_even(next_plan, None, "2026-02", "payouts.spiff.amount", "6_000.01")
    assert odd.value == 25_000
    assert (odd.is_exact, odd.cost_minor, odd.next_minor) == (False, 600_000, 600_002)


@pytest.mark.parametrize("cost", ["8_200", "7_643.21", "7_500.01"])
def test_the_threshold_that_costs_an_amount_is_found_though_the_cost_falls_with_it(plan: Path, cost: str) -> None:
    """Of 80,000.00 and 30,000.00: 5 % up to the first edge, 8 % up to the second, 10 % above it."""
    plan.write_text(PLAN.replace("    rate: 5%\n", STEPS), "utf-8")

    def by_hand(edge: int) -> int:
        """Each deal's commission, rounded half up, with a first edge of so many cents."""
        total = 0
        for base in (8_000_000, 3_000_000):
            parts = (min(base, edge), max(0, min(base, 6_000_000) - edge), max(0, base - 6_000_000))
            hundredths = sum(part * rate for part, rate in zip(parts, (5, 8, 10), strict=True))
            total += (2 * hundredths + 100) // 200
        return total

    found = break_even(plan, None, "2026-02", "payouts.commission.tiers.steps.1.to", cost)
    wanted, first, last = int(cost.replace("_", "").replace(".", "").ljust(6, "0")), found.from_value, found.to_value
    assert found.falls and by_hand(int(first)) == by_hand(int(last)) == found.cost_minor <= wanted
    assert by_hand(int(first) - 1) == found.next_minor and (found.is_exact or by_hand(int(first) - 1) > wanted)
    assert by_hand(int(last) + 1) < found.cost_minor


def test_an_amount_that_nothing_costs_is_told_with_the_ends(plan: Path) -> None:
    plan.write_text(PLAN.replace("    rate: 5%\n", STEPS), "utf-8")
    with pytest.raises(
        Refused, match=r"W212 .* from 0\.01 to 59999\.99, .* from 9,200\.00 EUR to 6,500\.00 EUR, never"
    ):
        break_even(plan, None, "2026-02", "payouts.commission.tiers.steps.1.to", "9_900")


def test_a_rate_breaks_even_with_changed_facts(plan: Path) -> None:
    """110,000.00 grow by 10 % to 121,000.00, of which 6,050.00 are 5 %."""
    file = scenario(plan.parent, "facts: {scale: {deals.amount: 110%}}\n")
    found = break_even(plan, file, "2026-02", "payouts.commission.rate", "6_050")
    assert found.is_exact and found.value == Fraction(1, 20)


SCORED = """kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
  closed: {count: deals, dated: deals.closed_on}
scorecards:
  card:
    kpis: {sold: {weight: 100%, linear: {from: 0, to: 100_000, points: {from: 0, to: 100}}}}
    tiers: {silver: 10, gold: 40}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 5%
    multipliers:
      more: {by: card, bands: [{below: 50, times: 1}, {times: 1.2}]}
  gold: {for_each: partners, where: card.tier = 'gold', amount: 100}
  each: {for_each: partners, base: closed, per_unit: EUR 5.0035}
"""


@pytest.fixture
def scored(plan: Path) -> Path:
    """The plan with a score: acme has 80 points and 1.2 times 4,000.00, bolt 30 and 1,500.00."""
    plan.write_text(PLAN[: PLAN.index("kpis:")] + SCORED, "utf-8")
    return plan


def test_a_factor_is_looked_for_at_9_decimals(scored: Path) -> None:
    """1,610.00 stand, and 6,390.01 are 1.5975025 times 4,000.00."""
    found = break_even(scored, None, "2026-02", "payouts.commission.multipliers.more.bands.2.times", "8_000.01")
    assert (found.kind, found.is_exact) == ("factor", True)
    assert abs(found.value * 4000 * 100 - 639_001) <= Fraction(1, 2)
    told = partage("simulate", str(scored), "--period", "2026-02", "--break-even",
                   "payouts.commission.multipliers.more.bands.2.times", "--cost", "8_000.01")  # fmt: skip
    assert "every factor from 1.5975" in told and "%" not in told


def test_points_are_looked_for_as_numbers(scored: Path) -> None:
    """80 points are gold up to an edge of 80, and not above it: 100.00 less."""
    found = break_even(scored, None, "2026-02", "scorecards.card.tiers.gold", "6_310.40")
    assert (found.kind, found.falls, found.is_exact, found.cost_minor) == ("number", True, False, 631_000)
    assert found.from_value == 80 + Fraction(1, 10**9) and found.next_minor == 641_000
    edge = break_even(scored, None, "2026-02", "payouts.commission.multipliers.more.bands.1.below", "6_410")
    assert edge.kind == "number" and (edge.from_value, edge.to_value) == (30 + Fraction(1, 10**9), Fraction(80))


def test_a_price_of_a_unit_has_9_decimals(scored: Path) -> None:
    found = break_even(scored, None, "2026-02", "payouts.each.per_unit", "7_500")
    assert (found.kind, found.is_exact, found.cost_minor) == ("price", True, 750_000)
    assert found.value == 550


def test_what_a_scenario_adds_is_looked_for(plan: Path) -> None:
    """110,000.00 at 5 % and at another rate: 6,600.00 are 1 % more."""
    file = scenario(plan.parent, "add: {payouts.more: {base: deals.amount, dated: deals.closed_on, rate: 2%}}")
    found = break_even(plan, file, "2026-02", "payouts.more.rate", "6_600")
    assert found.is_exact and found.value == Fraction(1, 100)


@pytest.mark.parametrize("option", [["--by", "region"], ["--causes"], ["--gate", "cost < 5"], ["--budget", "5"]])
def test_what_does_not_go_with_a_break_even_is_refused(plan: Path, option: list[str]) -> None:
    asked = ("simulate", str(plan), "--period", "2026-02", "--break-even", "payouts.commission.rate", "--cost", "5")
    done = CliRunner().invoke(group, [*asked, *option])
    assert done.exit_code == 2 and option[0] in done.output
