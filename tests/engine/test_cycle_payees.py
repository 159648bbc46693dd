"""Who gets what in a cycle, before it is paid and after: accounts that add up, and statements that tell a payee all of
its own and nothing of anybody else."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cycle_stories import DEALS, PROGRAM, TABLES, Office, office
from hypothesis import given, strategies as st
from spine_stories import MONTH, write

from engine.reports.payees import statement_csv
from engine.trueup.own_words import own_lines
from engine.values.late import Cell, Change
from engine.values.payees import Adjusted, CycleSaid, Figures, PayeeRow, Statement, totals_of
from engine.values.true_up import Batch, DeltaLines

FIGURES = ("opening", "earned", "trued_up", "adjusted", "paid", "returned", "owed_after", "to_pay", "held")
LATE = DEALS + "d4,bolt,124.00,2026-04-15\n"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """April is locked and paid, and bolt's payment came back; May is calculated with a late deal of bolt, and with an
    adjustment of each: bolt's is approved, acme's waits."""
    folder = tmp_path_factory.mktemp("kept") / "office"
    team = office(folder)
    team.in_force()
    team.locked()
    team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-05")
    team.done("eve", "cycle", "return", "2026-04", 1, "--payee", "bolt", "--reason", "closed account")
    (folder / "deals.csv").write_text(LATE, "utf-8")
    opened(team, "2026-05")
    number = adjusted(team, "bolt", "--amount", "-2.40")
    team.done("bob", "adjust", "approve", number)
    adjusted(team, "acme", "--to", "60", "--component", "commission")
    return folder


@pytest.fixture
def team(kept: Path, tmp_path: Path) -> Office:
    """The same team, to do with as a story needs."""
    folder = tmp_path / "office"
    shutil.copytree(kept, folder)
    return Office(folder, str(folder / "books.db"))


def opened(team: Office, period: str, *, name: str = "") -> None:
    team.done("eve", "cycle", "open", name or period, "--program", team.program, "--period", period)
    team.done("eve", "run", team.program, "--period", period)


def adjusted(team: Office, payee: str, *words: str) -> int:
    says = ("--reason", f"agreed with {payee}", "--evidence", "ticket 17")
    return int(team.done("dan", "adjust", "submit", "2026-05", payee, *words, *says)["event"])


def locked(team: Office, name: str) -> None:
    team.done("eve", "cycle", "submit", name)
    team.done("bob", "cycle", "approve", name)
    team.done("eve", "cycle", "lock", name)


def payees(team: Office, name: str, *words: str) -> dict[str, Any]:
    ended = team.look("cycle", "payees", name, *words, "--json")
    assert ended.exit_code == 0, ended.out + ended.err
    found = json.loads(ended.out)
    assert isinstance(found, dict)
    return found


def accounts(found: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The columns of each payee, in their order."""
    return {row["payee"]: tuple(row[f"{name}_minor"] for name in FIGURES) for row in found["accounts"]}


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_before_it_is_locked_everybody_sees_who_would_get_what(team: Office) -> None:
    found = payees(team, "2026-05")
    assert (found["status"], found["compared_with"], found["waiting_adjustments"]) == ("open", ["2026-04"], 1)
    assert accounts(found) == {
        "acme": (0, 5000, 0, 0, 0, 0, 5000, 5000, 0),
        "bolt": (2000, 0, 1240, -240, 0, 0, 3000, 3000, 0),
    }
    (total,) = found["sums"]
    assert [total[f"{name}_minor"] for name in FIGURES] == [2000, 5000, 1240, -240, 0, 0, 8000, 8000, 0]


def test_the_last_locked_period_stands_beside(team: Office) -> None:
    found = payees(team, "2026-05")
    beside = {row["payee"]: (row["before_minor"], row["difference_minor"]) for row in found["accounts"]}
    assert beside == {"acme": (10000, -5000), "bolt": (2000, 1000 - 2000)}
    assert found["accounts"][0]["before"] == {"earned_minor": 10000, "trued_up_minor": 0, "adjusted_minor": 0}
    first = payees(team, "2026-04")
    assert (first["compared_with"], [row["before_minor"] for row in first["accounts"]]) == ([], [0, 0])


