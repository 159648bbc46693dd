"""Published schedules, curves, caps and fees come out to the cent when a program says them, row by row.

Each plan is a rule of one program, on the rows that its source prints; what it pays is compared with what the source
prints. Where a source printed a figure that its own rule does not give, the case says so (`wrong`), and what it gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from textwrap import indent
from typing import Any

import pytest
from published_stories import CASES, csv, lines, minor, source


@dataclass(frozen=True)
class Plan:
    """A rule of the program; the published rows (what is measured of each) and what each of them is paid."""

    rule: str
    rows: Sequence[object]
    expected: Sequence[object]
    units: Sequence[object] = ()
    prices: Sequence[object] = ()
    quota: object = ""


def published(name: str, rule: str, rows: str = "rows", expected: str = "expected") -> Plan:
    """A plan on the rows and the results that its case holds, under the names that it uses."""
    case = CASES[name]
    given: dict[str, Any] = {**case, **case.get("input", {}), **case.get("inputs", {})}
    results: Any = case["expected"] if expected == "expected" else case["expected"][expected]
    return Plan(rule, _each(given[rows]), _each(results), (), given.get("prices", ()), given.get("quota", ""))


def _each(value: Any) -> Sequence[object]:
    return value if isinstance(value, list) else [value]


MONEY = "base: sales.amount\n"
UNITS = "base: sales.units\n"
TO_QUOTA = "tiers: {method: marginal, quota: sales.quota, steps: "
OPENFISCA = "steps: [{to: USD 6, amount: 0}, {to: USD 9, amount: USD 0.23}, {amount: USD 0.29}]}"
IN_FORCE = (
    "tiers: {method: whole, at_edge: lower_tier, steps: "
    "[{to: 400, rate: 0%}, {to: 15_000, rate: 10%}, {to: 200_000, rate: 40%}, {rate: 60%}]}"
)
ORACLE = "steps: [{to: 1_000, rate: 1%}, {to: 3_000, rate: 2%}, {to: 8_000, rate: 3%}, {to: 20_000, rate: 5%}]"
LEHMAN = "[{to: 1_000_000, rate: 5%}, {to: 2_000_000, rate: 4%}, {to: 3_000_000, rate: 3%}, {to: 4_000_000, rate: 2%}"
TABLE_2017 = "[{to: 6_000, rate: 2%}, {to: 12_400, rate: 6%}, {rate: 12%}]"
RESALE = (
    "[{to: 50_000, rate: 4%}, {to: 200_000, rate: 3%}, {to: 350_000, rate: 1%}, {to: 500_000, rate: 0.5%}, "
    "{rate: 0.25%}]"
)
MARGINAL = "tiers: {method: marginal, steps: "

PLANS: Mapping[str, Plan] = {
    # --- commissions and fees by slices, each transaction alone
    "H1-13": published("H1-13", MONEY + f"tiers: {{method: marginal, {ORACLE}}}", "transactions", "per_tx"),
    "H1-18": published("H1-18", MONEY + MARGINAL + "[{to: 10_000, rate: 10%}, {rate: 20%}]}", "sales", "total"),
    "H1-30": Plan(
        MONEY + MARGINAL + "[{to: 100, rate: 5%}, {to: 350, rate: 10%}, {to: 500, rate: 15%}]}",
        [CASES["H1-30"]["inputs"][item] for item in "AB"],
        [CASES["H1-30"]["expected"][item] for item in "AB"],
    ),
    "of-01": published(
        "of-01", MONEY + MARGINAL + "[{to: 1, rate: 0%}, {to: 2, rate: 10%}, {to: 3, rate: 20%}]}", "base"
    ),
    "ct-01": published("ct-01", MONEY + MARGINAL + "[{to: 12_000, rate: 3%}, {rate: 10%}]}", "base"),
    "ct-03": published("ct-03", MONEY + MARGINAL + "[{to: 12_200, rate: 4%}, {rate: 12%}]}", "base"),
    "ct-05": published("ct-05", MONEY + MARGINAL + f"{TABLE_2017}}}", "base"),
    "hit-01": published(
        "hit-01", MONEY + MARGINAL + "[{to: 1_000, rate: 10%}, {to: 1_800, rate: 15%}, {rate: 20%}]}", "base"
    ),
    "sparrow": published(
        "sparrow", MONEY + MARGINAL + "[{to: 300_000, rate: 3%}, {to: 500_000, rate: 5%}, {rate: 7%}]}"
    ),
    "phocas-percent": published(
        "phocas-percent", MONEY + MARGINAL + "[{to: 10_000, rate: 5%}, {to: 50_000, rate: 10%}]}"
    ),
    "mytime": published(
        "mytime", MONEY + MARGINAL + "[{to: 499.99, rate: 25%}, {to: 2_999.99, rate: 30%}, {rate: 40%}]}"
    ),
    "ebay-stepped": published(
        "ebay-stepped", MONEY + MARGINAL + "[{to: 25, rate: 8.75%}, {to: 1_000, rate: 3.5%}, {rate: 1.5%}]}"
    ),
    "lehman": published("lehman", MONEY + MARGINAL + f"{LEHMAN}, {{rate: 1%}}]}}"),
    "lehman-modified": published("lehman-modified", MONEY + MARGINAL + "[{to: 10_000_000, rate: 2%}, {rate: 1%}]}"),
    "lehman-double": published(  # the same tiers, twice as much
        "lehman-double", MONEY + MARGINAL + f"{LEHMAN}, {{rate: 1%}}]}}\nmultipliers: {{double: 2}}"
    ),
    "salkin": published("salkin", MONEY + MARGINAL + "[{to: 300_000, rate: 1%}, {rate: 0.5%}]}\nat_least: USD 1_000"),
    "dacs-arr": published("dacs-arr", MONEY + MARGINAL + f"{RESALE}}}\nat_most: USD 12_500"),
    # --- to a quota and beyond it
    "comish": published(
        "comish",
        MONEY + TO_QUOTA + "[{to: 100%, rate: 6%}, {to: 125%, rate: 8%}, {to: 150%, rate: 10%}, {rate: 12%}]}",
    ),
    "excelforum-861932": published(
        "excelforum-861932", MONEY + TO_QUOTA + "[{to: 100%, rate: 5%}, {to: 125%, rate: 6%}, {rate: 7%}]}"
    ),
    "hyperbots": published("hyperbots", MONEY + TO_QUOTA + "[{to: 100%, rate: 5%}, {rate: 8%}]}"),
    "bonuspaycalc": published(
        "bonuspaycalc",
        "tiers: {method: interpolated, by: sales.amount, quota: sales.quota, steps: "
        "[{at: 70%, amount: 0}, {at: 100%, amount: USD 10_000}, {at: 150%, amount: USD 20_000}]}",
    ),
    # --- back to the first unit, and amounts for reaching a tier
    "of-03": published("of-03", MONEY + f"tiers: {{method: whole, at_edge: higher_tier, {OPENFISCA}", "base"),
    "of-04": published(
        "of-04",
        MONEY + "tiers: {method: marginal, at_edge: higher_tier, steps: "
        "[{to: USD 6, amount: 0}, {to: USD 9, amount: USD 0.23}, {amount: USD 0.29}]}",
        "base",
    ),
    "of-05": Plan(  # published is the rate in force; here it is paid, on the base that it is in force for
        MONEY + IN_FORCE,
        CASES["of-05"]["input"]["base"],
        [
            Fraction(base) * Fraction(rate)
            for base, rate in zip(CASES["of-05"]["input"]["base"], CASES["of-05"]["expected"], strict=True)
        ],
    ),
    "of-08": published(  # the number of the bracket, as an amount
        "of-08",
        "tiers: {method: whole, by: sales.units, at_edge: lower_tier, "
        "steps: [{to: 2, amount: 0}, {to: 4, amount: 1}, {amount: 2}]}",
        "base",
    ),
    "oca-08": published(
        "oca-08",
        MONEY + "tiers: {method: whole, at_edge: lower_tier, steps: "
        "[{to: 14_999.99, rate: 0%}, {to: 16_000, rate: 20%}, {rate: 0%}]}",
        "base",
    ),
    "feedbear": published(
        "feedbear",
        MONEY + "tiers: {method: whole, at_edge: higher_tier, steps: [{to: 1_000_000, rate: 0%}, {rate: 5%}]}",
    ),
    "pricefx-target": published(
        "pricefx-target",
        MONEY + "tiers: {method: whole, at_edge: higher_tier, steps: [{to: 100_000, amount: 0}, {amount: 1_000}]}",
    ),
    "oca-07": published(  # in the gap between the printed 10 and 10.01 the lower band holds: 10 belongs to it
        "oca-07",
        "tiers: {method: whole, by: sales.units, at_edge: lower_tier, steps: [{to: 10, amount: 15}, {amount: 7.50}]}",
        "x",
    ),
    # --- for each unit
    "phocas-items": published("phocas-items", UNITS + MARGINAL + "[{to: 100, per_unit: 1}, {to: 500, per_unit: 2}]}"),
    "speedylabs-unit": published("speedylabs-unit", UNITS + "per_unit: USD 2"),
    "db-09": Plan(
        UNITS + "per_unit: USD 5", CASES["db-09"]["input"]["qty"], [Fraction(each, 100) for each in (1000, 0)]
    ),
    "H1-45": Plan(  # 10 % of the price to 5,000 copies: what a unit pays is not rounded, so a rate of a price fits
        UNITS + MARGINAL + "[{to: 5_000, per_unit: 0.10}, {to: 10_000, per_unit: 0.125}, {per_unit: 0.15}]}\n"
        "multipliers: {price: sales.price}",
        ["5000"],
        [CASES["H1-45"]["expected"]["first_5000"]],
        prices=[CASES["H1-45"]["inputs"]["price"]],
    ),
    # --- rates, bounds, grids
    "ebay-capped": published("ebay-capped", MONEY + "rate: 10%\nat_most: USD 750"),
    "tr-01": published("tr-01", MONEY + "rate: 10%", "base"),
    "earnbase-override": published("earnbase-override", MONEY + "rate: 3%", "commissions"),
    "mf-06": Plan(MONEY + "rate: 100%", [Fraction(20) - 15], [CASES["mf-06"]["expected"]]),
    "oca-04": Plan(  # 5 % and 10 % extra
        MONEY + "rate: 5%\nmultipliers: {extra: 1.1}",
        ["750", "-750"],
        [CASES["oca-04"]["expected"][document] for document in ("invoice", "credit_note")],
    ),
    "oca-01": Plan(MONEY + "rate: 20%", CASES["oca-01"]["input"]["lines"], ["1", "-0.60"]),
    "oca-03": Plan(MONEY + "rate: 20%", CASES["oca-03"]["input"]["lines"], ["1", "-1", "0.60"]),
    "netsuite-volume-amount": published(  # a value for each unit, blended by the slices of the line's amount
        "netsuite-volume-amount",
        MONEY + MARGINAL + "[{to: 100, rate: 500%}, {to: 350, rate: 1_000%}, {to: 500, rate: 1_500%}]}\n"
        "multipliers: {each: 1 / sales.price}",
    ),
}


def rule_name(name: str) -> str:
    return "plan_" + name.replace("-", "_").lower()


HEAD = """
program: Published plans
currency: USD
calendar: month
effective: 2026-01-01 to 2026-12-31
tables:
  sales:
    key: [sale_id]
    columns: {sale_id: id, partner_id: id, plan: text, sold_on: date, amount: money, units: number, price: number,
      quota: money}
