"""What a finance team is told: all that is wrong at once, what was refused, and what a cycle pays without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cycle_stories import Office, office

PAY = ("cycle", "pay", "2026-04", "--on", "2026-05-05")


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    return found


def codes(team: Office, by: str, *words: object) -> tuple[int, list[str]]:
    """The exit code of a command that is refused, and the codes of all that is wrong."""
    ended = team.ask(by, *words, "--json")
    return ended.exit_code, [each["code"] for each in json.loads(ended.out)["problems"]]


def refused_last(team: Office) -> dict[str, object]:
    """What the log says of the last command that was refused."""
    found = json.loads(team.look("log", "--refused", "--last", "1", "--json").out)["events"][0]["payload"]
    assert isinstance(found, dict)
    return found


def test_a_payment_sent_again_with_its_list_is_the_same_payment_and_the_same_file(team: Office, tmp_path: Path) -> None:
    table = tmp_path / "paid.csv"
    team.locked()
    first = team.done("eve", *PAY, "--csv", table, "--key", "k1")
    content = table.read_bytes()
    again = team.done("eve", *PAY, "--csv", table, "--key", "k1")
    assert (again["event"], again["replayed"], table.read_bytes()) == (first["event"], True, content)
    table.write_text("of somebody else", "utf-8")
    ended = team.ask("eve", *PAY, "--csv", table, "--key", "k1")
    assert ended.exit_code == 2 and "the payment stands" in ended.err
    assert table.read_text("utf-8") == "of somebody else"


def test_a_new_payment_is_not_made_where_its_list_would_overwrite_a_file(team: Office, tmp_path: Path) -> None:
    table = tmp_path / "paid.csv"
    table.write_text("of somebody else", "utf-8")
    team.locked()
    assert codes(team, "eve", *PAY, "--csv", table) == (2, ["S102"])
    assert team.unpaid("2026-04") != {}


def test_a_version_comes_into_force_where_a_period_begins(team: Office) -> None:
    asked = ("program", "submit", team.program, "--reason", "from the middle of a month", "--effective")
    ended = team.ask("ana", *asked, "2026-05-15", "--json")
    (problem,) = json.loads(ended.out)["problems"]
    assert (ended.exit_code, problem["code"]) == (2, "B116") and "2026-06-01" in problem["hint"]
    team.done("ana", *asked, "2026-06-01")


def test_a_log_without_a_refusal_says_how_much_there_is(team: Office) -> None:
    assert team.look("log", "--refused").out.strip() == "none of the 3 events was refused"
    assert team.look("log", "--cycle", "2026-04").out.strip() == "none of the 3 events is of cycle 2026-04"


def test_all_that_is_wrong_with_an_adjustment_is_told_and_logged(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    adjust = ("adjust", "submit", "2026-04")
    blank = ("--amount", "1,2", "--to", "3.00", "--reason", " ", "--evidence", "")
    assert codes(team, "dan", *adjust, "acme", *blank) == (2, ["B140", "B140", "B140", "B141", "B100"])
    right = ("--amount", "5.00", "--reason", "agreed", "--evidence", "a 17")
    assert codes(team, "dan", *adjust, "acme", *right) == (3, ["B128"])
    assert (refused_last(team)["code"], refused_last(team)["command"]) == ("B128", "adjust")
    team.done("eve", "run", team.program, "--period", "2026-04")
    assert codes(team, "dan", *adjust, "acne", "--component", "comission", *right) == (2, ["B139", "B146"])
    assert refused_last(team)["code"] == "B139"


def test_a_claim_without_a_reason_is_told_with_all_that_is_wrong_with_it(team: Office) -> None:
    team.done("eve", "run", team.program, "--period", "2026-04", "--preview")
    claim = ("dispute", "open", 1, "acme", "deals", "D-1", "--set", "ammount=1", "--reason", " ")
    assert codes(team, "dan", *claim) == (2, ["B154", "B100"])


def test_a_cycle_says_which_adjustments_it_pays_without(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-04")
    asked = ("adjust", "submit", "2026-04", "acme", "--amount", "5.00", "--reason", "agreed", "--evidence", "a 17")
    number = team.done("dan", *asked)["event"]
    told = f"without adjustment {number}, which nobody decided on yet"
    assert told in team.ask("eve", "cycle", "submit", "2026-04").out
    team.done("bob", "cycle", "approve", "2026-04")
    assert told in team.ask("eve", "cycle", "lock", "2026-04").out


def test_a_command_that_is_not_written_as_asked_is_told_with_a_code_and_where_to_look(team: Office) -> None:
    ended = team.ask("eve", "cycle", "pay", "2026-04", "--on", "2026-02-31")
    assert (ended.exit_code, ended.err.split()[:2]) == (2, ["error", "S100"])
    assert "'2026-02-31' does not match the format '%Y-%m-%d'" in ended.err and "cycle pay --help" in ended.err
