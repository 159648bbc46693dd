"""`partage optimise` on plan parameters: what it prints, writes and returns, on a terminal, in a pipe and as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from tune_files import FIRST, HEAD, LAUNCH, SMALL, parameters_of, plan_in

from cli import group
from engine.commands import progress
from rules.problem import PartageError

GOOD = HEAD + parameters_of(SMALL) + "goal: {minimise: losers}\nhold: cost <= 8_500\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The problem beside its program: 15 plans, of which those that cost at most 8,500 hold."""
    plan_in(tmp_path)
    found = tmp_path / "cheaper.yaml"
    found.write_text(GOOD, "utf-8")
    return found


def partage(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(group, words)
    assert done.exception is None or isinstance(done.exception, SystemExit | PartageError), done.exception
    refused = done.exception if isinstance(done.exception, PartageError) else None
    assert (refused.exit_code if refused else done.exit_code) == code, done.output
    return str(refused) if refused else done.output


def test_the_answer_is_the_plan_in_force_and_the_proposal_side_by_side(file: Path) -> None:
    told = partage("optimise", str(file))
    assert told.splitlines()[:11] == [
        "a cheaper plan: 2 parameters of Plan, 2026-02 to 2026-03, 15 plans",
        "goal: least losers; to hold: cost <= 8_500",
        "",
        "                                       as it is  proposal",
        "payouts.commission.tiers.steps.1.rate        5%        4%",
        "payouts.launch.amount                   EUR 250   EUR 500",
        "cost EUR                               8,812.29  8,429.83",
        "change EUR                                 0.00   -382.46",
        "winners                                       0         1",
        "losers                                        0         2",
        "unchanged                                     4         1",
    ]
    assert "holds   cost <= 8_500 (it is 8,429.83)\neach of the 15 plans was worked out: the best is proved\n" in told
    assert "a cheaper plan: acme Acme loses 450.00: commission -700.00, launch +250.00\n" in told
    assert "\x1b" not in told, "in a pipe nothing is told on the way"


def test_the_scenario_that_is_written_simulates_to_the_same_digests(file: Path) -> None:
    proposal = file.parent / "proposal.yaml"
    told = json.loads(partage("optimise", str(file), "--scenario", str(proposal), "--json"))
    words = ("simulate", str(file.parent / "program.yaml"), str(proposal), "--period", "2026-02..2026-03", "--json")
    simulated = json.loads(partage(*words))
    one, other = ({**of["scenarios"][0], "file": "", "gate": []} for of in (told["simulated"], simulated))
    assert one == other and one["periods"][0]["lines_sha256"]
    assert told["simulated"]["as_it_is"] == simulated["as_it_is"]
    assert told["files"] == [str(proposal)]
    partage("optimise", str(file), "--scenario", str(proposal), code=2)
    partage("optimise", str(file), "--scenario", str(proposal), "--force")


def test_scripts_are_told_all_that_people_are(file: Path) -> None:
    told = json.loads(partage("optimise", str(file), "--json"))
    assert (told["proof"], told["is_met"], told["points"], told["evaluations"]) == ("all", True, "15", 15)
    assert told["goal_of"] == {
        "aim": "minimise",
        "quantity": "losers",
        "number": None,
        "weights": [{"quantity": "losers", "weight": "1"}],
    }
    assert told["proposal"]["changes"] == [{"path": FIRST, "value": "4%"}, {"path": LAUNCH, "value": "EUR 500"}]
    assert told["proposal"]["gate"] == [{"clause": "cost <= 8_500", "value": "842983", "holds": True}]
    assert [each["in_force"] for each in told["parameters"]] == ["5%", "EUR 250"]
    assert [each["evaluations"] for each in told["trail"]] == [2, 3, 4]


def test_where_no_plan_holds_the_exit_code_says_so_and_nothing_is_written(file: Path) -> None:
    file.write_text(GOOD.replace("8_500", "5"), "utf-8")
    proposal, table = file.parent / "proposal.yaml", file.parent / "table.csv"
    told = partage("optimise", str(file), "--scenario", str(proposal), "--out", str(table), code=1)
    assert "FAILED  no plan of the grid holds: cost <= 5\n" in told
    assert "  misses  cost <= 5 by 6,924.83 (it is 6,929.83)\n" in told
    assert not proposal.exists() and not table.exists()
    assert json.loads(partage("optimise", str(file), "--json", code=1))["proposal"] is None


def test_every_partner_and_component_is_written_as_a_table(file: Path) -> None:
    table = file.parent / "table.csv"
    partage("optimise", str(file), "--out", str(table))
    head, *rows = table.read_text("utf-8").splitlines()
    assert head == "scenario,file,period,partner_id,name,component,before,now,difference"
    assert "a cheaper plan,cheaper.yaml,2026-02..2026-03,acme,Acme,launch,250.00,500.00,250.00" in rows


def test_a_terminal_is_told_how_far_it_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("engine.commands.progress.sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("engine.commands.progress.click.echo", lambda text, **_: told.append(text))
    monkeypatch.setattr(progress, "_EVERY_SECONDS", -1.0)
    with progress.progress(is_json=False) as tell:
        from scenarios.acts.optimise import optimise

        optimise(file, told=tell)
    assert told[0].endswith("plans 1 of 15") and told[-2].endswith("plans 14 of 15")


def test_a_name_that_is_no_plain_word_is_written_so_that_it_reads_back(file: Path) -> None:
    name = '"50 %: a #1 [plan]"'
    file.write_text(GOOD.replace("a cheaper plan", name), "utf-8")
    proposal = file.parent / "proposal.yaml"
    partage("optimise", str(file), "--scenario", str(proposal))
    words = ("simulate", str(file.parent / "program.yaml"), str(proposal), "--period", "2026-02", "--json")
    assert json.loads(partage(*words))["scenarios"][0]["scenario"] == "50 %: a #1 [plan]"


def test_a_hostile_problem_is_refused_at_once(file: Path) -> None:
    paths = "\n".join(f"  payouts.p{number}.rate: {{from: 0, to: 1, step: 0.0000001}}" for number in range(100))
    for text in (f"{HEAD}parameters:\n{paths}\ngoal: {{minimise: cost}}\n", "parameters: [[[\n", "parameters:\n"):
        file.write_text(text, "utf-8")
        assert "error " in partage("optimise", str(file), code=2)
    assert os.listdir(file.parent)


def test_a_frontier_is_of_a_budget_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is told before hundreds of plans are worked out."""
    monkeypatch.setattr("scenarios.acts.tune.tune", None)
    assert "W306" in partage("optimise", str(file), "--frontier", "5..10", code=2)
