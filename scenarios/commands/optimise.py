"""partage optimise: a budget split over units, a tier for each partner, or the parameters of a plan."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.console import json_option, print_blocks, print_json, screen_width
from engine.commands.progress import progress
from rules.problem import Place, Problem, Refused
from scenarios.commands.drawing import picture_option, refuse_drawing, report_option, write_drawing

if TYPE_CHECKING:
    from scenarios.problems.asked import BudgetProblem, TierProblem
    from scenarios.problems.proposal import Proposal, TierProposal
    from scenarios.problems.read import Parameters

ROWS_SHOWN = 40
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(name="optimise")
@click.argument("problem", type=click.Path(path_type=Path))
@click.option("--frontier", "span", default="", metavar="AMOUNT..AMOUNT", help="What other budgets would bring, too.")
@click.option("--steps", type=int, default=9, show_default=True, help="How many budgets the frontier has.")
@click.option("--gap", type=float, default=1e-6, show_default=True, help="How far from the best it may be: a part.")
@click.option("--scenario", type=_FILE, metavar="FILE", help="Write the proposal as a scenario of the program.")
@click.option("--out", type=_FILE, metavar="FILE", help="Write every unit to a new CSV.")
@picture_option
@report_option
@click.option("--force", is_flag=True, help="Write over files that are there.")
@json_option
def command(
    problem: Path,
    span: str,
    steps: int,
    gap: float,
    scenario: Path | None,
    out: Path | None,
    picture: Path | None,
    report: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Answer PROBLEM, a file that says what is to be split and what for, with a bound that no other answer passes.

    With `program` and `pay` in it, the engine works out what is really paid, and what the curves say of that.
    """
    from engine.reports.new_file import refuse_existing, write_new
    from scenarios.acts.optimise import answered, asked_in, frontier, write_scenario
    from scenarios.commands.tuned import answer
    from scenarios.problems.drawn import as_page, drawn
    from scenarios.problems.export import as_csv, tiers_csv
    from scenarios.problems.proposal import Proposal, TierProposal
    from scenarios.tuning.values import Tuned

    if not 0 < gap < 1:
        message = f"a gap of {gap:g} is none that can be proved"
        raise Refused(Problem("W302", message, Place("--gap"), "name a part above zero and below one, such as 1e-6"))
    for path in (scenario, out):
        if path is not None:
            refuse_existing(path, force)
    refuse_drawing(picture, report, [scenario, out], force)
    asked = asked_in(problem)
    _refuse_unfit(asked, span, steps, scenario)
    with progress(is_json) as told:
        found = answered(asked, gap, told)
    if isinstance(found, Tuned):
        answer(found, scenario, out, picture, report, force, is_json)
        return
    files: list[str] = []
    if span and isinstance(found, Proposal):
        found = frontier(found, span, steps)
    if scenario is not None and isinstance(found, Proposal):
        files += map(str, write_scenario(found, scenario, force))
    if out is not None and isinstance(found, Proposal | TierProposal):
        write_new(out, as_csv(found) if isinstance(found, Proposal) else tiers_csv(found), force, "the proposal")
        files.append(str(out))
    if isinstance(found, Proposal | TierProposal):
        files += write_drawing(picture, report, partial(drawn, found), partial(as_page, found), force)
    if isinstance(found, Proposal):
        _tell(found, files, is_json)
    elif isinstance(found, TierProposal):
        _tell_tiers(found, files, is_json)


def _refuse_unfit(
    asked: BudgetProblem | TierProblem | Parameters, span: str, steps: int, scenario: Path | None
) -> None:
    """Raise Refused, before anything is worked out, where an option asks for what such a problem has none of."""
    from scenarios.problems.asked import BudgetProblem, TierProblem
    from scenarios.problems.swept import budgets_of

    if span and not isinstance(asked, BudgetProblem):
        raise Refused(Problem("W306", "only a split of a budget has a frontier", Place("--frontier"), "leave it out"))
    if span and isinstance(asked, BudgetProblem):
        budgets_of(asked, span, steps)
    if scenario is not None and isinstance(asked, TierProblem):
        hint = "leave --scenario out"
        raise Refused(Problem("W309", "a choice of tiers is no scenario", Place("--scenario"), hint))


def _tell(found: Proposal, files: list[str], is_json: bool) -> None:
    from engine.reports.blocks import in_blocks
    from scenarios.problems import report
    from scenarios.problems.export import as_json

    if is_json:
        print_json(as_json(found, files))
        return
    for line in report.head_lines(found):
        click.echo(line)
    click.echo("")
    print_blocks(in_blocks(report.unit_grid(found, ROWS_SHOWN), screen_width()))
    _more(len(found.rows))
    if found.flight is not None:
        click.echo("")
        print_blocks(in_blocks(report.schedule_grid(found, ROWS_SHOWN), screen_width()))
        _more(len(found.rows))
    if found.frontier:
        click.echo("")
        print_blocks(in_blocks(report.frontier_grid(found), screen_width()))
        for why in dict.fromkeys(each.why for each in found.frontier if each.why):
            click.echo(f"none: {why}")
    _wrote(files)


def _tell_tiers(found: TierProposal, files: list[str], is_json: bool) -> None:
    from engine.reports.blocks import in_blocks
    from scenarios.problems import report
    from scenarios.problems.export import tiers_json

    if is_json:
        print_json(tiers_json(found, files))
        return
    for line in report.tier_lines(found):
        click.echo(line)
    click.echo("")
    print_blocks(in_blocks(report.tier_grid(found, ROWS_SHOWN), screen_width()))
    _more(len(found.rows))
    _wrote(files)


def _more(rows: int) -> None:
    """How many rows are not shown, and where they are."""
    if rows > ROWS_SHOWN:
        click.echo(f"and {rows - ROWS_SHOWN:,} more (--out FILE writes all)")


def _wrote(files: list[str]) -> None:
    if files:
        click.echo(f"wrote {' and '.join(files)}")
