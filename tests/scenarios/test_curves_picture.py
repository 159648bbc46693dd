"""The picture of response curves: what is drawn, what is told, and that no name can break it."""

from __future__ import annotations

import json
import re
from typing import Any

from engine.reports.charts.fitted import CURVES_MAX, POINTS_MAX, Drawn, fitted_picture
from engine.reports.charts.picture import Picture

LINE = [(0.0, 0.0, 0.0, 0.0), (500.0, 80.0, 60.0, 95.0), (1_000.0, 120.0, 90.0, 150.0)]


def drawn(name: str, points: int = 3) -> Drawn:
    return Drawn(name, [(1_000 * at / points, 100.0 * (at % 2)) for at in range(points)], LINE, 400.0)


def picture(*curves: Drawn) -> Picture:
    return fitted_picture("Funds", "What a spend brings.", "mdf, EUR", "sold, EUR", curves)


def layers(found: Picture) -> list[dict[str, Any]]:
    plot = json.loads(found.specification)
    return list(plot["layer"])


def test_one_curve_has_its_interval_its_points_and_the_spend_of_the_last_period() -> None:
    found = picture(drawn("north"))
    kinds = [each["mark"]["type"] for each in layers(found)]
    assert kinds == ["area", "point", "line", "rule"]
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", found.svg().decode())
    assert {"Funds", "mdf, EUR", "sold, EUR"} <= set(texts)
    assert found.description == "north: 120 at 1,000"


def test_the_order_of_points_changes_nothing() -> None:
    one = drawn("north", 9)
    other = Drawn(one.name, one.points[::-1], one.line, one.current)
    assert picture(one).svg() == picture(other).svg()


def test_each_of_several_curves_has_a_plot_of_its_own_up_to_twelve() -> None:
    found = picture(*(drawn(f"P-{at:02}") for at in range(CURVES_MAX + 3)))
    plots = json.loads(found.specification)
    assert [each["title"]["text"] for each in plots["concat"]] == [f"P-{at:02}" for at in range(CURVES_MAX)]
    assert f"The first {CURVES_MAX} of {CURVES_MAX + 3} curves." in " ".join(plots["title"]["subtitle"])


def test_of_many_points_an_even_part_is_drawn_and_it_is_told() -> None:
    found = picture(drawn("north", 5 * POINTS_MAX))
    assert f"{POINTS_MAX:,} observations are drawn." in found.specification
    largest = max(json.loads(found.specification)["datasets"].values(), key=len)
    assert len(largest) == POINTS_MAX and largest[0]["spend"] == 0


def test_a_name_is_text_and_nothing_else() -> None:
    svg = picture(drawn("<script>x</script>\x00\u202e"), drawn("a" * 300)).svg().decode()
    assert "<script" not in svg and "a" * 41 not in svg
