"""What was earned and not paid by a day: it adds up row by row, and is what the books owe."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cycle_stories import PROGRAM, Office, office
from hypothesis import given, settings, strategies as st

from engine.acts.books.accrue import accrue
from engine.store import Store
from engine.values.posting import Owed, Posted, Posting

COLUMNS = ("opening", "earned", "adjusted", "returned", "paid", "closing", "calculated_not_locked")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """April is locked and paid, and bolt's payment came back; May is calculated, with an adjustment."""
    folder = tmp_path_factory.mktemp("kept") / "office"
    team = office(folder)
    team.in_force()
    team.locked()
    team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-05")
    team.done("eve", "cycle", "return", "2026-04", 1, "--payee", "bolt", "--reason", "closed account")
    team.done("eve", "cycle", "open", "2026-05", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-05")
    words = ("adjust", "submit", "2026-05", "bolt", "--amount", "-12.40", "--reason", "r", "--evidence", "e")
    number = team.done("eve", *words)["event"]
    team.done("bob", "adjust", "approve", number)
    return folder


@pytest.fixture
def team(kept: Path, tmp_path: Path) -> Office:
    """The same team, to do with as a story needs."""
    folder = tmp_path / "office"
    shutil.copytree(kept, folder)
    return Office(folder, str(folder / "books.db"))


def accrued(team: Office, as_of: str, *words: str) -> dict[str, Any]:
    found = json.loads(team.look("accrue", "--as-of", as_of, *words, "--json").out)
    assert isinstance(found, dict)
    return found


def amounts(found: dict[str, Any]) -> dict[str, tuple[int | None, ...]]:
    """The columns of each payee."""
    return {row["payee"]: tuple(row[f"{name}_minor"] for name in COLUMNS) for row in found["rows"]}


def test_before_anything_was_paid(team: Office) -> None:
    found = accrued(team, "2026-04-30")
    assert (found["from"], found["as_of"], found["open_cycles"]) == ("2026-01-01", "2026-04-30", [])
    assert amounts(found) == {"acme": (0, 10000, 0, 0, 0, 10000, 0), "bolt": (0, 2000, 0, 0, 0, 2000, 0)}


def test_what_is_calculated_and_not_locked_is_told_apart(team: Office) -> None:
    found = accrued(team, "2026-05-10", "--from", "2026-05-01")
    assert found["open_cycles"] == ["2026-05"]
    assert amounts(found) == {
        "acme": (10000, 0, 0, 0, 10000, 0, 5000),
        "bolt": (2000, 0, 0, 0, 2000, 0, -1240),
    }
    (total,) = found["totals"]
    assert [total[f"{name}_minor"] for name in COLUMNS] == [12000, 0, 0, 0, 12000, 0, 3760]


def test_what_a_bank_sent_back_is_owed_again(team: Office) -> None:
    """It came back on the day on which it was told, which is a real one."""
    found = accrued(team, "2999-12-31", "--from", "2026-05-01")
    assert amounts(found)["bolt"] == (2000, 0, 0, 2000, 2000, 2000, -1240)


def test_the_next_roll_forward_opens_with_what_this_one_closes_with(team: Office) -> None:
    one = amounts(accrued(team, "2026-05-04"))
    other = amounts(accrued(team, "2026-12-31", "--from", "2026-05-05"))
    assert {payee: row[5] for payee, row in one.items()} == {payee: row[0] for payee, row in other.items()}


def test_people_and_spreadsheets_read_it(team: Office, tmp_path: Path) -> None:
    shown = team.look("accrue", "--as-of", "2026-05-10", "--csv", tmp_path / "owed.csv").out
    assert "opening + earned + adjusted + returned - paid = closing" in shown
    assert [line.split() for line in shown.splitlines() if line.startswith("total")] == [
        ["total", "EUR", "0.00", "120.00", "0.00", "0.00", "120.00", "0.00", "37.60"]
    ]
    rows = list(csv.reader(io.StringIO((tmp_path / "owed.csv").read_text("utf-8"))))
    assert rows[0][:3] == ["payee", "currency", "opening"]
    assert rows[2] == ["bolt", "EUR", "0.00", "20.00", "0.00", "0.00", "20.00", "0.00", "-12.40"]


def test_of_one_program(team: Office) -> None:
    """Payments belong to it as long as its payees are owed nothing by another one."""
    found = accrued(team, "2026-05-10", "--program", "Story")
    assert amounts(found)["acme"] == (0, 10000, 0, 0, 10000, 0, 5000)
    ended = team.look("accrue", "--as-of", "2026-05-10", "--program", "Other", "--json")
    assert (ended.exit_code, json.loads(ended.out)["problems"][0]["code"]) == (2, "B159")
    ended = team.look("accrue", "--as-of", "2026-05-10", "--from", "2026-05-11", "--json")
    assert (ended.exit_code, json.loads(ended.out)["problems"][0]["code"]) == (2, "B158")


def test_nothing_was_posted_yet(tmp_path: Path) -> None:
    team = office(tmp_path / "office")
    team.in_force()
    assert "nothing was posted by then" in team.look("accrue", "--as-of", "2026-05-10").out


SPIFF = PROGRAM.replace("program: Story", "program: Spiff").replace("rate: 10%", "rate: 1%")


def test_payments_settle_all_programs_of_a_payee(tmp_path: Path) -> None:
    """Of one program alone nobody can say what was paid, as soon as a payee is owed something by another one."""
    team, other = office(tmp_path / "office"), office(tmp_path / "spiff", str(tmp_path / "office/books.db"), SPIFF)
    programs = ("--program", team.program, "--program", other.program)
    for each in (team, other):
        number = each.done("ana", "program", "submit", each.program, "--effective", "2026-01-01", "--reason", "p")[
            "event"
        ]
        each.done("bob", "program", "approve", number)
        each.done("ana", "program", "activate", number)
    team.done("eve", "cycle", "open", "2026-04", *programs)
    for each in (team, other):
        each.done("eve", "run", each.program, "--period", "2026-04")
    for by, verb in (("eve", "submit"), ("bob", "approve"), ("eve", "lock")):
        team.done(by, "cycle", verb, "2026-04")
    team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-05")
    assert amounts(accrued(team, "2026-05-31"))["acme"] == (0, 11000, 0, 0, 11000, 0, 0)
    found = accrued(team, "2026-05-31", "--program", "Spiff")
    assert amounts(found)["acme"] == (0, 1000, 0, None, None, 1000, 0)
    shown = team.look("accrue", "--as-of", "2026-05-31", "--program", "Spiff").out
    assert "before payments: they settle all programs of a payee together" in shown


postings = st.builds(
    Posting,
    st.sampled_from(["acme", "bolt", "=1+1"]),
    st.sampled_from(["One", "Two"]),
    st.just("2026-04"),
    st.sampled_from(["opening", "earned", "adjusted", "paid", "returned"]),
    st.sampled_from(["2025-12-31", "2026-01-01", "2026-04-30", "2026-05-01"]),
    st.sampled_from(["EUR", "JPY"]),
    st.integers(-(10**15), 10**15),
).map(lambda each: each._replace(program="") if each.kind in ("paid", "returned") else each)


class Books:
    """A store that has these postings and nothing else."""

    def __init__(self, posted: list[Posting]) -> None:
        self.posted = posted

    def __enter__(self) -> Books:
        return self

    def __exit__(self, *_: object) -> None: ...

    def events(self) -> tuple[()]:
        return ()

    def postings(self) -> list[Posted]:
        return [Posted(1, "c", each) for each in self.posted]

    def hold_postings(self) -> None:
        """They are as they were posted."""

    def owed(self, as_of: Any) -> list[Owed]:
        own = [each for each in self.posted if each.effective <= str(as_of)]
        return [Owed(each.payee, each.program, each.currency, each.kind, each.amount_minor) for each in own]


@settings(max_examples=60, deadline=None)
@given(posted=st.lists(postings, max_size=12))
def test_every_roll_forward_adds_up_and_the_two_halves_of_a_year_are_the_year(posted: list[Posting]) -> None:
    from datetime import date

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "open", lambda *_, **__: Books(posted))
        whole, first, second = (
            accrue("", date.fromisoformat(last), date.fromisoformat(start))
            for start, last in (
                ("2026-01-01", "2026-06-30"),
                ("2026-01-01", "2026-04-30"),
                ("2026-05-01", "2026-06-30"),
            )
        )
    of = [{(row.payee, row.currency): row for row in each.rows} for each in (whole, first, second)]
    for key, row in of[0].items():
        assert row.closing_minor == sum(each.amount_minor for each in posted if (each.payee, each.currency) == key)
        assert row.closing_minor == of[2][key].closing_minor
        assert of[2][key].opening_minor == (of[1][key].closing_minor if key in of[1] else 0) + sum(
            each.amount_minor for each in posted if (each.payee, each.currency) == key and _opens(each)
        )


def _opens(posting: Posting) -> bool:
    """Whether it was owed at a go-live of the second half, which that half opens with."""
    return posting.kind == "opening" and posting.effective >= "2026-05-01"
