"""What moved between two runs, and by which cause: the questions of whoever signs a run or a change of the program."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from exchange_stories import program as exchanging
from hypothesis import given, settings, strategies as st
from kept_stories import (
    COMMISSION,
    DEALS,
    PARTNERS,
    asked,
    blob,
    keep,
    kept_by_another_engine,
    repoint,
    with_cell,
)
from spine_stories import partage

from rules.quantities.rounding import round_fraction

RAISED = COMMISSION.replace("10%", "12%")
MOVED = DEALS + "d1,acme,2026-04-01,200.00\nd3,bolt,2026-04-02,40.00\n"


def causes(found: Any) -> dict[str, dict[str, int]]:
    """What each cause moved, by partner."""
    return {row["partner_id"]: row["by_cause"] for row in found["partners"]}


def test_another_rate_and_another_deal_are_told_apart(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    keep(books, RAISED, {"deals.csv": MOVED})
    found = asked(books, "diff", "1", "2")
    # acme: 100.00 at 10 %, at 12 %, 200.00 at 12 %; bolt: 50.00 at 10 %, at 12 %, 40.00 at 12 %
    assert causes(found) == {"acme": {"rule": 200, "data": 1200}, "bolt": {"rule": 100, "data": -120}}
    assert found["total"] == {
        "before_minor": 1500,
        "now_minor": 2880,
        "difference_minor": 1380,
        "by_cause": {"rule": 300, "data": 1080},
    }
    assert (found["gained"], found["lost"], found["same"]) == (1, 1, 0)
    assert [row["partner_id"] for row in found["partners"]] == ["acme", "bolt"]  # the biggest difference first
    assert [line[1:].split("rate: ")[1] for line in found["program"] if line[0] in "+-"] == ["10%}", "12%}"]
    (table,) = found["tables"]
    assert (table["table"], table["added"], table["changed"], table["removed"]) == ("deals", 1, 1, 1)
    assert (table["first_added"], table["first_removed"]) == (["d3"], ["d2"])
    cell = {"column": "amount", "before": "100.00", "now": "200.00"}
    assert table["first_changed"] == [{"key": "d1", "cells": [cell]}]


def test_the_same_in_words(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    keep(books, RAISED, {"deals.csv": MOVED})
    told = partage("--store", books, "diff", "1", "2", "--partner", "bolt").out.splitlines()
    lines = [" ".join(line.split()) for line in told]
    assert "total 15.00 before, 28.80 now: +13.80 EUR" in lines
    assert "by rule +3.00" in lines and "by data +10.80" in lines
    assert "gained 1, lost 1, the same 0" in lines
    assert "acme Acme 10.00 24.00 +14.00 +2.00 +12.00" in lines
    assert "commission deals d2 5.00 -5.00" in lines
    assert "commission deals d3 4.80 +4.80" in lines
    assert "d1: amount 100.00 -> 200.00" in lines


def test_a_run_and_itself(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    found = asked(books, "diff", "1", "1")
    assert (found["causes"], found["program"], found["tables"], found["same"]) == ([], [], [], 2)
    assert "both runs rest on the same program and facts" in partage("--store", books, "diff", "1", "1").out


def test_a_rate_of_exchange_is_a_cause_of_its_own(tmp_path: Path) -> None:
    books, tables = tmp_path / "books.db", {"partners.csv": PARTNERS}
    program = exchanging("{rates: spot, stale_after: 7 days}")
    tables["deals.csv"] = "deal_id,partner_id,closed_on,amount,currency\nd1,acme,2026-04-01,100.00,USD\n"
    rates = "from_currency,to_currency,kind,valid_on,rate\nUSD,EUR,spot,2026-04-01,"
    keep(books, program, tables | {"fx.csv": rates + "0.90\n"}, "2026-Q2")
    more = tables["deals.csv"] + "d2,acme,2026-04-01,10.00,EUR\n"
    keep(books, program, tables | {"fx.csv": rates + "0.80\n", "deals.csv": more}, "2026-Q2")
    found = asked(books, "diff", "1", "2")
    assert causes(found) == {"acme": {"rate": -100, "data": 100}}
    assert [table["table"] for table in found["tables"]] == ["deals", "fx_rates"]


def test_a_program_that_begins_to_convert_joins_rule_and_rate(tmp_path: Path) -> None:
    """Its rates are what the old run lacks; with those of the new one it can be worked out over the old deals."""
    books, own = tmp_path / "books.db", COMMISSION.replace("calendar: month", "calendar: quarter")
    keep(books, own, period="2026-Q2")
    deals = (
        "deal_id,partner_id,closed_on,amount,currency\nd1,acme,2026-04-01,100.00,USD\nd2,bolt,2026-04-02,50.00,EUR\n"
    )
    tables = {"fx.csv": "from_currency,to_currency,kind,valid_on,rate\nUSD,EUR,spot,2026-04-01,0.90\n"}
    keep(books, exchanging("{rates: spot, stale_after: 7 days}"), tables | {"deals.csv": deals}, "2026-Q2")
    found = asked(books, "diff", "1", "2")
    assert causes(found) == {
        "acme": {"rule and rate": 0, "data": -100},
        "bolt": {"rule and rate": 0, "data": 0},
    }
    assert found["joined"][0]["why"] == "the new program reads the table fx_rates, which run 1 does not have"


def test_two_periods_differ_by_the_period(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    deals = {"deals.csv": DEALS + "d1,acme,2026-04-01,100.00\nd2,acme,2026-05-01,300.00\n"}
    keep(books, COMMISSION, deals)
    keep(books, RAISED, deals, "2026-05")
    found = asked(books, "diff", "1", "2")
    assert causes(found)["acme"] == {"rule": 200, "period": 2400}
    assert found["tables"] == []


def test_a_program_that_is_not_in_force_then_joins_rule_and_period(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    keep(books, RAISED.replace("2026-01-01 to", "2026-05-01 to"), {"deals.csv": DEALS}, "2026-05")
    found = asked(books, "diff", "1", "2")
    assert causes(found) == {"acme": {"rule and period": -1000}, "bolt": {"rule and period": -500}}
    (joined,) = found["joined"]
    assert joined["cause"] == "rule" and "is not within 2026-05-01 to 2026-12-31" in joined["why"]


def test_a_table_that_the_old_run_has_not_joins_rule_and_data(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    fee = RAISED.replace("deals: deals.csv", "deals: deals.csv, leads: leads.csv")
    fee += "  fee: {for_each: leads, dated: leads.converted_on, amount: 5}\n"
    keep(books, fee, {"leads.csv": "lead_id,partner_id,converted_on\nl1,bolt,2026-04-03\n"})
    found = asked(books, "diff", "1", "2")
    assert causes(found) == {"acme": {"rule and data": 200}, "bolt": {"rule and data": 600}}
    why = "the new program reads the table leads, which run 1 does not have"
    assert found["joined"] == [{"cause": "rule", "why": why}]
    assert f"  rule is told together with the cause after it: {why}" in partage("--store", books, "diff", "1", "2").out


def test_a_column_that_nobody_read_then_is_no_zero(tmp_path: Path) -> None:
    """By a blank margin of the old run, the new program would pay nothing, and all of it would look like data."""
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    margin = "deal_id,partner_id,closed_on,amount,margin\n"
    margin += "d1,acme,2026-04-01,100.00,40.00\nd2,bolt,2026-04-02,50.00,5.00\n"
    keep(books, COMMISSION.replace("deals.amount", "deals.margin"), {"deals.csv": margin})
    found = asked(books, "diff", "1", "2")
    assert causes(found) == {"acme": {"rule and data": -600}, "bolt": {"rule and data": -450}}
    assert found["joined"][0]["why"] == "the new program reads deals.margin, which is blank in every row of run 1"


def test_what_an_engine_of_before_paid_otherwise_is_the_engines(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    old = kept_by_another_engine(books, 1001)
    keep(books, RAISED)
    found = asked(books, "diff", str(old), "3")
    assert causes(found) == {"acme": {"engine": -1, "rule": 200}, "bolt": {"engine": 0, "rule": 100}}
    assert causes(asked(books, "diff", "3", str(old)))["acme"] == {"rule": -200, "engine": 1}
    assert "engine    0.0.9 before, " in partage("--store", books, "diff", str(old), "1").out


def test_components_are_told_apart(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    keep(books, RAISED + "  spiff: {for_each: deals, dated: deals.closed_on, amount: 3, title: Spring push}\n")
    found = asked(books, "diff", "1", "2")
    rows = {(row["partner_id"], row["component"]): row["by_cause"] for row in found["rows"]}
    assert rows["acme", "commission"] == {"rule": 200} and rows["acme", "spiff"] == {"rule": 300}
    out = partage("--store", books, "diff", "1", "2", "--by", "component").out
    assert "acme Acme  Spring push" in out


def test_a_spreadsheet_gets_amounts_as_numbers_and_names_as_texts(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    evil = {"partners.csv": "partner_id,name\n-1,=1+1\nbolt,@x\n"}
    for program, amount in ((COMMISSION, "100"), (RAISED, "50")):
        keep(books, program, evil | {"deals.csv": f"{DEALS}d1,-1,2026-04-01,{amount}\n"})
    ended = partage("--store", books, "diff", "1", "2", "--csv", tmp_path / "moved.csv")
    assert f"all rows written to {tmp_path / 'moved.csv'}" in ended.out
    rows = list(csv.reader(io.StringIO((tmp_path / "moved.csv").read_text("utf-8"))))
    assert rows[0] == ["partner_id", "name", "component", "before", "now", "difference", "rule", "data"]
    assert rows[1] == ["'-1", "'=1+1", "commission", "10.00", "6.00", "-4.00", "2.00", "-6.00"]
    again = partage("--store", books, "diff", "1", "2", "--csv", tmp_path / "moved.csv")
    assert again.exit_code == 2 and "S102" in again.err


def test_books_that_were_changed_are_not_compared(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    keep(books, RAISED)
    repoint(books, "table:deals", with_cell(blob(books, "table:deals"), "amount", 0, 10_001))
    ended = partage("--store", books, "diff", "1", "2")
    assert ended.exit_code == 1 and "S160 the kept table deals of run 1 is not the one" in ended.err


def test_lines_that_were_changed_are_not_compared(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    keep(books, RAISED)
    repoint(books, "lines", with_cell(blob(books, "lines"), "amount_minor", 0, 1_001))
    ended = partage("--store", books, "diff", "1", "2")
    assert ended.exit_code == 1 and "S161 the kept lines of run 1" in ended.err


def test_a_partner_of_neither_run(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    ended = partage("--store", books, "diff", "1", "1", "--partner", "crux")
    assert ended.exit_code == 2 and "S110 neither run 1 nor run 1 pays a partner crux" in ended.err


def test_rows_without_a_key_are_told_by_their_cells(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    of_months = COMMISSION.replace("deals: deals.csv", "revenue: revenue.csv").replace("deals.amount", "revenue.amount")
    of_months = of_months.replace("deals.closed_on", "revenue.month")
    rows = "partner_id,month,amount\nacme,2026-04,10.00\n"
    keep(books, of_months, {"revenue.csv": rows})
    keep(books, of_months, {"revenue.csv": rows + "acme,2026-04,10.00\nbolt,2026-04,20.00\n"})
    (table,) = asked(books, "diff", "1", "2")["tables"]
    assert (table["added"], table["removed"]) == (2, 0)
    assert table["first_added"] == [",acme,,2026-04-01,,10.00,", ",bolt,,2026-04-01,,20.00,"]


amounts = st.integers(0, 10**7)
percents = st.integers(0, 2000)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=4), percents, percents)
def test_causes_add_up_and_are_what_one_works_out_by_hand(deals: list[tuple[int, int]], before: int, now: int) -> None:
    """Rates with two decimals on deals of two partners: rule and data in cents, by the law of one rounding a line."""

    def program(rate: int) -> str:
        return COMMISSION.replace("10%", f"{rate // 100}.{rate % 100:02d}%")

    def rows(side: int) -> str:
        return DEALS + "".join(
            f"d{at},{('acme', 'bolt')[at % 2]},2026-04-01,{deal[side] // 100}.{deal[side] % 100:02d}\n"
            for at, deal in enumerate(deals)
        )

    def paid(side: int, rate: int, partner: int) -> int:
        mine = (deal[side] for at, deal in enumerate(deals) if at % 2 == partner)
        return sum(round_fraction(Fraction(each * rate, 10_000)) for each in mine)

    with TemporaryDirectory() as folder:
        books = Path(folder) / "books.db"
        one = keep(books, program(before), {"deals.csv": rows(0)})
        other = keep(books, program(now), {"deals.csv": rows(1)})
        found = asked(books, "diff", str(one), str(other))
    for row in found["partners"]:
        partner = ("acme", "bolt").index(row["partner_id"])
        assert sum(row["by_cause"].values()) == row["difference_minor"] == row["now_minor"] - row["before_minor"]
        assert row["by_cause"].get("rule", 0) == paid(0, now, partner) - paid(0, before, partner)
        assert row["by_cause"].get("data", 0) == paid(1, now, partner) - paid(0, now, partner)
