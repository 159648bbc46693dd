"""Published plans with more to them than a schedule: quotas, gates, contests, grids, cards, and parts of a whole.

Each story is a program and its rows; what is compared is what the source prints. Where our answer is another one, the
test says which reading gives theirs, and ours is worked by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from published_stories import CASES, csv, lines, minor, source

from rules.problem import Refused

HEAD = """
program: A published plan
currency: USD
calendar: month
effective: 2026-01-01 to 2026-12-31
"""
P = {"partners.csv": "partner_id\np\n"}
SALES = "tables: {sales: {key: [sale_id], columns: {sale_id: id, partner_id: id, sold_on: date, "


def of_sales(folder: Path, columns: str, rule: str, rows: Sequence[Sequence[object]]) -> list[int]:
    """What a rule (or several, by name) pays on each row of a table with these columns, all rules together."""
    written = SALES + f"{columns}}}}}}}\nsources: {{partners: partners.csv, sales: sales.csv}}\npayouts:\n{rule}"
    names = ",".join(column.split(":")[0].strip() for column in columns.split(","))
    keyed = [(f"s{at}", "p", "2026-04-01", *row) for at, row in enumerate(rows)]
    table = csv(f"sale_id,partner_id,sold_on,{names}", keyed)
    found = lines(folder, HEAD + written, P | {"sales.csv": table})
    return [sum(amount for name, amount in found.items() if name.endswith(f" s{at}")) for at in range(len(rows))]


# --- to a quota, and beyond it ---------------------------------------------------------------------------------------

ACCELERATOR = """
  base:
    base: sales.revenue
    tiers: {method: marginal, quota: sales.quota, steps: [{to: 100%, rate: 100%}]}
    multipliers: {rate: sales.rate}
  accelerator:
    base: greatest(sales.revenue - sales.quota, 0)
    tiers:
      method: whole
      by: sales.revenue / sales.quota
      at_edge: higher_tier
      steps: [{to: 125%, rate: 150%}, {to: 150%, rate: 200%}, {rate: 250%}]
    multipliers: {rate: sales.rate}
"""
EACH_SLICE = """
  commission:
    base: sales.revenue
    tiers:
      method: marginal
      quota: sales.quota
      steps: [{to: 100%, rate: 100%}, {to: 125%, rate: 150%}, {to: 150%, rate: 200%}, {rate: 250%}]
    multipliers: {rate: sales.rate}
"""


def test_one_multiplier_on_all_of_the_overage(tmp_path: Path) -> None:
    """An accelerator that reaches back to the quota is two rules: the rate to the quota, and the overage by tier."""
    case = CASES["accelerator-tests"]
    found = of_sales(tmp_path, "revenue: money, quota: money, rate: number", ACCELERATOR, case["rows"])
    assert found == [minor(amount) for amount in case["expected"]], source("accelerator-tests")


def test_a_multiplier_on_each_slice_of_the_overage_is_another_plan(tmp_path: Path) -> None:
    """175 % of 100,000 at 60 %, slice by slice: 60,000 + 22,500 + 30,000 + 37,500; the source pays 172,500."""
    found = of_sales(tmp_path, "revenue: money, quota: money, rate: number", EACH_SLICE, [("175000", "100000", "0.6")])
    assert found == [minor("150000")]


def test_a_share_of_pay_on_a_straight_line_then_a_modifier(tmp_path: Path) -> None:
    """H1-27, an exhibit to the SEC: 50 % of pay at goal and 1.5 % more for each point to 120 %; 40 % and 1.2 %; up to
    125 % of that for the individual. Below the goal this part of the plan says nothing, so those rows are left out."""
    rule = """
  {who}:
    base: sales.pay
    where: sales.plan = '{who}' and sales.attainment >= 1
    tiers:
      method: interpolated
      by: sales.attainment
      steps: [{{at: 100%, rate: {goal}}}, {{at: 120%, rate: {most}}}]
    multipliers: {{individual: {{times: sales.modifier, at_most: 1.25}}}}
