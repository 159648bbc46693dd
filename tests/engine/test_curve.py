"""A payout curve is worked out by the rule itself, and shows every cliff."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from spine_stories import partage, write

from engine.acts.curve import curve
from engine.reports.curve import svg
from rules.kinds.base import number
from rules.problem import Refused

PROGRAM = """
program: Curves
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount}
  attainment: {sum: deals.amount, over: {sum: deals.annual_value}}
scorecards:
  performance:
    kpis: {sold: {weight: 100%, linear: {from: 0, to: 1_000}}}
    tiers: {bronze: 0, gold: 80}
payouts:
  slices:
    base: deals.amount
    tiers: {method: marginal, steps: [{to: 1_000, rate: 5%}, {rate: 10%}]}
  back_to_the_first:
    title: Back to <the> first
    base: deals.amount
    tiers: {method: whole, at_edge: lower_tier, steps: [{to: 1_000, rate: 5%}, {rate: 10%}]}
    at_most: EUR 110
  by_attainment:
    base: deals.amount
    tiers: {method: whole, at_edge: higher_tier, by: attainment, steps: [{to: 80%, rate: 0%}, {rate: 5%}]}
  points:
    base: deals.amount
    tiers: {method: interpolated, by: attainment, steps: [{at: 50%, rate: 0%}, {at: 100%, rate: 10%}]}
  amounts: {for_each: deals, amount: 250}
  entries:
    base: deals.amount
    card:
      entries:
        - {for: {deals.product: [Atlas, Beacon]}, rate: 3%}
        - {for: {deals.product: Zeus}, rate: 4%}
        - {for: {partners.region: DACH}, rate: 5%}
      otherwise: {rate: 1%}
    multipliers: {gold: {times: 2, where: performance.tier = 'gold'}}
  by_score: {for_each: partners, base: sold, rate: {rate: 10%, times: performance / 100}}
  first_sale:
    base: deals.amount
    tiers: {method: marginal, at_edge: higher_tier, steps: [{to: 1_000, amount: 50}, {amount: 20}]}
  every_ten: {base: deals.term_months, per_unit: {amount: 5, every: 10}}
  running:
    base: deals.amount
    tiers:
      method: whole
      at_edge: higher_tier
      accumulate: period
      order: [deals.closed_on]
      steps: [{to: 1_000, rate: 0%}, {rate: 10%}]
  fee: {for_each: partners, base: -sold, rate: 2%}
  contest: {base: deals.amount, prizes: {best: highest, ties: each, prizes: [100]}}
