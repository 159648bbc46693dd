"""Published splits, overlays and hierarchies come out exactly, or differently for a reason that is said here.

In: the facts of tests/cases (other projects' tests and public documents); every test names its source.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crediting_rows import EUR, By, Row, by_name, candidates, codes, earned, hierarchy, part, rule

from rules.crediting.credited import credited
from rules.quantities.apportion import apportion

CASES = Path(__file__).parent.parent / "cases"
PEER = {case["id"]: case for case in json.loads((CASES / "peer-cases.json").read_text("utf-8"))["cases"]}
WORKED = {case["id"]: case for case in json.loads((CASES / "worked-examples.json").read_text("utf-8"))}


@pytest.mark.parametrize("name", ["mf-01", "mf-03"])
def test_metasfresh_pays_each_level_on_what_the_lower_levels_left(name: str) -> None:
    """metasfresh, HierachyAlgorithmTest: three levels at 10 %, each of what the levels below it left.

    Ours is another notion: an override is a rate of the credit below it, and what one level earns changes no other's
    base. Their residuals are written as what they are of the first level's credit, and the amounts are the same.
    """
    given = PEER[name]["input"]
    base, percents = Fraction(given["base"]), [Fraction(each) / 100 for each in given["percents"]]
    left = [Fraction(1), 1 - percents[0], (1 - percents[0]) * (1 - percents[1])]
    rates = [str(percents[level] * left[level] / percents[0]) for level in (1, 2)]
    assert rates == ["9/10", "81/100"]
    spec = rule({"owner": str(percents[0])}, roll_up={"to": "parent", "rates": rates, "on_top": "true"})
    who = ["rep", "senior", "top"]
    tree = hierarchy(who, {"rep": "senior", "senior": "top"})
    found = earned(spec, candidates([By("rep")], partners=who), tree)
    assert [base * found[partner] for partner in who] == [Fraction(amount) for amount in PEER[name]["expected"]]
    # The same three times 10 % with each level on its own: 10 %, and 10 % of that for each of the two above.
    plain = rule({"owner": "10%"}, roll_up={"to": "parent", "rates": ["10%", "10%"], "on_top": "true"})
    found = earned(plain, candidates([By("rep")], partners=who), tree)
    assert [base * found[partner] for partner in who] == [base / 10, base / 100, base / 100]


def test_metasfresh_appends_the_difference_when_a_base_changes() -> None:
    """metasfresh, mf-05: a base that changes after it was invoiced appends the difference and edits nothing.

    A share is independent of the base, so the difference of two credited amounts is the share of the difference.
    """
    given, expected = PEER["mf-05"]["input"], PEER["mf-05"]["expected"]
    found = earned(rule({"owner": "100%"}), candidates([By("rep")]))["rep"]
    before, after = ([Fraction(each) for each in given[key]] for key in ("from", "to"))
    assert [found * (b - a) for a, b in zip(before, after, strict=True)] == [Fraction(each) for each in expected]


def test_oca_pays_two_agents_in_full_which_takes_an_overlay() -> None:
    """OCA/commission, sale_commission_advance: 10 % of two lines of 500 to each of two agents is 200; to one, 100.

    OCA credits every agent of a line with all of it. Ours refuses more than 100 % unless the second role is declared
    as an overlay; then the amounts are the same.
    """
    given, expected = PEER["oca-05"]["input"], PEER["oca-05"]["expected"]
    base, rate = sum(map(Fraction, given["lines"])), Fraction(given["percent"]) / 100
    spec = rule({"table": {"roles": {"sourced": {}, "fulfilled": {"overlay": "true"}}}}, over_100="overlay")
    both = [By("ann", share="100%"), By("bob", "fulfilled", "100%")]

    def paid(lines: list[By], of: Fraction) -> Fraction:
        return sum(earned(spec, candidates(lines)).values()) * of * rate

    assert paid(both, base) == Fraction(expected["two_agents"])
    assert paid(both[:1], base) == Fraction(expected["one_agent"])
    down = Fraction(given["down_payment_percent"]) / 100 * base
    assert paid(both[:1], down) == Fraction(expected["down_payment"])
    assert paid(both[:1], base - down) == Fraction(expected["balance"])
    side_by_side = candidates([By("ann", share="100%"), By("bob", share="100%")])
    assert [code for code, _ in codes(rule({"table": {"roles": ["sourced"]}}), side_by_side)] == ["C120"]


def test_salesforce_splits_revenue_to_100_percent_and_overlays_to_any() -> None:
    """Salesforce, OpportunitySplitType: revenue splits must total 100 %, overlay splits can total any percentage; and
    Spiff's example of them: A has a 50 % revenue split and a 20 % overlay, B a 50 % revenue split.

    Ours holds an overlay role within 100 % of its own: more is nearly always a slip, and two roles can say it.
    """
    spec = rule({"table": {"roles": {"sourced": {}, "serviced": {"overlay": "true"}}}}, over_100="overlay")
    lines = [By("a", share="50%"), By("a", "serviced", "20%"), By("b", share="50%")]
    assert earned(spec, candidates(lines)) == {"a": part("70%"), "b": part("50%")}
    assert codes(spec, candidates([*lines, By("b", "serviced", "90%")]))[0][0] == "C120"


@pytest.mark.parametrize(("name", "wanted"), [("H1-51", [7499, 2500]), ("H1-53", [2, 3])])
def test_the_cents_of_a_split_add_up_to_the_whole(name: str, wanted: list[int]) -> None:
    """moneyphp, pull request 492, and Shopify/money, pull request 175: 99.99 at 75/25, 5 cents at 45/55."""
    given: dict[str, Any] = WORKED[name]["inputs"]
    lines = [By(partner, share=f"{weight}%") for partner, weight in zip("ab", given["weights"], strict=True)]
    made = candidates(lines)
    weights, _ = credited(rule({"table": {"roles": ["sourced"]}}), made, EUR).shares.share.scaled()
    assert apportion(given["total_cents"], weights).shares.tolist() == wanted


def test_partners_of_a_firm_share_a_residual_by_fixed_parts() -> None:
    """H1-08 (a partnership's appropriation of profit): the residual 433,125.00 at 40/40/20."""
    case = WORKED["H1-08"]
    roles = {name.lower(): share for name, share in case["inputs"]["residual"].items()}
    made = candidates([By(name, role=name) for name in roles])
    found = earned(rule({"roles": roles}), made)
    residual = Fraction(case["expected"]["residual"])
    assert [residual * found[name] for name in "abc"] == [Fraction(173_250), Fraction(173_250), Fraction(86_625)]


def test_cash_in_parts_earns_the_share_of_each_part() -> None:
    """H1-21, Oracle's Siebel Incentive Compensation: 10 % of a deal of 1,000,000 that is paid in two halves earns
    50,000 with each: each receipt is credited by the same shares, so nothing has to be remembered."""
    given, expected = WORKED["H1-21"]["inputs"], WORKED["H1-21"]["expected"]
    share, rate = earned(rule({"owner": "100%"}), candidates([By("rep")]))["rep"], part(given["rate"])
    earned_parts = [share * rate * Fraction(paid) for paid in given["paid"]]
    assert earned_parts == [Fraction(expected["first"]), Fraction(expected["second"])]
    assert sum(earned_parts) == share * rate * Fraction(given["deal"])


def test_batches_do_not_change_what_is_credited() -> None:
    """H1-23: Xactly's attainment depends on which orders came in one batch (200 and 250 for the same two orders), as
    its help page says. Ours credits a row by that row's candidates alone: whole, in two batches or in reverse, each
    order has the same shares, and what accumulates over them is the payout's, by a stated order."""
    orders = {f"O-{n}": Row(amount=50 * n) for n in (1, 2)}
    lines = [By("ann", row="O-1", share="60%"), By("bob", row="O-1"), By("ann", row="O-2")]
    spec, made = rule({"table": {"roles": ["sourced"]}}, at_most="0.40"), candidates(lines, orders)
    whole = by_name(made, credited(spec, made, EUR))
    batches = [made.take(made.row == row) for row in (0, 1)]
    assert whole == {key: share for each in batches for key, share in by_name(made, credited(spec, each, EUR)).items()}
    assert whole == by_name(made, credited(spec, made.take(np.array([2, 1, 0])), EUR))
