"""The problem file: what it can say, and every fault of it at once, with its code, its place and how to mend it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from optimise_files import HEAD, PAID, SMALL, written

from rules.problem import Refused
from scenarios.acts.optimise import partners_of
from scenarios.problems.asked import BudgetProblem, TierProblem
from scenarios.problems.curve import Curve, mixed_of
from scenarios.problems.read import read_problem


def read(folder: Path, text: str, **more: str) -> BudgetProblem:
    found = read_problem(written(folder, text, **more), partners_of)
    assert isinstance(found, BudgetProblem)
    return found


def faults(folder: Path, text: str, **more: str) -> list[str]:
    with pytest.raises(Refused) as refusal:
        read_problem(written(folder, text, **more), partners_of)
    return [f"{each.code} {each.place.line} {each.message} - {each.hint}" for each in refusal.value.problems]


def test_a_problem_is_read_as_it_is_written(tmp_path: Path) -> None:
    found = read(tmp_path, PAID)
    assert (found.name, found.currency.code, found.budget_minor) == ("Market funds 2027", "EUR", (20_000_000,) * 2)
    acme, *_, fern = found.units
    assert acme.curves[""] == Curve("hill", (400_000, 40_000, 2))
    assert (acme.now_minor, acme.least_minor, acme.most_minor) == (4_000_000, 1_000_000, 8_000_000)
    assert fern.curves[""].knots == ((10_000, 20_000), (50_000, 60_000))
    assert found.groups[0].members == (0, 1, 4) and found.groups[0].most_minor == 11_000_000
    assert found.pay is not None and found.pay.payout == "market_funds"


ONE = HEAD + "budget: 100\nunits: {a: {curve: {%s}}}\n"
CURVES = {
    "michaelis_menten: {a: 100, k: 50}": 50.0,
    "hill: {a: 100, k: 50, alpha: 2}": 50.0,
    "s_shaped: {a: 100, k: 50, alpha: 2}": 50.0,
    "exponential: {a: 100, k: 50}": 100 * (1 - np.exp(-1)),
    "log: {a: 100, k: 50}": 100 * np.log(2),
    "power: {a: 2, b: 0.5}": 2 * 50**0.5,
    "linear_cap: {a: 2, cap: 40}": 80.0,
    "points: [[0, 0], [100, 300]]": 150.0,
    "steps: [[40, 7], [60, 9]]": 7.0,
    "table: curve.csv": 150.0,
}


@pytest.mark.parametrize("curve", CURVES)
def test_each_family_of_curves(curve: str, tmp_path: Path) -> None:
    unit = read(tmp_path, ONE % curve, curve="spend,response\n0,0\n100,300\n").units[0]
    assert mixed_of([unit.curves[""]]).value(np.array([50.0]))[0] == pytest.approx(CURVES[curve])


def test_units_of_a_table_and_what_is_said_of_each(tmp_path: Path) -> None:
    text = HEAD + "budget: 1_000\nunits: {from: units.csv}\neach: {at_most: 300, share: 50%, change: 20%}\n"
    table = "unit,curve,now,at_most,region\na,,100,250,north\nb,,200,,\n"
    found = faults(tmp_path, text, units=table)
    hint = "write curve: {hill: {a: ..., k: ..., alpha: ...}}, or name a file as curves: curves.json"
    assert found == [f"W304 2 a has no curve - {hint}", f"W304 3 b has no curve - {hint}"]


def test_a_unit_s_own_word_wins(tmp_path: Path) -> None:
    text = HEAD + "budget: 1_000\neach: {at_most: 300, minimum: 50, change: 20%, share: 15%, return: 1.2}\nunits:\n"
    text += "  a: {curve: {power: {a: 1, b: 1}}, now: 100}\n"
    text += "  b: {curve: {power: {a: 1, b: 1}}, now: 10.01, at_most: 11, minimum: 0, share: 20%}\n"
    text += "  c: {curve: {power: {a: 1, b: 1}}, now: 5, fixed: 500}\n"
    a, b, c = read(tmp_path, text).units
    assert (a.least_minor, a.most_minor, a.minimum_minor) == (8_000, 12_000, 0)  # it gets something, so its minimum
    assert (a.share, a.least_return) == (Fraction(15, 100), Fraction(12, 10))
    assert (b.least_minor, b.most_minor, b.share) == (801, 1_100, Fraction(1, 5))  # 8.008 up, 12.012 down
    assert (c.least_minor, c.most_minor) == (50_000, 50_000)


def test_partners_of_the_program_by_the_curves_of_their_region(tmp_path: Path) -> None:
    text = "optimise: x\nprogram: program.yaml\nbudget: 600\nunits: partners\ncurves: curves.json\n"
    assert faults(tmp_path, text)[0].startswith("M315 5 the file cannot be read")


def test_tiers(tmp_path: Path) -> None:
    text = HEAD + "budget: {at_most: 700}\ntiers: {from: tiers.csv}\n"
    table = "partner,tier,cost,value,now\na,none,0,0,true\na,gold,400,5,\nb,none,0,0,\nb,gold,600,6,\n"
    found = read_problem(written(tmp_path, text, tiers=table), partners_of)
    assert isinstance(found, TierProblem)
    assert [option.cost_minor for option in found.options["b"]] == [0, 60_000] and found.options["a"][0].is_now


# What is written instead of a line of the small problem, and what is told.
FAULTS: dict[str, tuple[str, str, str]] = {
    "a slip of the pen": (
        "budget: 200_000",
        "budgett: 200_000",
        "W301 3 a problem has no key 'budgett' - did you mean 'budget'?",
    ),
    "a slip in a unit": (
        "at_most: 80_000",
        "at_mots: 80_000",
        "W301 5 the unit acme has no key 'at_mots' - did you mean 'at_most'?",
    ),
    "another currency": ("budget: 200_000", "budget: USD 200_000", "W302 3 the budget is no amount of EUR"),
    "too fine": ("now: 40_000, at_least", "now: 0.001, at_least", "W302 5 now of acme is no amount of EUR"),
    "below zero": ("at_least: 10_000", "at_least: -1", "W302 5 at_least of acme is no amount of EUR from zero on"),
    "no family": ("{hill:", "{hil:", "W301 5 a curve has no key 'hil' - did you mean 'hill'?"),
    "a number lacks": (", alpha: 2", "", "W303 5 the curve hill lacks alpha"),
    "out of bounds": ("k: 40_000", "k: 0", "W303 5 the curve hill is out of its bounds"),
    "no order": ("[[10_000, 20_000], [50_000, 60_000]]", "[[5, 20], [5, 60]]", "W303 10 steps are out of order"),
    "no pair": ("[[0, 0], ", "[[0, 0, 1], ", "W303 8 one of points is no pair"),
    "no such level": (
        "{region: EMEA}, at_most: 110",
        "{regio: EMEA}, at_most: 110",
        "W301 11 a unit has no key 'regio' - did you mean 'region'?",
    ),
    "nobody there": (
        "{region: EMEA}, at_most: 110",
        "{region: MARS}, at_most: 110",
        "W304 11 no unit is in the group EMEA",
    ),
    "no such unit": ("where: {region: EMEA}", "units: [acme, bold]", "W304 11 there is no unit 'bold'"),
    "no budget": ("budget: 200_000", "", "W308 1 nothing says how much is spent"),
    "no such fitted curve": (
        "curve: {log: {a: 30_000, k: 8_000}}",
        "curve: south",
        "W304 9 there is no fitted curve 'south'",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_at_its_place(name: str, tmp_path: Path) -> None:
    old, new, told = FAULTS[name]
    assert old in SMALL
    found = faults(tmp_path, SMALL.replace(old, new, 1))
    assert any(each.startswith(told) for each in found), found


MORE: dict[str, str] = {
    "goal: revenue": "W301 12 a goal is one of its kinds",
    "goal: {marginal_return: 2}": "W306 3 a budget that is all spent leaves such a goal no choice",
    "goal: {least_spend: {revenue: 2}}": "W301 12 least_spend has no key 'revenue'",
    "goal: {margin: 35}": "W113 12 the rate 35 has no %",
    "goal: {margin: 0%}": "W302 12 a margin of nothing seeks nothing",
    "risk: bold": "W301 12 there is no risk 'bold'",
    "risk: {cvar: 0%}": "W302 12 cvar is of a part above zero",
    "fairness: {ginny: 1}": "W301 12 fairness has no key 'ginny' - did you mean 'gini'?",
    "fairness: {four_fifths: tier}": "W304 5 acme has no tier, which fairness tells units apart by",
    "periods: {carry_over: 50%}": "W301 12 periods takes a count",
    "periods: {count: 0}": "W302 12 count is a whole number from 1 to 120",
    "periods: {count: 2, carried_in: {acne: 5}}": "W301 12 carried_in has no key 'acne' - did you mean 'acme'?",
    "pay: {payout: x}": "W301 12 pay lacks period",
    "pay: {payout: x, period: 2027-01}": "W309 12 pay takes a program",
    "curves: ../curves.json": "W305 12 '../curves.json' leads out of the problem's folder",
    "program: none.yaml": "S101 0 cannot read the program",
    "each: {change: 20%, now: 5}": "W301 12 each has no key 'now'",
    "tiers: {from: tiers.csv}": "W301 4 a problem has no key 'units'",
}


@pytest.mark.parametrize("line", MORE)
def test_a_line_too_many_is_told_at_its_place(line: str, tmp_path: Path) -> None:
    found = faults(tmp_path, SMALL + line + "\n")
    assert any(each.startswith(MORE[line]) for each in found), found


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("alpha: 2", "alfa: 2").replace("now: 30_000, minimum", "now: x, minimum") + "risc: mean\n"
    assert sorted(each.split()[0] for each in faults(tmp_path, text)) == ["W115", "W301", "W301", "W303"]


@pytest.mark.parametrize(
    ("table", "told"),
    {
        "unit,now\na,1\na,2\n": "a has a row already, on line 2",
        "unit,now\na\n": "the row has 1 cells, and the header 2",
        "name,now\na,1\n": "the table has no column unit",
        "unit,unit\na,1\n": "the table has several columns unit",
        "unit,at_mots\na,1\n": "the table has no key 'at_mots'",
        "unit\n": "the table has no rows",
        'unit\n"a': "the table is no CSV in UTF-8",
    }.items(),
)
def test_faults_of_a_table_of_units(table: str, told: str, tmp_path: Path) -> None:
    found = faults(tmp_path, HEAD + "budget: 1\nunits: {from: units.csv}\n", units=table)
    assert any(told in each for each in found), found


@given(st.text(max_size=300))
def test_whatever_is_written_ends_in_words(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "problem.yaml"
    path.write_bytes(("units: {" + text).encode("utf-8", "surrogatepass"))
    with pytest.raises(Refused):
        read_problem(path, partners_of)
