"""The face for notebooks and scripts: simulate a program with scenarios, split a budget, choose tiers or parameters.

Files go in as paths, frozen values come out, and nothing is kept; money is whole minor units. What is wrong is raised
as `Refused`, with every fault at once in its `problems`. Importing this brings SciPy and DuckDB along, so commands
that do not need them do not import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from rules.problem import Refused
from scenarios.acts import optimise as _optimise
from scenarios.acts.simulate import simulate as _simulate
from scenarios.acts.summed import Asked
from scenarios.curves.mixed import Mixed
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.problem import Budget, Group, Problem
from scenarios.optimise.core.solve import GAP, solve
from scenarios.outcomes.values import Simulated
from scenarios.problems.curve import Curve, mixed_of as curves
from scenarios.problems.proposal import Proposal, TierProposal
from scenarios.tuning.values import Tuned

__all__ = [
    "Answer",
    "Budget",
    "Curve",
    "Group",
    "Infeasible",
    "Mixed",
    "Problem",
    "Proposal",
    "Refused",
    "Simulated",
    "TierProposal",
    "Tuned",
    "curves",
    "frontier",
    "optimise",
    "simulate",
    "solve",
    "write_scenario",
]

AnyPath = str | PathLike[str]


def simulate(
    program: AnyPath, scenarios: Sequence[AnyPath], period: str, *, by: str = "partner", per: str = "", budget: str = ""
) -> Simulated:
    """A program beside its scenarios over a period, or a span such as `2026-01..2026-06`, by the engine.

    `by` is what `groups` are told by (a column of partners, such as region), `per` the KPI that pay is held against,
    and `budget` the amount that the cost is held against.
    """
    return _simulate(Path(program), [Path(each) for each in scenarios], Asked(period, by, budget, per))


def optimise(problem: AnyPath, gap: float = GAP) -> Proposal | TierProposal | Tuned:
    """The answer to a problem file: the split of a budget (`Proposal`), a tier for each partner (`TierProposal`), or
    parameters of a plan (`Tuned`).

    A split is searched until no other can be better by more than `gap`, a part of its value. Where no split meets all
    constraints, `Refused` names those that conflict (W307).
    """
    return _optimise.optimise(Path(problem), gap)


def frontier(proposal: Proposal, span: str, steps: int = 9) -> Proposal:
    """The same proposal with its `frontier`: what each budget of a span such as `100_000..400_000` brings at best."""
    return _optimise.frontier(proposal, span, steps)


def write_scenario(proposal: Proposal, file: AnyPath, force: bool = False) -> tuple[Path, Path]:
    """Write a proposal as a scenario of its program, and the table of its amounts: the two files."""
    return _optimise.write_scenario(proposal, Path(file), force)
