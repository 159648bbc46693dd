"""How `partage optimise` tells the parameters of a plan that it chose."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.console import print_blocks, print_json, screen_width, tell_rejected
from engine.commands.failures import as_json as as_json_problem, tell
from scenarios.commands.drawing import write_drawing

if TYPE_CHECKING:
    from scenarios.tuning.values import Tuned


def answer(
    found: Tuned,
    scenario: Path | None,
    out: Path | None,
    picture: Path | None,
    report: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Write and print what was found; exit code 1 where no plan keeps to what has to hold."""
    from engine.reports.new_file import write_new
    from scenarios.outcomes.export import as_csv
    from scenarios.tuning.drawn import as_page, drawn
    from scenarios.tuning.export import as_json
    from scenarios.tuning.written import scenario_text

    files: list[str] = []
    if found.best is not None and scenario is not None:
        write_new(scenario, scenario_text(found), force, "the scenario")
        files.append(str(scenario))
    if found.best is not None and out is not None:
        write_new(out, as_csv(found.simulated), force, "the comparison")
        files.append(str(out))
    files += write_drawing(picture, report, lambda: drawn(found), lambda: as_page(found), force)
    if is_json:
        warnings = [as_json_problem(each) for of in found.simulated.scenarios for each in of.outcome.warnings]
        print_json({**as_json(found), "warnings": warnings, "files": files})
    else:
        _print(found)
        if files:
            click.echo(f"wrote {' and '.join(files)}")
    sys.exit(0 if found.best is not None else 1)


def _print(found: Tuned) -> None:
    """The plan in force and the proposal, how far that is proved, who gains and who loses, and how it was come by."""
    from engine.reports.blocks import in_blocks
    from scenarios.outcomes.report import moved_lines
    from scenarios.tuning import report

    for line in report.head(found):
        click.echo(line)
    tell_rejected(found.simulated.rejected)
    tell(tuple(each for of in found.simulated.scenarios for each in of.outcome.warnings), is_json=False)
    click.echo("")
    print_blocks(in_blocks(report.plan_grid(found), screen_width()))
    click.echo("")
    for line in report.verdict_lines(found):
        click.echo(line)
    moved = list(moved_lines(found.simulated))
    for line in ["", *moved] if moved else []:
        click.echo(line)
    if len(found.trail) > 1:
        click.echo("")
        print_blocks(in_blocks(report.trail_grid(found), screen_width()))
