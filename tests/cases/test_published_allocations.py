"""Published splits and roundings come out exactly, each under the residue policy or rounding mode that its source uses.

In: the facts of peer-cases.json (other projects' tests), worked-examples.json (worked by hand in public documents) and
the Premier League's payments of 2015/16. Every test id or message names the source. What these files hold on tiers,
curves, claims and periods belongs to the tests of those parts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rules.problem import Refused
from rules.quantities.apportion import Residue, apportion
from rules.quantities.rounding import Rounding, multiply_divide, round_fraction

HERE = Path(__file__).parent
PEERS = json.loads((HERE / "peer-cases.json").read_text(encoding="utf-8"))["cases"]
PEER = {case["id"]: case for case in PEERS}
WORKED = {case["id"]: case for case in json.loads((HERE / "worked-examples.json").read_text(encoding="utf-8"))}
LEAGUE = json.loads((HERE / "premier-league-2015-16.json").read_text(encoding="utf-8"))

OUR_POLICY = {
    "floor_to_first": Residue.TO_FIRST,  # numscript; brick/money FLOOR_TO_FIRST
    "largest_remainder": Residue.LARGEST_REMAINDER,  # brick/money; moneyphp for amounts that are not negative
    "largest_ratio": Residue.TO_BIGGEST,  # dinero.js; brick/money FLOOR_TO_LARGEST_RATIO
    "floor_separate": Residue.HOUSE,  # brick/money FLOOR_SEPARATE lists the leftover as one more element
}


def source(case: dict[str, Any]) -> str:
    """Where a case was published, for the message of a failing test."""
    return f"{case['id']}: {case['source']}" if "source" in case else f"{case['id']}: {case['repo']} {case['path']}"


def peers(*kinds: str) -> pytest.MarkDecorator:
    """Parametrise over the peers' cases of some kinds, less those whose answer we do not want."""
    cases = [case for case in PEERS if case["kind"] in kinds and "verdict" not in case]
    return pytest.mark.parametrize("case", cases, ids=lambda case: f"{case['id']} {case['repo']}")


def whole(weights: Sequence[str | int]) -> np.ndarray[Any, Any]:
    """Weights as people write them ('35.5', '2/3') as integers in exactly the same proportion."""
    fractions = [Fraction(weight) for weight in weights]
    scale = lcm(*(fraction.denominator for fraction in fractions))
    return np.array([int(fraction * scale) for fraction in fractions], dtype=np.int64)


def split(
    total_minor: int, weights: Sequence[str | int], residue: Residue = Residue.LARGEST_REMAINDER, step: int = 1
) -> list[int]:
    """The shares of a total, in the order of the weights."""
    shares = apportion(total_minor, whole(weights), residue=residue, step=step).shares
    return [int(share) for share in shares]


def minor(amount: str) -> int:
    """An amount as published, in cents."""
    cents = Fraction(amount) * 100
    assert cents.denominator == 1
    return int(cents)


def percent_of(amount_minor: int, percent: str) -> int:
    """A percentage of cents, rounded once, half up."""
    return round_fraction(amount_minor * Fraction(percent) / 100, Rounding.HALF_UP)


# --- what is carried ------------------------------------------------------------------------------------------------


def test_every_fact_says_where_it_was_published() -> None:
    assert (len(PEERS), len(PEER), len(WORKED)) == (63, 63, 21)
    assert all(case["repo"] and case["path"] and case["licence"] for case in PEERS)
    assert all(case["source"] and case["matches"] is True for case in WORKED.values())


# --- splitting by weights -------------------------------------------------------------------------------------------


@peers("allocate")
def test_a_peer_s_split_comes_out_under_the_policy_of_the_same_meaning(case: dict[str, Any]) -> None:
    given = case["input"]
    policy = OUR_POLICY[given["mode"]]
    result = apportion(given["amount"], whole(given["weights"]), residue=policy, step=given.get("step", 1))
    shares = [int(share) for share in result.shares]
    kept = [result.residue_minor] if policy is Residue.HOUSE else []
    assert shares + kept == case["expected"], source(case)
    assert sum(shares) + result.residue_minor == given["amount"], source(case)


@pytest.mark.parametrize("case_id", ["bm-18", "bm-20"])
def test_what_the_house_keeps_and_what_is_carried_are_the_same_cents(case_id: str) -> None:
    case = PEER[case_id]
    carried = apportion(case["input"]["amount"], whole(case["input"]["weights"]), residue=Residue.CARRY)
    assert [*(int(share) for share in carried.shares), carried.residue_minor] == case["expected"], source(case)


