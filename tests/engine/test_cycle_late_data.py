"""Late and corrected data in a cycle: what was locked stays, and the difference is paid, with its reason, in the open
one; whatever came in when, all cycles together pay what one that knew everything would have paid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cycle_stories import DEALS, PROGRAM, Office, office
from spine_stories import write

from engine.store import Store


@pytest.fixture
def team(tmp_path: Path) -> Office:
    found = office(tmp_path / "office")
    found.in_force()
    found.locked("2026-04")
    return found


def deals(team: Office, text: str) -> None:
    (team.folder / "deals.csv").write_text(text, "utf-8")


def calculated(team: Office, period: str, cycle: str = "") -> list[dict[str, Any]]:
    """What the true-ups of a cycle say, each line as partner, key and amount."""
    team.done("eve", "cycle", "open", cycle or period, "--program", team.program, "--period", period)
    found = team.done("eve", "run", team.program, "--period", period)["true_ups"]
    assert isinstance(found, list)
    return found


def owed(team: Office) -> dict[str, int]:
    """What every payee is owed by all cycles together, in minor units."""
    found: dict[str, int] = {}
    with Store.open(team.store) as kept:
        for each in kept.owed():
            found[each.payee] = found.get(each.payee, 0) + each.amount_minor
    return found


def approved(team: Office, cycle: str) -> None:
    team.done("eve", "cycle", "submit", cycle)
    team.done("bob", "cycle", "approve", cycle)
    team.done("eve", "cycle", "lock", cycle)


def test_a_late_deal_is_paid_in_the_open_cycle_with_its_reason(team: Office) -> None:
    deals(team, DEALS + "d4,bolt,124.00,2026-04-15\n")
    (batch,) = calculated(team, "2026-05")
    assert (batch["period"], batch["total_minor"]) == ("2026-04", 1240)
    assert batch["records"] == [{"table": "deals", "key": "d4", "kind": "added"}]
    (line,) = batch["lines"]
    assert (line["partner_id"], line["key"], line["before_minor"], line["after_minor"]) == ("bolt", "d4", 0, 1240)
    assert "d4" in line["reason"] and "added" in line["reason"]
    found = team.status("2026-05")
    assert found["totals_minor"] == {"EUR": 5000 + 1240}
    approved(team, "2026-05")
    assert team.unpaid("2026-05") == {"acme": 15000, "bolt": 3240}
    shown = team.look("cycle", "trueups", "2026-05").out
    assert "trued up  2026-04: 1 late record, 1 line comes to something else, 12.40 EUR" in shown


def test_a_corrected_and_a_removed_deal_are_taken_back(team: Office) -> None:
    deals(team, DEALS.replace("1000.00", "900.00").replace("d2,bolt,200.00,2026-04-30\n", ""))
    (batch,) = calculated(team, "2026-05")
    amounts = {(line["partner_id"], line["key"]): line["amount_minor"] for line in batch["lines"]}
    assert amounts == {("acme", "d1"): -1000, ("bolt", "d2"): -2000}
    assert [each["kind"] for each in batch["records"]] == ["changed", "removed"]


def test_late_to_late_at_any_depth_each_record_once(team: Office) -> None:
    deals(team, DEALS + "d4,bolt,100.00,2026-04-15\n")
    calculated(team, "2026-05")
    approved(team, "2026-05")
    deals(team, DEALS + "d4,bolt,150.00,2026-04-15\nd5,acme,10.00,2026-05-30\n")
    first, second = calculated(team, "2026-06")
    assert (first["period"], first["total_minor"], second["period"], second["total_minor"]) == (
        "2026-04",
        500,
        "2026-05",
        100,
    )
    approved(team, "2026-06")
    assert calculated(team, "2026-07") == []
    approved(team, "2026-07")
    assert team.status("2026-07")["totals_minor"] == {"EUR": 0}


def test_a_cycle_of_true_ups_alone(team: Office) -> None:
    deals(team, DEALS + "d4,bolt,100.00,2026-04-15\n")
    (batch,) = calculated(team, "2026-04", "2026-04-late")
    assert batch["total_minor"] == 1000
    found = team.status("2026-04-late")
    assert (found["has_run"], found["totals_minor"], found["programs"][0]["run"]) == (False, {"EUR": 1000}, None)
    approved(team, "2026-04-late")
    assert team.unpaid("2026-04-late") == {"bolt": 3000}  # whom it concerns
    assert calculated(team, "2026-05") == []


def test_an_earlier_period_keeps_the_program_that_it_was_locked_with(team: Office) -> None:
    write(team.folder, team.program.read_text("utf-8").replace("10%", "20%"), {})
    team.in_force("2026-05-01")
    deals(team, DEALS + "d4,bolt,100.00,2026-04-15\n")
    (batch,) = calculated(team, "2026-05")
    assert batch["total_minor"] == 1000  # at 10 %, as April was locked
    assert team.status("2026-05")["totals_minor"] == {"EUR": 10000 + 1000}


STEPS = "[{to: 1_000, rate: 10%}, {rate: 20%}]"
TIERS = f"{{method: marginal, accumulate: fiscal_year, order: [deals.closed_on], steps: {STEPS}}}"
TIERED = f"""{PROGRAM.replace("rate: 10%", f"tiers: {TIERS}")}
balances: {{kept: {{holdback: {{share: 10%, of: [commission], released: {{after: 1}}}}}}}}
"""


def test_a_late_deal_moves_later_periods_and_balances_too(tmp_path: Path) -> None:
    """April's late deal fills the year's first tier, so that May's deal is paid higher; the holdback follows."""
    team = office(tmp_path / "office", program=TIERED)
    team.in_force()
    team.locked("2026-04")
    team.locked("2026-05")
    deals(team, DEALS + "d4,bolt,1000.00,2026-04-15\n")
    team.done("eve", "cycle", "open", "2026-06", "--program", team.program)
    run = team.done("eve", "run", team.program, "--period", "2026-06")
    approved(team, "2026-06")
    other = office(tmp_path / "other", program=TIERED)  # knows everything from the start
    deals(other, DEALS + "d4,bolt,1000.00,2026-04-15\n")
    other.in_force()
    for period in ("2026-04", "2026-05", "2026-06"):
        other.locked(period)
    assert [each["period"] for each in run["true_ups"]] == ["2026-04", "2026-05"]
    assert owed(team) == owed(other)
    mine, theirs = (json.loads(each.look("show", "--balances", "--json").out)["balances"] for each in (team, other))
    assert mine == theirs