def test_the_same_is_owed_when_it_is_locked_and_what_was_to_be_paid_is_paid(team: Office) -> None:
    before = payees(team, "2026-05")
    locked(team, "2026-05")
    after = payees(team, "2026-05")
    assert (after["accounts"], after["sums"]) == (before["accounts"], before["sums"])
    team.done("eve", "cycle", "pay", "2026-05", "--csv", team.folder / "paid.csv")
    rows = csv.DictReader(io.StringIO((team.folder / "paid.csv").read_text("utf-8")))
    assert {row["payee_id"]: row["amount"] for row in rows} == {"acme": "50.00", "bolt": "30.00"}
    assert accounts(payees(team, "2026-05")) == {
        "acme": (0, 5000, 0, 0, 5000, 0, 0, 0, 0),
        "bolt": (2000, 0, 1240, -240, 3000, 0, 0, 0, 0),
    }


def test_a_later_cycle_changes_nothing_of_an_earlier_one_but_what_is_to_be_paid(team: Office) -> None:
    assert accounts(payees(team, "2026-04"))["bolt"] == (0, 2000, 0, 0, 2000, 2000, 2000, 2000, 0)
    locked(team, "2026-05")
    assert accounts(payees(team, "2026-04"))["bolt"] == (0, 2000, 0, 0, 2000, 2000, 2000, 2000, 0)
    team.done("eve", "cycle", "pay", "2026-05")
    assert accounts(payees(team, "2026-04"))["bolt"] == (0, 2000, 0, 0, 2000, 2000, 2000, 0, 0)


def test_who_got_something_last_and_gets_nothing_now_is_told(team: Office) -> None:
    locked(team, "2026-05")
    team.done("eve", "cycle", "pay", "2026-05")
    opened(team, "2026-06")
    found = payees(team, "2026-06")
    assert {row["payee"]: row["difference_minor"] for row in found["accounts"]} == {"acme": -5000, "bolt": -1000}


def test_who_is_on_hold_is_told_with_the_reason(team: Office) -> None:
    team.done("eve", "hold", "bolt", "--reason", "bank details in question")
    found = payees(team, "2026-05")
    assert accounts(found)["bolt"][-2:] == (0, 3000)
    assert [row["on_hold"] for row in found["accounts"]] == [None, "bank details in question"]
    shown = team.look("cycle", "payees", "2026-05").out
    assert "on hold   bolt: bank details in question" in shown


def test_who_owes_is_not_paid_and_makes_nobody_else_s_payment_smaller(team: Office) -> None:
    team.done("bob", "adjust", "approve", adjusted(team, "bolt", "--amount", "-100"))
    found = payees(team, "2026-05")
    assert accounts(found)["bolt"] == (2000, 0, 1240, -10240, 0, 0, -7000, 0, 0)
    (total,) = found["sums"]
    assert (total["owed_after_minor"], total["to_pay_minor"]) == (-2000, 5000)


def test_a_cycle_of_true_ups_alone_earns_nothing(team: Office) -> None:
    locked(team, "2026-05")
    (team.folder / "deals.csv").write_text(LATE + "d6,bolt,50.00,2026-04-20\n", "utf-8")
    opened(team, "2026-04", name="2026-04-late")
    found = payees(team, "2026-04-late")
    assert found["compared_with"] == []
    assert accounts(found)["bolt"] == (3000, 0, 500, 0, 0, 0, 3500, 3500, 0)
    told = payees(team, "2026-04-late", "--payee", "bolt")
    assert (told["earned"], [each["period"] for each in told["trued_up"]]) == ([], ["2026-04"])


def test_a_dropped_cycle_pays_nothing(team: Office) -> None:
    team.done("eve", "cycle", "drop", "2026-05", "--reason", "a mistake")
    assert accounts(payees(team, "2026-05")) == {"bolt": (2000, 0, 0, 0, 0, 0, 2000, 2000, 0)} | {
        "acme": (0, 0, 0, 0, 0, 0, 0, 0, 0)  # who got something in the last period
    }


