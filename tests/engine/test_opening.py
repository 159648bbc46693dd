"""Go live: what balances, the year so far and payees stood at is read strictly, approved by a second person, and is
what the first period opens with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cycle_stories import TABLES, Office, office
from spine_stories import MONTH

from engine.acts.books.opening import opening_rows
from engine.acts.calculate import calculate
from engine.ledger import books_of
from engine.store import Store
from engine.values.closing import closing_from

PROGRAM = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv, payees: payees.csv}}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{{to: 1000, rate: 5%}}, {{rate: 10%}}]
balances:
  reserve: {{holdback: {{share: 10%, of: [commission], released: {{after: 2}}}}}}
"""
HEAD = "partner_id,balance,as_of,released_on,amount\n"
PAYEES = {"payees.csv": "payee_id,partner_id,valid_from\nzack,,2026-01-01\n"}
GOOD = f"""{HEAD}acme,reserve,2026-03-31,2026-04-30,12.50
acme,commission.year_to_date,2026-03-31,,900
bolt,owed,2026-03-31,,310.40
zack,owed,2026-03-31,,-5.00
"""


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office", program=PROGRAM, tables=TABLES | PAYEES)
    found.in_force()
    return found


def submitted(team: Office, rows: str = GOOD, by: str = "ana", **options: str) -> tuple[object, ...]:
    """The words that submit a file with these rows."""
    path = team.folder / "go-live.csv"
    path.write_text(rows, "utf-8")
    words = {"--program": str(team.program), "--period": "2026-04", "--reason": "from the old system"} | {
        f"--{name}": value for name, value in options.items()
    }
    return ("opening", "submit", path, *(word for pair in words.items() for word in pair))


def problems(team: Office, rows: str, **options: str) -> list[str]:
    """Why a file is refused: where, with which code, and in which words."""
    ended = team.ask("ana", *submitted(team, rows, **options), "--json")
    assert ended.exit_code == 2, ended.out + ended.err
    found = json.loads(ended.out)["problems"]
    return [
        f"{each['place']['line']}:{each['place'].get('field', '')} {each['code']} {each['message']}" for each in found
    ]


def accrued(team: Office, as_of: str) -> dict[str, int]:
    rows = json.loads(team.look("accrue", "--as-of", as_of, "--json").out)["rows"]
    return {row["payee"]: row["closing_minor"] for row in rows}


def test_an_opening_is_approved_by_another_person(team: Office) -> None:
    found = team.done("ana", *submitted(team))
    number, said = found["event"], found["payload"]
    assert (said["rows"], said["as_of"], said["totals_minor"]) == (4, "2026-03-31", {"EUR": "30540"})
    assert said["balances_minor"] == {"commission.year_to_date": "90000", "owed": "30540", "reserve": "1250"}
    assert accrued(team, "2026-12-31") == {}
    assert team.refused("ana", "opening", "approve", number) == "B101"
    assert team.refused("bob", "adjust", "approve", number) == "B110"
    team.done("bob", "opening", "approve", number)
    assert accrued(team, "2026-03-30") == {}
    assert accrued(team, "2026-03-31") == {"bolt": 31040, "zack": -500}
    assert team.refused("bob", "opening", "approve", number) == "B111"
    assert team.refused("ana", *submitted(team)) == "B161"
    (listed,) = json.loads(team.look("opening", "list", "--json").out)["requests"]
    assert (listed["status"], listed["by"], listed["decided_by"]) == ("approved", "ana", "bob")
    assert "approved" in team.look("opening", "list").out
    assert team.look("log").exit_code == 0


