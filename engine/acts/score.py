"""Score: the scorecards of a program for a period, without paying anybody. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.acts.period import period_of
from engine.acts.sheet_of import sheet_of
from engine.facts.gather import gather_facts
from engine.facts.rejected import unused_problems
from engine.plan import compile_plan
from engine.scoring import tier_warnings
from engine.values import Kpi, Plan, Quota, Score, Sheet
from rules.load import load
from rules.problem import Place, Problem, Refused


@dataclass(frozen=True, slots=True, eq=False)
class ScoreSheet:
    """The scorecards of a period: the plan and the sheet that hold them, who is called what, how many rows were left
    out, and what is suspicious about that."""

    plan: Plan
    sheet: Sheet
    names: Mapping[str, str]
    rejected: int
    warnings: tuple[Problem, ...]


def score_partners(program: Path, period_name: str) -> ScoreSheet:
    """Work out the KPIs and scorecards of a program; raises Refused where it has no scorecard."""
    loaded = load(program)
    meaning = loaded.understood()
    if not meaning.scorecards:
        hint = "write one under scorecards:"
        raise Refused(Problem("S115", "the program has no scorecard", Place(program.name), hint))
    period = period_of(meaning, period_name)
    plan = compile_plan(meaning)
    scoring = replace(plan, steps=tuple(step for step in plan.steps if isinstance(step, Quota | Kpi | Score)), gaps=())
    with gather_facts(meaning, loaded.folder, period) as facts:
        sheet = sheet_of(scoring, facts, period, program)
        warnings = list(unused_problems(facts.rejected, facts.unused, "warning"))
        for card in meaning.scorecards:
            warnings += tier_warnings(card, sheet, facts.snapshot)
        return ScoreSheet(scoring, sheet, facts.snapshot.partner_names(), len(facts.rejected), tuple(warnings))
