"""Pictures and pages: the same values are the same bytes, what partners are called stays text, nothing is loaded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import altair as alt
import pytest

from engine.reports.charts.page import Heading, page
from engine.reports.charts.picture import Picture, picture
from engine.reports.charts.style import drawn
from engine.reports.charts.write import suffix_of, write_picture
from engine.reports.register import Grid
from rules.problem import Refused
from rules.quantities.currency import currency

HOSTILE = '<script>alert(1)</script>\x00\x1b]\u202e\ud800 & "\'=HYPERLINK("http://evil")'
PNG = b"\x89PNG\r\n\x1a\n"


def partners(*names: str) -> Picture:
    """A picture of a point for each name."""
    rows = [{"name": name, "paid": 1000 * at, "brought": 900 * at} for at, name in enumerate(names, 1)]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("brought:Q", title="brought, EUR"), y=alt.Y("paid:Q", title="paid, EUR")
    )
    chart = alt.layer(base.mark_point(), base.mark_text(align="left", dx=8).encode(text="name:N"))
    return picture(chart, "What partners brought", "in EUR")


def texts(svg: bytes) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_same_values_are_the_same_bytes() -> None:
    assert partners("Acme", "Bolt").svg() == partners("Acme", "Bolt").svg()
    assert partners("Acme").png(1) == partners("Acme").png(1)
    assert partners("Acme").png(2).startswith(PNG)


def test_a_picture_says_its_title_its_units_and_thousands() -> None:
    said = texts(partners(*"ABCDEFGHIJKLMNOPQRST").svg())
    assert {"What partners brought", "in EUR", "brought, EUR", "paid, EUR", "20,000"} <= set(said)


def test_a_hostile_name_is_drawn_as_text() -> None:
    """A control sign would end the process inside the renderer, so it never gets there."""
    found = partners(HOSTILE, "</text></svg><svg onload=alert(1)>", '{"signal": "width"}')
    said = texts(found.svg())
    assert '<script>alert(1)</script>  ]   & "\'=HYPERLINK("http://evil")' in said
    assert {"</text></svg><svg onload=alert(1)>", '{"signal": "width"}'} <= set(said)
    elements = {each.tag.rpartition("}")[2] for each in ElementTree.fromstring(found.svg()).iter()}
    assert elements <= {"svg", "g", "rect", "path", "line", "text", "defs", "clipPath", "title", "tspan"}


def test_a_hostile_title_is_drawn_as_text_on_lines_that_fit() -> None:
    found = picture(alt.Chart(alt.InlineData(values=[])).mark_point(), f"{HOSTILE} {'long ' * 60}", HOSTILE)
    lines = texts(found.svg())
    assert any(line.startswith("<script>") for line in lines) and max(map(len, lines)) < 110


def test_values_that_are_no_numbers_are_refused_before_they_are_drawn() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        picture(alt.Chart(alt.InlineData(values=[{"x": float("nan")}])).mark_point().encode(x="x:Q"), "NaN")


def test_a_page_stands_alone_and_what_is_said_stays_text() -> None:
    table = Grid((HOSTILE, "paid"), ((HOSTILE, "1,000.00"),), (False, True), ("total", "1,000.00"))
    found = page(HOSTILE, HOSTILE, [Heading(HOSTILE), HOSTILE, partners(HOSTILE), table])
    assert "<script" not in found and "default-src 'none'" in found
    assert not re.search(r'(src|href|action)=(?!"data:image/svg)|url\(|@import', found)
    assert '<td class="amount">1,000.00</td>' in found and "<tfoot>" in found
    assert found == page(HOSTILE, HOSTILE, [Heading(HOSTILE), HOSTILE, partners(HOSTILE), table])
    found.encode()


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<svg"), ("a.PNG", PNG), ("a.html", b"<!doctype html>")])
def test_a_picture_is_written_as_its_suffix_says(name: str, start: bytes, tmp_path: Path) -> None:
    write_picture(partners("Acme"), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(Refused, match="S102"):
        write_picture(partners("Acme"), tmp_path / name)
    write_picture(partners("Bolt"), tmp_path / name, force=True)
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_suffix_that_is_none_of_a_picture_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    for content, name in ((partners("Acme"), "a.gif"), (partners("Acme"), "a"), ("a page", "a.svg")):
        with pytest.raises(Refused, match="M501"):
            write_picture(content, tmp_path / name)
    assert not list(tmp_path.iterdir())
    with pytest.raises(Refused, match=r"ends in \.svg or \.csv"):
        suffix_of(Path("a.html"), (".svg", ".csv"))


def test_a_picture_is_kept_as_plain_values() -> None:
    assert json.loads(partners("Acme").specification)["config"]["background"] == "#ffffff"


def test_amounts_are_drawn_in_whole_units_of_their_currency() -> None:
    assert (drawn(123_456, currency("EUR")), drawn(123_456, currency("JPY"))) == (1234.56, 123456.0)