def test_a_payment_in_another_cycle_is_that_one_s(tmp_path: Path) -> None:
    """Two programs, each in a cycle of its own: what one pays of the other is told where it was paid."""
    team = office(tmp_path / "one")
    other = office(tmp_path / "two", team.store, PROGRAM.replace("Story", "Other"))
    for each, name in ((team, "one"), (other, "two")):
        each.in_force()
        each.locked("2026-04", name)
    team.done("eve", "cycle", "pay", "one", "--only", "acme")
    assert accounts(payees(team, "one")) == {
        "acme": (0, 10000, 0, 0, 20000, 0, -10000, 0, 0),
        "bolt": (0, 2000, 0, 0, 0, 0, 2000, 2000, 0),
    }
    assert accounts(payees(team, "two")) == {
        "acme": (-10000, 10000, 0, 0, 0, 0, 0, 0, 0),
        "bolt": (2000, 2000, 0, 0, 0, 0, 4000, 4000, 0),
    }
    (before,) = payees(team, "two", "--payee", "acme")["owed_before"]
    assert (before["cycle"], before["amount_minor"]) == ("one", -10000)


def test_what_was_owed_at_go_live_was_owed_before(tmp_path: Path) -> None:
    team = office(tmp_path / "office")
    team.in_force()
    rows = tmp_path / "go-live.csv"
    rows.write_text("partner_id,balance,as_of,released_on,amount\nbolt,owed,2026-03-31,,310.40\n", "utf-8")
    words = ("--program", team.program, "--period", "2026-04", "--reason", "from the old system")
    team.done("bob", "opening", "approve", team.done("ana", "opening", "submit", rows, *words)["event"])
    opened(team, "2026-04")
    assert accounts(payees(team, "2026-04"))["bolt"] == (31040, 2000, 0, 0, 0, 0, 33040, 33040, 0)
    (before,) = payees(team, "2026-04", "--payee", "bolt")["owed_before"]
    assert before == {"cycle": None, "program": "Story", "currency": "EUR", "amount_minor": 31040}


AMOUNT = st.integers(-(10**15), 10**15)
FIGURE = st.builds(Figures, AMOUNT, AMOUNT, AMOUNT)
ROW = st.builds(
    PayeeRow, st.text(), st.sampled_from(("EUR", "JPY")), AMOUNT, FIGURE, AMOUNT, AMOUNT, AMOUNT, AMOUNT, st.just(""),
    FIGURE,
)  # fmt: skip


@given(st.lists(ROW, max_size=6))
def test_totals_add_up_down_and_across(rows: Sequence[PayeeRow]) -> None:
    for total in totals_of(rows):
        mine = [row.amounts for row in rows if row.currency == total.currency]
        assert total.amounts == tuple(map(sum, zip(*mine, strict=True)))
        opening, earned, trued_up, adjusted, paid, returned, after, *_ = total.amounts
        assert opening + earned + trued_up + adjusted - paid + returned == after


# --- statements -------------------------------------------------------------------------------------------------------


def test_a_statement_tells_each_line_with_its_row_its_reason_and_its_command(team: Office) -> None:
    found = payees(team, "2026-05", "--payee", "bolt")
    assert accounts(found) == {"bolt": (2000, 0, 1240, -240, 0, 0, 3000, 3000, 0)}
    assert [(each["cycle"], each["amount_minor"]) for each in found["owed_before"]] == [("2026-04", 2000)]
    (batch,) = found["trued_up"]
    assert (batch["program"], batch["period"], batch["amount_minor"]) == ("Story", "2026-04", 1240)
    (line,) = batch["lines"]
    assert (line["table"], line["key"], line["amount_minor"]) == ("deals", "d4", 1240)
    assert line["reason"] == "deal d4: added after the period was locked"
    (one,) = found["adjusted"]
    assert (one["amount_minor"], one["is_counted"], one["reason"], one["evidence"]) == (
        -240,
        True,
        "agreed with bolt",
        "ticket 17",
    )
    first = payees(team, "2026-04", "--payee", "acme")
    (earned,) = first["earned"]
    assert earned["lines"] == [{"table": "deals", "key": "d1", "amount_minor": 10000}]
    assert (earned["partner_id"], earned["component"], earned["amount_minor"]) == ("acme", "commission", 10000)
    ended = team.look(*earned["explain"].split()[1:])
    assert ended.exit_code == 0 and "deals.csv record 1" in ended.out


def test_a_statement_has_the_last_period_beside(team: Office) -> None:
    shown = team.look("cycle", "payees", "2026-05", "--payee", "acme").out
    assert [line.split() for line in shown.splitlines()[2:5]] == [
        ["currency", "this", "cycle", "last", "period", "difference"],
        ["owed", "before", "EUR", "0.00"],
        ["earned", "EUR", "50.00", "100.00", "-50.00"],
    ]


