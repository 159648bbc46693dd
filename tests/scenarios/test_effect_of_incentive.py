"""What an incentive really brought: who earned it is read from locked cycles, and what it paid for nothing is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import group
from rules.problem import Refused
from scenarios.acts.effect import effect
from scenarios.effect.answer import Effect
from scenarios.funds.findings import Asked, Findings

PLAN = """program: Spring push
currency: EUR
calendar: month
effective: 2025-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis: {sold: {sum: deals.amount, dated: deals.closed_on}}
payouts:
  spiff: {base: deals.amount, where: deals.product = 'new', dated: deals.closed_on, rate: 10%}
approval: {needs: 1, by: [bob], may_also: [write]}
"""
MONTHS = [f"{2025 + at // 12}-{at % 12 + 1:02}" for at in range(13)]
Partage = Callable[[str], Any]


def deals() -> str:
    """Twelve partners sell 1,000 a month, give or take; in January 2026 P-01 to P-04 sell 200 of a new product as well,
    120 of which they would have sold of the old one."""
    rows = ["deal_id,partner_id,product,closed_on,amount"]
    for number in range(1, 13):
        for at, month in enumerate(MONTHS):
            is_pushed = at >= 12 and number <= 4
            old = 1_000 + 13 * (number * (at + 3) % 7) - (120 if is_pushed else 0)
            rows.append(f"D-{number}-{at},P-{number:02},old,{month}-10,{old}")
            if is_pushed:
                rows.append(f"N-{number}-{at},P-{number:02},new,{month}-11,200")
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The books of the plan, whose January 2026 is locked."""
    folder = tmp_path_factory.mktemp("push")
    (folder / "plan.yaml").write_text(PLAN, "utf-8")
    names = "".join(f"P-{number:02}\n" for number in range(1, 13))
    (folder / "partners.csv").write_text("partner_id\n" + names, "utf-8")
    (folder / "deals.csv").write_text(deals(), "utf-8")

    def partage(said: str) -> None:
        words = [str(folder / word) if word == "plan.yaml" else word for word in said.split()]
        done = CliRunner().invoke(group, ["--store", str(folder / "partage.db"), *words], standalone_mode=False)
        if done.exception is not None:
            raise done.exception

    partage("program submit plan.yaml --effective 2025-01-01 --reason new --as ana")
    partage("program approve 1 --as bob")
    partage("program activate 1 --as ana")
    partage("cycle open 2026-01 --program plan.yaml --as eve")
    partage("run plan.yaml --period 2026-01 --as eve")
    partage("cycle submit 2026-01 --as eve")
    partage("cycle approve 2026-01 --as bob")
    partage("cycle lock 2026-01 --as eve")
    return folder


def measured(folder: Path, component: str = "spiff") -> Findings:
    asked = Asked("sold", f"{MONTHS[0]}..{MONTHS[-1]}", incentive=component, margin="50%")
    return effect(folder / "plan.yaml", asked, folder / "partage.db")


def test_what_was_paid_for_nothing_is_told(folder: Path) -> None:
    """4 x 20 = 80 were paid. The four sold about 4 x 1,119, of which the spiff brought about 4 x 80."""
    found = measured(folder)
    answer, returns = found.answer, found.returns
    assert isinstance(answer, Effect) and returns is not None
    assert (answer.units, answer.unit_periods, found.paid_minor) == (4, 4, 8_000)
    assert answer.interval is not None and answer.interval[0] < 80 < answer.interval[1]
    sold = sum(
        int(row.rpartition(",")[2])
        for row in deals().splitlines()[1:]
        if row.split(",")[1] <= "P-04" and row.split(",")[3] >= "2026"
    )
    assert returns.deadweight is not None
    assert returns.deadweight.value == pytest.approx(80 * (1 - answer.total / sold))
    assert any("too large" in note for note in found.notes)
    assert found.carry_over is None  # what it paid follows from what was sold


def test_what_no_locked_cycle_paid_has_no_effect(folder: Path) -> None:
    with pytest.raises(Refused, match="no locked cycle of Spring push paid anything for bonus"):
        measured(folder, "bonus")


def test_the_command_tells_it(folder: Path) -> None:
    words = ["--store", str(folder / "partage.db"), "mdf", "effect", str(folder / "plan.yaml"), "--outcome", "sold"]
    words += ["--period", f"{MONTHS[0]}..{MONTHS[-1]}", "--incentive", "spiff"]
    printed = CliRunner().invoke(group, words, standalone_mode=False).output
    assert "what spiff brought in sold, EUR" in printed
    assert "from their first payment on" in printed and "paid for what would have been" in printed
    found = json.loads(CliRunner().invoke(group, [*words, "--json"], standalone_mode=False).output)
    assert found["incentive"] == "spiff" and found["treated_from"] is None
    assert 0 < float(found["returns"]["deadweight"]["value"]) < 80
