"""What a strict review of the cycle found, each as a story: who is paid, what is bound, and what no retry may lose."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from cycle_stories import DEALS, PROGRAM, TABLES, Office, office
from spine_stories import write

REASON = ("--reason", "agreed", "--evidence", "ticket 1")
PAYEES = "payee_id,partner_id,valid_from,valid_to,on_hold\nholding,acme,2026-01-01,,{}\n"


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    return found


def with_payees(folder: Path, on_hold: str = "false", store: str = "", title: str = "Story") -> Office:
    program = PROGRAM.replace("deals: deals.csv", "deals: deals.csv, payees: payees.csv").replace("Story", title)
    tables = {**TABLES, "payees.csv": PAYEES.format(on_hold)}
    found = office(folder, store, program, tables)
    found.in_force()
    return found


def opened(team: Office, name: str, period: str = "") -> None:
    team.done("eve", "cycle", "open", name, "--program", team.program, "--period", period or name)
    team.done("eve", "run", team.program, "--period", period or name)


def approved(team: Office, name: str) -> None:
    team.done("eve", "cycle", "submit", name)
    team.done("bob", "cycle", "approve", name)
    team.done("eve", "cycle", "lock", name)


def test_true_ups_alone_are_paid_to_the_payee_too(tmp_path: Path) -> None:
    team = with_payees(tmp_path / "office")
    team.locked("2026-04")
    write(team.folder, team.program.read_text("utf-8"), {"deals.csv": DEALS + "d9,acme,100.00,2026-04-02\n"})
    opened(team, "late", "2026-04")
    number = team.done("dan", "adjust", "submit", "late", "acme", "--amount", "5.00", *REASON)["event"]
    team.done("bob", "adjust", "approve", number)
    approved(team, "late")
    assert team.unpaid("late") == {"holding": 10000 + 1000 + 500}


def test_nothing_is_replaced_where_nothing_was_calculated(tmp_path: Path) -> None:
    team = with_payees(tmp_path / "office")
    over = ("--to", "150.00", "--component", "commission", *REASON, "--json")
    team.locked("2026-04")
    opened(team, "late", "2026-04")
    assert team.ask("dan", "adjust", "submit", "late", "acme", *over).exit_code == 2
    approved(team, "late")
    opened(team, "2026-05")
    ended = team.ask("dan", "adjust", "submit", "2026-05", "holding", *over)  # lines are a partner's
    assert json.loads(ended.out)["problems"][0]["code"] == "B139"


def test_of_two_overrides_the_last_one_counts(team: Office) -> None:
    opened(team, "2026-04")
    for amount in ("150.00", "120.00"):
        over = ("--to", amount, "--component", "commission", *REASON)
        number = team.done("dan", "adjust", "submit", "2026-04", "acme", *over)["event"]
        team.done("bob", "adjust", "approve", number)
    assert team.status("2026-04")["totals_minor"] == {"EUR": 12000 + 2000}


def test_names_that_nobody_bears_are_refused(team: Office) -> None:
    opened(team, "2026-04")
    for words in (
        ("hold", "blot", "--reason", "why"),
        ("adjust", "submit", "2026-04", "zed", "--amount", "1.00", *REASON),
        ("adjust", "submit", "2026-04", "acme", "--amount", "1.00", "--component", "comission", *REASON),
    ):
        ended = team.ask("dan", *words, "--json")
        code = json.loads(ended.out)["problems"][0]["code"]
        assert (ended.exit_code, code) == (2, "B146" if "comission" in words else "B139")


def test_a_hold_of_the_source_outlasts_the_lock_of_another_program(tmp_path: Path) -> None:
    team = with_payees(tmp_path / "office", on_hold="true")
    other = office(tmp_path / "other", team.store, PROGRAM.replace("Story", "Other"))
    other.in_force()
    team.locked("2026-04")
    assert team.refused("eve", "cycle", "pay", "2026-04", "--only", "holding") == "B142"
    other.locked("2026-04", "other")
    assert team.refused("eve", "cycle", "pay", "2026-04", "--only", "holding") == "B142"


def test_a_payment_is_not_dated_before_what_it_pays(team: Office) -> None:
    team.locked("2026-04")
    ended = team.ask("eve", "cycle", "pay", "2026-04", "--on", "2026-04-29", "--json")
    assert (ended.exit_code, json.loads(ended.out)["problems"][0]["code"]) == (2, "B147")


def test_what_is_paid_out_decides_how_many_approve(tmp_path: Path) -> None:
    """What one partner owes makes nobody else's payment smaller."""
    rule = "approval: {needs: 1, above: [{amount: EUR 100, needs: 2}]}\npayouts:"
    deals = "deal_id,partner_id,amount,closed_on\nd1,acme,5000.00,2026-04-01\nd2,bolt,-5000.00,2026-04-30\n"
    team = office(tmp_path / "office", "", PROGRAM.replace("payouts:", rule), {**TABLES, "deals.csv": deals})
    team.in_force()
    opened(team, "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert (team.status("2026-04")["totals_minor"], team.status("2026-04")["needs"]) == ({"EUR": 0}, 2)


def test_a_later_day_of_effect_outranks_a_later_activation(team: Office) -> None:
    text = team.program.read_text("utf-8")
    for rate, effective in (("7%", "2026-05-01"), ("9%", "2026-02-01")):
        write(team.folder, text.replace("10%", rate), {})
        team.in_force(effective)
    write(team.folder, text.replace("10%", "7%"), {})
    opened(team, "2026-05")
    assert team.done("eve", "cycle", "submit", "2026-05")["payload"]["totals_minor"] == {"EUR": "3500"}


def test_the_days_of_a_cycle_are_those_of_the_version_in_force(team: Office) -> None:
    text = team.program.read_text("utf-8")
    other = "calendar: {period: custom, periods: {2026-04: 2026-03-31 to 2026-04-30}}"
    write(team.folder, text.replace("calendar: month", other), {})
    assert team.refused("eve", "cycle", "open", "2026-04", "--program", team.program) == "B123"


def test_the_very_same_calculated_again_after_an_opening_is_submitted(team: Office) -> None:
    opened(team, "2026-04")
    write(
        team.folder,
        team.program.read_text("utf-8"),
        {"open.csv": "partner_id,balance,as_of,released_on,amount\nacme,owed,2026-03-31,,7.00\n"},
    )
    words = ("--program", team.program, "--period", "2026-04", "--reason", "go-live")
    number = team.done("ana", "opening", "submit", team.folder / "open.csv", *words)["event"]
    team.done("bob", "opening", "approve", number)
    assert team.refused("eve", "cycle", "submit", "2026-04") == "B128"
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")


def test_an_opening_is_for_the_period_that_is_opened_first(team: Office) -> None:
    write(
        team.folder,
        team.program.read_text("utf-8"),
        {"open.csv": "partner_id,balance,as_of,released_on,amount\nacme,owed,2026-03-31,,7.00\n"},
    )
    words = ("--program", team.program, "--period", "2026-04", "--reason", "go-live")
    number = team.done("ana", "opening", "submit", team.folder / "open.csv", *words)["event"]
    team.done("bob", "opening", "approve", number)
    assert team.refused("eve", "cycle", "open", "2026-05", "--program", team.program) == "B124"
    opened(team, "2026-04")


def test_capitals_make_no_other_person(team: Office) -> None:
    opened(team, "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert team.refused("Eve", "cycle", "approve", "2026-04") == "B101"


def test_a_payment_sent_again_is_the_same(team: Office) -> None:
    team.locked("2026-04")
    first = team.done("eve", "cycle", "pay", "2026-04", "--key", "p1")
    assert team.done("eve", "cycle", "pay", "2026-04", "--key", "p1")["replayed"]
    assert team.ask("eve", "cycle", "pay", "2026-04", "--on", "2026-12-24", "--key", "p1").exit_code == 2
    assert first["payload"]["totals_minor"] == {"EUR": "12000"}


def test_a_key_is_one_persons(team: Office) -> None:
    opened(team, "2026-04")
    team.done("eve", "cycle", "submit", "2026-04", "--key", "k")
    assert team.ask("bob", "cycle", "approve", "2026-04", "--key", "k").exit_code == 2


def test_a_cycle_that_was_locked_first_closes_without_the_next_ones_payments(team: Office) -> None:
    team.locked("2026-04")
    team.done("eve", "cycle", "pay", "2026-04")
    team.locked("2026-05")
    team.done("eve", "cycle", "close", "2026-04")
    assert team.unpaid("2026-05") == {"acme": 5000}


def test_a_cycle_closes_whose_payees_were_paid_what_a_later_one_left_of_it(team: Office) -> None:
    """100.00 of April and -10.00 of May are paid as 90.00: nothing is left of either, nor when June adds to it."""
    team.locked("2026-04")
    team.done("eve", "cycle", "open", "2026-05", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-05")
    less = ("acme", "--amount", "-60.00", "--reason", "agreed", "--evidence", "a 17")
    number = team.done("dan", "adjust", "submit", "2026-05", *less)["event"]
    team.done("bob", "adjust", "approve", number)
    team.done("eve", "cycle", "submit", "2026-05")
    team.done("kim", "cycle", "approve", "2026-05")
    team.done("eve", "cycle", "lock", "2026-05")
    assert team.refused("eve", "cycle", "close", "2026-04") == "B132"
    paid = team.done("eve", "cycle", "pay", "2026-05")["payload"]["totals_minor"]
    assert paid == {"EUR": "11000"}
    team.locked("2026-06")
    team.done("eve", "cycle", "close", "2026-04")
    team.done("eve", "cycle", "close", "2026-05")


def test_money_is_not_paid_by_postings_that_were_changed(team: Office) -> None:
    team.locked("2026-04")
    connection = sqlite3.connect(team.store)
    connection.execute("drop trigger posting_no_update")
    connection.execute("update posting set amount_minor = amount_minor + 100000 where payee = 'bolt'")
    connection.commit()
    connection.close()
    for words in (("cycle", "pay", "2026-04"), ("cycle", "close", "2026-04")):
        ended = team.ask("eve", *words, "--json")
        assert (ended.exit_code, json.loads(ended.out)["problems"][0]["code"]) == (1, "S220")
    assert team.look("accrue", "--as-of", "2026-05-31").exit_code == 1
    assert team.look("backup", team.folder / "kept").exit_code == 1


def test_what_is_released_after_the_close_is_paid(team: Office) -> None:
    team.locked("2026-04")
    team.done("eve", "hold", "bolt", "--reason", "in question")
    team.done("eve", "cycle", "pay", "2026-04")
    team.done("eve", "cycle", "close", "2026-04")
    team.done("eve", "release", "bolt", "--reason", "clear")
    assert team.done("eve", "cycle", "pay", "2026-04")["payload"]["totals_minor"] == {"EUR": "2000"}
    assert team.status("2026-04")["status"] == "closed"
