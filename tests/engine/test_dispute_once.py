"""What a dispute comes to is paid once, whoever answers at the same time, dies on the way, or claims it again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cycle_stories import Office, office
from test_dispute import PROGRAM, TABLES

from engine.acts.books import dispute as acts
from engine.acts.books.asking import Asker
from engine.ledger import disputes
from engine.store.faults import undecided
from engine.values.draft import Recorded

MAY = 5000 + 10000  # what May pays without any adjustment
CLAIMED = 22500


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a team whose April is locked, whose May is open and calculated, and of whom pat claims a deal."""
    folder = tmp_path_factory.mktemp("kept") / "office"
    found = office(folder, program=PROGRAM, tables=TABLES)
    found.in_force()
    found.locked()
    found.done("eve", "cycle", "open", "2026-05", "--program", found.program)
    found.done("eve", "run", found.program, "--period", "2026-05")
    return folder


@pytest.fixture
def team(kept: Path, tmp_path: Path) -> Office:
    folder = tmp_path / "office"
    shutil.copytree(kept, folder)
    return Office(folder, str(folder / "books.db"))


def claimed(team: Office, run: int = 1) -> int:
    words = ("dispute", "open", run, "acme", "deals", "d3", "--set", "kind=new", "--reason", "the customer was new")
    return int(team.done("pat", *words)["event"])


def refused_claim(team: Office, run: int = 1) -> str:
    words = ("dispute", "open", run, "acme", "deals", "d3", "--set", "kind=new", "--reason", "the customer was new")
    return team.refused("pat", *words)


def grant(number: int, cycle: str = "2026-05") -> tuple[object, ...]:
    return ("dispute", "answer", number, "--grant", "--answer", "yes", "--cycle", cycle, "--evidence", "T-1")


def adjustments(team: Office) -> list[int]:
    events = json.loads(team.look("log", "--json").out)["events"]
    return [each["event"] for each in events if each["type"] == "adjustment.submitted"]