"""
    rules = rule.format(who="ceo", goal="50%", most="80%") + rule.format(who="evp", goal="40%", most="64%")
    rows = [
        *(("ceo", "100", attainment, modifier) for attainment, modifier in (("1", 1), ("1.2", 1), ("1.3", "1.4"))),
        *(("evp", "100", attainment, modifier) for attainment, modifier in (("1", 1), ("1.2", 1), ("1.3", "1.25"))),
        ("ceo", "100", "0.99", 1),
    ]
    found = of_sales(tmp_path, "plan: text, pay: money, attainment: number, modifier: number", rules, rows)
    most = CASES["H1-27"]["expected"]
    shown = ["50%", most["CEO_max"], most["CEO_max_mod"], "40%", most["EVP_max"], most["EVP_max_mod"], "0%"]
    assert found == [minor(each.rstrip("%")) for each in shown], source("H1-27")  # of a pay of 100.00


def test_a_split_rate_by_steps_and_in_proportion(tmp_path: Path) -> None:
    """H1-15, Oracle 24B: 2,500 by steps is blended at 1.6 %; 2,000 in proportion is 1.5 %."""
    rules = """
  steps:
    base: sales.amount
    where: sales.plan = 'a'
    tiers: {method: marginal, steps: [{to: 1_000, rate: 1%}, {to: 5_000, rate: 2%}, {to: 10_000, rate: 3%}]}
  proportional:
    base: sales.amount
    where: sales.plan = 'b'
    tiers: {method: interpolated, steps: [{at: 0, rate: 0%}, {at: 1_000, rate: 1%}, {at: 5_000, rate: 3%}]}
"""
    found = of_sales(tmp_path, "plan: text, amount: money", rules, [("a", "2500"), ("b", "2000")])
    rates = [CASES["H1-15"]["expected"][which].split("%")[0] for which in "ab"]
    assert found == [minor(Fraction(rates[0]) * 25), minor(Fraction(rates[1]) * 20)], source("H1-15")


@pytest.mark.parametrize("at_edge", ["higher_tier", "lower_tier"])
def test_who_holds_an_edge_is_said(tmp_path: Path, at_edge: str) -> None:
    """Oracle's note on a base that equals the end of a tier: it applies the higher one, and the business the lower."""
    case = CASES["oracle-edge"]
    rule = f"""
  commission:
    base: sales.amount
    tiers:
      method: whole
      at_edge: {at_edge}
      steps: [{{to: 1_500_000, rate: 1.75%}}, {{to: 3_000_000, rate: 2.5%}}, {{to: 4_500_000, rate: 3.25%}},
        {{rate: 4.25%}}]
"""
    found = of_sales(tmp_path, "amount: money", rule, [(case["amount"],)])
    assert found == [minor(Fraction(case["amount"]) * Fraction(case["rates"][at_edge]) / 100)], source("oracle-edge")


@pytest.mark.parametrize(
    ("method", "at_edge", "key"),
    [("whole", "higher_tier", "single_amount"), ("marginal", "lower_tier", "marginal_amount")],
)
def test_one_library_holds_its_edges_in_two_ways(tmp_path: Path, method: str, at_edge: str, key: str) -> None:
    """of-p1: at an edge OpenFisca's single amounts take the upper bracket, its marginal amounts do not enter it yet.
    Here each schedule says it."""
    case = CASES["of-p1"]
    (first, second), amounts = case["input"]["thresholds"], case["input"]["amounts"]
    steps = f"[{{to: {first}, amount: 0}}, {{to: {second}, amount: {amounts[0]}}}, {{amount: {amounts[1]}}}]"
    if method == "marginal":  # amounts of the tiers entered add up
        steps = steps.replace(f"{{amount: {amounts[1]}}}", f"{{amount: {amounts[1] - amounts[0]}}}")
    rule = f"  c: {{base: sales.amount, tiers: {{method: {method}, at_edge: {at_edge}, steps: {steps}}}}}\n"
    found = of_sales(tmp_path, "amount: money", rule, [(base,) for base in case["input"]["base"]])
    assert found == [minor(amount) for amount in case["expected"][key]], source("of-p1")


def test_two_scales_pay_what_the_scale_of_their_sums_pays(tmp_path: Path) -> None:
    """of-07: 5 % and 10 % from 2,000, and 2 % and 4 % from 3,000, are 7 %, 12 % and 14 %."""
    case = CASES["of-07"]
    rules = ""
    for name in "ab":
        (_, low), (edge, high) = case["input"][name]
        steps = f"[{{to: {edge}, rate: {Fraction(low)}}}, {{rate: {Fraction(high)}}}]"
        rules += f"  {name}: {{base: sales.amount, tiers: {{method: marginal, steps: {steps}}}}}\n"
    thresholds, rates = ([Fraction(each) for each in case["expected"][key]] for key in ("thresholds", "rates"))
    bases = [1_000, 2_500, 5_000]
    slices = [[min(base, end) - start for start, end in zip(thresholds, [*thresholds[1:], base], strict=True)]
              for base in bases]  # fmt: skip
    expected = [sum(max(part, 0) * rate for part, rate in zip(each, rates, strict=True)) for each in slices]
    assert expected == [70, 200, 540]
    found = of_sales(tmp_path, "amount: money", rules, [(base,) for base in bases])
    assert found == [minor(amount) for amount in expected], source("of-07")


