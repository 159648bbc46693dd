"""Who asks is who the system or the server says, and what is asked can be read: no variable makes another person, a
look makes no store, and a number or a text that nothing could hold ends as words."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from cycle_stories import Office, office
from spine_stories import partage

from engine.commands.console import actor
from engine.store import Store
from engine.store.postgres import PostgresDatabase

NEVER = ("0", "9007199254740992", "99999999999999999999", "12345678901234567890123")


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    return found


def test_no_variable_makes_another_person(team: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "kim")
    assert actor() == me
    ended = team.look("cycle", "open", "2026-04", "--program", team.program, "--json")
    assert (ended.json()["actor"], ended.json()["identity"]) == (me, "os-declared")


@pytest.mark.parametrize("number", NEVER)
@pytest.mark.parametrize(
    "words",
    [
        ("adjust", "approve", "N"),
        ("adjust", "reject", "N", "--reason", "r"),
        ("cycle", "return", "2026-04", "N", "--payee", "acme", "--reason", "r"),
        ("cycle", "payment", "2026-04", "N"),
        ("dispute", "answer", "N", "--decline", "--answer", "a"),
        ("dispute", "close", "N"),
        ("opening", "approve", "N"),
        ("program", "activate", "N"),
    ],
)
def test_a_number_that_is_never_given_is_bad_input(words: tuple[str, ...], number: str, tmp_path: Path) -> None:
    asked = (number if each == "N" else each for each in words)
    ended = partage("--store", tmp_path / "none.db", *asked, "--json")
    assert (ended.exit_code, ended.json()["problems"][0]["code"]) == (2, "S100"), ended


def test_a_run_that_is_never_kept_is_not_there(team: Office) -> None:
    team.locked()
    claim = ("acme", "deals", "d1", "--set", "amount=1", "--reason", "r")
    for number in NEVER:
        asked = [("show", number), ("explain", number, "acme"), ("replay", number), ("diff", number, 1)]
        for words in (*asked, ("trace", "deals", "d1", "--run", number), ("dispute", "open", number, *claim)):
            ended = team.look(*words, "--json")
            assert (ended.exit_code, ended.json()["problems"][0]["code"]) == (2, "S210"), words


@pytest.mark.parametrize(
    "words",
    [("cycle", "open", b"\xff-04"), ("cycle", "reject", b"2026-04", b"--reason=\xe9"), (b"--store=\xff", "log")],
)
def test_bytes_that_are_no_text_are_bad_input(words: tuple[str | bytes, ...], team: Office) -> None:
    command = [sys.executable, "-m", "cli", *words]
    where = Path(__file__).resolve().parents[2]
    ended = subprocess.run(command, cwd=where, capture_output=True, check=False)
    assert ended.returncode == 2, ended
    assert b"is no UTF-8 text: " in ended.stderr and b"\\udc" in ended.stderr


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def test_a_command_that_makes_no_store_leaves_none_behind(postgres: str, team: Office) -> None:
    words = (
        ("cycle", "submit", "2026-04"),
        ("adjust", "approve", "1"),
        ("dispute", "close", "1"),
        ("hold", "acme", "--reason", "r"),
        ("program", "approve", "1"),
        ("opening", "approve", "1"),
        ("log",),
    )
    for each in words:
        ended = partage("--store", postgres, *each, "--json")
        assert (ended.exit_code, ended.json()["problems"][0]["code"]) == (2, "S201"), each
    with psycopg.connect(postgres) as on:
        assert on.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchall() == [(0,)]
    asked = ("program", "submit", team.program, "--effective", "2026-01-01", "--reason", "the plan")
    assert partage("--store", postgres, *asked).exit_code == 0


def test_who_says_to_be_somebody_else_is_refused_and_the_log_keeps_it(postgres: str, team: Office) -> None:
    asked = ("program", "submit", team.program, "--effective", "2026-01-01", "--reason", "the plan")
    assert partage("--store", postgres, *asked).exit_code == 0
    ended = partage("--store", postgres, "hold", "acme", "--reason", "r", "--as", "somebody else", "--json")
    assert (ended.exit_code, ended.json()["problems"][0]["code"]) == (2, "S105")
    (tried,) = partage("--store", postgres, "log", "--refused", "--json").json()["events"]
    assert (tried["identity"], tried["payload"]["command"], tried["payload"]["code"]) == ("database", "hold", "S105")
    assert tried["payload"]["request"] == {"as": "somebody else"} and tried["actor"] != "somebody else"


def test_who_logged_in_is_who_the_server_says(postgres: str) -> None:
    """What stands between may log in as another user than the client asked for, and the server knows which."""
    with psycopg.connect(postgres, autocommit=True) as on:
        ((name,),) = on.execute("SELECT 'kim_' || md5(random()::text)").fetchall()
        on.execute(f"CREATE ROLE {name}".encode())
        try:
            with Store.open(postgres) as store:
                asked_for, database = store.login, store._database
                assert isinstance(database, PostgresDatabase)
                database._connection.execute(f"SET SESSION AUTHORIZATION {name}".encode())
                assert (store.login, database._connection.info.user) == (name, asked_for)
        finally:
            on.execute(f"DROP ROLE {name}".encode())