def test_a_statement_tells_what_was_paid_and_what_the_bank_sent_back(team: Office) -> None:
    found = payees(team, "2026-04", "--payee", "bolt")
    told = [(each["payment"], each["kind"], each["amount_minor"], each["reason"]) for each in found["settled"]]
    assert told == [(1, "paid", -2000, None), (1, "returned", 2000, "closed account")]
    assert found["settled"][0]["on"] == "2026-05-05"


def test_what_waits_and_what_was_replaced_is_told_and_does_not_count(team: Office) -> None:
    first, second = (adjusted(team, "acme", "--to", to, "--component", "commission") for to in ("70", "80"))
    for number in (first, second):
        team.done("bob", "adjust", "approve", number)
    found = payees(team, "2026-05", "--payee", "acme")
    told = [(each["amount_minor"], each["status"], each["is_counted"]) for each in found["adjusted"]]
    assert told == [(1000, "submitted", False), (2000, "approved", False), (3000, "approved", True)]
    assert accounts(found)["acme"] == (0, 5000, 0, 3000, 0, 0, 8000, 8000, 0)
    shown = team.look("cycle", "payees", "2026-05", "--payee", "acme").out
    assert "of EUR 10.00 (agreed with acme), it waits for a second person" in shown
    assert "of EUR 20.00 (agreed with acme), replaced by a later one" in shown


def told_in_all(team: Office, name: str, payee: str) -> str:
    """A statement in each of its forms, one after the other."""
    forms: tuple[tuple[str, ...], ...] = ((), ("--json",), ("--csv", "-"))
    return "".join(team.look("cycle", "payees", name, "--payee", payee, *form).out for form in forms)


POOLED = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
kpis: {{sold: {{sum: deals.amount, dated: deals.closed_on}}}}
payouts: {{commission: {{base: deals.amount, dated: deals.closed_on, rate: 10%}}}}
pools: {{bonus: {{size: EUR 100, shared: {{by: sold}}, late: reshare}}}}
"""


@pytest.mark.parametrize(
    ("owner", "reasons"),
    [
        ("bolt", ["because late records changed"]),
        ("acme", ["deals d5: partner_id changed after the period was locked", "because deal d5 was changed"]),
    ],
)
def test_a_statement_holds_nothing_of_others(tmp_path: Path, owner: str, reasons: list[str]) -> None:
    """A deal of acme comes late and makes the pool larger; of another one that was bolt's, acme is the owner now."""
    tables = {**TABLES, "deals.csv": TABLES["deals.csv"] + "d5,bolt,40.00,2026-04-16\n"}
    team = office(tmp_path / "office", program=POOLED, tables=tables)
    team.in_force()
    team.locked()
    moved = tables["deals.csv"].replace("d5,bolt", f"d5,{owner}") + "d6,acme,600.00,2026-04-17\n"
    write(team.folder, POOLED, {"deals.csv": moved})
    opened(team, "2026-05")
    team.done("eve", "hold", "acme", "--reason", "a dispute of acme")
    told = told_in_all(team, "2026-05", "bolt")
    assert "bolt" in told and "trued up" in told and all(reason in told for reason in reasons)
    for theirs in ("acme", "Acme", "d1", "d3", "d6"):
        assert theirs not in told
    whole = json.dumps(json.loads(team.look("cycle", "trueups", "2026-05", "--json").out))
    assert "d6" in whole and "acme" in whole  # who may see all of it


def test_a_reason_keeps_what_is_the_payee_s_own() -> None:
    deal = Change("deals", "d1", "changed", (Cell("amount", "100", "200"),))
    rows = [
        ("acme", "commission", "deals", "d1", 1, 2, "deal d1: amount 1.00 -> 2.00"),
        ("acme", "bonus", "pool", "acme", 1, 2, "the pool 1.00 -> 2.00 because deal d1 was changed"),
        ("acme", "points", "pool", "acme", 1, 2, "because deal d1 was changed and deal d2 was added"),
        ("bolt", "commission", "deals", "d2", 0, 1, "deal d2: added after the period was locked"),
    ]
    lines = DeltaLines(*(np.array(column, dtype=object) for column in zip(*rows, strict=True)))
    batch = Batch("0" * 64, "2026-04", "EUR", (deal, Change("deals", "d2", "added")), (), lines, (), ())
    assert [each.reason for each in own_lines(batch, {"acme"}, {"acme", "bolt"})] == [
        "deal d1: amount 1.00 -> 2.00",
        "the pool 1.00 -> 2.00 because deal d1 was changed",
        "because late records changed",
    ]