# --- gates, percentages, fixed amounts -------------------------------------------------------------------------------


def test_no_commission_unless_one_of_each_was_sold(tmp_path: Path) -> None:
    """HIT, the salesperson's locks, stocks and barrels. (Its own code pays 800 + 0.15 for the second slice of more than
    1,800; its tests say 800 x 15 %, and so do we.)"""
    case = CASES["hit-commission"]
    rule = """
  commission:
    base: sales.worth
    where: sales.locks > 0 and sales.stocks > 0 and sales.barrels > 0
    tiers: {method: marginal, steps: [{to: 1_000, rate: 10%}, {to: 1_800, rate: 15%}, {rate: 20%}]}
"""
    rows = [(*sold, 45 * sold[0] + 30 * sold[1] + 25 * sold[2]) for sold in case["rows"]]
    found = of_sales(tmp_path, "locks: count, stocks: count, barrels: count, worth: money", rule, rows)
    assert found == [minor(amount) for amount in case["expected"]], source("hit-commission")


def test_a_percentage_of_cents_goes_half_up(tmp_path: Path) -> None:
    case = CASES["dub-percent"]
    rows = [(f"{cents // 100}.{cents % 100:02}", percent.rstrip("%")) for cents, percent, _ in case["rows"]]
    rule = "  reward: {base: sales.amount, rate: {rate: 1%, times: sales.percent}}\n"
    found = of_sales(tmp_path, "amount: money, percent: number", rule, rows)
    assert found == [expected for _, _, expected in case["rows"]], source("dub-percent")
    peers = [[given["cents"], given["percent"] + "%", CASES[name]["expected"]]
             for name in ("db-01", "db-03", "db-05", "db-07") for given in [CASES[name]["input"]]]  # fmt: skip
    assert all(peer in case["rows"] for peer in peers), "the same figures under the peers' ids"


def test_a_spif_for_each_order_that_is_large_enough(tmp_path: Path) -> None:
    """Xactly: 250 each time that an order of the year has 10 or more XScan 400 scanners."""
    rule = f"""
  scanner_400:
    for_each: sales
    where: sales.kind = 'Scanner' and sales.product = 'XScan 400' and sales.quantity >= 10
    amount: {CASES["xactly-spif"]["amount"]}
    dated: sales.sold_on
    during: 2026-01-01 to 2026-12-31
"""
    orders = [("Scanner", "XScan 400", 10), ("Scanner", "XScan 400", 9), ("Scanner", "XScan 500", 40),
              ("Printer", "XScan 400", 12), ("Scanner", "XScan 400", 30)]  # fmt: skip
    found = of_sales(tmp_path, "kind: text, product: text, quantity: count", rule, orders)
    assert found == [25_000, 0, 0, 0, 25_000], source("xactly-spif")


@pytest.mark.parametrize(("known", "expected"), [(1, "global"), (2, "category"), (3, "product"), (4, "variant")])
def test_the_most_specific_rule_for_a_product_wins(tmp_path: Path, known: int, expected: str) -> None:
    """oca-06: a variant outranks its product, that its category, that the rule for all; on a line of 1,000."""
    rule = """
  commission:
    base: sales.amount
    card:
      entries:
        - {amount: 10}
        - {for: {sales.category: chairs}, amount: 20}
        - {for: {sales.category: chairs, sales.product: Swivel}, rate: 5%}
        - {for: {sales.category: chairs, sales.product: Swivel, sales.variant: Red}, rate: 15%}
"""
    named = ["any", "chairs", "Swivel", "Red"]
    row = [value if at <= known else "other" for at, value in enumerate(named, 1)][1:]
    found = of_sales(tmp_path, "category: text, product: text, variant: text, amount: money", rule, [(*row, "1000")])
    assert found == [minor(CASES["oca-06"]["expected"][expected])], source("oca-06")


def test_a_grid_of_invoice_amount_by_gross_profit(tmp_path: Path) -> None:
    case = CASES["necs"]
    rule = """
  commission:
    base: sales.amount
    matrix:
      at_edge: lower_tier
      rows: {by: sales.gross_profit, edges: [15%, 20%]}
      columns: {by: sales.amount, edges: [50, 100, 125, 150, 200]}
      rates:
        - [9%, 10%, 11%, 12%, 13%, 14%]
        - [10%, 11%, 12%, 13%, 14%, 15%]
        - [11%, 12%, 13%, 14%, 15%, 16%]
"""
    rows = list(zip(case["rows"], case["gross_profit"], strict=True))
    found = of_sales(tmp_path, "amount: money, gross_profit: number", rule, rows)
    assert found == [minor(amount) for amount in case["expected"]], source("necs")