sources: {partners: partners.csv, sales: sales.csv}
payouts:
"""


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """What every plan pays for each of its rows: all plans are rules of one program."""
    program, sales = HEAD, []
    for name, plan in PLANS.items():
        rule = f"for_each: sales\nwhere: sales.plan = '{name}'\ndated: sales.sold_on\n{plan.rule}"
        program += f"  {rule_name(name)}:\n{indent(rule, '    ')}\n"
        for at, row in enumerate(plan.rows):
            units = plan.units[at] if plan.units else row
            price = plan.prices[at] if plan.prices else ""
            sales.append([f"{name}.{at}", "p", name, f"2026-04-{at + 1:02}", row, units, price, plan.quota])
    columns = "sale_id,partner_id,plan,sold_on,amount,units,price,quota"
    tables = {"partners.csv": csv("partner_id", ["p"]), "sales.csv": csv(columns, sales)}
    found = lines(tmp_path_factory.mktemp("plans"), program, tables)
    return {
        name: [found[f"p {rule_name(name)} {name}.{at}"] for at in range(len(plan.rows))]
        for name, plan in PLANS.items()
    }


@pytest.mark.parametrize("name", PLANS)
def test_a_published_plan_pays_what_is_published(paid: dict[str, list[int]], name: str) -> None:
    assert paid[name] == [minor(amount) for amount in PLANS[name].expected], source(name)
