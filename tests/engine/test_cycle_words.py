"""What a cycle says of itself: counts of one, who approved, what may come next, and which program a line is of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cycle_stories import DEALS, PROGRAM, Office, office
from spine_stories import write


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    return found


def test_one_payee_and_one_period(team: Office) -> None:
    team.locked("2026-04")
    shown = team.look("cycle", "status", "2026-04").out
    assert "unpaid    EUR 120.00 to 2 payees" in shown
    ended = team.ask("eve", "cycle", "pay", "2026-04", "--only", "acme")
    assert "EUR 100.00 to 1 payee\n" in ended.out
    shown = team.look("cycle", "status", "2026-04").out
    assert "EUR 100.00 to 1 payee\n" in shown and "unpaid    EUR 20.00 to 1 payee\n" in shown
    assert "1 payee of cycle 2026-04 has not been paid" in team.ask("eve", "cycle", "close", "2026-04").err
    write(team.folder, team.program.read_text("utf-8"), {"deals.csv": DEALS + "d9,acme,100.00,2026-04-02\n"})
    team.done("eve", "cycle", "open", "2026-05", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-05")
    assert ", 1 earlier period trued up" in team.look("cycle", "status", "2026-05").out


def test_who_approved_and_how_many_are_needed(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert "approved  by nobody yet (1 needed)" in team.look("cycle", "status", "2026-04").out
    team.done("bob", "cycle", "approve", "2026-04")
    assert "approved  by bob (1 needed)" in team.look("cycle", "status", "2026-04").out


def test_after_all_was_paid_only_its_close_may_come_next(team: Office) -> None:
    team.locked("2026-04")
    for paid, told in ((False, "partage cycle pay 2026-04 · partage cycle close 2026-04"), (True, "")):
        if paid:
            team.done("eve", "cycle", "pay", "2026-04")
            told = "partage cycle close 2026-04"
        assert team.status("2026-04")["next"] == told
        (each,) = json.loads(team.look("cycle", "status", "--json").out)["cycles"]
        assert each["next"] == told
        assert team.look("cycle", "status").out.rstrip().endswith(f"  {told}")
    assert each["programs"] == ["Story"]
    assert [(one["payment"], one["totals_minor"]) for one in each["payments"]] == [(1, {"EUR": 12000})]


def test_the_true_ups_of_a_cycle_with_several_programs_say_of_which_each_is(team: Office) -> None:
    fees = office(team.folder / "fees", team.store, PROGRAM.replace("Story", "Fees").replace("10%", "-5%"))
    fees.in_force()
    programs = ("--program", team.program, "--program", fees.program)
    team.done("eve", "cycle", "open", "april", *programs, "--period", "2026-04")
    for each in (team, fees):
        each.done("eve", "run", each.program, "--period", "2026-04")
    for by, verb in (("eve", "submit"), ("bob", "approve"), ("eve", "lock")):
        team.done(by, "cycle", verb, "april")
    team.done("eve", "cycle", "open", "may", *programs, "--period", "2026-05")
    for each, told in ((team, "trued up  Story, 2026-04: 1 late"), (fees, "trued up  Fees, 2026-04: 1 late")):
        write(each.folder, each.program.read_text("utf-8"), {"deals.csv": DEALS + "d9,acme,100.00,2026-04-02\n"})
        assert told in each.ask("eve", "run", each.program, "--period", "2026-05").out
    shown = team.look("cycle", "trueups", "may").out
    assert "trued up  Fees, 2026-04: 1 late" in shown and "trued up  Story, 2026-04: 1 late" in shown
    assert shown.splitlines()[2].split()[:3] == ["program", "period", "partner"]
    found = json.loads(team.look("cycle", "trueups", "may", "--csv", team.folder / "all.csv", "--json").out)
    assert [each["program"] for each in found["true_ups"]] == ["Fees", "Story"]
    assert (team.folder / "all.csv").read_text("utf-8").splitlines()[:2] == [
        "program,period,partner,component,row,before,after,difference,currency,because",
        "Fees,2026-04,acme,commission,deals d9,0.00,-5.00,-5.00,EUR,deal d9: added after the period was locked",
    ]