def test_a_weight_of_zero_never_receives_the_leftover_unit() -> None:
    """ns-p1, behaviour to avoid: numscript gives [1, 66, 33], a cent to a recipient of 0 %.

    Nobody can defend paying a partner whose share is nothing, so `to_first` means the first with a positive weight.
    """
    case = PEER["ns-p1"]
    assert case["expected"] == [1, 66, 33]
    assert split(100, case["input"]["weights"], Residue.TO_FIRST) == [0, 67, 33]
    assert split(100, case["input"]["weights"]) == [0, 67, 33]


def test_the_leftover_goes_by_default_to_whom_rounding_took_most() -> None:
    """ns-p3, behaviour to avoid: numscript gives 7500/2499 although the exact shares are 7499.25 and 2499.75.

    Our default is the largest remainder. A program that names `to_first` does get the peer's number: it asked for it.
    """
    case = PEER["ns-p3"]
    assert case["expected"] == [7500, 2499]
    assert split(9999, case["input"]["weights"]) == [7499, 2500]
    assert split(9999, case["input"]["weights"], Residue.TO_FIRST) == case["expected"]
    assert [minor(amount) for amount in WORKED["H1-51"]["expected"]["library_gave"]] == case["expected"]


@pytest.mark.parametrize("residue", [Residue.LARGEST_REMAINDER, Residue.TO_FIRST])
def test_a_negative_amount_mirrors_the_positive_one_where_peers_disagree(residue: Residue) -> None:
    """mp-08, a conflict between peers: -5 by 7:3 is -3/-2 in moneyphp, -4/-1 by the rule of brick/money (bm-04, bm-10).

    We mirror, so that a clawback takes back exactly the cents that were paid.
    """
    case = PEER["mp-08"]
    assert case["expected"] == [-3, -2]
    assert split(5, case["input"]["weights"], residue) == [4, 1]
    assert split(-5, case["input"]["weights"], residue) == [-4, -1]


@pytest.mark.parametrize("residue", list(Residue))
@pytest.mark.parametrize("weights", PEER["bm-23"]["input"]["weights"], ids=["empty", "negative", "all zero"])
def test_weights_that_mean_nothing_are_refused(weights: list[int], residue: Residue) -> None:
    """bm-23, brick/money tests/MoneyTest.php: each of the three is an error."""
    with pytest.raises(Refused):
        apportion(100, np.array(weights, dtype=np.int64), residue=residue)


@pytest.mark.parametrize(("case_id", "expected"), [("H1-51", [7499, 2500]), ("H1-53", [2, 3])])
def test_the_reporters_of_penny_bugs_get_the_split_they_wanted(case_id: str, expected: list[int]) -> None:
    """Largest remainder, our default, gives it; `to_first` gives what H1-51 complained of (see ns-p3)."""
    case = WORKED[case_id]
    wanted = case["expected"]["wanted"]
    published = [minor(amount) for amount in wanted] if isinstance(wanted[0], str) else wanted
    assert published == expected, source(case)
    assert split(case["inputs"]["total_cents"], case["inputs"]["weights"]) == published, source(case)


# --- splits inside splits -------------------------------------------------------------------------------------------


def test_a_commission_split_three_levels_deep_conserves_the_sale() -> None:
    """ns-07, numscript: 15 % commission, 20 % of it tax, then 5 % cashback capped at 1000; the default policy."""
    case = PEER["ns-07"]
    tree = case["input"]["tree"]
    commission, merchant = split(case["input"]["amount"], [tree["pool"][0], "85"])
    sales_tax, rest = split(commission, [tree["pool_split"]["sales_tax"], "80"])
    cashback = min(split(rest, [tree["pool_split"]["rest"]["cashback"], "95"])[0], 1000)
    assert tree["pool_split"]["rest"]["cashback_cap"] == 1000
    found = {"sales_tax": sales_tax, "cashback": cashback, "revenue": rest - cashback, "merchant": merchant}
    assert found == case["expected"], source(case)
    assert sum(found.values()) == case["input"]["amount"]


def test_a_capped_recipient_leaves_what_is_over_the_cap_to_the_next() -> None:
    """ns-08, numscript: 20 % to a, 20 % kept, of the other 60 % at most 10 to b and the rest to c."""
    case = PEER["ns-08"]
    given = case["input"]
    a, kept, rest = split(given["amount"], [given["a"], given["kept"], given["rest"]])
    b = min(rest, given["cap_b"])
    assert {"a": a, "kept": kept, "b": b, "c": rest - b} == case["expected"], source(case)


