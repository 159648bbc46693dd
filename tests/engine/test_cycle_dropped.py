"""A cycle that was opened by mistake is dropped: it pays nothing, and its program is free again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cycle_stories import Office, office


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    return found


def opened(team: Office, name: str) -> None:
    team.done("eve", "cycle", "open", name, "--program", team.program)


def dropped(team: Office, name: str) -> None:
    found = team.done("eve", "cycle", "drop", name, "--reason", "the wrong period")
    assert (found["type"], found["payload"]) == ("cycle.dropped", {"reason": "the wrong period"})


def test_a_cycle_of_the_wrong_period_is_dropped_and_the_right_one_opened(team: Office) -> None:
    opened(team, "2026-12")
    assert team.refused("eve", "cycle", "open", "2026-04", "--program", team.program) == "B122"
    dropped(team, "2026-12")
    assert team.locked("2026-04") == "2026-04"
    assert [each["status"] for each in json.loads(team.look("cycle", "status", "--json").out)["cycles"]] == [
        "dropped",
        "locked",
    ]
    assert team.refused("eve", "cycle", "open", "2026-12", "--program", team.program) == "B121"  # its name stays used
    assert team.unpaid("2026-04") == {"acme": 10000, "bolt": 2000}


def test_what_was_calculated_in_it_is_paid_by_another_one(team: Office) -> None:
    opened(team, "2026-04")
    team.done("eve", "run", team.program, "--period", "2026-04")
    dropped(team, "2026-04")
    found = team.look("cycle", "status", "2026-04").out
    assert "would have paid EUR 120.00" in found and "next      nothing: it was dropped, and pays nothing" in found
    assert team.done("eve", "run", team.program, "--period", "2026-04")["kind"] == "preview"
    team.locked("2026-04", name="april")
    assert team.done("eve", "cycle", "pay", "april")["payload"]["totals_minor"] == {"EUR": "12000"}


def test_nothing_takes_a_dropped_cycle_up_again(team: Office) -> None:
    opened(team, "2026-04")
    team.done("eve", "run", team.program, "--period", "2026-04")
    words = ("--amount", "5", "--reason", "r", "--evidence", "e")
    adjustment = team.done("dan", "adjust", "submit", "2026-04", "acme", *words)["event"]
    dropped(team, "2026-04")
    for step in (("submit",), ("approve",), ("lock",), ("reject", "--reason", "r"), ("drop", "--reason", "r")):
        assert team.refused("bob", "cycle", step[0], "2026-04", *step[1:]) == "B149", step
    assert team.refused("eve", "cycle", "pay", "2026-04") == "B135"
    assert team.refused("eve", "cycle", "close", "2026-04") == "B131"
    assert team.refused("dan", "adjust", "submit", "2026-04", "acme", *words) == "B149"
    assert team.refused("bob", "adjust", "approve", adjustment) == "B149"
    assert json.loads(team.look("accrue", "--as-of", "2026-12-31", "--json").out)["open_cycles"] == []


def test_what_is_submitted_or_locked_is_not_dropped(team: Office) -> None:
    opened(team, "2026-04")
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert team.refused("eve", "cycle", "drop", "2026-04", "--reason", "r") == "B148"
    team.done("bob", "cycle", "reject", "2026-04", "--reason", "the wrong period")
    dropped(team, "2026-04")
    team.locked("2026-04", name="april")
    assert team.refused("eve", "cycle", "drop", "april", "--reason", "r") == "B134"


def test_a_cycle_is_dropped_for_a_reason_and_once(team: Office) -> None:
    opened(team, "2026-04")
    ended = team.ask("eve", "cycle", "drop", "2026-04", "--reason", " ", "--json")
    assert (ended.exit_code, json.loads(ended.out)["problems"][0]["code"]) == (2, "B100")
    first = team.done("eve", "cycle", "drop", "2026-04", "--reason", "r", "--key", "k")
    assert team.done("eve", "cycle", "drop", "2026-04", "--reason", "r", "--key", "k")["event"] == first["event"]
