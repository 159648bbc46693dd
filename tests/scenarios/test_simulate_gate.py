"""The gate: asked of the program as it is, slips of the pen, and values that miss by little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import group
from rules.problem import Refused
from scenarios.acts.simulate import simulate
from scenarios.acts.summed import Asked
from scenarios.outcomes.gate import clauses_of, judged
from scenarios.outcomes.report import gate_lines

PLAN = """program: Plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 5%
"""
PARTNERS = "partner_id,name,region\nacme,Acme,north\nbolt,Bolt,south\ncrux,Crux,south\n"
DEALS = """deal_id,partner_id,closed_on,amount
D-1,acme,2026-02-10,80000
D-2,bolt,2026-02-12,30000
D-3,acme,2026-03-12,345.67
"""


def partage(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(group, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A small plan: three partners, three deals."""
    for name, text in {"program.yaml": PLAN, "partners.csv": PARTNERS, "deals.csv": DEALS}.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / "program.yaml"


def test_the_gate_is_asked_of_the_program_as_it_is_without_a_scenario(plan: Path) -> None:
    asked = ("simulate", str(plan), "--period", "2026-02", "--gate")
    assert "FAILED  as it is: cost < 5_000 (it is 5,500.00)" in partage(*asked, "cost < 5_000", code=1)
    assert "holds   as it is: losers <= 0 (it is 0)" in partage(*asked, "losers <= 0 and change = 0")
    found = json.loads(partage(*asked, "cost < 5_000", "--json", code=1))
    assert found["holds"] is False and found["as_it_is"]["gate"][0]["value"] == "550000"


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("", "the gate is empty"),
        ("cost == 5", "write cost = ..."),
        ("cost => 5", "write cost >= ..."),
        ("cost < 5 or losers < 3", "write and between them"),
        ("cost 5", "has no sign"),
        ("cost <", "lacks the number"),
        ("cost < 5 and", "is missing beside and"),
    ],
)
def test_a_slip_in_a_gate_is_told(plan: Path, gate: str, told: str) -> None:
    done = CliRunner().invoke(group, ["simulate", str(plan), "--period", "2026-02", "--gate", gate])
    assert isinstance(done.exception, Refused) and told in str(done.exception)


def test_a_clause_that_fails_by_little_is_told_with_as_many_digits(plan: Path) -> None:
    """Two of three lose: 66.6666... %."""
    file = plan.parent / "scenario.yaml"
    file.write_text("set: {payouts.commission.rate: 4%}\n", "utf-8")
    less = simulate(plan, [file], Asked("2026-02"))
    clauses = clauses_of("losers <= 66.666666%", "EUR", 100, has_budget=True)
    (line,) = gate_lines(less.scenarios[0], judged(clauses, less.scenarios[0], less), less)
    assert line == "FAILED  scenario: losers <= 66.666666% (it is 66.666667%)"


def test_a_gate_that_fails_ends_with_exit_code_1(plan: Path) -> None:
    file = plan.parent / "scenario.yaml"
    file.write_text("set: {payouts.commission.rate: 4%}\n", "utf-8")
    asked = ("simulate", str(plan), str(file), "--period", "2026-02", "--gate")
    assert "FAILED  scenario: losers <= 5% (it is 66.67%)" in partage(*asked, "cost < 5_000 and losers <= 5%", code=1)
    assert json.loads(partage(*asked, "losers <= 5%", "--json", code=1))["holds"] is False
    assert "holds   scenario: cost < 5_000 (it is 4,400.00)" in partage(*asked, "cost < 5_000")
