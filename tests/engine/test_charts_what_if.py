"""Pictures of what would move: they say what there is, whatever the names, the numbers and their order."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings, strategies as st

from engine.reports.charts.before_after import ROWS_MAX, Change, before_after_picture
from engine.reports.charts.binding import BARS_MAX as HELD_MAX, Held, binding_picture
from engine.reports.charts.costs import CASES_MAX, Case, components_picture, costs_picture
from engine.reports.charts.frontier import Step, frontier_picture
from engine.reports.charts.gains import BARS_MAX, BINS_MAX, ENDS_MAX, Gain, gains_picture
from engine.reports.charts.page import Number, Numbers, Points, page
from engine.reports.charts.picture import Picture
from engine.reports.charts.response import CURVES_MAX, Response, response_picture
from engine.reports.charts.stacked import stacked
from rules.quantities.currency import currency

EUR, JPY = currency("EUR"), currency("JPY")
HOSTILE = '</text></svg><script>alert(1)</script>\x00\u202e{"signal": "width"}'
MINOR = st.integers(-(10**15), 10**15)


def texts(found: Picture) -> list[str]:
    svg = ElementTree.fromstring(found.svg())
    return [each.text or "" for each in svg.iter("{http://www.w3.org/2000/svg}text")]


def data(found: Picture) -> list[dict[str, Any]]:
    """Every row that is drawn, each once."""
    rows: list[dict[str, Any]] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            rows.extend(each for each in value.get("values", []) if isinstance(each, dict) and each not in rows)
            for each in value.values():
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    specification = json.loads(found.specification)
    for values in specification.get("datasets", {}).values():
        look({"values": values})
    look(specification)
    return rows


def moved(*changes: Change) -> Picture:
    return before_after_picture("Payouts", "Of February.", changes, EUR, ("as it is", "four"), "payout")


def test_before_and_after_tells_the_largest_movements_first() -> None:
    found = moved(Change("small", 100_00, 90_00), Change("large", 100_00, 400_00), Change("same", 50_00, 50_00))
    rows = [row for row in data(found) if "told" in row]
    assert [(row["name"], row["told"]) for row in rows] == [("large", "+300.00"), ("small", "-10.00"), ("same", "0.00")]
    assert {"as it is", "four: more", "four: less", "payout, EUR", "+300.00"} <= set(texts(found))
    assert found.description == "large 100.00 to 400.00; small 100.00 to 90.00; same 50.00 to 50.00"


def test_of_hundreds_of_units_the_others_are_told_together() -> None:
    found = moved(*(Change(f"P-{at:03}", 1_000_00, 1_000_00 + at * 1_00) for at in range(231)))
    rows = [row for row in data(found) if "told" in row]
    assert len(rows) == ROWS_MAX and rows[0]["name"] == "P-230"
    told = " ".join(json.loads(found.specification)["title"]["subtitle"])
    assert "The 30 largest movements; the other 201 together from 201,000 to 221,100 (+20,100) EUR." in told


def test_two_units_of_one_name_stay_two_rows() -> None:
    found = moved(Change("a" * 60, 0, 10), Change("a" * 60, 0, 20))
    rows = [row for row in data(found) if "told" in row]
    assert len(rows) == 2 and {row["name"] for row in rows} == {"a" * 29 + "…"}
    assert texts(found).count("a" * 29 + "…") == 2


def test_what_was_there_before_may_be_unknown() -> None:
    found = moved(Change("new", None, 500_00))
    assert {row["point"] for row in data(found) if "point" in row} == {"four"} and "500.00" in texts(found)


def test_amounts_have_the_decimals_of_their_currency_until_they_are_large() -> None:
    yen = before_after_picture("x", "", [Change("a", 500, 700)], JPY)
    assert "+200" in texts(yen)
    assert "+1,000,000" in texts(moved(Change("a", 0, 1_000_000_00)))


def test_winners_and_losers_are_sorted_and_counted() -> None:
    gains = [Gain("a", -500), Gain("b", 1_000), Gain("c", 0), Gain("d", -20)]
    found = gains_picture("Who gains", "", gains, EUR)
    assert [row["name"] for row in data(found) if "gain" in row] == ["b", "d", "a"]
    assert "1 gain, 2 lose, 1 stays the same." in texts(found)
    assert found.description == "1 gain, 2 lose, 1 stays the same; b +10.00; d -0.20; a -5.00"


def test_of_many_the_spread_is_drawn_and_holds_everybody() -> None:
    gains = [Gain("far", 10**12), *(Gain(f"P-{at}", (at - 300) ** 3) for at in range(900))]
    found = gains_picture("Who gains", "", gains, EUR)
    bins = [row for row in data(found) if "count" in row]
    assert len(bins) <= BINS_MAX + 2 and sum(row["count"] for row in bins) == 900
    assert not any(row["low"] < 0 < row["high"] for row in bins), "no bar holds gains and losses both"
    assert sum(row["count"] for row in bins if row["low"] < 0) == 300
    assert len([row for row in data(found) if "gain" in row]) == 2 * ENDS_MAX
    assert "The outermost bars hold all beyond." in " ".join(json.loads(found.specification)["title"]["subtitle"])


@settings(max_examples=12, deadline=None)
@given(st.lists(MINOR, min_size=BARS_MAX + 1, max_size=80))
def test_any_gains_are_all_counted_whatever_their_order(minor: list[int]) -> None:
    gains = [Gain(f"P-{at}", each) for at, each in enumerate(minor)]
    found = gains_picture("Who gains", "", gains, EUR)
    assert found.specification == gains_picture("Who gains", "", gains[::-1], EUR).specification
    bins = [row for row in data(found) if "count" in row]
    many = sum(each != 0 for each in minor)
    assert sum(row["count"] for row in bins) == (many if many > BARS_MAX else 0)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.none() | MINOR, MINOR), max_size=40))
def test_any_movements_are_drawn_the_same_whatever_their_order(rows: list[tuple[str, int | None, int]]) -> None:
    changes = [Change(name, before, after) for name, before, after in rows]
    ordered = sorted(changes, key=lambda each: (str(each.before_minor), each.after_minor, each.name))
    assert moved(*changes).svg().startswith(b"<svg")
    assert moved(*ordered).specification == moved(*changes).specification


CASES = [
    Case("as it is", 1_200_00, (1_000_00, 200_00)),
    Case("four", 1_500_00, (1_300_00, 200_00)),
    Case("five", 900_00, (700_00, 200_00)),
]


def test_a_cost_is_told_against_the_budget() -> None:
    said = texts(costs_picture("Costs", "", CASES, 1_300_00, EUR))
    assert {"1,200.00 (100.00 left)", "1,500.00 (200.00 over)", "budget 1,300.00"} <= set(said)
    assert "1,200.00" in texts(costs_picture("Costs", "", CASES, None, EUR))


def test_components_stand_side_by_side_the_ones_that_move_first() -> None:
    found = components_picture("By component", "", ["pool", "commission"], CASES, EUR)
    assert {"1: four", "2: five", "1,300.00 (+300.00)", "700.00 (-300.00)"} <= set(texts(found))
    wide = [Case("as it is", 0, (0, 0)), *(Case("same", at, (at, 0)) for at in range(12))]
    found = components_picture("By component", "", ["pool", "commission"], wide, EUR)
    assert f"The first {CASES_MAX - 1} of 12 scenarios." in " ".join(texts(found))


def curve(name: str, now: float | None = 20.0, proposed: float = 60.0) -> Response:
    line = [(float(at), at**0.5) for at in range(101)]
    point = None if now is None else (now, now**0.5)
    return Response(name, line, point, (proposed, proposed**0.5), 0.5 / max(proposed, 1.0) ** 0.5)


def test_response_curves_have_the_old_and_the_new_point_and_the_next_one() -> None:
    found = response_picture("What a spend brings", "", "spend, EUR", "sold", [curve("acme"), curve("bolt", None)])
    assert {"20 to 60; next 1: 0.0645", "60; next 1: 0.0645", "now", "proposed"} <= set(texts(found))
    many = [curve(f"P-{at}", 20.0, 20.0 + at) for at in range(CURVES_MAX + 3)]
    found = response_picture("What a spend brings", "", "spend, EUR", "sold", many, 400)
    plots = json.loads(found.specification)["concat"]
    assert [each["title"]["text"] for each in plots] == [f"P-{at}" for at in range(CURVES_MAX + 2, 2, -1)]
    assert f"The {CURVES_MAX} that move most, of 400." in " ".join(texts(found))


@pytest.mark.parametrize("flat", [[(0.0, 0.0), (1.0, 0.0)], [], [(0.0, -5.0), (10.0, -1.0)]])
def test_a_curve_that_brings_nothing_is_drawn(flat: list[tuple[float, float]]) -> None:
    found = response_picture("x", "", "spend", "sold", [Response("a", flat, (0.0, 0.0), (0.0, 0.0), 0.0)])
    assert found.svg().startswith(b"<svg")


def test_the_frontier_has_its_bound_the_budget_that_was_asked_for_and_the_price_beside_it() -> None:
    steps = [Step(at * 1e5, at**0.5, at**0.5 * 1.01, 0.5 / at**0.5) for at in range(1, 9)]
    found = frontier_picture("Budgets", "", "budget, EUR", "sold", steps, Step(2.5e5, 1.58, 1.6, 0.31), (2e5, 1.2))
    assert {"asked: 250k", "now", "found", "proved: no split brings more", "the next 1 brings", "0.31"} <= set(
        texts(found)
    )
    assert (
        found.svg()
        == frontier_picture(
            "Budgets", "", "budget, EUR", "sold", steps[::-1], Step(2.5e5, 1.58, 1.6, 0.31), (2e5, 1.2)
        ).svg()
    )
    alone = frontier_picture("Budgets", "", "budget", "sold", [Step(1e5, 1.0, 1.0, None)])
    assert "the next 1 brings" not in texts(alone)


def test_what_binds_is_told_by_its_price_the_dearest_first() -> None:
    held = [Held("EMEA", False, 0.22, "900,000.00"), Held("acme", True, 0.5, "10,000.00")]
    found = binding_picture("What holds it back", "", held)
    assert [row["name"] for row in data(found) if "price" in row] == ["acme floor", "EMEA cap"]
    assert "0.22 (limit 900,000.00)" in texts(found)
    many = binding_picture("x", "", [Held(f"g{at}", False, at, "") for at in range(HELD_MAX + 5)])
    assert f"The {HELD_MAX} dearest of {HELD_MAX + 5}." in texts(many)
    assert "No constraint holds the answer back." in texts(binding_picture("x", "", []))


def everything(name: str) -> list[Picture]:
    return [
        moved(Change(name, 100, 200)),
        gains_picture(name, name, [Gain(name, 5), Gain(name, -5)], EUR),
        costs_picture(name, name, [Case(name, 5, (5,))], 4, EUR),
        components_picture(name, name, [name], [Case(name, 5, (5,)), Case(name, 6, (6,))], EUR),
        response_picture(name, name, name, name, [curve(name), curve(name)]),
        frontier_picture(name, name, name, name, [Step(1.0, 1.0, 2.0, 1.0)], Step(1.0, 1.0, 2.0, 1.0)),
        binding_picture(name, name, [Held(name, False, 1.0, name)]),
    ]


def test_a_hostile_name_is_text_in_every_picture() -> None:
    for each in [*everything(HOSTILE), stacked("All", everything(HOSTILE))]:
        elements = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(each.svg()).iter()}
        assert elements <= {"svg", "g", "rect", "path", "line", "text", "defs", "clipPath", "title", "tspan"}


def test_pictures_are_stacked_with_their_titles() -> None:
    some = everything("acme")
    found = stacked("All of it", some)
    assert {"All of it", "Payouts", "acme", "+1.00"} <= set(texts(found))
    assert found.svg() == stacked("All of it", everything("acme")).svg()
    assert stacked("All of it", some[:1]) is some[0]


def test_a_page_has_numbers_and_points_as_text() -> None:
    found = page("x", "", [Numbers((Number(HOSTILE, HOSTILE, HOSTILE), Number("cost", "5"))), Points((HOSTILE,))])
    assert "<script" not in found and found.count("&lt;script&gt;") == 4
    assert '<dt>cost</dt><dd class="value">5</dd></div>' in found and '<ul class="lines"><li>' in found