def died(team: Office, by: str, number: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Grant a dispute and die between the adjustment and the answer: the adjustment's number."""
    with monkeypatch.context() as broken:
        broken.setattr(disputes, "answer_dispute", lambda *_: 1 / 0)
        assert team.ask(by, *grant(number)).exit_code == 5
    return adjustments(team)[-1]


def test_two_who_grant_at_once_make_one_adjustment(team: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    number, real = claimed(team), acts._adjustment

    def sue_comes_first(*words: Any) -> int:
        monkeypatch.setattr(acts, "_adjustment", real)
        team.done("sue", *grant(number))
        return real(*words)

    monkeypatch.setattr(acts, "_adjustment", sue_comes_first)
    assert team.refused("tom", *grant(number)) == "B151"
    (adjustment,) = adjustments(team)
    team.done("kim", "adjust", "approve", adjustment)
    assert team.status("2026-05")["totals_minor"] == {"EUR": MAY + CLAIMED}


def test_a_second_adjustment_is_refused_while_the_first_waits(team: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tom read the books before Sue's adjustment, and Sue has not answered when his comes."""
    number, real = claimed(team), acts._adjustment

    def sue_dies_first(*words: Any) -> int:
        monkeypatch.setattr(acts, "_adjustment", real)
        died(team, "sue", number, monkeypatch)
        return real(*words)

    monkeypatch.setattr(acts, "_adjustment", sue_dies_first)
    assert team.refused("tom", *grant(number)) == "B157"
    (adjustment,) = adjustments(team)
    assert team.done("tom", *grant(number))["payload"]["adjustment"] == adjustment  # he grants it by hers
    assert adjustments(team) == [adjustment]
    assert team.refused("tom", "adjust", "approve", adjustment) == "B101"  # who granted it
    team.done("kim", "adjust", "approve", adjustment)


def test_a_dispute_whose_answer_was_lost_is_not_withdrawn_nor_paid(
    team: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = claimed(team)
    adjustment = died(team, "tom", number, monkeypatch)
    assert team.refused("pat", "dispute", "close", number) == "B157"
    assert team.refused("kim", "adjust", "approve", adjustment) == "B165"  # nobody granted it
    team.done("kim", "adjust", "reject", adjustment, "--reason", "tom's machine died")
    team.done("pat", "dispute", "close", number)
    assert team.status("2026-05")["totals_minor"] == {"EUR": MAY}


def test_an_answer_does_not_rest_on_an_adjustment_that_was_rejected(
    team: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = claimed(team)
    with monkeypatch.context() as broken:
        broken.setattr(disputes, "answer_dispute", lambda *_: 1 / 0)
        assert team.ask("tom", *grant(number), "--key", "k").exit_code == 5
    team.done("kim", "adjust", "reject", adjustments(team)[-1], "--reason", "look again")
    assert team.refused("tom", *grant(number), "--key", "k") == "B165"  # its adjustment under this key is that one
    first, second = adjustments(team)[0], team.done("tom", *grant(number), "--key", "k2")["payload"]["adjustment"]
    assert adjustments(team) == [first, second]


def test_an_adjustment_of_which_nobody_knows_is_asked_for_by_the_key_of_the_answer(
    team: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = claimed(team)

    def lost(store: object, asked: object, asker: Asker) -> Recorded:
        raise undecided("books", asker.key)

    with monkeypatch.context() as broken:
        broken.setattr(acts, "submit_adjustment", lost)
        ended = team.ask("tom", *grant(number), "--key", "k", "--json")
    (problem,) = ended.json()["problems"]
    assert (ended.exit_code, "with --key k: under" in problem["hint"]) == (4, True)


def test_a_granted_dispute_is_closed_once_its_adjustment_is_decided(team: Office) -> None:
    number = claimed(team)
    adjustment = team.done("tom", *grant(number))["payload"]["adjustment"]
    assert team.refused("pat", "dispute", "close", number) == "B157"
    team.done("kim", "adjust", "approve", adjustment)
    team.done("pat", "dispute", "close", number)


def test_a_claim_that_was_paid_is_not_made_again(team: Office) -> None:
    number = claimed(team)
    team.done("kim", "adjust", "approve", team.done("tom", *grant(number))["payload"]["adjustment"])
    team.done("pat", "dispute", "close", number)
    assert refused_claim(team) == "B150"


def test_a_claim_that_was_declined_or_rejected_may_be_made_again(team: Office) -> None:
    number = claimed(team)
    adjustment = team.done("tom", *grant(number))["payload"]["adjustment"]
    team.done("kim", "adjust", "reject", adjustment, "--reason", "no")
    team.done("pat", "dispute", "close", number)
    number = claimed(team)
    team.done("kim", "dispute", "answer", number, "--decline", "--answer", "no")
    team.done("pat", "dispute", "close", number)
    claimed(team)


def test_a_claim_whose_cycle_was_dropped_may_be_made_again(team: Office) -> None:
    number = claimed(team)
    adjustment = team.done("tom", *grant(number))["payload"]["adjustment"]
    team.done("kim", "adjust", "approve", adjustment)
    team.done("eve", "cycle", "drop", "2026-05", "--reason", "opened by mistake")
    team.done("pat", "dispute", "close", number)
    claimed(team)


def test_only_a_run_of_a_locked_cycle_is_disputed(team: Office) -> None:
    deals = team.folder / "deals.csv"
    deals.write_text(deals.read_text("utf-8").replace("2000.00", "3000.00"), "utf-8")
    assert team.look("run", team.program, "--period", "2026-04", "--preview").exit_code == 0
    assert refused_claim(team, run=3) == "B166"
    words = ("deals", "d4", "--set", "amount=600", "--reason", "more")
    assert team.refused("pat", "dispute", "open", 2, "acme", *words) == "B166"  # of the open cycle


def test_a_dispute_that_was_opened_on_a_run_never_locked_is_not_granted(
    team: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(disputes, "_refuse_unlocked", lambda *_: None)
        words = ("dispute", "open", 2, "acme", "deals", "d4", "--set", "amount=600", "--reason", "more")
        number = team.done("pat", *words)["event"]
    assert team.refused("tom", *grant(number)) == "B166"
    assert adjustments(team) == []
    team.done("tom", "dispute", "answer", number, "--decline", "--answer", "correct the source")
