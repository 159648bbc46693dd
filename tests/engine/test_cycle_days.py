"""On which day something was paid, came back, and is owed again: no day is guessed, and none is told ahead."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cycle_stories import Office, office

BACK = ("cycle", "return", "2026-04", 1, "--payee", "acme", "--reason", "account closed")


@pytest.fixture
def team(tmp_path: Path) -> Office:
    """An office that paid April on 5 May."""
    found = office(tmp_path / "office")
    found.in_force()
    found.locked("2026-04")
    found.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-05")
    return found


def refused(team: Office, *words: object) -> str:
    ended = team.ask("eve", *words, "--json")
    assert ended.exit_code == 2, ended.out + ended.err
    return str(json.loads(ended.out)["problems"][0]["code"])


def owed(team: Office, as_of: str) -> int:
    found = json.loads(team.look("accrue", "--as-of", as_of, "--json").out)
    return int(next(each for each in found["rows"] if each["payee"] == "acme")["closing_minor"])


def test_what_came_back_is_owed_again_from_its_day_though_it_was_paid_again_since(team: Office) -> None:
    back = team.done("eve", *BACK, "--on", "2026-05-12")
    assert back["payload"]["returned_on"] == "2026-05-12"
    team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-20")
    assert [owed(team, f"2026-05-{day}") for day in ("04", "05", "11", "12", "19", "20")] == [
        10000,
        0,
        0,
        10000,
        10000,
        0,
    ]


def test_nothing_comes_back_before_it_was_paid(team: Office) -> None:
    assert refused(team, *BACK, "--on", "2026-05-04") == "B147"
    team.done("eve", *BACK, "--on", "2026-05-05")


def test_nothing_comes_back_on_a_day_to_come_though_a_payment_may_be_dated_ahead(team: Office) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date()
    assert refused(team, *BACK, "--on", tomorrow) == "B147"
    team.done("eve", *BACK)
    team.done("eve", "cycle", "pay", "2026-04", "--on", tomorrow)


def test_what_comes_back_of_a_payment_for_a_day_to_come_comes_back_on_that_day(team: Office) -> None:
    """A bank refuses a payment before its day: on every day nothing is missing, and it can be paid again."""
    team.done("eve", *BACK)
    later = (datetime.now(UTC) + timedelta(days=300)).date()
    team.done("eve", "cycle", "pay", "2026-04", "--on", later)
    again = ("cycle", "return", "2026-04", "2", "--payee", "acme", "--reason", "no such account")
    assert refused(team, *again, "--on", later - timedelta(days=1)) == "B147"
    assert refused(team, *again, "--on", later + timedelta(days=1)) == "B147"
    assert team.done("eve", *again)["payload"]["returned_on"] == str(later)
    assert [owed(team, str(later + timedelta(days=days))) for days in (-1, 0, 400)] == [10000, 10000, 10000]
    team.done("eve", "cycle", "pay", "2026-04")


def test_no_payment_is_years_ahead(team: Office) -> None:
    """Who mistypes the year is told."""
    team.done("eve", *BACK)
    assert refused(team, "cycle", "pay", "2026-04", "--on", (datetime.now(UTC) + timedelta(days=368)).date()) == "B147"


def test_a_return_without_a_day_sent_again_is_the_same_and_one_with_a_day_is_another(team: Office) -> None:
    first = team.done("eve", *BACK, "--key", "r1")
    assert not first["replayed"]
    assert team.done("eve", *BACK, "--key", "r1")["replayed"]
    assert team.ask("eve", *BACK, "--key", "r1", "--on", "2026-05-06").exit_code == 2