HELD = "payee_id,partner_id,valid_from,valid_to,on_hold\nholding,acme,2026-01-01,,false\n"


def test_a_payee_is_told_of_the_partners_that_it_is_paid_for(tmp_path: Path) -> None:
    program = PROGRAM.replace("deals: deals.csv", "deals: deals.csv, payees: payees.csv")
    team = office(tmp_path / "office", program=program, tables={**TABLES, "payees.csv": HELD})
    team.in_force()
    opened(team, "2026-04")
    assert list(accounts(payees(team, "2026-04"))) == ["bolt", "holding"]
    found = payees(team, "2026-04", "--payee", "holding")
    assert [(each["partner_id"], each["amount_minor"]) for each in found["earned"]] == [("acme", 10000)]
    ended = team.look("cycle", "payees", "2026-04", "--payee", "acme")
    assert ended.exit_code == 2
    assert "B139 acme is paid to holding" in ended.err and "--payee holding" in ended.err
    assert "B139 there is no payee nobody" in team.look("cycle", "payees", "2026-04", "--payee", "nobody").err


# --- tables and hints -------------------------------------------------------------------------------------------------


def test_a_table_has_all_rows_with_decimals_and_no_formula(team: Office) -> None:
    team.done("eve", "hold", "acme", "--reason", "=1+1")
    table = team.folder / "payees.csv"
    assert team.look("cycle", "payees", "2026-05", "--csv", table).exit_code == 0
    first, second = csv.DictReader(io.StringIO(table.read_text("utf-8")))
    assert (first["payee"], first["on hold"], first["reason of the hold"]) == ("acme", "50.00", "'=1+1")
    assert (second["owed before"], second["adjusted"], second["to pay"]) == ("20.00", "-2.40", "30.00")
    assert (second["last period"], second["last period: earned"], second["difference"]) == ("20.00", "20.00", "-10.00")
    assert team.look("cycle", "payees", "2026-05", "--csv", table).exit_code == 2  # it is there already
    lines = csv.DictReader(io.StringIO(team.look("cycle", "payees", "2026-05", "--payee", "bolt", "--csv", "-").out))
    assert [(line["what"], line["amount"]) for line in lines] == [
        ("owed before", "20.00"),
        ("trued up", "12.40"),
        ("adjusted", "-2.40"),
    ]


def test_a_statement_as_a_table_has_no_formula() -> None:
    by_hand = Adjusted(7, "=P", "@acme", "-c", "JPY", 5, "approved", True, "+why", "here")
    row = PayeeRow("@acme", "JPY", 0, Figures(0, 0, 5), 0, 0, 5, 0, "", Figures())
    cycle = CycleSaid("c", "2026-04", "2026-04-01", "2026-04-30", "open", ())
    found = Statement(cycle, "@acme", (row,), (), (), (), (by_hand,), ())
    _, line = statement_csv(found).splitlines()
    assert line == "adjusted,'=P,2026-04,'@acme,'-c,adjustment 7,5,JPY,'+why; evidence: here"


def test_the_status_names_it_before_approval_and_tells_what_waits(team: Office) -> None:
    assert "look      partage cycle payees 2026-05" in team.look("cycle", "status", "2026-05").out
    assert "cycle payees" not in team.look("cycle", "status", "2026-04").out
    first, second = team.status("2026-05")["adjustments"]
    assert (first["payee"], first["amount_minor"], first["status"]) == ("bolt", -240, "approved")
    assert (second["payee"], second["amount_minor"], second["to_minor"]) == ("acme", None, 6000)
    assert (second["status"], second["reason"]) == ("submitted", "agreed with acme")


def test_nothing_calculated_yet_and_no_such_cycle(team: Office) -> None:
    assert team.look("cycle", "payees", "2026-09").exit_code == 3
    locked(team, "2026-05")
    team.done("eve", "cycle", "pay", "2026-05")
    team.done("eve", "cycle", "open", "2026-06", "--program", team.program)
    assert payees(team, "2026-06")["accounts"] == []
    assert "nobody gets anything yet" in team.look("cycle", "payees", "2026-06").out
