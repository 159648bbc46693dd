"""A granted dispute is paid by an adjustment, and the corrected source trues the same row up: who pays is warned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cycle_stories import DEALS, Office, office
from spine_stories import write

CLAIM = ("dispute", "open", 1, "bolt", "deals", "d2", "--set", "amount=300", "--reason", "the order was larger")
CORRECTED = {"deals.csv": DEALS.replace("d2,bolt,200.00", "d2,bolt,300.00")}


@pytest.fixture
def team(tmp_path: Path) -> Office:
    """An office whose April is locked and whose May is open."""
    found = office(tmp_path / "office")
    found.in_force()
    found.locked("2026-04")
    found.done("eve", "cycle", "open", "2026-05", "--program", found.program)
    return found


def granted(team: Office, cycle: str = "2026-05") -> tuple[int, int]:
    """A dispute on d2, and the adjustment of a cycle that pays it."""
    number = int(team.done("pat", *CLAIM)["event"])
    words = ("--grant", "--answer", "yes", "--cycle", cycle, "--evidence", "order 7")
    return number, int(team.done("kim", "dispute", "answer", number, *words)["payload"]["adjustment"])


def corrected(team: Office) -> None:
    write(team.folder, team.program.read_text("utf-8"), CORRECTED)


def warnings(team: Office, *words: object) -> list[str]:
    """The messages with B167 that a look has, in JSON and in words."""
    found: dict[str, Any] = json.loads(team.look(*words, "--json").out)
    told = [each["message"] for each in found["warnings"] if each["code"] == "B167"]
    said = team.look(*words).err
    assert all(f"warning B167 {each}" in said for each in told) and bool(told) == ("B167" in said)
    return told


def test_a_row_that_both_pay_is_told_by_run_trueups_and_status(team: Office) -> None:
    team.done("eve", "run", team.program, "--period", "2026-05")
    dispute, adjustment = granted(team)
    assert warnings(team, "cycle", "status", "2026-05") == []
    corrected(team)
    ended = team.ask("eve", "run", team.program, "--period", "2026-05", "--json")
    told = f"deals d2 is trued up, and adjustment {adjustment} of dispute {dispute} pays for the same row"
    assert [each["message"] for each in json.loads(ended.out)["warnings"]] == [told]
    assert f"warning B167 {told}" in team.ask("eve", "run", team.program, "--period", "2026-05").err
    for look in ("trueups", "status"):
        assert warnings(team, "cycle", look, "2026-05") == [told]


def test_a_row_that_was_trued_up_before_it_was_granted_is_told_by_the_cycle_of_the_adjustment(team: Office) -> None:
    corrected(team)
    team.done("eve", "run", team.program, "--period", "2026-05")
    for by, verb in (("eve", "submit"), ("bob", "approve"), ("eve", "lock")):
        team.done(by, "cycle", verb, "2026-05")
    team.done("eve", "cycle", "open", "2026-06", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-06")
    dispute, adjustment = granted(team, "2026-06")
    told = f"deals d2 is trued up, and adjustment {adjustment} of dispute {dispute} pays for the same row"
    assert warnings(team, "cycle", "status", "2026-06") == [told]
    assert warnings(team, "cycle", "status", "2026-04") == []


def test_another_row_and_an_adjustment_that_was_rejected_are_no_warning(team: Office) -> None:
    team.done("eve", "run", team.program, "--period", "2026-05")
    _, adjustment = granted(team)
    write(team.folder, team.program.read_text("utf-8"), {"deals.csv": DEALS.replace("1000.00", "1100.00")})
    team.done("eve", "run", team.program, "--period", "2026-05")
    assert warnings(team, "cycle", "status", "2026-05") == []
    corrected(team)
    team.done("eve", "run", team.program, "--period", "2026-05")
    assert len(warnings(team, "cycle", "status", "2026-05")) == 1
    team.done("bob", "adjust", "reject", adjustment, "--reason", "the source is corrected")
    assert warnings(team, "cycle", "status", "2026-05") == []
