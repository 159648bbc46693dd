"""A payment's list is kept: it is written again as it was, under ids that a bank takes, and comes back by payee."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from cycle_stories import Office, office
from hypothesis import given, strategies as st

from engine.acts.books import pay
from engine.commands.cycle import _of_whom
from engine.ledger.payments import _id
from engine.reports.new_file import write_new
from engine.values.draft import Recorded
from rules.problem import Refused, Unavailable

NAMES = st.text(min_size=1, max_size=64)


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    found.locked()
    return found


def problem(team: Office, *words: object) -> dict[str, Any]:
    found = json.loads(team.ask("eve", *words, "--json").out)["problems"]
    assert isinstance(found[0], dict)
    return found[0]


def test_a_list_is_written_again_as_it_was(team: Office) -> None:
    team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-05", "--csv", team.folder / "paid.csv")
    team.done("eve", "cycle", "return", "2026-04", 1, "--payee", "acme", "--reason", "closed")
    team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-06")
    again = team.folder / "again.csv"
    ended = team.look("cycle", "payment", "2026-04", 1, "--csv", again)
    assert again.read_bytes() == (team.folder / "paid.csv").read_bytes()
    assert ended.out.splitlines()[0] == "payment 1 of cycle 2026-04 on 2026-05-05: EUR 120.00 to 2 payees"
    assert "acme  " in ended.out
    found = json.loads(team.look("cycle", "payment", "2026-04", 1, "--json").out)
    assert [(each["payee_id"], each["amount_minor"]) for each in found["paid"]] == [("acme", 10000), ("bolt", 2000)]
    assert again.read_text("utf-8").splitlines()[1].startswith(found["paid"][0]["payment_id"] + ",acme,")
    assert problem(team, "cycle", "pay", "2026-04", "--csv", again)["code"] == "S102"
    ended = team.look("cycle", "payment", "2026-04", 1, "--csv", again)
    assert (ended.exit_code, again.read_bytes()) == (2, (team.folder / "paid.csv").read_bytes())
    assert team.look("cycle", "payment", "2026-04", 1, "--csv", again, "--force").exit_code == 0
    assert team.look("cycle", "payment", "2026-04", 3).exit_code == 3


def test_a_payment_whose_file_cannot_be_written_says_how_to_write_it(team: Office) -> None:
    found = problem(team, "cycle", "pay", "2026-04", "--csv", team.folder / "no" / "paid.csv")
    assert found["code"] == "S103"
    assert found["hint"].endswith("partage cycle payment 2026-04 1 --csv FILE")
    assert [each["payment"] for each in team.status("2026-04")["payments"]] == [1]
    assert team.look("cycle", "payment", "2026-04", 1, "--csv", team.folder / "paid.csv").exit_code == 0


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("acme", ("acme", "")),
        ("acme:EUR", ("acme", "EUR")),
        ("de:acme", ("de:acme", "")),  # of books that hold such an id
        ("de:acme:EUR", ("de:acme", "EUR")),
        ("acme:eur", ("acme:eur", "")),
        ("acme:", ("acme:", "")),
        (":EUR", (":EUR", "")),
    ],
)
def test_whom_a_return_names(written: str, told: tuple[str, str]) -> None:
    assert _of_whom(written) == told


def test_a_file_that_came_while_it_was_paid_is_left_and_the_payment_stands(
    team: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = team.folder / "paid.csv", pay.record

    def they_come_first(*words: Any) -> Recorded:
        path.write_text("theirs", "utf-8")
        return real(*words)

    monkeypatch.setattr(pay, "record", they_come_first)
    found = problem(team, "cycle", "pay", "2026-04", "--csv", path)
    assert (found["code"], found["hint"].startswith("the payment stands: ")) == ("S102", True)
    assert (path.read_text("utf-8"), len(team.status("2026-04")["payments"])) == ("theirs", 1)


def test_a_return_in_a_currency_that_there_is_not_names_nobody(team: Office) -> None:
    team.done("eve", "cycle", "pay", "2026-04")
    words = ("cycle", "return", "2026-04", 1, "--reason", "closed", "--payee")
    assert team.refused("eve", *words, "acme:EURO") == "B137"
    assert team.done("eve", *words, "acme:EUR")["payload"]["items"][0][:2] == ["acme", "EUR"]


# --- ids --------------------------------------------------------------------------------------------------------------


def test_parts_that_read_the_same_have_ids_of_their_own() -> None:
    assert _id("A-1", 2, "P", "EUR") != _id("A", 1, "2-P", "EUR")
    assert _id("A", 1, "P", "EUR") != _id("A", 1, "P", "USD")
    assert _id("A", 1, "P", "EUR") == _id("A", 1, "P", "EUR")


@given(cycle=NAMES, payee=NAMES, number=st.integers(1, 10**6))
def test_a_bank_takes_every_id(cycle: str, payee: str, number: int) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{19,34}", _id(cycle, number, payee, "EUR"))


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before", "utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="no space left"):
        write_new(path, "after", True, "the list")
    with pytest.raises(Unavailable):
        write_new(tmp_path / "b.csv", "after", False, "the list")
    assert [(each.name, each.read_text("utf-8")) for each in tmp_path.iterdir()] == [("a.csv", "before")]


def test_a_file_that_came_meanwhile_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = tmp_path / "a.csv", os.fsync

    def they_come_first(file: int) -> None:
        path.write_text("theirs", "utf-8")
        real(file)

    monkeypatch.setattr(os, "fsync", they_come_first)
    with pytest.raises(Refused):
        write_new(path, "ours", False, "the list")
    assert [(each.name, each.read_text("utf-8")) for each in tmp_path.iterdir()] == [("a.csv", "theirs")]


def test_a_file_keeps_its_rights_and_its_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.csv", tmp_path / "link.csv"
    path.write_text("before", "utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    write_new(link, "after", True, "the list")
    assert (path.read_text("utf-8"), stat.S_IMODE(path.stat().st_mode), link.is_symlink()) == ("after", 0o640, True)
    write_new(Path("/dev/null"), "gone", True, "the list")
    assert not Path("/dev/null").is_file()