@peers("hierarchy_residual")
def test_each_level_takes_its_percentage_of_what_lower_levels_left(case: dict[str, Any]) -> None:
    remaining = minor(case["input"]["base"])
    for percent, expected in zip(case["input"]["percents"], case["expected"], strict=True):
        share, remaining = split(remaining, [percent, 100 - int(percent)])
        assert share == minor(expected), source(case)


# --- percentages, rounded once --------------------------------------------------------------------------------------


@peers("percent_half_up")
def test_a_percentage_of_cents_rounds_half_up(case: dict[str, Any]) -> None:
    cents, percent = case["input"]["cents"], Fraction(case["input"]["percent"])
    assert percent_of(cents, case["input"]["percent"]) == case["expected"], source(case)
    column = np.array([cents, -cents], dtype=np.int64)
    paid = multiply_divide(column, percent.numerator, 100 * percent.denominator, Rounding.HALF_UP)
    assert paid.tolist() == [case["expected"], -case["expected"]], source(case)


def test_a_half_that_binary_fractions_get_wrong_rounds_up() -> None:
    """dubinc/dub, calculate-sale-earnings.test.ts: 500 at 2.9 % is 14.5, and pays 15."""
    assert percent_of(500, "2.9") == 15
    assert multiply_divide(np.array([500], dtype=np.int64), 29, 1000, Rounding.HALF_UP).tolist() == [15]


@peers("percent")
def test_a_plain_percentage_of_an_amount(case: dict[str, Any]) -> None:
    expected = minor(case["expected"])
    assert percent_of(minor(case["input"]["base"]), case["input"]["percent"]) == expected, source(case)


@peers("percent_margin")
def test_refunds_and_rebilled_lines_add_up_to_the_commission_on_the_net(case: dict[str, Any]) -> None:
    lines = np.array([minor(line) for line in case["input"]["lines"]], dtype=np.int64)
    paid = multiply_divide(lines, int(case["input"]["percent"]), 100, Rounding.HALF_UP)
    assert (len(paid), int(paid.sum())) == (case["expected"]["lines"], minor(case["expected"]["total"])), source(case)


@peers("formula")
def test_a_credit_note_takes_back_what_its_invoice_paid(case: dict[str, Any]) -> None:
    given = case["input"]
    rate = Fraction(given["percent"]) / 100 * (1 + Fraction(given["uplift_percent"]) / 100)
    base = np.array([minor(given["base"]), -minor(given["base"])], dtype=np.int64)
    paid = multiply_divide(base, rate.numerator, rate.denominator, Rounding.HALF_UP)
    expected = [minor(case["expected"]["invoice"]), minor(case["expected"]["credit_note"])]
    assert paid.tolist() == expected, source(case)