def test_the_first_period_opens_with_its_rows(team: Office) -> None:
    """Acme sold 900.00 before: of April's 1,000.00, 100.00 lie in the first tier. The reserve of March is released."""
    number = team.done("ana", *submitted(team))["event"]
    with Store.open(team.store) as store:
        assert opening_rows(store, books_of(store.events()), "Story") is None
    team.done("bob", "opening", "approve", number)
    with Store.open(team.store) as store:
        opening = opening_rows(store, books_of(store.events()), "Story")
        at = store.events()[0].at
    assert opening is not None
    assert opening.balances == (
        ("acme", "commission.year_to_date", "2026-03-31", "", "900.00"),
        ("acme", "reserve", "2026-03-31", "2026-04-30", "12.50"),
    )
    done = calculate(team.program, "2026-04", team.store, "eve", at, True, opener=lambda _: opening)
    paid = dict(zip(done.run.partners, done.run.payouts_minor[:, -1].tolist(), strict=True))
    assert paid == {"acme": 9500 - 950 + 1250, "bolt": 1000 - 100}
    with Store.open(team.store) as store:
        closing = json.loads(store.blob_bytes(done.record.blobs["closing"]))
    assert closing["balances"] == [
        ["acme", "commission.year_to_date", "2026-03-31", "", "900.00"],
        ["acme", "reserve", "2026-04-30", "2026-06-30", "9.50"],
        ["bolt", "reserve", "2026-04-30", "2026-06-30", "1.00"],
    ]
    ended = team.look("explain", done.record.number, "acme")
    assert "commission.year_to_date" in ended.out, ended.err
    assert team.look("replay", done.record.number).exit_code == 0


def test_the_period_after_goes_on_from_the_same_position(team: Office) -> None:
    """May's run opens with what April closed with: acme's 500.00 lie in the second tier, after 1,900.00."""
    number = team.done("ana", *submitted(team))["event"]
    team.done("bob", "opening", "approve", number)
    with Store.open(team.store) as store:
        opening, at = opening_rows(store, books_of(store.events()), "Story"), store.events()[0].at
    assert opening is not None
    april = calculate(team.program, "2026-04", team.store, "eve", at, True, opener=lambda _: opening)
    with Store.open(team.store) as store:
        closing = closing_from(store.blob_bytes(april.record.blobs["closing"]))
    may = calculate(team.program, "2026-05", team.store, "eve", at, True, opener=lambda _: closing)
    assert may.run.payouts_minor[0, 0] == 5000


def test_a_cycle_opens_with_what_was_approved(team: Office) -> None:
    """April and May as they are paid: tiers, reserve and what was owed go on from the old system."""
    team.done("bob", "opening", "approve", team.done("ana", *submitted(team))["event"])
    team.locked("2026-04")
    assert accrued(team, "2026-04-30") == {"acme": 9500 - 950 + 1250, "bolt": 1000 - 100 + 31040, "zack": -500}
    team.locked("2026-05")
    assert accrued(team, "2026-05-31")["acme"] == 9800 + 5000 - 500
    ended = team.ask("kim", "opening", "submit", team.folder / "go-live.csv", "--program", team.program)
    assert ended.exit_code == 2


def test_a_row_that_contradicts_its_balance_is_refused(team: Office) -> None:
    rows = f"""{HEAD}acme,reserve,2026-03-31,2026-02-28,1.00
bolt,reserve,2026-03-31,2026-05-31,-0.01
"""
    assert problems(team, rows) == [
        "2:released_on F325 what fell due on 2026-02-28 is no longer on reserve at the end of 2026-03-31",
        "3:amount F325 reserve can't be below zero",
    ]


