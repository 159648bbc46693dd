"""A small plan with two payouts, and problems of its parameters: what tests of tuning start from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

from rules.document.reader import read_document
from scenarios.acts.tune import tune
from scenarios.tuning.read import read_tuning
from scenarios.tuning.values import Tuned, Tuning

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
    tiers:
      method: marginal
      accumulate: transaction
      steps: [{to: 50_000, rate: 5%}, {rate: 8%}]   # of each deal
  launch:
    for_each: deals
    dated: deals.closed_on
    where: deals.product = 'Atlas'
    amount: EUR 250
"""
PARTNERS = "partner_id,name,region\nacme,Acme,DE\nbolt,Bolt,FR\ncrux,Crux,FR\ndune,Dune,DE\n"
DEALS = """deal_id,partner_id,product,closed_on,amount
D-1,acme,Atlas,2026-02-10,80000.00
D-2,bolt,Borea,2026-02-12,30000.00
D-3,acme,Borea,2026-03-05,20000.00
D-4,bolt,Atlas,2026-03-20,12345.67
D-5,crux,Atlas,2026-03-21,900.10
"""
HEAD = "optimise: a cheaper plan\nprogram: program.yaml\nperiod: 2026-02..2026-03\n"
FIRST = "payouts.commission.tiers.steps.1.rate"
SECOND = "payouts.commission.tiers.steps.2.rate"
LAUNCH = "payouts.launch.amount"
SMALL = {FIRST: ("4%", "4.5%", "5%", "5.5%", "6%"), LAUNCH: ("EUR 0", "EUR 250", "EUR 500")}


def plan_in(folder: Path, plan: str = PLAN) -> Path:
    """The plan with its data in a folder."""
    for name, text in {"program.yaml": plan, "partners.csv": PARTNERS, "deals.csv": DEALS}.items():
        (folder / name).write_text(text, "utf-8")
    return folder / "program.yaml"


def parameters_of(grid: Mapping[str, tuple[str, ...]]) -> str:
    """Parameters as lists of values."""
    return "parameters:\n" + "".join(f"  {path}: {{of: [{', '.join(of)}]}}\n" for path, of in grid.items())


def problem(folder: Path, text: str) -> Tuning:
    """A problem in the folder of the plan."""
    root, problems = read_document(text.encode(), "problem.yaml")
    assert root is not None and not problems, problems
    return read_tuning(root, folder / "problem.yaml")


def tuned(folder: Path, rest: str, grid: Mapping[str, tuple[str, ...]] | None = None) -> Tuned:
    """What is found for a goal and what has to hold, over a grid."""
    return tune(problem(folder, HEAD + parameters_of(SMALL if grid is None else grid) + rest))


def every_plan(grid: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Every plan of a grid, in its order."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def proposed(found: Tuned) -> dict[str, str]:
    """The values that a proposal changes."""
    assert found.best is not None
    return {each.path: getattr(each.value, "text", "") for each in found.best.edits}
