"""Published problems, as problem files: closed forms, a knapsack, what can't be met, and a portfolio."""

from __future__ import annotations

from pathlib import Path

import pytest
from optimise_files import partage, written

from scenarios.acts.optimise import optimise
from scenarios.problems.proposal import Proposal, TierProposal

HEAD = "optimise: case\ncurrency: EUR\n"


def solved(folder: Path, text: str, gap: float = 1e-9) -> Proposal:
    found = optimise(written(folder, HEAD + text), gap)
    assert isinstance(found, Proposal) and found.is_certified
    return found


def units(*curves: str) -> str:
    return "units:\n" + "".join(f"  u{at}: {{curve: {{{curve}}}}}\n" for at, curve in enumerate(curves, 1))


# Closed forms of the Karush-Kuhn-Tucker conditions: Boyd and Vandenberghe, Convex Optimization (2004), chapter 5; of
# sum a sqrt(x) by Cauchy-Schwarz. A logarithm starts from ln(1), and its k is nearly nothing.
TINY = "k: 0.000000000001"
CLOSED: dict[str, tuple[str, list[float], float, float | None]] = {
    "opt-log": (
        "budget: 100\n" + units(*(f"log: {{a: {a}, {TINY}}}" for a in (5, 3, 2))),
        [50, 30, 20],
        0.1,
        None,
    ),
    "opt-sqrt": (
        "budget: 140\n" + units(*(f"power: {{a: {a}, b: 0.5}}" for a in (3, 2, 1))),
        [90, 40, 10],
        0.15811388300841897,
        44.27188724235731,
    ),
    "opt-mm": (
        "budget: 300\n" + units(*(f"michaelis_menten: {{a: {a}, k: 100}}" for a in (400, 100))),
        [700 / 3, 200 / 3],
        0.36,
        320.0,
    ),
    "opt-exp": (
        "budget: 80\n" + units("exponential: {a: 100, k: 50}", "exponential: {a: 60, k: 20}"),
        [51.350498455597645, 28.64950154440235],
        0.7161520397443822,
        109.86935721789325,
    ),
}


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms(name: str, tmp_path: Path) -> None:
    text, spends, price, value = CLOSED[name]
    found = solved(tmp_path, text)
    assert [row.proposed_minor / 100 for row in found.rows] == pytest.approx(spends, abs=0.0051)  # whole cents
    assert found.shadow_price == pytest.approx(price, rel=1e-9)
    assert value is None or (found.value == pytest.approx(value, rel=1e-6) and found.bound == pytest.approx(value))


def test_lines_with_caps_are_filled_by_their_return(tmp_path: Path) -> None:
    """opt-linear-caps: the fractional knapsack is greedy, and the unit on the margin gives the price."""
    rows = zip((3, 2.5, 1.2, 0.8), (0, 10, 0, 5), (40, 30, 50, 100), strict=True)
    text = "".join(
        f"  u{at}: {{curve: {{linear_cap: {{a: {slope}, cap: 1_000}}}}, at_least: {low}, at_most: {high}}}\n"
        for at, (slope, low, high) in enumerate(rows)
    )
    found = solved(tmp_path, "budget: 100\nunits:\n" + text)
    assert [row.proposed_minor for row in found.rows] == [4_000, 3_000, 2_500, 500]
    assert found.value == 229 and found.shadow_price == pytest.approx(1.2)


def test_floors_beyond_the_budget_name_the_shortfall(tmp_path: Path) -> None:
    """opt-infeasible: an error that names the shortfall, never a result (google/lightweight_mmm#233)."""
    text = "".join(
        f"  {name}: {{curve: {{power: {{a: 1, b: 1}}}}, at_least: {low}, at_most: 100}}\n"
        for name, low in (("a", 50), ("b", 60))
    )
    printed = partage("optimise", written(tmp_path, HEAD + "budget: 100\nunits:\n" + text), code=2)
    assert "W307" in printed and "EUR 10.00 more than the most that budget allows" in printed


def test_the_largest_spend_at_an_average_return(tmp_path: Path) -> None:
    """opt-target-roi: x = a / ROI - k, and the next one brings 1.6 there."""
    text = "budget: {at_most: 1_000}\ngoal: {average_return: 4}\n" + units("michaelis_menten: {a: 1000, k: 100}")
    found = solved(tmp_path, text)
    assert found.spent_minor == 15_000 and found.response == pytest.approx(600)
    assert found.rows[0].marginal == pytest.approx(1.6)


def test_an_average_return_spends_on_what_brings_something(tmp_path: Path) -> None:
    """Two lines end at 100 each: 375 would keep 4 for each 1, too, but bring no more than 200."""
    lines = "".join(f"  {name}: {{curve: {{linear_cap: {{a: {a}, cap: 100}}}}}}\n" for name, a in (("a", 10), ("b", 5)))
    found = solved(tmp_path, "budget: {at_most: 1_000}\ngoal: {average_return: 4}\nunits:\n" + lines)
    assert (found.spent_minor, found.value, found.is_certified) == (20_000, 1_500, True)


def test_the_least_spend_keeps_the_return_of_a_unit(tmp_path: Path) -> None:
    """The line of 1 for each 1 is out, so all comes of 1,000 x / (100 + x), which brings 600 at 150."""
    lines = "  a: {curve: {michaelis_menten: {a: 1000, k: 100}}}\n  b: {curve: {linear_cap: {a: 1, cap: 500}}}\n"
    text = "budget: {at_most: 1_000}\ngoal: {least_spend: {response: 600}}\neach: {return: 2}\nunits:\n" + lines
    assert solved(tmp_path, text).spent_minor == 15_000


def test_a_knapsack(tmp_path: Path) -> None:
    """opt-knap-p07: Burkardt, KNAPSACK_01 data set P07, whose best profit is 1458."""
    weights = (70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120)
    profits = (135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240)
    rows = "".join(
        f"i{at:02},out,0,0\ni{at:02},in,{weight},{profit}\n"
        for at, (weight, profit) in enumerate(zip(weights, profits, strict=True))
    )
    text = HEAD + "budget: {at_most: 750}\ntiers: {from: tiers.csv}\n"
    found = optimise(written(tmp_path, text, tiers="partner,tier,cost,value\n" + rows))
    assert isinstance(found, TierProposal) and found.is_certified
    assert found.value == 1458 and found.cost_minor <= 75_000


def test_the_least_variance_of_two_assets(tmp_path: Path) -> None:
    """opt-markowitz: with no correlation w1 = s2^2 / (s1^2 + s2^2); less variance is what is sought, cent by cent."""
    curves = []
    for sigma in (0.2, 0.1):
        knots = ", ".join(f"[{at / 100:.2f}, {sigma**2 * (1 - (at / 100) ** 2):.12f}]" for at in range(101))
        curves.append(f"points: [{knots}]")
    found = solved(tmp_path, "budget: 1\n" + units(*curves))
    assert [row.proposed_minor for row in found.rows] == [20, 80]
    assert (0.2**2 + 0.1**2 - found.value) ** 0.5 == pytest.approx(0.08944271909999159, rel=1e-9)