def test_all_faults_of_a_file_at_once(team: Office) -> None:
    rows = f"""{HEAD}acmee,reserve,2026-03-31,,1.00
acme,reserv,2026-03-31,,1.00
,reserve,2026-03-31,,1.00
acme,reserve,2026-03-30,,1.00
acme,owed,2026-03-31,2026-05-31,1.00
bolt,reserve,2026-03-31,,
bolt,owed,2026-03-31,,1.005
bolt,commission.year_to_date,2026-02-30,,1.00
acme,owed,2026-03-31,2026-05-31,1.00
"""
    assert problems(team, rows) == [
        "2:partner_id F123 acmee is in no row of partners",
        "3:balance F320 the program has no balance reserv",
        "4:partner_id F320 reserve is a balance of partners, and the row names none",
        "5:as_of F321 2026-04 opens with what was there at the end of 2026-03-31",
        "6:released_on F321 nothing of owed falls due on a day",
        "7:amount F301 the amount of bolt on reserve is unknown",
        "8:amount F203 '1.005' is no amount",
        "9:as_of F204 '2026-02-30' is no date",
        "10:partner_id F121 the row 'acme/owed/2026-03-31/2026-05-31' stands twice, with the same content (see line 6)",
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (HEAD, "1: B163 the file has no rows"),
        (HEAD.replace("amount", "amounts"), "1:amount F105 the source has no column 'amount' for amount"),
        (HEAD.replace("\n", ",note\n") + "acme,reserve,2026-03-31,,1,x\n", "1:note B162"),
        (HEAD.replace("\n", ",currency\n") + "acme,reserve,2026-03-31,,1,USD\n", "2:currency F2"),
    ],
)
def test_a_file_of_another_form(rows: str, told: str, team: Office) -> None:
    (found,) = problems(team, rows)
    assert found.startswith(told), found


def test_a_position_of_a_year_that_begins_is_none(team: Office) -> None:
    rows = f"{HEAD}acme,commission.year_to_date,2025-12-31,,1.00\n"
    (found,) = problems(team, rows, period="2026-01")
    assert found == "2:balance F321 2026-01 begins the fiscal year, so nothing was added up in it before"


def test_a_rejected_opening_makes_way_for_another(team: Office) -> None:
    number = team.done("ana", *submitted(team))["event"]
    team.done("bob", "opening", "reject", number, "--reason", "the reserve is wrong")
    again = team.done("ana", *submitted(team, GOOD.replace("12.50", "12.40")))["event"]
    team.done("bob", "opening", "approve", again)
    with Store.open(team.store) as store:
        found = opening_rows(store, books_of(store.events()), "Story")
    assert found is not None and found.balances[1][4] == "12.40"


def test_it_is_too_late_once_a_cycle_is_locked(team: Office) -> None:
    number = team.done("ana", *submitted(team))["event"]
    team.locked()
    assert team.refused("bob", "opening", "approve", number) == "B160"
    team.done("bob", "opening", "reject", number, "--reason", "too late")
    assert team.refused("ana", *submitted(team)) == "B160"


def test_nobody_approves_it_behind_a_cycle_that_waits_for_approval(team: Office) -> None:
    number = team.done("ana", *submitted(team))["event"]
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert team.refused("bob", "opening", "approve", number) == "B164"
    team.done("bob", "cycle", "reject", "2026-04", "--reason", "without the opening")
    team.done("bob", "opening", "approve", number)
    team.done("eve", "run", team.program, "--period", "2026-04")
    assert team.status("2026-04")["totals_minor"] == {"EUR": 9500 - 950 + 1250 + 900}


def test_sent_again_it_has_one_effect(team: Office) -> None:
    words = (*submitted(team), "--key", "k")
    first, again = (team.done("ana", *words) for _ in range(2))
    assert (again["event"], again["replayed"]) == (first["event"], True)
    approve = ("opening", "approve", first["event"], "--key", "a")
    one, other = (team.done("bob", *approve) for _ in range(2))
    assert one["event"] == other["event"]
    assert accrued(team, "2026-12-31") == {"bolt": 31040, "zack": -500}


SCORED = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
kpis: {{revenue: {{sum: deals.amount, dated: deals.closed_on}}}}
scorecards:
  level:
    kpis:
      revenue: {{weight: 100%, linear: {{from: EUR 0, to: EUR 1000}}}}
    tiers: {{levels: {{silver: 0, gold: 80}}, hysteresis: {{keep_within: 5 points}}}}
