"""What people read of a split: prices on both sides, what holds units, the largest moves, and other budgets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from optimise_files import HEAD, SMALL, partage, written

from scenarios.curves import saved
from scenarios.problems import report

KINKS = """units:
  a: {curve: {points: [[0, 0], [10, 30], [20, 40]]}}
  b: {curve: {points: [[0, 0], [10, 20], [20, 25]]}}
"""


def lines(folder: Path, text: str, *words: str) -> list[str]:
    return partage("optimise", written(folder, text), *words).splitlines()


def test_both_prices_are_told_where_they_differ(tmp_path: Path) -> None:
    assert lines(tmp_path, HEAD + "budget: 20\n" + KINKS)[2] == (
        "one more EUR would bring 1, one less would cost 2; binding: 2 unit kinks"
    )
    found = json.loads(partage("optimise", tmp_path / "problem.yaml", "--json"))
    assert (found["shadow_price"], found["price_of_less"]) == ("1", "2")
    assert [unit["held"] for unit in found["units"]] == ["kink", "kink"]


def test_a_step_is_lost_whole(tmp_path: Path) -> None:
    steps = "units:\n  a: {curve: {steps: [[10, 5]]}}\n  b: {curve: {steps: [[5, 4]]}}\n"
    assert lines(tmp_path, HEAD + "budget: 15\n" + steps)[2] == (
        "one more EUR would bring 0, one less would lose a whole step or minimum; binding: 2 unit steps"
    )
    assert json.loads(partage("optimise", tmp_path / "problem.yaml", "--json"))["price_of_less"] is None


def test_floors_of_groups_say_what_one_less_would_bring(tmp_path: Path) -> None:
    text = HEAD + "budget: 20\n" + KINKS.replace("[10, 20]", "[10, 5]") + "groups: {weak: {units: [b], at_least: 8}}\n"
    assert lines(tmp_path, text)[2].endswith("binding: weak floor (0.5 per EUR less)")


def test_caps_that_are_all_full_take_no_more(tmp_path: Path) -> None:
    text = HEAD + "budget: 20\neach: {at_most: 10}\n" + KINKS
    assert lines(tmp_path, text)[2] == "no unit can take one more EUR, one less would cost 2; binding: 2 unit caps"


def test_the_largest_moves_of_many_units_are_shown(tmp_path: Path) -> None:
    units = "".join(f"  p{at:03d}: {{now: 10, curve: {{log: {{a: {at + 1}, k: 30}}}}}}\n" for at in range(297))
    text = HEAD + "budget: 2_970\nunits:\n" + units
    found = lines(tmp_path, text)
    shown = [line for line in found if line.startswith("p") and not line.startswith("proposal")]
    assert len(shown) == 40 and shown[0].startswith("p296") and found[-1] == "and 257 more (--out FILE writes all)"
    periods = lines(tmp_path, text.replace("budget: 2_970", "budget: 5_940") + "periods: {count: 2, carry_over: 0%}\n")
    assert periods.count("and 257 more (--out FILE writes all)") == 2 and len(periods) < 120


def test_the_budget_that_was_asked_for_is_marked_among_others(tmp_path: Path) -> None:
    found = lines(tmp_path, SMALL, "--frontier", "150_000..240_000", "--steps", "4")
    marked = [line.split()[0] for line in found[-6:] if line.endswith("asked")]
    assert marked == ["200,000.00"] and found[-6].startswith("150,000.00") and found[-2].startswith("240,000.00")
    assert found[-1].split() == ["200,000.00", "200,000.00", "462,970", "2.31", "now"]


def test_units_without_a_cap_can_get_more_of_a_larger_budget(tmp_path: Path) -> None:
    one = HEAD + "budget: 10\nunits:\n  a: {curve: {linear_cap: {a: 2, cap: 50}}}\n"
    found = json.loads(partage("optimise", written(tmp_path, one), "--frontier", "10..40", "--steps", "2", "--json"))
    assert [point["value"] for point in found["frontier"]] == ["20", "80"]


@pytest.mark.parametrize("more", ["", "fairness: {gini: 0.9}\n"])
def test_a_frontier_falls_only_where_all_is_spent(more: str, tmp_path: Path) -> None:
    """A table that falls: all of a larger budget is worth less, unless the rest may stay unspent."""
    text = HEAD + "budget: BUDGET\nunits:\n  a: {curve: {points: [[0, 0], [10, 30], [40, 6]]}}\n" + more
    words = "--frontier", "5..35", "--steps", "4"
    spent = lines(tmp_path, text.replace("BUDGET", "20"), *words)
    told = [line for line in spent if line.startswith("beyond EUR 15.00 more budget is worth less: all of it is spent")]
    assert len(told) == 1
    kept = lines(tmp_path, text.replace("BUDGET", "{at_most: 20}"), *words)
    assert not any("worth less" in line for line in kept)
    found = json.loads(partage("optimise", tmp_path / "problem.yaml", *words, "--json"))
    values = [float(point["value"]) for point in found["frontier"]]
    bounds = [float(point["bound"]) for point in found["frontier"]]
    assert values == sorted(values) and bounds == sorted(bounds) and values[-1] == pytest.approx(30)


@pytest.mark.parametrize(("unit", "said"), [("EUR", "proposal   EUR 90.00 "), ("leads", "proposal   90.00 leads ")])
def test_the_proposal_is_in_the_unit_of_what_was_fitted(unit: str, said: str, tmp_path: Path) -> None:
    curve = {
        "unit": "a", "family": "linear_cap", "parameters": {"a": "3", "cap": "50"}, "carry_over": "0",
        "draws": {"a": [], "cap": [], "carry_over": []}, "spend_least": "0", "spend_most": "500",
    }  # fmt: skip
    document = {
        "by": "unit", "curves": [curve], "fitted": {"bootstrap": 0}, "spending": {"name": "mdf", "unit": "EUR"},
        "response": {"name": "sales", "unit": unit},
    }  # fmt: skip
    (tmp_path / "curves.json").write_bytes(saved.written(document))
    found = lines(tmp_path, HEAD + "budget: 30\ncurves: curves.json\nunits: {a: {}}\n")
    assert found[0].endswith(f"goal: response (sales, {unit})") and found[1].startswith(said)


def test_what_holds_a_unit_is_said_in_the_words_of_its_file(tmp_path: Path) -> None:
    """A return that only a spend from 25 on brings is no minimum of its own, and a line that ends has no kink."""
    text = HEAD + (
        "budget: {at_most: 60}\nunits:\n"
        "  a: {curve: {s_shaped: {a: 100, k: 40, alpha: 3}}, return: 1.25}\n"
        "  b: {curve: {linear_cap: {a: 2, cap: 10}}}\n"
        "  c: {curve: {hill: {a: 10, k: 40, alpha: 3}}, return: 1.25}\n"
    )
    found = {unit["unit"]: unit for unit in json.loads(partage("optimise", written(tmp_path, text), "--json"))["units"]}
    assert [found[name]["held"] for name in "bc"] == ["curve_cap", "off_return"]
    assert float(found["a"]["return"]) >= 1.25 and found["c"]["return"] is None
    said = lines(tmp_path, text)
    assert any(line.endswith("the cap of its curve") for line in said)
    assert any(line.endswith("nothing, for its return") for line in said)


def test_a_budget_of_nothing_holds_nobody_by_a_floor(tmp_path: Path) -> None:
    text = HEAD + "budget: 0\nunits: {a: {curve: {log: {a: 5, k: 3}}}, b: {curve: {log: {a: 5, k: 3}}}}\n"
    assert "one more EUR would bring 1.67" in lines(tmp_path, text)


def test_reasons_are_in_money(tmp_path: Path) -> None:
    text = HEAD + "budget: {at_most: 60}\nunits: {a: {curve: {linear_cap: {a: 2, cap: 10}}}}\n"
    found = json.loads(partage("optimise", written(tmp_path, text), "--json"))
    assert found["reasons"] == ["EUR 50.00 of the budget stays unspent: no unit brings anything more for it"]
    assert not any("stays unspent" in line for line in lines(tmp_path, text))  # it is told as an amount


def test_a_response_that_falls_is_told(tmp_path: Path) -> None:
    text = HEAD + "budget: {at_most: 60}\nunits: {a: {curve: {points: [[0, 0], [10, 30], [40, 6]]}}}\n"
    assert "more spend brings less by the points of a" in lines(tmp_path, text)


@pytest.mark.parametrize(
    ("now", "said"),
    {100.0: "", 88.0: ", +13.6 %", 8.0: ", +1,150 %", 99.9999: ", +0.0001 %", 200.0: ", -50 %"}.items(),
)
def test_percents_are_written_as_people_do(now: float, said: str) -> None:
    assert report._percent(100.0, now) == (said or ", +0 %")


def test_the_draws_say_how_sure_the_response_is(tmp_path: Path) -> None:
    """Of 41 draws with slopes 1.00 to 1.40 the percentiles 2.5 and 97.5 are the second and the last but one."""
    slopes = [f"{1 + at / 100:.2f}" for at in range(41)]
    curve = {
        "unit": "a", "family": "linear_cap", "parameters": {"a": "1.2", "cap": "500"}, "carry_over": "0",
        "draws": {"a": slopes, "cap": ["500"] * 41, "carry_over": ["0"] * 41}, "spend_least": "0", "spend_most": "500",
    }  # fmt: skip
    document = {
        "by": "unit", "curves": [curve], "fitted": {"bootstrap": 41}, "spending": {"name": "mdf", "unit": "EUR"},
        "response": {"name": "sales", "unit": "EUR"},
    }  # fmt: skip
    (tmp_path / "curves.json").write_bytes(saved.written(document))
    text = HEAD + "budget: 100\ncurves: curves.json\nunits: {a: {now: 50}}\n"
    assert lines(tmp_path, text)[2] == "response   120.00 (95 %: 101.00 to 139.00), now 60.00 (95 %: 50.50 to 69.50)"
    found = json.loads(partage("optimise", tmp_path / "problem.yaml", "--json"))
    assert (found["response_interval"], found["return"]) == ({"low": "101", "high": "139"}, "1.2")
    assert found["response_now_interval"] == {"low": "50.5", "high": "69.5"}
    months = lines(tmp_path, text + "periods: {count: 2, carry_over: 50%}\n")  # all in the first: 1 + 0.5 of it
    assert months[2].startswith("response   180.00 (95 %: 151.50 to 208.50)")


def test_a_gap_of_rounding_alone_is_told(tmp_path: Path) -> None:
    """A hundredth of a cent would do: the bound knows that, whole cents can't. That is certified, and said."""
    text = (
        HEAD
        + "budget: 100\nunits:\n  a: {curve: {power: {a: 1, b: 0.000001}}}\n  b: {curve: {power: {a: 1, b: 0.5}}}\n"
    )
    found = lines(tmp_path, text)
    assert found[1].endswith("   certified")
    assert "the gap is that of rounding: one minor unit more of each unit would bring no less" in found
