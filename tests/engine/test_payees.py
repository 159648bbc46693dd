"""Who is paid for whom: one payee for several partners, one payee of a partner on a day, and who waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from cycle_stories import PROGRAM, TABLES, Office, office
from spine_stories import write

SOURCED = PROGRAM.replace("deals: deals.csv", "deals: deals.csv, payees: payees.csv")
HEAD = "payee_id,partner_id,valid_from,valid_to,on_hold\n"
BOTH = f"{HEAD}holding,acme,2026-01-01,,false\nholding,bolt,2026-01-01,,false\n"


def paying(folder: Path, payees: str) -> Office:
    found = office(folder / "office", program=SOURCED, tables=TABLES | {"payees.csv": payees})
    found.in_force()
    return found


def told(team: Office) -> list[str]:
    """Why a run of the cycle is refused, by code and line."""
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    ended = team.ask("eve", "run", team.program, "--period", "2026-04")
    assert ended.exit_code == 2, ended.out + ended.err
    return [line for line in ended.err.splitlines() if line.startswith("error")]


def test_one_payee_is_paid_for_several_partners_from_the_same_day(tmp_path: Path) -> None:
    team = paying(tmp_path, BOTH)
    team.locked("2026-04")
    assert team.unpaid("2026-04") == {"holding": 10000 + 2000}


def test_a_row_on_hold_holds_all_that_its_payee_is_paid(tmp_path: Path) -> None:
    team = paying(tmp_path, BOTH.replace("bolt,2026-01-01,,false", "bolt,2026-01-01,,true"))
    team.locked("2026-04")
    assert (team.unpaid("2026-04"), team.status("2026-04")["on_hold"]) == ({}, {"holding": "in the source of payees"})


@pytest.mark.parametrize(
    "rows",
    [
        "holding,acme,2026-01-01,,\nother,acme,2026-04-01,,\n",
        "holding,acme,2026-01-01,,\nother,acme,2026-01-01,2026-01-31,\n",
        "holding,acme,2026-01-01,2026-04-15,\nother,acme,2026-04-15,,\n",
        "holding,acme,2026-01-01,,\nholding,acme,2026-02-01,,\n",
    ],
    ids=["from another day", "from the same day", "on one day", "the same payee twice"],
)
def test_a_partner_has_one_payee_on_a_day(tmp_path: Path, rows: str) -> None:
    found = told(paying(tmp_path, HEAD + rows))[1:]  # the first says that an official run needs every row
    assert len(found) == 2 and all("F124" in line and "hold on the same day" in line for line in found), found


def test_payees_that_follow_each_other_and_rows_for_no_partner_are_no_clash(tmp_path: Path) -> None:
    rows = "holding,acme,2026-01-01,2026-03-31,\nother,acme,2026-04-01,,\nx,,2026-01-01,,true\ny,,2026-01-01,,\n"
    team = paying(tmp_path, HEAD + rows)
    team.locked("2026-04")
    assert team.unpaid("2026-04") == {"other": 10000, "bolt": 2000}
    assert list(team.status("2026-04")["on_hold"]) == ["x"]


def test_no_warning_says_that_nothing_reads_payees(tmp_path: Path) -> None:
    path = write(tmp_path, SOURCED, TABLES | {"payees.csv": BOTH})
    team = Office(tmp_path, str(tmp_path / "books.db"))
    assert "P313" not in team.look("check", path).out + team.look("check", path).err
