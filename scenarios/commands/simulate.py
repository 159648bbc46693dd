"""partage simulate: what a program would come to with a change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.console import json_option, print_blocks, print_json, screen_width, tell_rejected
from engine.commands.failures import as_json as as_json_problem, tell
from engine.commands.progress import progress
from scenarios.commands.drawing import picture_option, refuse_drawing, report_option, write_drawing

if TYPE_CHECKING:
    from scenarios.outcomes.gate import Judged
    from scenarios.outcomes.values import Simulated

ROWS_SHOWN = 40
_LEVELS = ("partner", "component", "period", "tier", "region", "kind", "segment", "manager", "parent")


@click.command(name="simulate")
@click.argument("program", type=click.Path(path_type=Path))
@click.argument("scenarios", nargs=-1, type=click.Path(path_type=Path), metavar="[SCENARIO]...")
@click.option("--period", required=True, metavar="PERIOD[..PERIOD]", help="The period, or the first and the last.")
@click.option("--by", type=click.Choice(_LEVELS), default="partner", show_default=True, help="What is told apart.")
@click.option("--budget", default="", metavar="AMOUNT", help="Hold the cost against a budget.")
@click.option("--per", default="", metavar="KPI", help="Hold what is paid against an amount: the effective rate.")
@click.option("--causes", is_flag=True, help="Tell what each change of a scenario moves by itself.")
@click.option("--cliffs", is_flag=True, help="Tell where rules jump, and how many partners are just below.")
@click.option("--gate", default=None, help="Exit code 1 unless it holds, such as 'cost <= 1_200_000 and losers <= 5%'.")
@click.option(
    "--break-even", "path", default="", metavar="PATH", help="Look for the rate, factor or amount that costs --cost."
)
@click.option("--cost", default="", metavar="AMOUNT", help="What that of --break-even is to cost.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write every partner and component to a new CSV."
)
@picture_option
@report_option
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def command(
    program: Path,
    scenarios: tuple[Path, ...],
    period: str,
    by: str,
    budget: str,
    per: str,
    causes: bool,
    cliffs: bool,
    gate: str | None,
    path: str,
    cost: str,
    out: Path | None,
    picture: Path | None,
    report: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Work out PROGRAM with each SCENARIO, a file of changes, beside the program as it is: what it costs, who gains and
    who loses. Nothing is kept.

    The engine works out the very text that `partage apply` would write, so that the cents are those that a run would
    pay.
    """
    if path or cost:
        if len(scenarios) > 1 or not path or not cost:
            raise click.UsageError("--break-even PATH goes with --cost AMOUNT and at most one SCENARIO")
        _refuse_with_break_even()
        _break_even(program, scenarios[0] if scenarios else None, period, path, cost, is_json)
        return
    from engine.reports.new_file import refuse_existing, write_new
    from scenarios.acts.simulate import gate_of, simulate
    from scenarios.acts.summed import Asked
    from scenarios.outcomes.drawn import as_page, drawn
    from scenarios.outcomes.export import as_csv, as_json
    from scenarios.outcomes.gate import judged
    from scenarios.outcomes.values import compared

    if out is not None:
        refuse_existing(out, force)
    refuse_drawing(picture, report, [out], force)
    clauses = gate_of(program, gate, bool(budget)) if gate is not None else ()
    with progress(is_json) as told:
        asked = Asked(period, by, budget, per, causes, cliffs, keeps_periods=out is not None)
        found = simulate(program, scenarios, asked, told)
    held = [judged(clauses, each, found) for each in found.scenarios]
    alone = () if found.scenarios else judged(clauses, compared(found.base, found.base), found)
    if out is not None:
        write_new(out, as_csv(found), force, "the comparison")
    files = [str(out)] if out is not None else []
    files += write_drawing(picture, report, lambda: drawn(found), lambda: as_page(found, held), force)
    if is_json:
        warnings = [as_json_problem(each) for of in found.scenarios for each in of.outcome.warnings]
        print_json({**as_json(found, held, alone), "warnings": warnings})
    else:
        _print(found, held, alone)
        if files:
            click.echo(f"wrote {' and '.join(files)}")
    sys.exit(0 if all(clause.holds for of in (*held, alone) for clause in of) else 1)


def _refuse_with_break_even() -> None:
    """Raise where an option is given that says nothing about a break-even."""
    context = click.get_current_context()
    for each in context.command.params:
        is_said = context.get_parameter_source(each.name or "") is click.core.ParameterSource.COMMANDLINE
        if is_said and each.name not in ("program", "scenarios", "period", "path", "cost", "is_json"):
            raise click.UsageError(f"--break-even looks for one value, and {each.opts[0]} does not go with it")


def _print(found: Simulated, held: list[tuple[Judged, ...]], alone: tuple[Judged, ...]) -> None:
    from engine.reports.blocks import in_blocks
    from scenarios.outcomes import report
    from scenarios.outcomes.values import compared

    click.echo(report.head(found))
    for line in report.facts_lines(found):
        click.echo(line)
    tell_rejected(found.rejected)
    tell(tuple(each for of in found.scenarios for each in of.outcome.warnings), is_json=False)
    print_blocks(in_blocks(report.total_grid(found), screen_width()))
    for grid in report.by_grids(found, ROWS_SHOWN):
        click.echo("")
        print_blocks(in_blocks(grid, screen_width(), report.breaks(grid, found)))
    cliffs = report.cliff_grid(found)
    if cliffs is not None:
        click.echo("")
        print_blocks(in_blocks(cliffs, screen_width()))
    lines = [*report.cliff_lines(found), *report.moved_lines(found), *report.tier_lines(found)]
    lines += report.impact_lines(found)
    beside = zip(found.scenarios, held, strict=True)
    lines += [line for each, of in beside for line in report.gate_lines(each, of, found)]
    lines += report.gate_lines(compared(found.base, found.base), alone, found)
    for line in ["", *lines] if lines else []:
        click.echo(line)


def _break_even(program: Path, file: Path | None, period: str, path: str, cost: str, is_json: bool) -> None:
    """Look for the rate with which the program costs an amount, and tell it."""
    from scenarios.acts.break_even import break_even
    from scenarios.outcomes.broken_even import as_json, lines

    found = break_even(program, file, period, path, cost)
    if is_json:
        print_json(as_json(found))
        return
    for line in lines(found):
        click.echo(line)