"""


def of(folder: Path) -> Path:
    return write(folder, PROGRAM, {})


def test_a_schedule_that_pays_back_to_the_first_unit_jumps_at_its_edge(tmp_path: Path) -> None:
    found, _ = curve(of(tmp_path), "back_to_the_first")
    (cliff,) = found.cliffs
    assert (cliff.measure, cliff.left_minor, cliff.at_minor, cliff.right_minor) == (100_000, 5_000, 5_000, 10_000)
    assert found.points[0].measure == 0 and found.points[-1].measure == 125_000
    assert found.points[-1].line_minor == 11_000  # what a line pays at most
    to_the_edge, _ = curve(of(tmp_path), "back_to_the_first", last="1_000")
    assert to_the_edge.cliffs == found.cliffs and to_the_edge.points[-1].measure == 100_000


def test_slices_turn_and_do_not_jump(tmp_path: Path) -> None:
    found, _ = curve(of(tmp_path), "slices", first="500", last="2_000")
    assert found.cliffs == () and found.edges == (100_000,)
    paid = {point.measure: point.line_minor for point in found.points}
    assert (paid[Fraction(50_000)], paid[Fraction(100_000)], paid[Fraction(200_000)]) == (2_500, 5_000, 15_000)
    lines = [point.line_minor for point in found.points]
    assert lines == sorted(lines)


def test_another_measure_runs_while_the_base_stands_still(tmp_path: Path) -> None:
    found, _ = curve(of(tmp_path), "by_attainment", given={"base": "20_000"})
    (cliff,) = found.cliffs
    assert (found.measure, found.is_percent) == ("attainment", True)
    assert (cliff.measure, cliff.left_minor, cliff.at_minor) == (Fraction(4, 5), 0, 100_000)
    assert found.fixed == (("deals.amount", "EUR 20,000.00"),)
    other, _ = curve(of(tmp_path), "by_attainment", over="base", given={"by": "90%"})
    assert (other.measure, other.cliffs, other.points[-1].line_minor) == ("deals.amount", (), 50_000)


def test_an_accelerator_is_drawn_along_its_bands_with_their_cliffs(tmp_path: Path) -> None:
    bands = "{by: attainment, bands: [{below: 80%, times: 0.5}, {below: 1, times: 1}, {times: 1.5}]}"
    rule = f"  faster: {{for_each: partners, base: sold, rate: 10%, multipliers: {{attained: {bands}}}}}\n"
    program = write(tmp_path, PROGRAM + rule, {})
    found, _ = curve(program, "faster")
    assert found.measure == "attainment" and found.points[-1].measure == Fraction(5, 4)
    jumps = [(cliff.measure, cliff.left_minor, cliff.at_minor) for cliff in found.cliffs]
    assert jumps == [(Fraction(4, 5), 5_000, 10_000), (1, 10_000, 15_000)]
    assert curve(program, "faster", over="attainment")[0].cliffs == found.cliffs
    along, _ = curve(program, "faster", over="base", given={"attainment": "120%"})
    assert along.cliffs == () and along.points[-1].line_minor == along.points[-1].measure * Fraction(15, 100)


def test_straight_lines_between_points_have_no_cliff(tmp_path: Path) -> None:
    found, _ = curve(of(tmp_path), "points")
    assert found.cliffs == () and found.edges == (Fraction(1, 2), Fraction(1))


def cliffs(folder: Path, rule: str, **options: object) -> list[tuple[int, int, int, int]]:
    """Where a rule jumps: the measure, and what is due below, at and above it."""
    found, _ = curve(of(folder), rule, **options)  # type: ignore[arg-type]
    return [tuple(map(int, (c.measure, c.left_minor, c.at_minor, c.right_minor))) for c in found.cliffs]  # type: ignore[misc]


def test_a_jump_at_zero_is_a_cliff(tmp_path: Path) -> None:
    assert cliffs(tmp_path, "first_sale") == [(0, 0, 0, 5_000), (100_000, 5_000, 7_000, 7_000)]
    assert cliffs(tmp_path, "first_sale", first="-100")[0] == (0, 0, 0, 5_000)


def test_jumps_that_the_rule_does_not_list_are_found(tmp_path: Path) -> None:
    found = cliffs(tmp_path, "every_ten", last="55")
    assert [(measure, right - left) for measure, left, _, right in found] == [(at, 500) for at in (10, 20, 30, 40, 50)]


def test_what_was_added_up_before_counts_towards_an_edge(tmp_path: Path) -> None:
    assert cliffs(tmp_path, "running", given={"before": "400"}) == [(60_000, 0, 10_000, 10_000)]
    assert [each[0] for each in cliffs(tmp_path, "running", over="before", given={"base": "300"})] == [70_000, 100_000]


def test_a_card_is_drawn_for_one_entry_and_for_the_attributes_that_are_fixed(tmp_path: Path) -> None:
    def paid(**given: str) -> int:
        found, _ = curve(of(tmp_path), "entries", given={name.replace("__", "."): text for name, text in given.items()})
        return found.points[-1].line_minor

    assert paid() == paid(deals__product="Atlas") == 30_000  # of EUR 10,000
    assert paid(deals__product="Zeus") == 40_000
    assert paid(deals__product="Other") == 10_000
    assert paid(deals__product="Other", partners__region="DACH") == 50_000
    assert paid(performance__tier="gold") == 60_000
    found, _ = curve(of(tmp_path), "entries", given={"deals.product": "Zeus", "performance.tier": "gold"})
    assert dict(found.fixed) == {"deals.product": "Zeus", "partners.region": "none", "performance.tier": "gold"}


def test_two_entries_that_fit_equally_well_are_told_once(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        curve(of(tmp_path), "entries", given={"deals.product": "Zeus", "partners.region": "DACH"})
    assert [each.code for each in caught.value.problems] == ["F311"]


def test_a_column_below_an_input_runs(tmp_path: Path) -> None:
    found, _ = curve(of(tmp_path), "by_score", over="performance")
    assert (found.measure, found.points[0].measure, found.points[-1].measure) == ("performance", 0, 100)
    assert (found.points[0].line_minor, found.points[-1].line_minor) == (0, 10_000)
    assert found.fixed == (("sold", "EUR 1,000.00"),)


def test_a_fee_is_drawn_below_zero(tmp_path: Path) -> None:
    found, _ = curve(of(tmp_path), "fee")
    assert (found.points[0].measure, found.points[-1].measure) == (-1_000_000, 0)
    assert (found.points[0].line_minor, found.cliffs) == (-20_000, ())


@pytest.mark.parametrize(
    ("rule", "options", "code"),
    [
        ("slicse", {}, "S141"),
        ("amounts", {}, "S142"),
        ("contest", {}, "S142"),
        ("slices", {"over": "by"}, "S142"),
        ("slices", {"given": {"by": "1"}}, "S142"),
        ("slices", {"first": "10", "last": "5"}, "S142"),
        ("entries", {"over": "deals.product"}, "S142"),
        ("entries", {"given": {"deals.colour": "red"}}, "S142"),
        ("entries", {"given": {"performance.tier": "golden"}}, "S142"),
        ("slices", {"first": "ten"}, "W115"),
        ("slices", {"first": "USD 10"}, "P130"),
    ],
)
def test_what_has_no_curve_is_refused(tmp_path: Path, rule: str, options: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as caught:
        curve(of(tmp_path), rule, **options)  # type: ignore[arg-type]
    assert caught.value.problems[0].code == code


def test_the_picture_is_whole_and_the_same_each_time(tmp_path: Path) -> None:
    found, terms = curve(of(tmp_path), "back_to_the_first")
    text = svg(found, terms)
    assert text == svg(*curve(of(tmp_path), "back_to_the_first"))
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "Back to <the> first: payout by deals.amount"
    assert len(root.findall(f"{space}polyline")) == 2  # cut at its cliff
    told = [each.text for each in root.findall(f"{space}text")]
    assert "1  cliff at 1,000.00: from 50.00 to 100.00 (+50.00), beyond it" in told
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    for line in root.findall(f"{space}polyline"):
        for pair in line.attrib["points"].split():
            x, y = (float(each) for each in pair.split(","))
            assert 0 <= x <= width and 0 <= y <= height
    assert not re.search(r"href|script|url\(", text)


def test_the_picture_names_its_units_and_no_label_lies_on_another(tmp_path: Path) -> None:
    root = ElementTree.fromstring(svg(*curve(of(tmp_path), "every_ten", last="1000")))
    texts = root.findall("{http://www.w3.org/2000/svg}text")
    told = [each.text or "" for each in texts]
    assert "what a row is paid, in EUR" in told and "and 88 cliffs more" in told
    numbers = [
        float(each.attrib["x"]) for each in texts if each.attrib["fill"] == "#c2410c" and each.attrib["y"] == "64"
    ]
    assert all(right - left >= 16 for left, right in pairwise(numbers)) and len(numbers) > 10
    root = ElementTree.fromstring(svg(*curve(of(tmp_path), "slices")))
    told = [each.text or "" for each in root.findall("{http://www.w3.org/2000/svg}text")]
    assert "deals.amount, in EUR" in told and "Slices" in told
    assert "1,500" not in told, "no label stands beyond the end of the axis"


def test_the_command_shows_the_edges_on_both_sides(tmp_path: Path) -> None:
    picture = tmp_path / "curve.svg"
    ended = partage("curve", of(tmp_path), "back_to_the_first", "--svg", picture)
    assert ended.exit_code == 0 and picture.exists()
    told = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert "just below 1,000.00 50.00" in told
    assert "1,000.00 50.00 cliff +50.00" in told
    assert "just above 1,000.00 100.00" in told
    found = partage("curve", of(tmp_path), "back_to_the_first", "--json").json()
    assert found["cliffs"] == [
        {"measure": "100000", "left_minor": "5000", "at_minor": "5000", "right_minor": "10000"}
    ]  # fmt: skip
    assert "error S142" in partage("curve", of(tmp_path), "slices", "--with", "base").err


def major(minor: Fraction | int) -> str:
    """Whole cents as an amount of euros."""
    return f"{int(minor) // 100}.{int(minor) % 100:02d}"


def test_the_curve_is_what_a_run_pays(tmp_path: Path) -> None:
    found, _ = curve(of(tmp_path), "back_to_the_first")
    tried = [point for point in found.points if point.measure.denominator == 1][::9]
    cases = [
        f"  at {number(point.measure)}:\n    given: {{deals: {{amount: {major(point.measure)}}}}}\n"
        f"    expect: {{back_to_the_first: {major(point.line_minor)}}}\n"
        for point in tried
    ]
    alone = PROGRAM.split("  slices:")[0]
    rule = "  back_to_the_first:" + PROGRAM.split("  back_to_the_first:")[1].split("  by_attainment:")[0]
    ended = partage("test", write(tmp_path / "run", alone + rule + "tests:\n" + "".join(cases), {}))
    assert ended.exit_code == 0, ended.out
    assert len(tried) > 5
