"""partage mdf effect: what funds or an incentive really brought, beside what would have been without them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.console import (
    force_option,
    json_option,
    new_file,
    print_blocks,
    print_json,
    screen_width,
    store_path,
    tell_rejected,
)
from engine.commands.failures import as_json as as_json_problem, tell

if TYPE_CHECKING:
    from scenarios.funds.findings import Findings

_SUFFIXES = (".html", ".svg", ".png")
_METHODS = ("auto", "did", "matched", "synthetic", "sdid", "group-time")


@click.command(name="effect")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--outcome", required=True, metavar="KPI", help="What may have changed: a KPI by partner.")
@click.option("--period", "periods", required=True, metavar="FIRST..LAST", help="Periods such as 2024-01..2026-06.")
@click.option("--by", type=click.Choice(["month", "quarter"]), help="The length of a period.  [the program's own]")
@click.option("--method", type=click.Choice(_METHODS), default="auto", show_default=True, help="How it is estimated.")
@click.option("--activity", metavar="NAME", help="Funds for this activity only.")
@click.option("--incentive", default="", metavar="COMPONENT", help="A payout or pool of locked cycles, not funds.")
@click.option(
    "--treated-from",
    type=click.Choice(["campaign", "funded", "paid"]),
    default="campaign",
    show_default=True,
    help="What makes a partner a treated one.",
)
@click.option("--lasts", type=click.IntRange(1, 600), metavar="PERIODS", help="How long it is counted.  [to the end]")
@click.option("--margin", default="", metavar="RATE|KPI", help="What is earned on the outcome, such as 30%.")
@click.option("--also", default="", metavar="KPI", help="An outcome that it may have been taken from.")
@click.option(
    "--split",
    type=click.Choice(["activity", "region", "tier", "kind", "segment"]),
    default=None,
    help="Tell the treated apart.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of what is drawn by chance."
)
@new_file("--out", help="Write the report to a new file: .html, .svg or .png.")
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    program: Path,
    outcome: str,
    periods: str,
    by: str | None,
    method: str,
    activity: str | None,
    incentive: str,
    treated_from: str,
    lasts: int | None,
    margin: str,
    also: str,
    split: str | None,
    seed: int,
    out: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Measure what the market development funds of PROGRAM, or an incentive, really brought.

    Partners that were funded are held against those that were not, or not yet, by how both changed. Where too little is
    known, the answer is 'not measurable', with the reason.
    """
    from engine.reports.charts.write import suffix_of
    from engine.reports.new_file import refuse_existing

    if out is not None:
        suffix_of(out, _SUFFIXES)
        refuse_existing(out, force)
    from scenarios.acts.effect import effect
    from scenarios.effect.answer import Method
    from scenarios.funds.findings import Asked
    from scenarios.panels.treatment import Since

    asked = Asked(
        outcome=outcome,
        periods=periods,
        by=by or "",
        method=None if method == "auto" else Method(method),
        since=Since(treated_from),
        activity=activity,
        incentive=incentive,
        lasts=lasts,
        margin=margin,
        also=also,
        split=split or "",
        seed=seed,
    )
    found = effect(program, asked, store_path(ctx))
    is_written = out is not None and _write(found, out, force)
    if is_json:
        _print_json(found)
        return
    print_findings(found)
    if out is not None:
        click.echo(f"wrote {out}" if is_written else f"{out} was not written: there is nothing to draw")


def _write(found: Findings, out: Path, force: bool) -> bool:
    """The report as what the suffix of a file says; what can't be measured is told on a page, but not drawn."""
    from engine.reports.charts.write import suffix_of, write_picture
    from scenarios.effect.answer import NotMeasurable
    from scenarios.funds.export import as_page, drawn

    if suffix_of(out, _SUFFIXES) == ".html":
        write_picture(as_page(found), out, force)
    elif isinstance(found.answer, NotMeasurable):
        return False
    else:
        write_picture(drawn(found), out, force)
    return True


def _print_json(found: Findings) -> None:
    from scenarios.funds.export import as_json

    print_json({**as_json(found), "warnings": [as_json_problem(each) for each in found.warnings]})


def print_findings(found: Findings) -> None:
    """The report on the screen."""
    from engine.reports.blocks import in_blocks
    from scenarios.funds import report

    click.echo(report.title(found))
    tell_rejected(found.rejected)
    tell(found.warnings, is_json=False)
    for about, words in report.lines(found):
        click.echo(f"{about:<10} {words}")
    grids = []
    if found.returns is not None:
        grids += [report.effect_grid(found), report.worth_grid(found)]
    if found.groups:
        grids.append(report.groups_grid(found))
    for grid in (each for each in grids if each.rows):
        click.echo("")
        print_blocks(in_blocks(grid, screen_width()))
    closing = [f"{about:<10} {words}" for about, words in report.closing_lines(found)]
    for line in ["", *closing] if closing else []:
        click.echo(line)
