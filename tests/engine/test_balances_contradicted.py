"""A row of the table of balances that can't be true of its balance is refused where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from balance_stories import program, write
from spine_stories import refused
from test_balances_of_rules import BANK, DEALS, FUND, PAID_IN, PEOPLE, tables

ALL = ("advance", "shortfall", "draw", "reserve", "cash", "mark", "fund", "capital", "small")
HEAD = "A,{},2026-01-31,{},{}"


def of_all(folder: Path, *rows: str) -> list[str]:
    found = tables(partners=PEOPLE, deals=DEALS, balances=["B,reserve,2026-01-31,,1.00", *rows])
    return refused(write(folder, program(), {**found, "mdf.csv": MDF}), "2026-02")


MDF = "request_id,partner_id,requested_on,requested,approved\n"


def test_less_than_nothing_is_on_no_balance_that_only_keeps_or_owes(tmp_path: Path) -> None:
    refusing = {name for name in ALL if of_all(tmp_path / name, HEAD.format(name, "", "-5.00"))}
    assert refusing == {"shortfall", "draw", "reserve", "cash", "small"}
    assert of_all(tmp_path, HEAD.format("draw", "", "-0.01")) == ["F325 balances.csv:3:amount"]
    assert not of_all(tmp_path, HEAD.format("draw", "", "0.00"))


def test_a_day_is_told_only_of_what_falls_due_on_days(tmp_path: Path) -> None:
    refusing = {name for name in ALL if of_all(tmp_path / name, HEAD.format(name, "2026-03-31", "5.00"))}
    assert refusing == {*ALL} - {"reserve", "fund"}
    assert of_all(tmp_path, HEAD.format("draw", "2026-03-31", "5.00")) == ["F325 balances.csv:3:released_on"]


def test_what_fell_due_before_is_no_longer_there(tmp_path: Path) -> None:
    for day, found in (("2026-01-30", ["F325 balances.csv:3:released_on"]), ("2026-02-28", [])):
        assert of_all(tmp_path / day, HEAD.format("reserve", day, "5.00")) == found


def test_each_row_is_told_by_its_own_line(tmp_path: Path) -> None:
    rows = [HEAD.format("small", "", "-5.00"), HEAD.format("draw", "2026-03-31", "-5.00")]
    assert of_all(tmp_path, *rows) == [  # in the order of their keys
        "F325 balances.csv:4:amount",
        "F325 balances.csv:4:released_on",
        "F325 balances.csv:3:amount",
    ]


def test_many_faulty_rows_are_told_by_the_first_of_them(tmp_path: Path) -> None:
    days = [f"{year}-{month}-30" for year in (2023, 2024, 2025) for month in ("04", "06", "09", "11")]
    found = of_all(tmp_path, *(f"A,draw,{day},,-1.00" for day in days))
    assert len(found) == 11 and found[-1] == "F325 balances"


@pytest.mark.parametrize(
    ("row", "period", "found"),
    [
        ("A,commission.bank,2026-01-31,,-1", "2026-02", ["F325 balances.csv:2:amount"]),
        ("A,commission.bank,2026-01-31,2026-02-28,1", "2026-02", ["F325 balances.csv:2:released_on"]),
        ("A,fund.layer.1,2025-12-31,2025-12-31,-1", "2026", ["F325 balances.csv:2:amount"]),
        (",fund.carry,2025-12-31,2025-12-31,-1", "2026", []),  # a clawback takes it back on its day
    ],
)
def test_what_rules_carry_is_held_to_the_same(tmp_path: Path, row: str, period: str, found: list[str]) -> None:
    text = BANK if "bank" in row else FUND
    rows = tables(partners=["A,x,2025-01-01,"], deals=DEALS[:2], capital=PAID_IN, balances=[row])
    assert refused(write(tmp_path, text, rows), period) == found