payouts: {{commission: {{base: deals.amount, dated: deals.closed_on, rate: 10%}}}}
balances: {{reserve: {{holdback: {{share: 10%, of: [commission], released: {{after: 2}}}}}}}}
"""
SCORES = "partner_id,scorecard,kpi,period,points,tier\n"


def test_scores_and_tiers_come_with_a_file_of_their_own(team: Office) -> None:
    team.program.write_text(SCORED, "utf-8")
    path = team.folder / "scores.csv"
    path.write_text(f"{SCORES}acme,level,,2026-03,81.5,gold\n", "utf-8")
    number = team.done("ana", *submitted(team, HEAD, scores=str(path)))["event"]
    team.done("bob", "opening", "approve", number)
    with Store.open(team.store) as store:
        found = opening_rows(store, books_of(store.events()), "Story")
    assert found is not None and found.scores == (("acme", "level", "", "2026-03", "81.5", "gold"),)


def test_all_faults_of_both_files_at_once(team: Office) -> None:
    team.program.write_text(SCORED, "utf-8")
    path = team.folder / "scores.csv"
    rows = [
        "zed,level,,2026-03,1,gold",
        "acme,lever,,2026-03,1,",
        "acme,level,x,2026-03,1,",
        "bolt,level,,2026-02,1,tin",
    ]
    path.write_text(SCORES + "\n".join(rows) + "\n", "utf-8")
    assert problems(team, f"{HEAD}acme,small,2026-03-31,,1.00\n", scores=str(path)) == [
        "2:balance F320 the program has no balance small",
        "2:partner_id F123 zed is in no row of partners",
        "3:scorecard B162 no scorecard lever looks back at a period before",
        "4:kpi F216 level has no KPI x",
        "5:period B162 2026-04 looks back at 2026-03",
        "5:tier B162 level has no tier tin",
    ]


def test_what_a_run_shows_is_what_can_be_loaded(team: Office, tmp_path: Path) -> None:
    """The file of `show --balances --csv` is one to go live with."""
    run = team.done("eve", "run", team.program, "--period", "2026-04", "--preview")["run"]
    text = team.look("show", run, "--balances", "--csv", "-").out
    assert text.startswith(HEAD)
    found: dict[str, Any] = team.done("ana", *submitted(team, text, period="2026-05"))
    assert found["payload"]["balances_minor"] == {"reserve": "600"}


def test_who_is_owed_something_is_a_partner_or_a_payee_of_the_program(team: Office) -> None:
    rows = f"{HEAD}ghost,owed,2026-03-31,,7.00\nzac,owed,2026-03-31,,1.00\n"
    assert problems(team, rows) == [
        "2:partner_id F123 ghost is in no row of partners or payees",
        "3:partner_id F123 zac is in no row of partners or payees",
    ]


def test_who_submits_and_who_approves_see_who_would_be_owed_what(team: Office) -> None:
    ended = team.ask("ana", *submitted(team))
    shown = ["  bolt is owed 310.40", "  zack is owed -5.00"]
    assert ended.out.splitlines()[-3:-1] == shown
    assert team.look("opening", "list").out.splitlines()[-2:] == shown
    (asked,) = json.loads(team.look("opening", "list", "--json").out)["requests"]
    assert (asked["owed_payees"], asked["owed"]) == (2, [["bolt", "31040"], ["zack", "-500"]])
    team.done("bob", "opening", "approve", asked["request"])
    assert "is owed" not in team.look("opening", "list").out


def test_of_many_who_are_owed_something_the_largest_are_listed(tmp_path: Path) -> None:
    names = [f"p{at:02}" for at in range(23)]
    partners = "partner_id,name\n" + "".join(f"{name},{name}\n" for name in names)
    many = office(tmp_path / "many", program=PROGRAM, tables=TABLES | PAYEES | {"partners.csv": partners})
    rows = HEAD + "".join(f"{name},owed,2026-03-31,,{at + 1}.00\n" for at, name in enumerate(names))
    lines = many.ask("ana", *submitted(many, rows)).out.splitlines()
    assert lines[-22] == "  p22 is owed 23.00"
    assert lines[-3:-1] == ["  p03 is owed 4.00", "  and 3 payees more"]