# --- contests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ties", "paid"), [("share", [1_600, 1_600, 1_600, 0]), ("each", [2_500, 2_500, 2_500, 0])])
def test_who_is_level_in_a_contest_shares_the_prizes_of_the_places(tmp_path: Path, ties: str, paid: list[int]) -> None:
    """GSN: 25, 15 and 8 for a three-way tie in first place are 16 each; with `each`, all three would get the 25."""
    prizes = ", ".join(CASES["gsn-tie"]["prizes"])
    rule = f"  contest: {{base: sales.score, prizes: {{best: highest, ties: {ties}, prizes: [{prizes}]}}}}\n"
    assert of_sales(tmp_path, "score: count", rule, [(90,), (90,), (90,), (70,)]) == paid, source("gsn-tie")
    if ties == "share":
        assert paid[:3] == [minor(amount) for amount in CASES["gsn-tie"]["expected"]]


def test_a_tie_for_a_prize_may_be_refused(tmp_path: Path) -> None:
    rule = "  contest: {base: sales.score, prizes: {best: highest, ties: refuse, prizes: [25, 15]}}\n"
    with pytest.raises(Refused) as refusal:
        of_sales(tmp_path, "score: count", rule, [(90,), (90,), (70,)])
    assert [problem.code for problem in refusal.value.problems] == ["F312"]


# --- parts of a whole ------------------------------------------------------------------------------------------------


def of_one_sale(folder: Path, amount: str, rules: str) -> dict[str, int]:
    """What each rule pays on one sale, with the partner's sales as the KPI `sold`."""
    program = HEAD + SALES + "amount: money}}}\nsources: {partners: partners.csv, sales: sales.csv}\n"
    program += "kpis: {sold: {sum: sales.amount, dated: sales.sold_on}}\npayouts:\n" + rules
    table = csv("sale_id,partner_id,sold_on,amount", [("s", "p", "2026-04-01", amount)])
    return {name.split()[1]: paid for name, paid in lines(folder, program, P | {"sales.csv": table}).items()}


def test_what_one_part_cannot_take_goes_to_the_next(tmp_path: Path) -> None:
    """ns-08, numscript: of 100, 20 % to a, 20 % kept, of the other 60 % at most 10 to b and the rest to c."""
    rules = """
  a: {base: sales.amount, rate: 20%}
  kept: {base: sales.amount, rate: 20%}
  b: {base: sales.amount, rate: 60%, at_most: 0.10}
  c: {for_each: partners, base: sold - a - kept - b, rate: 100%}
"""
    found = of_one_sale(tmp_path, "1.00", rules)
    assert found == CASES["ns-08"]["expected"], source("ns-08")


def test_a_commission_split_three_levels_deep_conserves_the_sale(tmp_path: Path) -> None:
    """ns-07, numscript: 15 % commission; of it 20 % tax; of the rest 5 % cashback, at most 1000, and what is left."""
    rules = """
  merchant: {base: sales.amount, rate: 85%}
  sales_tax: {for_each: partners, base: sold - merchant, rate: 20%}
  cashback: {for_each: partners, base: sold - merchant - sales_tax, rate: 5%, at_most: 10.00}
  revenue: {for_each: partners, base: sold - merchant - sales_tax - cashback, rate: 100%}
"""
    found = of_one_sale(tmp_path, "100.00", rules)
    assert found == CASES["ns-07"]["expected"], source("ns-07")
    assert sum(found.values()) == CASES["ns-07"]["input"]["amount"]


def test_expenses_are_recouped_before_a_royalty_is_paid(tmp_path: Path) -> None:
    """H1-48, within one period: what is still to be recouped stands with the partner."""
    case = CASES["H1-48"]
    program = (
        HEAD
        + """
tables: {contracts: {key: [partner_id], columns: {partner_id: id, unrecouped: money}}}
sources: {partners: partners.csv, contracts: contracts.csv, revenue: revenue.csv}
payouts:
  royalty: {base: revenue.amount, rate: 100%}
  recouped: {for_each: contracts, base: "least(royalty, contracts.unrecouped)", rate: -100%}
"""
    )
    tables = P | {
        "contracts.csv": csv("partner_id,unrecouped", [("p", case["inputs"]["expenses"])]),
        "revenue.csv": csv("customer_id,partner_id,month,amount", [("c", "p", "2026-04", case["inputs"]["royalty"])]),
    }
    assert sum(lines(tmp_path, program, tables).values()) == minor(case["expected"]["paid"]), source("H1-48")