@peers("percent_lines")
def test_a_down_payment_and_its_balance_are_the_whole_commission(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expected"]
    one_agent = sum(percent_of(minor(line), given["percent"]) for line in given["lines"])
    assert one_agent == minor(expected["one_agent"]), source(case)
    assert one_agent * given["agents"] == minor(expected["two_agents"]), source(case)
    parts = split(one_agent, [given["down_payment_percent"], 100 - int(given["down_payment_percent"])])
    assert parts == [minor(expected["down_payment"]), minor(expected["balance"])], source(case)


@peers("flat_qty")
def test_a_flat_reward_is_paid_for_each_unit(case: dict[str, Any]) -> None:
    quantities = np.array(case["input"]["qty"], dtype=np.int64)
    paid = multiply_divide(quantities, case["input"]["flat"], 1, Rounding.HALF_UP)
    assert paid.tolist() == case["expected"], source(case)


def test_a_payout_fee_is_charged_on_what_the_waiver_does_not_cover() -> None:
    """db-10, dubinc/dub calculate-payout-fee-with-waiver.test.ts."""
    case = PEER["db-10"]
    assert percent_of(case["expected"]["charged"], case["input"]["rate"]) == case["expected"]["fee"], source(case)


# --- worked by hand in public documents -----------------------------------------------------------------------------


@pytest.mark.parametrize("residue", [Residue.LARGEST_REMAINDER, Residue.ROUND_EACH])
def test_a_profit_sharing_pool_by_compensation(residue: Residue) -> None:
    """H1-01: rounding each share half up happens to keep the pool, and the default gives the same cents."""
    case = WORKED["H1-01"]
    compensation = case["inputs"]["compensation"]
    result = apportion(minor(case["inputs"]["pool"]), whole(list(compensation.values())), residue=residue)
    expected = [minor(case["expected"][employee]) for employee in compensation]
    assert ([int(share) for share in result.shares], result.residue_minor) == (expected, 0), source(case)
    of_pay = Fraction(case["inputs"]["pool"]) / sum(int(pay) for pay in compensation.values())
    assert f"{round_fraction(of_pay * 10_000, Rounding.HALF_UP) / 100}%" == case["expected"]["pct_of_pay"], source(case)


def test_permitted_disparity_solves_for_the_base_rate() -> None:
    """H1-03: a base rate on all pay plus 5.7 % above the wage base gives an officer 46,000; to the whole dollar."""
    case = WORKED["H1-03"]
    compensation = {name: int(pay) for name, pay in case["inputs"]["compensation"].items()}
    wage_base, target, disparity = 102_000, 46_000, Fraction("0.057")
    excess = {name: disparity * max(0, pay - wage_base) for name, pay in compensation.items()}
    base_rate = (target - excess["Officer1"]) / compensation["Officer1"]
    assert round_fraction(base_rate * 10**8, Rounding.HALF_UP) == 16_827_826, source(case)
    found = {
        name: round_fraction((base_rate * pay + excess[name]) * 100, Rounding.HALF_UP, step=100) // 100
        for name, pay in compensation.items()
    }
    found["Total"] = sum(found.values())
    assert found == {name: int(amount) for name, amount in case["expected"].items()}, source(case)


@pytest.mark.parametrize("plan_percent", WORKED["H1-06"]["expected"], ids=lambda percent: f"H1-06 {percent}%")
def test_the_irs_rate_table_for_the_self_employed(plan_percent: str) -> None:
    """H1-06: a share of what is left after the share itself is r / (1 + r), published with six decimals."""
    case = WORKED["H1-06"]
    rate = Fraction(plan_percent) / 100
    found = round_fraction(rate / (1 + rate) * 10**6, Rounding.HALF_UP)
    assert f".{found:06}" == case["expected"][plan_percent], source(case)


def test_partners_share_what_salary_and_interest_leave() -> None:
    """H1-08: salary, interest on capital (C for nine months), then 40/40/20."""
    case = WORKED["H1-08"]
    capital_months = np.array([75_000_000 * 12, 75_000_000 * 12, 45_000_000 * 9], dtype=np.int64)
    interest = multiply_divide(capital_months, 5, 100 * 12, Rounding.HALF_UP)
    first = [int(amount) for amount in interest + np.array([0, 0, minor("75000")])]
    residual = minor(case["inputs"]["net_income"]) - sum(first)
    assert residual == minor(case["expected"]["residual"]), source(case)
    shares = split(residual, [weight.rstrip("%") for weight in case["inputs"]["residual"].values()])
    published = [minor(case["expected"][partner].split()[0]) for partner in "ABC"]
    assert [own + share for own, share in zip(first, shares, strict=True)] == published, source(case)


def test_partners_share_a_deficiency() -> None:
    """H1-10: salaries and interest exceed the income by 30,000, shared 3:3:4."""
    case = WORKED["H1-10"]
    given = case["inputs"]
    entitled = {name: minor(given["salary"][name]) + minor(given["interest"][name]) for name in "SRT"}
    deficiency = minor(given["net_income"]) - sum(entitled.values())
    shares = dict(zip("SRT", split(deficiency, given["residual"].split(":")), strict=True))
    found = {name: entitled[name] + shares[name] for name in "SRT"}
    assert found == {name: minor(amount) for name, amount in case["expected"].items()}, source(case)


def test_a_commission_earned_as_cash_arrives_adds_up_to_the_commission() -> None:
    """H1-21."""
    case = WORKED["H1-21"]
    commission = percent_of(minor(case["inputs"]["deal"]), case["inputs"]["rate"].rstrip("%"))
    parts = split(commission, case["inputs"]["paid"])
    assert parts == [minor(case["expected"]["first"]), minor(case["expected"]["second"])], source(case)


def test_carried_interest_takes_its_part_of_what_is_left() -> None:
    """H1-35 with a catch-up, H1-38 without: the last step is a split 80/20."""
    with_catch_up, without = WORKED["H1-35"], WORKED["H1-38"]
    _, general_partner = split(minor("8250000"), [80, 20])
    assert general_partner + minor("350000") == minor("2000000"), source(with_catch_up)
    pref = percent_of(minor(without["inputs"]["capital"]), "8")
    profit = minor(without["inputs"]["proceeds"]) - minor(without["inputs"]["capital"])
    limited_partner, general_partner = split(profit - pref, [80, 20])
    assert minor("100") + pref + limited_partner == minor(without["expected"]["LP"]), source(without)
    assert general_partner == minor(without["expected"]["GP"]), source(without)


def test_published_rates_and_fees_are_rounded_half_up() -> None:
    """H1-18 one decimal of a percent; H1-43 two decimals of millions and of a percent; H1-45 exact; H1-25 negative."""
    effective = round_fraction(Fraction(2000, 15000) * 1000, Rounding.HALF_UP)
    assert f"{effective // 10}.{effective % 10}%" == WORKED["H1-18"]["expected"]["effective"], source(WORKED["H1-18"])

    fund = WORKED["H1-43"]["expected"]
    begin, gross, high_water_mark = Fraction("583.1"), Fraction(642), Fraction(610)
    management, incentive = gross / 50, (gross - high_water_mark * Fraction("1.04")) / 5
    assert round_fraction(management * 100, Rounding.HALF_UP) == minor(fund["mgmt"]), source(WORKED["H1-43"])
    assert round_fraction(incentive * 100, Rounding.HALF_UP) == minor(fund["incentive"]), source(WORKED["H1-43"])
    net_return = (gross - management - incentive - begin) / begin
    published = minor(fund["net_return"].rstrip("%"))
    assert round_fraction(net_return * 10_000, Rounding.HALF_UP) == published, source(WORKED["H1-43"])

    royalty = multiply_divide(np.array([5000], dtype=np.int64), minor("23.95"), 10, Rounding.HALF_UP)
    assert royalty.tolist() == [minor(WORKED["H1-45"]["expected"]["first_5000"])], source(WORKED["H1-45"])

    clawback = WORKED["H1-25"]
    assert percent_of(-minor("10000"), "50") == minor(clawback["expected"]["adjustment"]), source(clawback)


# --- a league's season ----------------------------------------------------------------------------------------------


def league_totals_pence(clubs: list[dict[str, Any]]) -> dict[str, int]:
    """Each club's payment by the published rule: pools shared by the default policy, in pence, in steps of a pound."""
    rule = LEAGUE["parameters"]
    names = [club["club"] for club in clubs]

    def shared(pool_gbp: int, weights: list[int]) -> np.ndarray[Any, Any]:
        result = apportion(pool_gbp * 100, np.array(weights, dtype=np.int64), keys=names, step=100)
        assert result.residue_minor == 0
        return np.array([int(share) for share in result.shares], dtype=np.int64)

    equal_parts = ("equal_share_domestic_gbp", "equal_share_overseas_gbp", "equal_share_commercial_gbp")
    equal = sum(shared(rule[part] * len(clubs), [1] * len(clubs)) for part in equal_parts)
    merit_weights = [21 - club["position"] for club in clubs]
    merit_pool_gbp = rule["merit_step_gbp"] * rule["merit_steps"]
    merit = shared(merit_pool_gbp, merit_weights)
    parts = [Fraction(merit_pool_gbp * 100 * weight, rule["merit_steps"]) for weight in merit_weights]
    assert merit.tolist() == [round_fraction(part, Rounding.HALF_UP, step=100) for part in parts]
    guaranteed = rule["live_matches_guaranteed"]
    further = np.array([max(0, club["live_uk_matches"] - guaranteed) for club in clubs], dtype=np.int64)
    facility = multiply_divide(further, rule["facility_fee_further_match_gbp"] * 100, 1, Rounding.HALF_UP, 100)
    facility += rule["facility_fee_guaranteed_gbp"] * 100
    return dict(zip(names, (equal + merit + facility).tolist(), strict=True))


@pytest.mark.parametrize("club", LEAGUE["clubs"], ids=lambda club: club["club"])
def test_a_club_is_paid_what_the_league_published(club: dict[str, Any]) -> None:
    """skysports.com article 10293524, by the parameters of footballroar.com, to the pound (a derived count of live
    matches was chosen to fit: there only the whole number of fees is put to the test)."""
    assert league_totals_pence(LEAGUE["clubs"])[club["club"]] == club["total_payment_gbp"] * 100


def test_the_league_pays_the_same_from_the_bottom_of_the_table_up() -> None:
    totals = league_totals_pence(LEAGUE["clubs"])
    assert league_totals_pence(LEAGUE["clubs"][::-1]) == totals
    assert sum(totals.values()) == LEAGUE["sum_of_totals_gbp"] * 100 == 163_880_591_800
