"""The problem file: what it can say, and every fault of it at once, with its code, its place and how to mend it."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from optimise_files import HEAD, PAID, SMALL, written

from rules.problem import Refused
from scenarios.acts.partners_of import partners_of
from scenarios.problems import table
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


def test_a_weighted_goal_says_how_its_curves_are_written(tmp_path: Path) -> None:
    text = HEAD + "budget: 1\ngoal: {weighted: {sales: 1, leads: 9}}\nunits: {a: {curve: {log: {a: 1, k: 1}}}}\n"
    form = "{hill: {a: ..., k: ..., alpha: ...}}"
    hint = f"write curve: {{sales: {form}, leads: {form}}}, or name a file as curves: curves.json"
    assert f"W304 5 a has no curve of sales - {hint}" in faults(tmp_path, text)


def test_a_table_holds_the_numbers_of_curves(tmp_path: Path) -> None:
    """A column `family`, or `curve` that names one; the columns of numbers are no levels then."""
    text = HEAD + "budget: 100\nunits: {from: units.csv}\n"
    table = "unit,family,a,k,alpha,region\nx,hill,100,50,2,north\ny,log,30,8,,south\n"
    x, y = read(tmp_path, text, units=table).units
    assert x.curves[""] == Curve("hill", (100, 50, 2)) and y.curves[""] == Curve("log", (30, 8))
    assert dict(x.levels) == {"region": "north"}
    (z,) = read(tmp_path, text, units="unit,curve,a,b\nz,power,2,0.5\n").units
    assert z.curves[""] == Curve("power", (2, 0.5))


def test_the_numbers_of_a_table_are_checked_in_their_cells(tmp_path: Path) -> None:
    text = HEAD + "budget: 100\nunits: {from: units.csv}\n"
    table = "unit,family,a,k,b\nx,hil,1,1,\ny,log,1,,\nz,log,1,0,\nw,power,1,,2\nv,log,x,1,\n"
    found = faults(tmp_path, text, units=table)
    assert [each[:60] for each in found] == [
        "W303 2 there is no family 'hil' of numbers - the families ar",
        "W303 3 the curve log lacks k - give the table the columns a,",
        "W303 4 the curve log is out of its bounds - k is above zero",
        "W303 5 the curve power is out of its bounds - b is at most 1",
        "W110 6 'x' is not a number - write a number such as 1_250.00"[:60],
    ]


def test_one_mistake_of_every_row_is_told_once(tmp_path: Path) -> None:
    text = HEAD + "budget: 100\nunits: {from: units.csv}\n"
    rows = "".join(f"u{at},hill,5,0,2,{'x' if at < 2 else 1}\n" for at in range(1_000))
    found = faults(tmp_path, text, units="unit,family,a,k,alpha,now\n" + rows)
    assert [each.split(" - ")[0] for each in found if "W303" in each] == [
        "W303 2 the curve hill is out of its bounds, and 999 more like it"
    ]
    assert len(found) == 3  # two cells of `now` are told with their places


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


def test_what_is_fixed_and_what_has_bounds_put_each_other_out_of_force(tmp_path: Path) -> None:
    power = "{curve: {power: {a: 1, b: 1}}"
    text = HEAD + f"budget: 1_000\neach: {{fixed: 300}}\nunits: {{a: {power}, at_most: 50}}, b: {power}}}}}\n"
    a, b = read(tmp_path, text).units
    assert (a.least_minor, a.most_minor, b.least_minor, b.most_minor) == (0, 5_000, 30_000, 30_000)


@pytest.mark.timeout(20)
def test_a_table_that_is_no_regular_file_is_never_read(tmp_path: Path) -> None:
    """A pipe would be waited for until somebody writes to it."""
    text = HEAD + "budget: 1_000\nunits: {from: pipe.csv}\n"
    written(tmp_path, text)
    os.mkfifo(tmp_path / "pipe.csv")
    assert faults(tmp_path, text) == ["W305 0 the table cannot be read: it is no regular file - check its name"]


def test_a_table_with_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ROWS_MAX", 2)
    text = HEAD + "budget: 1_000\nunits: {from: units.csv}\ncurves: none.json\n"
    assert not any("rows" in each for each in faults(tmp_path, text, units="unit\na\nb\n"))
    found = faults(tmp_path, text, units="unit\na\nb\nc\n")
    assert "W305 0 the table has more than 2 rows - split less at once" in found


def test_a_table_that_a_link_leads_to_from_outside_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "units.csv").write_text("unit\na\n")
    (inside / "units.csv").symlink_to(tmp_path / "units.csv")
    found = faults(inside, HEAD + "budget: 1_000\nunits: {from: units.csv}\n")
    assert found[0].startswith("W305 4 'units.csv' leads out of the problem's folder")


def test_faults_of_tiers_are_told_at_their_cells(tmp_path: Path) -> None:
    text = HEAD + "budget: {at_most: 700}\ntiers: {from: tiers.csv}\n"
    rows = "partner,tier,cost,value,now\na,none,x,y,maybe\n,gold,1,1,\nb,gold,1,1,true\nb,none,1,1,true\n"
    with pytest.raises(Refused) as refusal:
        read_problem(written(tmp_path, text, tiers=rows), partners_of)
    assert [(each.place.line, each.place.field) for each in refusal.value.problems] == [
        (2, "cost"), (2, "value"), (2, "now"), (3, ""), (0, ""),
    ]  # fmt: skip


def test_partners_of_the_program_by_the_curves_of_their_region(tmp_path: Path) -> None:
    text = "optimise: x\nprogram: program.yaml\nbudget: 600\nunits: partners\ncurves: curves.json\n"
    assert faults(tmp_path, text)[0].startswith("M315 5 the file cannot be read")


def test_tiers(tmp_path: Path) -> None:
    text = HEAD + "budget: {at_most: 700}\ntiers: {from: tiers.csv}\n"
    rows = "partner,tier,cost,value,now\na,none,0,0,true\na,gold,400,5,\nb,none,0,0,\nb,gold,600,6,\n"
    found = read_problem(written(tmp_path, text, tiers=rows), partners_of)
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
    "a unit twice in a group": (
        "where: {region: EMEA}",
        "units: [acme, bolt, acme]",
        "W304 11 the unit 'acme' stands twice in a group",
    ),
    "fixed, and bounds": (
        "at_least: 10_000, at_most: 80_000",
        "fixed: 10_000, at_most: 80_000",
        "W302 5 acme is fixed, and has at_most",
    ),
    "a name that can't be told": ("  echo:", f"  {'e' * 201}:", "W301 9 a unit has no name that can be told"),
    "a budget of nothing": ("budget: 200_000", "budget: {}", "W301 3 the budget takes an amount"),
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
    "fairness: {gini: 40%, floor: 50%}": "W301 12 fairness takes one key",
    "risk: {}": "W301 12 risk takes one key",
    "goal: {response: 5}": "W301 12 the goal response takes no number",
    "goal: {weighted: {revenue: 0, leads: 0}}": "W302 12 a goal with no weight at all seeks nothing",
    "periods: {count: 2, carried_in: 5}": "W301 12 carried_in takes amounts by unit",
    "now: {of: mdf, period: 2026-12}": "W309 12 now takes a program",
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
