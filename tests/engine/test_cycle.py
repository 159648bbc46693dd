"""A payout cycle as a finance team runs it, and every way in which it does not go."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from cycle_stories import DEALS, Office, office
from spine_stories import write


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    return found


def test_a_cycle_from_its_opening_to_its_close(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    run = team.done("eve", "run", team.program, "--period", "2026-04")
    assert (run["kind"], run["cycle"]) == ("official", "2026-04")
    submitted = team.done("eve", "cycle", "submit", "2026-04")
    assert submitted["payload"]["totals_minor"] == {"EUR": "12000"}
    digest = submitted["payload"]["digest"]
    team.done("bob", "cycle", "approve", "2026-04", "--digest", digest[:12])
    team.done("eve", "cycle", "lock", "2026-04")
    assert team.unpaid("2026-04") == {"acme": 10000, "bolt": 2000}
    paid = team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-05")
    assert (paid["payload"]["payees"], paid["payload"]["totals_minor"]) == (2, {"EUR": "12000"})
    team.done("eve", "cycle", "close", "2026-04")
    found = team.status("2026-04")
    assert (found["status"], found["unpaid"]) == ("closed", [])
    events = json.loads(team.look("log", "--json").out)["events"]
    assert [each["type"] for each in events] == [
        "program.submitted",
        "program.approved",
        "program.activated",
        "cycle.opened",
        "cycle.calculated",
        "cycle.submitted",
        "cycle.approved",
        "cycle.locked",
        "cycle.paid",
        "cycle.closed",
    ]
    assert [each["event"] for each in events] == list(range(1, 11))
    assert all(one["sha256"] == other["before_sha256"] for one, other in pairwise(events))


def test_nobody_approves_what_they_had_a_hand_in_and_the_refusal_is_logged(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("dan", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert team.refused("eve", "cycle", "approve", "2026-04") == "B101"  # submitted it
    assert team.refused("dan", "cycle", "approve", "2026-04") == "B101"  # calculated it
    assert team.refused("ana", "cycle", "approve", "2026-04") == "B101"  # wrote the version
    refusals = json.loads(team.look("log", "--refused", "--json").out)["events"]
    assert [(each["actor"], each["payload"]["code"]) for each in refusals] == [
        ("eve", "B101"),
        ("dan", "B101"),
        ("ana", "B101"),
    ]
    assert team.status("2026-04")["status"] == "submitted"
    team.done("bob", "cycle", "approve", "2026-04")


def test_any_change_voids_an_approval(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    team.done("bob", "cycle", "approve", "2026-04")
    team.done("eve", "run", team.program, "--period", "2026-04")  # the very same comes out: nothing is void
    assert team.status("2026-04")["status"] == "approved"
    (team.folder / "deals.csv").write_text(DEALS.replace("200.00", "210.00"), "utf-8")
    team.done("eve", "run", team.program, "--period", "2026-04")
    assert team.status("2026-04")["status"] == "open"
    assert team.refused("eve", "cycle", "lock", "2026-04") == "B130"
    assert team.refused("bob", "cycle", "approve", "2026-04") == "B133"


def test_an_approval_is_of_the_digest_that_was_looked_at(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert team.refused("bob", "cycle", "approve", "2026-04", "--digest", "0123456789ab") == "B103"


def test_more_people_approve_larger_amounts(tmp_path: Path) -> None:
    rule = "approval: {needs: 1, above: [{amount: EUR 100, needs: 2}], by: [bob, cyd, fay]}\npayouts:"
    team = office(tmp_path / "office")
    write(team.folder, team.program.read_text("utf-8").replace("payouts:", rule), {})
    team.in_force()
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert team.refused("gil", "cycle", "approve", "2026-04") == "B102"
    team.done("bob", "cycle", "approve", "2026-04")
    assert team.refused("bob", "cycle", "approve", "2026-04") == "B104"
    assert team.refused("eve", "cycle", "lock", "2026-04") == "B130"
    team.done("cyd", "cycle", "approve", "2026-04")
    team.done("eve", "cycle", "lock", "2026-04")


def test_what_is_locked_never_changes(team: Office) -> None:
    team.locked()
    for words in (("submit",), ("lock",), ("reject", "--reason", "no")):
        assert team.refused("bob", "cycle", words[0], "2026-04", *words[1:]) == "B134"
    assert team.refused("eve", "cycle", "open", "2026-04", "--program", team.program) == "B121"
    preview = team.done("eve", "run", team.program, "--period", "2026-04")
    assert preview["kind"] == "preview"


def test_only_the_version_in_force_is_submitted(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    text = team.program.read_text("utf-8")
    write(team.folder, text.replace("10%", "12%"), {})
    team.done("eve", "run", team.program, "--period", "2026-04")
    assert team.refused("eve", "cycle", "submit", "2026-04") == "B129"
    write(team.folder, text, {})
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")


def test_a_version_comes_into_force_by_two_people_and_with_its_impact(team: Office) -> None:
    team.locked()
    write(team.folder, team.program.read_text("utf-8").replace("10%", "12%"), {})
    words = ("program", "submit", team.program, "--effective", "2026-05-01", "--reason", "2 % more")
    asked = team.done("ana", *words)
    (impact,) = asked["payload"]["impact"]
    assert (impact["period"], impact["before_minor"], impact["after_minor"]) == ("2026-04", "12000", "14400")
    assert (impact["winners"], impact["losers"], impact["most"][0]) == (2, 0, ["acme", "2000"])
    number = asked["event"]
    assert team.refused("ana", "program", "approve", number) == "B101"
    assert team.refused("ana", "program", "activate", number) == "B113"
    team.done("bob", "program", "approve", number)
    team.done("ana", "program", "activate", number)
    assert team.refused("ana", "program", "activate", number) == "B112"
    team.locked("2026-05")
    assert team.status("2026-05")["totals_minor"] == {"EUR": 6000}


def test_no_version_comes_into_force_for_what_is_locked(team: Office) -> None:
    team.locked()
    write(team.folder, team.program.read_text("utf-8").replace("10%", "12%"), {})
    words = ("program", "submit", team.program, "--effective", "2026-04-01", "--reason", "earlier")
    number = team.done("ana", *words)["event"]
    team.done("bob", "program", "approve", number)
    assert team.refused("ana", "program", "activate", number) == "B114"


def test_periods_are_locked_one_after_another(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    assert team.refused("eve", "cycle", "open", "2026-05", "--program", team.program) == "B122"
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    team.done("bob", "cycle", "approve", "2026-04")
    team.done("eve", "cycle", "lock", "2026-04")
    assert team.refused("eve", "cycle", "open", "2026-06", "--program", team.program) == "B124"


def test_a_payment_in_parts_with_a_hold_and_a_return(team: Office) -> None:
    team.locked()
    team.done("eve", "hold", "bolt", "--reason", "bank details in question")
    assert team.refused("eve", "cycle", "pay", "2026-04", "--only", "bolt") == "B142"
    first = team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-05")
    assert first["payload"]["totals_minor"] == {"EUR": "10000"}
    assert team.refused("eve", "cycle", "pay", "2026-04") == "B136"
    back = team.done("eve", "cycle", "return", "2026-04", 1, "--payee", "acme", "--reason", "account closed")
    assert back["payload"]["items"] == [["acme", "EUR", "10000", "account closed"]]
    assert team.refused("eve", "cycle", "return", "2026-04", 1, "--payee", "acme", "--reason", "again") == "B137"
    assert team.refused("eve", "cycle", "close", "2026-04") == "B132"
    team.done("eve", "release", "bolt", "--reason", "confirmed by letter")
    second = team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-06")
    assert second["payload"]["totals_minor"] == {"EUR": "12000"}
    team.done("eve", "cycle", "close", "2026-04")


def test_an_adjustment_takes_two_people_and_voids_an_approval(team: Office) -> None:
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    team.done("bob", "cycle", "approve", "2026-04")
    words = ("--reason", "agreed by phone", "--evidence", "ticket 17")
    added = team.done("dan", "adjust", "submit", "2026-04", "bolt", "--amount", "-12.40", *words)["event"]
    assert team.status("2026-04")["status"] == "approved"  # asked for, and nothing more
    assert team.refused("dan", "adjust", "approve", added) == "B101"
    team.done("bob", "adjust", "approve", added)
    over = ("adjust", "submit", "2026-04", "acme", "--to", "120.00", "--component", "commission", *words)
    number = team.done("dan", *over)["event"]
    team.done("bob", "adjust", "approve", number)
    found = team.status("2026-04")
    assert (found["status"], found["totals_minor"]) == ("open", {"EUR": 12000 - 1240 + 2000})
    team.done("eve", "cycle", "submit", "2026-04")
    assert team.refused("dan", "cycle", "approve", "2026-04") == "B101"
    team.done("bob", "cycle", "approve", "2026-04")
    team.done("eve", "cycle", "lock", "2026-04")
    assert team.unpaid("2026-04") == {"acme": 12000, "bolt": 760}


def test_the_same_key_has_one_effect(team: Office) -> None:
    words = ("cycle", "open", "2026-04", "--program", team.program, "--key", "k1")
    first, again = team.done("eve", *words), team.done("eve", *words)
    assert (first["sha256"], first["replayed"], again["replayed"]) == (again["sha256"], False, True)
    ended = team.ask("eve", "cycle", "open", "2026-05", "--program", team.program, "--key", "k1", "--json")
    assert ended.exit_code == 2, "the same key with another request"
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04", "--key", "k2")
    assert team.done("eve", "cycle", "submit", "2026-04", "--key", "k2")["replayed"]
    assert team.refused("eve", "cycle", "submit", "2026-04", "--key", "k3") == "B127"


def test_two_programs_in_one_cycle_are_netted_per_payee(team: Office) -> None:
    other = office(team.folder / "fees", store=team.store)
    text = other.program.read_text("utf-8").replace("program: Story", "program: Fees").replace("10%", "-5%")
    write(other.folder, text, {})
    other.in_force()
    team.done(
        "eve", "cycle", "open", "april", "--program", team.program, "--program", other.program, "--period", "2026-04"
    )
    team.done("eve", "run", team.program, "--period", "2026-04")
    assert team.refused("eve", "cycle", "submit", "april") == "B128"
    other.done("eve", "run", other.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "april")
    team.done("bob", "cycle", "approve", "april")
    team.done("eve", "cycle", "lock", "april")
    assert team.unpaid("april") == {"acme": 5000, "bolt": 1000}
    paid = team.done("eve", "cycle", "pay", "april", "--csv", team.folder / "paid.csv", "--on", "2026-05-05")
    assert paid["payload"]["payees"] == 2
    assert (team.folder / "paid.csv").read_text("utf-8").splitlines() == [
        "payment_id,payee_id,amount,currency",
        "april-1-acme-kkh3zk6nqr5zbtdha4fc,acme,50.00,EUR",
        "april-1-bolt-bjr2idnq57xbfswrtgjo,bolt,10.00,EUR",
    ]


def test_partners_are_paid_to_their_payee_who_may_be_on_hold_in_the_source(tmp_path: Path) -> None:
    team = office(tmp_path / "office")
    text = team.program.read_text("utf-8").replace("deals: deals.csv", "deals: deals.csv, payees: payees.csv")
    payees = """\
        payee_id,partner_id,valid_from,valid_to,on_hold
        acme-pay,acme,2026-01-01,,false
        bolt-ag,bolt,2026-04-30,,true
        """
    write(team.folder, text, {"payees.csv": payees})
    team.in_force()
    team.locked()
    assert set(team.unpaid("2026-04")) == {"acme-pay"}  # who is on hold is not waited for
    assert team.status("2026-04")["on_hold"] == {"bolt-ag": "in the source of payees"}
    assert team.refused("eve", "cycle", "pay", "2026-04", "--only", "bolt-ag") == "B142"
    paid = team.done("eve", "cycle", "pay", "2026-04", "--on", "2026-05-05")
    assert paid["payload"]["totals_minor"] == {"EUR": "10000"}
    team.done("eve", "cycle", "close", "2026-04")  # who is on hold is carried on


def test_the_run_of_the_period_before_is_named_to_compare_with(team: Office) -> None:
    team.locked("2026-04")
    team.locked("2026-05")
    (program,) = team.status("2026-05")["programs"]
    assert (program["run_before"], program["run"]) == (1, 2)
    assert "compare: partage diff 1 2" in team.look("cycle", "status", "2026-05").out


def test_a_calculation_older_than_the_opening_is_not_submitted(team: Office) -> None:
    write(team.folder, team.program.read_text("utf-8") + "balances: {small: {minimum: EUR 1}}\n", {})
    team.in_force("2026-04-01")
    team.done("eve", "cycle", "open", "2026-04", "--program", team.program)
    team.done("eve", "run", team.program, "--period", "2026-04")
    write(
        team.folder,
        team.program.read_text("utf-8"),
        {"opening.csv": "partner_id,balance,as_of,released_on,amount\nacme,small,2026-03-31,,0.40\n"},
    )
    opening = ("--program", team.program, "--period", "2026-04", "--reason", "go-live")
    number = team.done("ana", "opening", "submit", team.folder / "opening.csv", *opening)["event"]
    team.done("bob", "opening", "approve", number)
    assert team.refused("eve", "cycle", "submit", "2026-04") == "B128"
    team.done("eve", "run", team.program, "--period", "2026-04")
    team.done("eve", "cycle", "submit", "2026-04")
    assert team.status("2026-04")["totals_minor"] == {"EUR": 12040}


def test_a_pool_says_what_becomes_of_late_records_before_it_comes_into_force(team: Office) -> None:
    text = team.program.read_text("utf-8")
    words = ("program", "submit", team.program, "--effective", "2026-05-01", "--reason", "a pool", "--json")
    write(team.folder, f"{text}pools: {{bonus: {{size: EUR 100, shared: equally}}}}\n", {})
    ended = team.ask("ana", *words)
    assert (ended.exit_code, json.loads(ended.out)["problems"][0]["code"]) == (2, "B115")
    write(team.folder, f"{text}pools: {{bonus: {{size: EUR 100, shared: equally, late: house}}}}\n", {})
    assert team.ask("ana", *words).exit_code == 0
