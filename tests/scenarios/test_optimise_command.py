"""A program manager splits a budget: what is proposed, how good it is at most, why, and what the engine pays of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from optimise_files import HEAD, PAID, PARTNERS, SMALL, UNITS, partage, written


def told(folder: Path, text: str = PAID, **more: str) -> dict[str, Any]:
    found = json.loads(partage("optimise", written(folder, text, **more), "--json"))
    assert isinstance(found, dict)
    return found


def test_a_budget_is_split_and_proved(tmp_path: Path) -> None:
    assert partage("optimise", written(tmp_path)).splitlines() == [
        "Split EUR 200,000.00 of Market funds 2027 over 6 units, 1 group; goal: response",
        "proposal   560,127 (now 462,970, +21 %)     upper bound 560,127     gap under 0.000000001 %   certified",
        "one more EUR would bring 1.62; binding: EMEA cap (0.184 per EUR), 1 unit step, 1 unit kink",
        "spent 200,000.00     unspent 0.00     return 2.8 for each 1 (now 2.31)",
        "engine says 560,127 after rounding and caps (+0.00); it pays 200,000.00 in 2027-01",
        "",
        "unit      now EUR  proposed EUR      change  response  next 1 brings  held by",
        "acme    40,000.00     75,738.76  +35,738.76   312,763            1.8  EMEA cap",
        "bolt    30,000.00     25,605.87   -4,394.13    65,805            1.8  EMEA cap",
        "crux    30,000.00     20,000.00  -10,000.00    49,560           1.62",
        "dune    40,000.00     20,000.00  -20,000.00    50,000            0.5  a kink",
        "echo    30,000.00      8,655.37  -21,344.63    21,999            1.8  EMEA cap",
        "fern    30,000.00     50,000.00  +20,000.00    60,000              0  a step",
        "total  200,000.00    200,000.00        0.00   560,127",
    ]


def test_the_json_holds_money_in_minor_units_and_numbers_as_texts(tmp_path: Path) -> None:
    found = told(tmp_path)
    assert sum(unit["proposed_minor"] for unit in found["units"]) == found["spent_minor"] == 20_000_000
    assert found["is_certified"] and float(found["bound"]) >= float(found["value"]) > float(found["value_now"])
    assert found["bindings"][1:] == [
        {"name": "EMEA", "side": "cap", "limit_minor": 11_000_000, "price": found["bindings"][1]["price"]}
    ]
    assert found["engine"]["paid_minor"] == 20_000_000 and found["engine"]["total_minor"] == 20_060_000


def test_the_scenario_is_what_the_engine_paid(tmp_path: Path) -> None:
    """The proposal as a scenario: simulated, it pays the same, line for line; applied, the program checks."""
    found = json.loads(partage("optimise", written(tmp_path), "--scenario", tmp_path / "funds.yaml", "--json"))
    assert found["files"] == [str(tmp_path / "funds.yaml"), str(tmp_path / "funds.csv")]
    rows = list(csv.DictReader((tmp_path / "funds.csv").open()))
    assert sum(int(row["amount_minor"]) for row in rows) == 20_000_000
    assert {(row["method"], row["dated"]) for row in rows} == {("optimise", "2027-01-01")}
    assert len({row["version"] for row in rows}) == 1
    program = tmp_path / "program.yaml"
    words = "simulate", program, tmp_path / "funds.yaml", "--period", "2027-01", "--json"
    (scenario,) = json.loads(partage(*words))["scenarios"]
    assert scenario["change_minor"] == 20_000_000
    assert scenario["periods"][0]["lines_sha256"] != "" and scenario["periods"][0]["total_minor"] == 20_060_000
    partage("apply", tmp_path / "funds.yaml", "--program", program)
    partage("check", program)
    # The next proposal is a new table for the same payout.
    again = partage("optimise", tmp_path / "problem.yaml", "--scenario", tmp_path / "later.yaml")
    assert "engine says 560,127" in again
    assert (tmp_path / "later.yaml").read_text() == (
        'scenario: "Market funds 2027"\nset:\n  sources.proposed_market_funds.file: "later.csv"\n'
    )


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    path = written(tmp_path)
    for name in ("one", "two"):
        partage("optimise", path, "--scenario", tmp_path / f"{name}.yaml", "--out", tmp_path / f"{name}-units.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert (tmp_path / "one-units.csv").read_bytes() == (tmp_path / "two-units.csv").read_bytes()
    assert "S102" in partage("optimise", path, "--out", tmp_path / "one.csv", code=2)


def test_caps_of_the_program_cut_what_was_promised(tmp_path: Path) -> None:
    path = written(tmp_path)
    partage("optimise", path, "--scenario", tmp_path / "funds.yaml")
    partage("apply", tmp_path / "funds.yaml", "--program", tmp_path / "program.yaml")
    text = (tmp_path / "program.yaml").read_text()
    (tmp_path / "program.yaml").write_text(
        text.replace("per_unit: EUR 0.01", "per_unit: EUR 0.01\n    at_most: EUR 60_000")
    )
    found = partage("optimise", path)
    assert "acme is paid 60,000.00 of 75,738.76" in found
    assert "it pays 184,261.24 in 2027-01" in found


def test_a_unit_that_is_no_partner_is_paid_nothing(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "partners.csv").write_text(PARTNERS.replace("fern,Fern & Co,APAC\n", ""))
    assert "fern is paid 0.00 of 50,000.00" in partage("optimise", path)


def test_the_table_for_a_spreadsheet_holds_no_formula(tmp_path: Path) -> None:
    text = (
        HEAD
        + "budget: 100\nunits:\n  '=1+1': {curve: {power: {a: 2, b: 0.5}}}\n  b: {curve: {power: {a: 1, b: 0.5}}}\n"
    )
    partage("optimise", written(tmp_path, text), "--out", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "unit,now,proposed,change,response,marginal,return_now,return,held",
        "'=1+1,,80.00,,17.8885438,0.111803399,,0.223606798,",
        "b,,20.00,,4.47213595,0.111803399,,0.223606798,",
    ]


def test_what_cannot_be_met_is_told_with_by_how_much(tmp_path: Path) -> None:
    text = SMALL.replace("budget: 200_000", "budget: 9_000")
    assert partage("optimise", written(tmp_path, text), code=2).splitlines() == [
        "error W307 the floors of EMEA add up to EUR 10,000.00, EUR 1,000.00 more than the most that budget allows, "
        "EUR 9,000.00 @ problem.yaml:1:1 - raise the one, or lower the others",
    ]


GOALS = {
    "{margin: 35%}": "margin: 35 % of the response",
    "{profit: 50%}": "profit: 50 % of the response less the spend",
    "{least_spend: {response: 500_000}}": "the least spend for a response of 500,000",
    "{average_return: 3}": "the most response that is 3 or more for each 1 spent",
    "{marginal_return: 2}": "spend as long as the next 1 brings 2",
}


@pytest.mark.parametrize("goal", GOALS)
def test_each_goal_is_met(goal: str, tmp_path: Path) -> None:
    found = told(tmp_path, HEAD + "budget: {at_most: 200_000}\n" + UNITS + f"goal: {goal}\n")
    assert found["goal"] == GOALS[goal] and found["is_certified"]
    spent, response = found["spent_minor"] / 100, float(found["response"])
    if goal.startswith("{least"):
        assert response >= 500_000 and float(found["value"]) == pytest.approx(spent)
        assert found["bound_side"] == "lower" and float(found["bound"]) <= spent
    if goal.startswith("{average"):
        assert response / spent >= 3 and float(found["value"]) == response <= float(found["bound"])
    if goal.startswith("{profit"):
        assert float(found["value"]) == pytest.approx(response / 2 - spent)
    if goal.startswith("{margin:"):
        assert float(found["value"]) == pytest.approx(0.35 * response)


def test_fairness_shares_and_returns(tmp_path: Path) -> None:
    gini = told(tmp_path, HEAD + "budget: 200_000\n" + UNITS + "fairness: {gini: 0.2}\n")
    spends = sorted(unit["proposed_minor"] for unit in gini["units"])
    assert sum((2 * at - 5) * spend for at, spend in enumerate(spends)) <= 0.2 * 6 * sum(spends)
    fifths = told(tmp_path, HEAD + "budget: 200_000\n" + UNITS + "fairness: {four_fifths: region}\n")
    by = {unit["unit"]: unit["proposed_minor"] for unit in fifths["units"]}
    means = [sum(by[name] for name in of) / len(of) for of in (("acme", "bolt", "echo"), ("crux", "dune"), ("fern",))]
    assert min(means) >= 0.8 * max(means)
    each = told(tmp_path, HEAD + "budget: {at_most: 150_000}\n" + UNITS + "each: {share: 30%, return: 2}\n")
    for unit in each["units"]:
        assert unit["proposed_minor"] <= 0.3 * each["spent_minor"]
        assert float(unit["response"]) >= 2 * unit["proposed_minor"] / 100 * (1 - 1e-9)


def test_groups_that_cross(tmp_path: Path) -> None:
    more = "groups: {EMEA: {where: {region: EMEA}, at_most: 90_000}, two: {units: [bolt, crux], at_most: 30_000}}\n"
    found = told(tmp_path, HEAD + "budget: 200_000\n" + UNITS.replace("minimum: 15_000, ", "") + more)
    by = {unit["unit"]: unit["proposed_minor"] for unit in found["units"]}
    assert by["acme"] + by["bolt"] + by["echo"] <= 9_000_000 and by["bolt"] + by["crux"] <= 3_000_000
    assert found["spent_minor"] == 20_000_000 and float(found["gap"]) < 1e-3


@pytest.mark.parametrize("lasts", ["", pytest.param(", carry_over: 50%, after: 2", marks=pytest.mark.ci)])
def test_periods_are_paid_one_by_one(tmp_path: Path, lasts: str) -> None:
    found = told(tmp_path, PAID.replace("minimum: 15_000, ", "") + f"periods: {{count: 3{lasts}}}\n")
    assert found["engine"]["periods"] == ["2027-01", "2027-02", "2027-03"]
    assert sum(sum(unit["by_period_minor"]) for unit in found["units"]) == 20_000_000
    assert float(found["engine"]["response"]) == pytest.approx(float(found["response"]))
    assert (float(found["after_the_end"] or 0) > 0) == bool(lasts)


def test_tiers_are_chosen_within_a_budget(tmp_path: Path) -> None:
    text = HEAD + "budget: {at_most: 700}\ntiers: {from: tiers.csv}\n"
    table = "partner,tier,cost,value,now\na,none,0,0,true\na,gold,400,5,\nb,none,0,0,true\nb,gold,600,6,\n"
    path = written(tmp_path, text, tiers=table)
    assert partage("optimise", path).splitlines() == [
        "Market funds 2027: a tier within EUR 700.00 for each of 2 partners",
        "proposal   6.00 (now 0.00)     upper bound 6.00     gap under 0.000000001 %   certified",
        "one more EUR would bring about 0.01",
        "cost 600.00     unspent 100.00",
        "",
        "partner  now   tier  cost EUR  value",
        "a        none  none      0.00   0.00",
        "b        none  gold    600.00   6.00",
        "total                  600.00   6.00",
    ]
    partage("optimise", path, "--out", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[2] == "b,none,gold,600.00,6"
    assert json.loads(partage("optimise", path, "--json"))["choices"][1]["cost_minor"] == 60_000
    assert "W309" in partage("optimise", path, "--scenario", tmp_path / "s.yaml", code=2)


def test_a_frontier_of_budgets(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)
    found = json.loads(partage("optimise", path, "--frontier", "5_000..200_000", "--steps", "4", "--json"))["frontier"]
    assert [each["budget_minor"] for each in found] == [500_000, 7_000_000, 13_500_000, 20_000_000]
    assert found[0]["value"] is None and "the floors of EMEA" in found[0]["why"]
    values = [float(each["value"]) for each in found[1:]]
    assert values == sorted(values) and all(float(each["bound"]) >= float(each["value"]) for each in found[1:])
    printed = partage("optimise", path, "--frontier", "50_000..200_000", "--steps", "2").splitlines()
    assert printed[-4].split() == ["budget", "EUR", "spent", "EUR", "proposal", "upper", "bound", "gap", "%",
                                   "return", "one", "more", "brings"]  # fmt: skip
    by_share = written(tmp_path, SMALL + "each: {share: 40%}\n")
    assert "200,000.00" in partage("optimise", by_share, "--frontier", "150_000..200_000", "--steps", "2")
    for words in (("--frontier", "5..1"), ("--frontier", "x..9"), ("--frontier", "1..9", "--steps", "1")):
        assert "error W" in partage("optimise", path, *words, code=2)


REFUSED = {
    "W306": SMALL + "risk: mean\n",
    "W309": PAID.replace("payout: market_funds", "payout: base"),
}


def test_risk_needs_draws(tmp_path: Path) -> None:
    printed = partage("optimise", written(tmp_path, REFUSED["W306"]), code=2)
    assert "error W306 the curves have no draws, which risk mean is over" in printed


def test_a_payout_of_another_rule_is_not_overwritten(tmp_path: Path) -> None:
    printed = partage("optimise", written(tmp_path, REFUSED["W309"]), code=2)
    assert "error W309 the program has a payout base already" in printed


def test_a_gap_is_a_part(tmp_path: Path) -> None:
    assert "error W302 a gap of 2 is none that can be proved" in partage(
        "optimise", written(tmp_path), "--gap", "2", code=2
    )
