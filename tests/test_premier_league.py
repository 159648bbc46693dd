"""A published revenue share, reproduced to the pound: the central payments of the Premier League for 2015/16.

The totals of the 20 clubs were published by the league (Sky Sports, article 10293524), the parameters by
footballroar.com; the case file says which live counts were published and which follow from a club's own total.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from engine.explain import explain
from engine.facts.gather import Gathered, gather_facts
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.values import Plan, Reasoned, Run, Sheet
from rules.load import load

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "docs" / "examples" / "premier-league-2015-16" / "program.yaml"
CASE: dict[str, Any] = json.loads((ROOT / "tests" / "cases" / "premier-league-2015-16.json").read_text("utf-8"))
PARAMETERS = CASE["parameters"]
CLUBS = {club["club"].replace(" ", "-"): club for club in CASE["clubs"]}
PENCE = 100

Season = tuple[Plan, Sheet, Gathered, Run]


@pytest.fixture(scope="module")
def season() -> Iterator[Season]:
    loaded = load(PROGRAM)
    assert loaded.problems == ()
    meaning = loaded.understood()
    period, plan = meaning.calendar.period("2015-16"), compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, period) as facts:
        sheet = evaluate(plan, facts.snapshot, period)
        yield plan, sheet, facts, settle(plan, sheet, loaded.sha256, facts.inputs)


def test_the_example_holds_the_facts_of_the_case() -> None:
    rows = list(csv.DictReader((PROGRAM.parent / "seasons.csv").read_text("utf-8").splitlines()))
    assert {row["partner_id"]: (int(row["position"]), int(row["live_matches"])) for row in rows} == {
        name: (club["position"], club["live_uk_matches"]) for name, club in CLUBS.items()
    }


def test_all_twenty_totals_come_out_to_the_pound(season: Season) -> None:
    run = season[3]
    found = dict(zip(run.partners, run.payouts_minor[:, -1].tolist(), strict=True))
    assert found == {name: club["total_payment_gbp"] * PENCE for name, club in CLUBS.items()}
    assert len(found) == PARAMETERS["clubs"] == 20
    assert run.total_minor == CASE["sum_of_totals_gbp"] * PENCE == 1_638_805_918 * PENCE


def test_the_merit_pool_is_210_steps_of_one_size(season: Season) -> None:
    run, step = season[3], PARAMETERS["merit_step_gbp"] * PENCE
    assert run.pools["merit_payment"] == (210 * step, 0, 0) and PARAMETERS["merit_steps"] == 210
    merit = run.payouts_minor[:, run.components.index("merit_payment")].tolist()
    shares = dict(zip(run.partners, merit, strict=True))
    assert shares == {name: (21 - club["position"]) * step for name, club in CLUBS.items()}
    assert sum(21 - club["position"] for club in CLUBS.values()) == 210


def test_every_component_is_what_the_published_rule_says(season: Season) -> None:
    run, p = season[3], PARAMETERS
    rows = zip(run.partners, run.payouts_minor[:, :-1].tolist(), strict=True)
    by_club = {name: dict(zip(run.components, row, strict=True)) for name, row in rows}
    for name, club in CLUBS.items():
        further = max(club["live_uk_matches"] - p["live_matches_guaranteed"], 0)
        assert by_club[name] == {
            "equal_share": p["equal_share_domestic_gbp"] * PENCE,
            "overseas_rights": p["equal_share_overseas_gbp"] * PENCE,
            "central_commercial": p["equal_share_commercial_gbp"] * PENCE,
            "merit_payment": (21 - club["position"]) * p["merit_step_gbp"] * PENCE,
            "facility_fee": (p["facility_fee_guaranteed_gbp"] + further * p["facility_fee_further_match_gbp"]) * PENCE,
        }


def added_up(reason: Reasoned) -> Fraction:
    """The sum of the payments that a whole payout rests on."""
    return sum((part.value for part in reason.parts if part.value is not None), Fraction(0))


@pytest.mark.parametrize("club", CLUBS)
def test_every_club_is_explained_to_the_pound(season: Season, club: str) -> None:
    plan, sheet, facts, _ = season
    reason = explain(plan, sheet, facts.snapshot, club, None)
    assert reason.value == added_up(reason) == CLUBS[club]["total_payment_gbp"] * PENCE
    merit = next(part for part in reason.parts if part.title == "merit payment")
    place = CLUBS[club]["position"]
    assert f"x {21 - place} / 210" in merit.words
    assert merit.parts[1].words.startswith(f"place {place} of 20 (lowest seasons.position first)")
    uk = explain(plan, sheet, facts.snapshot, club, "uk_rights")
    others = PARAMETERS["equal_share_overseas_gbp"] + PARAMETERS["equal_share_commercial_gbp"]
    assert uk.value == reason.value - others * PENCE


def test_the_command_line_keeps_the_run_and_another_process_explains_it(tmp_path: Path) -> None:
    def partage(*arguments: str) -> Any:
        command = [sys.executable, str(ROOT / "cli.py"), "--store", str(tmp_path / "books.db"), *arguments, "--json"]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8").stdout)

    run = partage("run", str(PROGRAM), "--period", "2015-16")
    assert (run["run"], run["total_minor"]) == (1, CASE["sum_of_totals_gbp"] * PENCE)
    why = partage("explain", "1", "Leicester")
    assert why["run_id"] == run["run_id"]
    assert why["explanation"]["shown"] == "93,219,598.00"
