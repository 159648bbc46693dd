"""partage score: the scorecards of a program."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import json_option, print_blocks, print_json, screen_width, tell_rejected
from engine.commands.failures import as_json as as_json_problem, tell


@click.command(name="score")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--period", required=True, help="The period to score, such as 2026-Q2.")
@json_option
def command(program: Path, period: str, is_json: bool) -> None:
    """Score the partners of PROGRAM for a period: points, score, tier and rank. Nothing is paid or kept."""
    from engine.acts.score import score_partners
    from engine.reports.blocks import in_blocks
    from engine.reports.scorecards import score_grid, score_steps, scored_counts, scores_json

    found = score_partners(program, period)
    steps = score_steps(found.plan)
    if is_json:
        print_json(
            {
                "program": found.plan.title,
                "period": found.sheet.period.name,
                "rejected": found.rejected,
                "warnings": [as_json_problem(each) for each in found.warnings],
                "scorecards": {step.name: scores_json(step, found.sheet) for step in steps},
            }
        )
        return
    click.echo(f"{found.plan.title}, {found.sheet.period}")
    tell_rejected(found.rejected)
    tell(found.warnings, is_json=False)
    for step in steps:
        click.echo(scored_counts(step, found.sheet))
        print_blocks(in_blocks(score_grid(step, found.sheet, found.names), screen_width()))
