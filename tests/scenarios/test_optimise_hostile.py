"""Problem files that are wrong, absurd or meant to do harm: each is refused with its code, or answered; none ends in a
traceback, and nothing leads out of the folder or into a spreadsheet as a formula."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from optimise_files import HEAD, partage, written

TWO = """units:
  a: {curve: {michaelis_menten: {a: 10, k: 5}}}
  b: {curve: {michaelis_menten: {a: 8, k: 5}}}
"""


def curve(text: str, budget: str = "100") -> str:
    return HEAD + f"budget: {budget}\nunits:\n  a: {{curve: {text}}}\n  b: {{curve: {{power: {{a: 1, b: 0.5}}}}}}\n"


def refused(folder: Path, text: str, **more: str) -> str:
    return partage("optimise", written(folder, text, **more), code=2)


BUDGETS = {
    "1e400": "W107", "NaN": "W107", "inf": "W107", "-inf": "W107", "0x10": "W1", "=1+1": "W1", "-100": "W302",
    "1.005": "W302", "USD 100": "W302", "999999999999999999999999": "W112", "20_000_000_000_000": "W302",
    "[1]": "W30", "{}": "W30", "{at_least: 20, at_most: 10}": "W30", "{at_most: -1}": "W302", "~": "",
}  # fmt: skip


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_budget_is_a_plain_amount(budget: str, tmp_path: Path) -> None:
    assert f"error {BUDGETS[budget]}" in refused(tmp_path, HEAD + f"budget: {budget}\n{TWO}")


@pytest.mark.parametrize("key", ["at_least", "at_most", "fixed", "minimum", "now", "change", "share", "return"])
@pytest.mark.parametrize("value", ["1e400", "NaN", "-1", "999999999999999999999999", "{}", "''"])
def test_bounds_are_plain_amounts_and_parts(key: str, value: str, tmp_path: Path) -> None:
    unit = f"  a: {{curve: {{log: {{a: 2, k: 3}}}}, {key}: {value}}}\n"
    assert "error W" in refused(tmp_path, HEAD + "budget: 100\nunits:\n" + unit)


CURVES = {
    "{hill: {a: NaN, k: 1, alpha: 2}}": "W107",
    "{hill: {a: 1, k: 0, alpha: 2}}": "W303",
    "{hill: {a: -1, k: 1, alpha: 2}}": "W302",
    "{hill: {a: 1, k: 1}}": "W303",
    "{power: {a: 1, b: 2}}": "W303",
    "{log: {a: 1e308, k: 1}}": "W107",
    "{points: []}": "W303",
    "{points: [[0, 0], [10, 5], [5, 9]]}": "W303",
    "{points: [[0, 0], [0, 5]]}": "W303",
    "{points: [[-1, 0], [5, 5]]}": "W302",
    "{points: [[0, 0, 1]]}": "W303",
    "{steps: [[0, 0], [10, 5], [20, 1]]}": "W303",
    "{steps: {a: 1}}": "W303",
    "{hill: {a: 1, k: 1, alpha: 2}, log: {a: 1, k: 1}}": "W30",
    "{nonsense: {a: 1}}": "W30",
}


@pytest.mark.parametrize("text", CURVES)
def test_curves_are_within_their_bounds(text: str, tmp_path: Path) -> None:
    assert f"error {CURVES[text]}" in refused(tmp_path, curve(text))


ODD = [
    "{hill: {a: 0, k: 1, alpha: 2}}",
    "{points: [[0, 0], [10, 5], [20, 1]]}",
    "{points: [[5, 12], [6, 10]]}",
    "{steps: [[0, 0]]}",
    "{steps: [[0.333, 5], [1.111, 7]]}",
    "{hill: {a: 999_999_999_999_999, k: 0.000000001, alpha: 900}}",
    "{hill: {a: 5, k: 999_999_999_999_999, alpha: 99999}}",
    "{hill: {a: 1, k: 1, alpha: 0.0001}}",
    "{power: {a: 1, b: 0.000001}}",
    "{exponential: {a: 1, k: 0.0000000001}}",
    "{log: {a: 999999999999999, k: 0.0000000001}}",
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("budget", ["0.01", "100", "9_999_999_999_999.99"])
def test_odd_curves_are_answered_and_the_bound_is_of_what_is_proposed(text: str, budget: str, tmp_path: Path) -> None:
    """What is told as certified is the split in whole cents, but for what one cent of each unit would bring."""
    found = json.loads(partage("optimise", written(tmp_path, curve(text, budget)), "--json"))
    value, bound = float(found["value"]), float(found["bound"])
    minor = int(budget.replace("_", "").replace(".", "") + ("" if "." in budget else "00"))
    assert found["spent_minor"] == minor == sum(unit["proposed_minor"] for unit in found["units"])
    apart = bound - value - float(found["rounding"])
    assert bound >= value * (1 - 1e-8) and (apart <= 2e-6 * abs(value)) == found["is_certified"]
    assert bound - value <= 1e-3 * abs(value) or minor == 1


def test_money_that_floats_cannot_tell_apart_is_refused(tmp_path: Path) -> None:
    """Two hundred caps of 10^15 have a sum that no 64 bits hold: they are no tighter than the budget."""
    many = "".join(f"  u{at}: {{curve: {{log: {{a: 2, k: 3}}}}, KEY: 999_999_999_999_999}}\n" for at in range(200))
    capped = HEAD + "budget: 100\nunits:\n" + many.replace("KEY", "at_most")
    assert "spent 100.00" in partage("optimise", written(tmp_path, capped))
    floored = HEAD + "budget: 100\nunits:\n" + many.replace("KEY", "at_least")
    assert "error W302 over 200 units amounts can be at most EUR 10,000,000,000,000.00" in refused(tmp_path, floored)


@pytest.mark.parametrize(("currency", "amount", "said"), [("JPY", "100", "100"), ("KWD", "100.005", "100.005")])
def test_currencies_with_no_or_three_decimals(currency: str, amount: str, said: str, tmp_path: Path) -> None:
    text = f"optimise: x\ncurrency: {currency}\nbudget: {amount}\n{TWO}"
    assert f"spent {said}     unspent 0" in partage("optimise", written(tmp_path, text))
    assert "error W302" in refused(tmp_path, text.replace(amount, "100.0005"))


GROUPS = {
    "{g: {}}": "W301",
    "{g: {units: []}}": "W30",
    "{g: {units: [zz], at_most: 5}}": "W304",
    "{g: {where: {region: Nowhere}, at_most: 5}}": "W301",
    "{g: {where: {}, at_most: 5}}": "W30",
    "{g: {units: a, at_most: 5}}": "W30",
    "{g: {units: [a], where: {r: x}}}": "W301",
    "{g: {units: [a, b], at_most: 99}}": "W307",
    "{g: {units: [a], at_least: 50, at_most: 10}}": "W307",
    "{budget: {units: [a], at_most: 5}}": "W301",
    "[1, 2]": "W301",
}


@pytest.mark.parametrize("text", GROUPS)
def test_groups_have_somebody_in_them(text: str, tmp_path: Path) -> None:
    assert f"error {GROUPS[text]}" in refused(tmp_path, HEAD + f"budget: 100\n{TWO}groups: {text}\n")


FILES = {
    "a unit twice": HEAD + "budget: 1\nunits:\n  a: {curve: {log: {a: 1, k: 1}}}\n  a: {curve: {log: {a: 1, k: 1}}}\n",
    "nobody": HEAD + "budget: 100\nunits: {}\n",
    "nesting": HEAD + "budget: 100\nunits: " + "{a: " * 500 + "1" + "}" * 500 + "\n",
    "lists": HEAD + "budget: " + "[" * 5_000 + "]" * 5_000 + "\n" + TWO,
    "an escape": HEAD + 'budget: 100\nunits:\n  "a\\u0007b": {curve: {log: {a: 1, k: 1}}}\n',
    "a direction": HEAD + 'budget: 100\nunits:\n  "a\\u202eb": {curve: {log: {a: 1, k: 1}}}\n',
    "a long name": HEAD + f"budget: 100\nunits:\n  {'a' * 1_000}: {{curve: {{log: {{a: 1, k: 1}}}}}}\n",
    "a tag": "optimise: !!python/object/apply:os.system ['id']\ncurrency: EUR\nbudget: 1\n" + TWO,
    "an anchor": "optimise: x\ncurrency: EUR\nbudget: &a 1\neach: {at_most: *a}\n" + TWO,
    "a list": "- 1\n",
    "blank": "",
    "no text": "\x00\x01",
    "no currency": "optimise: x\ncurrency: Zloty\nbudget: 100\n" + TWO,
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_a_problem(name: str, tmp_path: Path) -> None:
    assert "error " in refused(tmp_path, FILES[name])


@pytest.mark.parametrize(
    "name", ["../secret.csv", "/etc/hostname", "link.csv", "folder", "pipe", "none.csv", '"a\\0b"', "falls.csv"]
)
def test_tables_stand_in_the_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "problem"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("spend,response\n0,0\n5,31337\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    printed = refused(folder, curve(f"{{table: {name}}}"), falls="spend,response\n5,9\n0,0\n")
    assert "31337" not in printed and ("error W30" in printed or "error D" in printed)


TABLES = {
    "curve,unit,now\nno,a,1\n": "W304",
    "unit,at_most\na,10\na,20\n": "W30",
    "unit,at_most\na\x07b,10\n": "W305",
    "unit,at_most\n,10\n": "W305",
    "unit,at_most\na,NaN\n": "W107",
    "unit,at_most\na\n": "W305",
    "unit\n": "W305",
    "unit,unit\na,b\n": "W305",
    "x\n1\n": "W305",
    "": "W305",
    "unit,at_most\n" + "a" * 200_000 + ",10\n": "W305",
}


@pytest.mark.parametrize("content", TABLES, ids=range(len(TABLES)))
def test_a_table_of_units_is_sound(content: str, tmp_path: Path) -> None:
    text = HEAD + "budget: 10\nunits: {from: t.csv}\n"
    assert f"error {TABLES[content]}" in refused(tmp_path, text, t=content)


TIERS = ["a,x,1e400,1", "a,x,1,NaN", "a,x,-1,1", "a,x,1,1\na,x,2,2", "a\x07,x,1,1", "a,x,90000000000000000,1", ",x,1,1"]


@pytest.mark.parametrize("rows", TIERS, ids=range(len(TIERS)))
def test_a_table_of_tiers_is_sound(rows: str, tmp_path: Path) -> None:
    text = HEAD + "budget: {at_most: 100}\ntiers: {from: t.csv}\n"
    assert "error W" in refused(tmp_path, text, t=f"partner,tier,cost,value\n{rows}\n")


def test_names_are_no_formulas_in_a_spreadsheet(tmp_path: Path) -> None:
    names = ["=cmd|'/c calc'!A1", "+1", "-1", "@sum", "a"]
    rows = "".join(f"  {json.dumps(name)}: {{curve: {{log: {{a: 1, k: 1}}}}}}\n" for name in names)
    partage("optimise", written(tmp_path, HEAD + "budget: 5\nunits:\n" + rows), "--out", tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert len(lines) == 5 and not any(line.lstrip('"').startswith(("=", "+", "-", "@")) for line in lines)
    tiers = HEAD + "budget: {at_most: 100}\ntiers: {from: t.csv}\n"
    path = written(tmp_path, tiers, t="partner,tier,cost,value\n=cmd,@x,1,1\n")
    partage("optimise", path, "--out", tmp_path / "tiers.csv")
    assert (tmp_path / "tiers.csv").read_text().splitlines()[1] == "'=cmd,,'@x,1.00,1"


GOALS = [
    "{margin: -5%}", "{margin: NaN}", "{profit: 1e400}", "{least_spend: {response: 1e400}}", "{least_spend: {}}",
    "{least_spend: {response: -5}}", "{average_return: 1e300}", "{weighted: {}}", "{weighted: {x: NaN}}", "nonsense",
    "{least_spend: {response: 18}}",
]  # fmt: skip


@pytest.mark.parametrize("goal", GOALS)
def test_goals_are_such_as_can_be_sought(goal: str, tmp_path: Path) -> None:
    assert "error W" in refused(tmp_path, HEAD + f"budget: {{at_most: 100}}\n{TWO}goal: {goal}\n")


@pytest.mark.parametrize("span", ["1..0", "x..y", "1..1e400", "-5..5", "1..2..3", "..", "0..99_999_999_999_999"])
def test_a_frontier_is_a_span_of_budgets(span: str, tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "budget: 100\n" + TWO)
    assert "error W" in partage("optimise", path, f"--frontier={span}", code=2)
