"""A run that a locked cycle pays is kept as rows too, for who asks by SQL: these are proved like its own lines."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from cycle_stories import Office, office


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    found.locked("2026-04")
    return found


def by_hand(team: Office, statement: str) -> None:
    """Change the rows of the table, as somebody with the file in hand can."""
    connection = sqlite3.connect(team.store)
    for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        if name.startswith("line_"):
            connection.execute(f"drop trigger {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_the_rows_of_a_locked_run_are_its_lines(team: Office) -> None:
    ended = team.look("replay", 1)
    assert ended.exit_code == 0, ended.out + ended.err
    assert "ok        the rows of the table `line` are the lines that were worked out" in ended.out.splitlines()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "update line set amount_minor = amount_minor + 100 where partner = 'bolt'",
            "line 2 of run 1 in the table `line`: kept row 2, bolt commission deals d2 21.00; "
            "worked out bolt commission deals d2 20.00",
        ),
        (
            "delete from line where partner = 'acme'",
            "line 1 of run 1 in the table `line`: kept row 2, bolt commission deals d2 20.00; "
            "worked out acme commission deals d1 100.00",
        ),
        ("delete from line", "line 1 of run 1 in the table `line`: kept no row; "),
        (
            "insert into line values (1, 3, 'zed', 'commission', 'deals', 'd9', 5)",
            "line 3 of run 1 in the table `line`: kept row 3, zed commission deals d9 0.05; worked out no line",
        ),
    ],
)
def test_a_row_that_was_changed_is_named(team: Office, statement: str, told: str) -> None:
    by_hand(team, statement)
    ended = team.look("replay", 1)
    assert ended.exit_code == 1
    assert f"error S161 {told}" in ended.err
    assert "is proved" not in ended.out
