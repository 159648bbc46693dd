"""Optimise: a problem file solved, and where it says how it is paid, worked out by the engine of its program.

Nothing is kept: what is proposed becomes pay only as a scenario that somebody simulates, applies and approves.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.acts.period import period_of
from engine.facts.gather import gather_facts
from engine.reports.new_file import holds, refuse_existing, write_new
from rules.calendar import Period
from rules.load import Loaded, load
from rules.problem import Problem, Refused
from scenarios.acts.evaluate import run_of, told_by
from scenarios.acts.partners_of import partners_of
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.solve import GAP
from scenarios.optimise.core.tiers import Tiers, choose
from scenarios.overlays.overlay import laid_over
from scenarios.overlays.scenario import read_scenario
from scenarios.problems.asked import BudgetProblem, Pay, TierProblem
from scenarios.problems.paid import payable
from scenarios.problems.placed import placed
from scenarios.problems.proposal import (
    Proposal,
    Reviewed,
    TierProposal,
    TierRow,
    proposed,
    response_of,
)
from scenarios.problems.read import Parameters, read_problem
from scenarios.problems.refused import conflicts
from scenarios.problems.solved import solved
from scenarios.problems.swept import budgets_of, swept
from scenarios.tuning.values import Told, Tuned


def optimise(path: Path, gap: float = GAP, told: Told = lambda what, done, of: None) -> Proposal | TierProposal | Tuned:
    """The answer to a problem file: a split of a budget, a tier for each partner, or parameters of a plan.

    A split is searched until no other can be better by more than `gap`, a part of its value. Raises Refused with every
    fault of the file, and (W307) with the constraints that no split meets together.
    """
    return answered(asked_in(path), gap, told)


def asked_in(path: Path) -> BudgetProblem | TierProblem | Parameters:
    """What a problem file asks; raises Refused with every fault of it."""
    return read_problem(path, partners_of)


def answered(
    asked: BudgetProblem | TierProblem | Parameters, gap: float = GAP, told: Told = lambda what, done, of: None
) -> Proposal | TierProposal | Tuned:
    """The answer to what a problem asks."""
    if isinstance(asked, Parameters):
        from scenarios.acts.tune import tune
        from scenarios.tuning.read import read_tuning

        return tune(read_tuning(asked.root, asked.path), told)
    if isinstance(asked, TierProblem):
        return _chosen(asked, gap)
    found = solved(asked, gap)
    if isinstance(found, Infeasible):
        raise Refused(*conflicts(found, asked.currency, asked.place))
    proposal = proposed(asked, found, gap)
    if asked.pay is None or asked.program is None:
        return proposal
    with tempfile.TemporaryDirectory(prefix="partage-") as name:
        return proposal.with_review(_reviewed(proposal, asked.program, asked.pay, Path(name)))


def frontier(found: Proposal, span: str, steps: int) -> Proposal:
    """The proposal with what other budgets would bring: those of a span such as `100_000..400_000`, in even steps."""
    return replace(found, frontier=swept(found.asked, budgets_of(found.asked, span, steps), found.asked_gap))


def write_scenario(found: Proposal, path: Path, force: bool) -> tuple[Path, Path]:
    """Write a proposal as a scenario of its program, and its table below the program's folder: the two files; raises
    Refused (W309) where the problem names no payout."""
    asked = found.asked
    if asked.pay is None or asked.program is None:
        message = "a scenario is of a program, and the problem does not say how it is paid"
        hint = "write program: program.yaml and pay: {payout: market_funds, period: 2027-01}"
        raise Refused(Problem("W309", message, asked.place, hint))
    loaded = load(asked.program)
    folder = loaded.folder.resolve()
    is_inside = path.parent.resolve().is_relative_to(folder)
    table = (path.parent if is_inside else loaded.folder) / f"{path.stem}.csv"
    file = (table.parent.resolve() / table.name).relative_to(folder).as_posix()
    made = payable(found, asked.pay, loaded, _periods(found, loaded, asked.pay), file, asked.name)
    refuse_existing(path, force)
    if not holds(table, made.csv_text):
        write_new(table, made.csv_text, force, "the table of the proposal")
    write_new(path, made.scenario_text, force, "the scenario")
    return path, table


def _periods(found: Proposal, loaded: Loaded, pay: Pay) -> tuple[Period, ...]:
    """The periods in which a proposal is paid."""
    meaning = loaded.understood()
    with placed(pay.place):
        periods = [period_of(meaning, pay.period)]
        for _ in found.schedule_minor[0][1:]:
            after = meaning.calendar.after(periods[-1])
            if after is None:
                message = f"the calendar ends with {periods[-1].name}"
                raise Refused(Problem("W309", message, pay.place, "start in an earlier period"))
            periods.append(period_of(meaning, after.name))
    return tuple(periods)


def _reviewed(found: Proposal, program: Path, pay: Pay, scratch: Path) -> Reviewed:
    """What the engine pays for a proposal, worked out in a folder with the program's files and the proposal's table."""
    loaded = load(program)
    file = f"proposed-{pay.payout}.csv"
    periods = _periods(found, loaded, pay)
    made = payable(found, pay, loaded, periods, file, found.asked.name)
    (scratch / "scenario.yaml").write_text(made.scenario_text, "utf-8")
    laid = laid_over(loaded, read_scenario(scratch / "scenario.yaml").edits, warns=False)
    (scratch / "facts").mkdir()
    for source in laid.loaded.understood().sources:
        for each in filter(None, (source.file, source.excused)):
            _bring(loaded.folder / each, scratch / "facts" / each)
    (scratch / "facts" / file).write_text(made.csv_text, "utf-8")
    moved = replace(laid, loaded=replace(laid.loaded, folder=scratch / "facts"))
    places = {row.unit: at for at, row in enumerate(found.rows)}
    paid = np.zeros((len(places), len(periods)), dtype=np.int64)
    runs = []
    for place, period in enumerate(periods):
        with told_by(moved), gather_facts(moved.loaded.understood(), moved.loaded.folder, period) as facts:
            run = run_of(moved.loaded, facts, period, program)
        runs.append(run)
        amounts = run.payouts_minor[:, run.components.index(pay.payout)].tolist()
        for partner, minor in zip(run.partners, amounts, strict=True):
            if partner in places:
                paid[places[partner], place] = int(minor)
    return Reviewed(
        tuple(period.name for period in periods),
        tuple(zip(places, paid.sum(axis=1).tolist(), strict=True)),
        response_of(found, paid),
        found.response,
        sum(run.total_minor for run in runs),
        tuple(str(run.manifest["lines_sha256"]) for run in runs),
    )


def _bring(source: Path, target: Path) -> None:
    """A file of the program, where the engine reads it; what is not there it will miss by itself."""
    if target.exists() or not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)


def _chosen(asked: TierProblem, gap: float) -> TierProposal:
    """One tier for each partner within the budget."""
    partners = tuple(asked.options)
    width = max(len(options) for options in asked.options.values())
    cost = np.zeros((len(partners), width), dtype=np.int64)
    value = np.full((len(partners), width), -np.inf)
    now = []
    for row, options in enumerate(asked.options.values()):
        cost[row, : len(options)] = [option.cost_minor for option in options]
        value[row, : len(options)] = [option.value for option in options]
        now.append(next((at for at, option in enumerate(options) if option.is_now), None))
    start = None if any(each is None for each in now) else np.array(now, dtype=np.int64)
    found = choose(Tiers(partners, cost, value, asked.budget_minor, start), gap)
    if isinstance(found, Infeasible):
        raise Refused(*conflicts(found, asked.currency, asked.place))
    rows = []
    for at, (partner, options) in enumerate(asked.options.items()):
        option, before = options[int(found.tier[at])], now[at]
        tier_now = "" if before is None else options[before].tier
        rows.append(TierRow(partner, tier_now, option.tier, option.cost_minor, option.value))
    value_now = None if start is None else float(value[np.arange(len(partners)), start].sum())
    price = None if found.shadow_price is None else found.shadow_price * asked.currency.minor_per_major
    return TierProposal(
        asked, tuple(rows), found.value, value_now, found.bound, found.gap, gap, found.cost_minor,
        found.unspent_minor, price, found.solver,
    )  # fmt: skip
