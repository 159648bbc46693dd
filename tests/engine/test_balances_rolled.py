"""Balances roll forward: from period to period by a table of closings, they come to what one long run comes to."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from balance_stories import HEADS, MONTHS, moved, program, rolled, tables, write
from hypothesis import given, settings, strategies as st

DECIMALS = {"JPY": 0, "EUR": 2, "KWD": 3}
days = st.tuples(st.sampled_from(MONTHS), st.sampled_from(["01", "28"])).map("-".join)
minor = st.sampled_from([0, 5, 95, 500, -500]) | st.integers(-99_999, 99_999)
above = st.sampled_from([0, 5]) | st.integers(0, 9_999)


def amount(minor: int, currency: str) -> str:
    """Minor units as a cell holds them."""
    decimals = DECIMALS[currency]
    sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(decimals + 1, "0")
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


@st.composite
def facts(draw: st.DrawFn) -> tuple[str, dict[str, list[str]]]:
    """Four months of three partners, one of whom leaves in the second or third."""
    currency = draw(st.sampled_from(sorted(DECIMALS)))
    leaves = draw(st.sampled_from(["2026-02-10", "2026-03-20"]))
    partners = ["A,2025-01-01,", f"B,2025-01-01,{leaves}", "C,2025-01-01,"]
    deals = [
        f"D-{at},{who},{day},{amount(value * 10, currency)}"
        for at, (who, day, value) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from("ABC"), days, minor), max_size=9))
        )
    ]
    mdf = [
        f"M-{at},{who},{day},{amount(one, currency)},{amount(other, currency)}"
        for at, (who, day, one, other) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from("ABC"), days, above, above), max_size=9))
        )
    ]
    return currency, {"partners": partners, "deals": deals, "mdf": mdf}


@given(facts(), st.randoms(use_true_random=False))
@settings(max_examples=3, deadline=None)
def test_period_by_period_equals_one_long_run(each: tuple[str, dict[str, list[str]]], order: random.Random) -> None:
    currency, rows = each
    with tempfile.TemporaryDirectory() as scratch:
        whole = write(Path(scratch) / "whole", program(currency), tables(**rows))
        said: list[str] = []
        for period in MONTHS[:4]:
            shuffled = {name: order.sample(each, len(each)) for name, each in rows.items()}
            step = write(
                Path(scratch) / period, program(currency), tables(**shuffled, balances=order.sample(said, len(said)))
            )
            is_last = period == MONTHS[3]
            long, short = rolled(whole, period, is_last), rolled(step, period, is_last)
            assert long == short, f"{period} opens with what the table says"
            said = short.table.splitlines()[1:]


def test_a_table_of_an_earlier_day_is_outlived(tmp_path: Path) -> None:
    """Closings of all periods in one file: each period opens with those of the day before it."""
    rows = {"partners": ["A,2025-01-01,"], "deals": ["D-1,A,2026-01-10,900", "D-2,A,2026-02-10,500"], "mdf": []}
    path = write(tmp_path / "one", program(), tables(**rows))
    said = [line for period in MONTHS[:2] for line in rolled(path, period).table.splitlines()[1:]]
    several = write(tmp_path / "all", program(), tables(**rows, balances=said))
    for period in MONTHS[1:4]:
        assert rolled(several, period) == rolled(path, period)


def test_what_came_before_the_table_is_not_looked_at(tmp_path: Path) -> None:
    """The table says that nothing of January is held: what January withheld is not released a second time."""
    rows = {"partners": ["A,2025-01-01,"], "deals": ["D-1,A,2026-01-10,1000", "D-2,A,2026-02-10,500"], "mdf": []}
    path = write(tmp_path, program(), tables(**rows, balances=["A,reserve,2026-01-31,2026-05-15,7.00"]))
    assert moved(path, "2026-04", "reserve") == {"A": [1200, 0, 0, 1200]}
    assert moved(path, "2026-05", "reserve") == {"A": [1200, 0, -1200, 0]}


@pytest.mark.parametrize(
    ("released_on", "released"),
    [
        ("", {"2026-02": 0, "2026-03": 0, "2026-04": -700, "2026-05": 0}),  # as if it had been withheld in January
        ("2026-03-01", {"2026-02": 0, "2026-03": -700, "2026-04": 0}),
        ("2026-03-31", {"2026-02": 0, "2026-03": -700, "2026-04": 0}),
        ("2026-01-31", {"2026-02": -700, "2026-03": 0, "2026-04": 0}),  # due on the day of which the table tells
        ("2027-01-01", {"2026-02": 0, "2026-04": 0, "2026-05": 0}),
    ],
)
def test_what_is_held_is_released_on_its_day(tmp_path: Path, released_on: str, released: dict[str, int]) -> None:
    row = f"A,reserve,2026-01-31,{released_on},7.00"
    path = write(tmp_path, program(), tables(partners=["A,2025-01-01,"], balances=[row]))
    for period, amount_minor in released.items():
        assert moved(path, period, "reserve").get("A", [0, 0, 0, 0])[2] == amount_minor, period


@pytest.mark.parametrize(
    ("released_on", "last"), [("", "2026-03"), ("2026-02-28", "2026-02"), ("2026-04-02", "2026-04")]
)
def test_an_allowance_expires_at_the_end_of_the_period_of_its_day(tmp_path: Path, released_on: str, last: str) -> None:
    """Without a day it counts as accrued on the day of the table: in January, for two periods more."""
    row = f"A,fund,2026-01-31,{released_on},7.00"
    path = write(tmp_path, program(), tables(partners=["A,2025-01-01,"], balances=[row]))
    for period in MONTHS[1:5]:
        found = moved(path, period, "fund").get("A")
        if period < last:
            assert found == [700, 0, 0, 0, 700]
        elif period == last:
            assert found == [700, 0, 0, -700, 0]
        else:
            assert found is None


def test_a_table_of_before_the_program_opens_its_first_period(tmp_path: Path) -> None:
    rows = ["A,capital,2025-10-31,,50.00", "B,capital,2025-10-31,,9.00"]
    path = write(tmp_path, program(), tables(partners=["A,2025-01-01,", "B,2025-01-01,2025-12-01"], balances=rows))
    assert moved(path, "2026-01", "capital") == {"A": [5000, 0, 0, 5000], "B": [900, 0, 0, 900]}
    assert moved(path, "2026-03", "capital") == {"A": [5000, 0, 0, 5000], "B": [900, 0, 0, 900]}


def test_a_partner_that_left_keeps_its_account_and_gets_its_releases(tmp_path: Path) -> None:
    rows = {"partners": ["A,2025-01-01,", "B,2025-01-01,2026-02-15"], "deals": ["D-1,B,2026-01-10,9000"], "mdf": []}
    path = write(tmp_path, program(), tables(**rows))
    assert moved(path, "2026-01", "reserve")["B"] == [0, 9000, 0, 9000]
    assert moved(path, "2026-03", "reserve")["B"] == [9000, 0, 0, 9000]
    assert moved(path, "2026-04", "reserve")["B"] == [9000, 0, -9000, 0]
    assert "B reserve released 9000" in rolled(path, "2026-04").lines
    assert not [line for line in rolled(path, "2026-05").lines if line.startswith("B ")]


def test_ten_years_of_months_roll_forward(tmp_path: Path) -> None:
    """As many periods as a program may have: none of them is worked out within another."""
    long = """
    program: Ten years
    currency: EUR
    calendar: month
    effective: 2026-01-01 to 2045-12-31
    sources: {partners: partners.csv}
    payouts:
      fee: {for_each: partners, amount: 1}
    balances:
      kept: {holdback: {share: 50%, released: {after: 1}}}
    """
    path = write(tmp_path, long, {"partners.csv": "partner_id\nA\n"})
    assert moved(path, "2045-12", "kept") == {"A": [50, 50, -50, 50]}


def test_the_header_of_the_table_is_that_of_the_source() -> None:
    from engine.reports.balances import HEADER

    assert ",".join(HEADER) == HEADS["balances"]
