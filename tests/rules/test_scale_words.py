"""What the check says of scales: keys beside them, bands that hold no whole number, conditions cut by a comma."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.load import understand

HEAD = """program: Story
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
"""
PAY = "pools: {p: {size: EUR 100, shared: {by: c}}}\n"


def told(entry: str, where: str = "") -> list[tuple[str, str, str]]:
    """Code, message and hint of every problem of a scorecard with one KPI, which counts deals."""
    kpis = f"kpis: {{n: {{count: deals, dated: deals.closed_on{where}}}}}\n"
    text = f"{HEAD}{kpis}scorecards: {{c: {{kpis: {{n: {{weight: 100%, {entry}}}}}}}}}\n{PAY}"
    found = understand(text.encode(), "program.yaml", Path()).problems
    return [(each.code, each.message, each.hint) for each in found]


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("linear: {from: 0, to: 9}, round: half_even", "it belongs inside the scale: linear: {..., round: ...}"),
        (
            "bands: [{below: 1, points: 1}, {points: 3}], cap_points: 2",
            "it belongs inside the scale: bands: {steps: ..., cap_points: ...}",
        ),
    ],
)
def test_a_key_of_a_scale_beside_it_is_told_where_it_belongs(entry: str, hint: str) -> None:
    ((code, _, found),) = told(entry)
    assert (code, found) == ("P102", hint)


@pytest.mark.parametrize(
    ("entry", "band"),
    [
        ("bands: [{below: 1.5, points: 5}, {below: 1.9, points: 10}, {points: 20}]", "below 1.9"),
        ("bands: [{up_to: 1, points: 5}, {below: 2, points: 10}, {points: 20}]", "below 2"),
    ],
)
def test_a_band_without_a_whole_number_is_never_reached_by_a_count(entry: str, band: str) -> None:
    (never, cliff) = told(entry)
    assert never[:2] == ("P303", f"n: nobody is in the band {band}: the value is a whole number")
    assert cliff[0] == "P310" and cliff[1].startswith("cliff: at 2 n jumps from 5 to 20 points")


def test_a_band_with_one_whole_number_is_reached() -> None:
    entry = "bands: [{below: 1.5, points: 5}, {up_to: 2, points: 10}, {points: 20}]"
    assert [code for code, _, _ in told(entry)] == ["P310"]


def test_a_condition_with_a_comma_inside_braces_is_to_be_quoted() -> None:
    ((code, _, hint),) = told("linear: {from: 0, to: 9}", ", where: deals.status in ('won','lost')")
    assert code == "D107" and "\"status in ('won', 'lost')\"" in hint
