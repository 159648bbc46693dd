"""A run of the channel example, on clean data of the default seed, with what its explanations walk through."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import cast

from plain_channel import Quarter, Tables, quarter

from engine.facts.gather import Gathered, gather_facts
from engine.plan import compile_plan
from engine.reports.balances import balance_json, balance_steps
from engine.settle import settle
from engine.sheet import evaluate
from engine.values import Line, Plan, Run, Sheet
from rules.calendar import Period
from rules.load import load

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/channel"
PROGRAM, PAGE = ((EXAMPLE / name).read_text("utf-8") for name in ("program.yaml", "README.md"))
QUARTERS = [quarter(name) for name in ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2")]
NOW = QUARTERS[-1]
BALANCES = ("shortfall", "holdback", "minimum")


@dataclass(frozen=True)
class Shown(Tables):
    """A run of the example, with what its explanations walk through."""

    plan: Plan
    sheet: Sheet
    facts: Gathered
    run: Run
    period: Period

    @cached_property
    def lines(self) -> list[Line]:
        return [self.run.lines.line(row) for row in range(len(self.run.lines))]

    def of(self, component: str) -> list[Line]:
        return [line for line in self.lines if line.component == component]

    def paid(self, component: str) -> dict[str, int]:
        """What each partner gets by a component, who gets anything."""
        found: dict[str, int] = defaultdict(int)
        for line in self.of(component):
            found[line.partner] += line.amount_minor
        return {partner: amount for partner, amount in found.items() if amount}

    def partners(self, *kinds: str) -> set[str]:
        """The partners of some kinds that can be paid in the quarter."""
        return self.able(NOW.last, *kinds)

    @property
    def payouts(self) -> dict[str, int]:
        """What each partner is paid in the end, as the register of the run has it."""
        return dict(zip(self.run.partners, self.run.payouts_minor[:, -1].tolist(), strict=True))

    def sheet_of(self, each: Quarter) -> Sheet:
        """What was worked out of a quarter: balances need all of those before."""
        return self.sheet if each.name == self.period.name else self.sheet.earlier[each.name]

    def by_partner(self, name: str, each: Quarter) -> dict[str, Fraction]:
        """What is known of partners by a column of the sheet of a quarter."""
        sheet = self.sheet_of(each)
        values = zip(sheet.partners.keys, sheet.columns[name].fractions(), strict=True)
        return {str(who): value for who, value in values if value is not None}

    def in_banks(self, each: Quarter) -> set[str]:
        """Who opens a quarter with something in the bank of a limit, those who have left among them."""
        banks = [step.name for step in balance_steps(self.plan) if step.name.endswith(".bank")]
        return {who for name in banks for who, row in self.on(name, each).items() if row["opening"]}

    def on(self, name: str, each: Quarter) -> dict[str, dict[str, int]]:
        """A balance of a quarter as the run has it: by partner, the opening, the movements and the closing."""
        step = next(step for step in balance_steps(self.plan) if step.name == name)
        found: dict[str, dict[str, int]] = {}
        for row in balance_json(step, self.sheet_of(each)):
            moves = cast("dict[str, int]", row["movements_minor"])
            ends = {end: cast("int", row[f"{end}_minor"]) for end in ("opening", "closing")}
            found[str(row["partner_id"])] = moves | ends
        return found


def make(folder: Path, scale: str, program: str = PROGRAM) -> Path:
    generate = [sys.executable, "-B", str(EXAMPLE / "generate.py"), str(folder / "data"), "--rows-scale", scale]
    subprocess.run([*generate, "--clean"], check=True, timeout=60)
    (folder / "program.yaml").write_text(program, "utf-8")
    return folder


@contextmanager
def shown(folder: Path, quarter: str) -> Iterator[Shown]:
    loaded = load(folder / "program.yaml")
    meaning = loaded.understood()
    period, plan = meaning.calendar.period(quarter), compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, period) as facts:
        sheet = evaluate(plan, facts.snapshot, period)
        run = settle(plan, sheet, loaded.sha256, facts.inputs)
        yield Shown(folder, plan, sheet, facts, run, period)
