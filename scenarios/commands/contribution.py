"""partage contribution: what partners contribute, against what they are paid."""

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
    from scenarios.acts.contribution import Reported
    from scenarios.contribution.values import Contribution

ROWS_SHOWN = 40
_SUFFIXES = (".html", ".svg", ".png", ".csv")


@click.command(name="contribution")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--period", required=True, help="The period to report on, such as 2026-Q2.")
@click.option("--scorecard", default="", help="The scorecard; the one called contribution, or the only one.")
@click.option("--brought", multiple=True, metavar="KPI", help="A further amount to tell as brought; may be repeated.")
@click.option("--among", default="", metavar="COLUMN", help="Which column of partners says who are peers.  [kind]")
@click.option("--times", default="1.5", show_default=True, help="How far from the median of its peers is well above.")
@click.option("--cycle", default="", help="Tell what this locked cycle of the store pays, not what is worked out now.")
@click.option(
    "--pays", type=click.Path(path_type=Path), metavar="FILE", help="The program that pays, where it is another."
)
@new_file("--out", help="Write the report to a new file: .html, .svg, .png or .csv.")
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    program: Path,
    period: str,
    scorecard: str,
    brought: tuple[str, ...],
    among: str,
    times: str,
    cycle: str,
    pays: Path | None,
    out: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Report what each partner of PROGRAM contributed in a period, by a scorecard, beside what it is paid.

    Each score is told by its parts, with its percentile among peers; its share of the contribution of all is set
    against its share of the pay, and who is paid well above or below its peers for a point is named.
    """
    from engine.reports.charts.write import suffix_of
    from engine.reports.new_file import refuse_existing

    if out is not None:
        suffix_of(out, _SUFFIXES)
        refuse_existing(out, force)
    from scenarios.acts.contribution import Asked, contribution, times_of

    asked = Asked(scorecard, among, brought, cycle, pays, times_of(times))
    found = contribution(program, period, asked, store_path(ctx))
    if out is not None:
        _write(found.contribution, out, force)
    if is_json:
        _print_json(found)
        return
    _print(found)
    click.echo(
        f"next: partage run keeps a run, and partage explain RUN PARTNER {found.contribution.scorecard} tells a score"
    )
    if out is not None:
        click.echo(f"wrote {out}")


def _write(found: Contribution, out: Path, force: bool) -> None:
    """The report as what the suffix of a file says."""
    from engine.reports.charts.write import suffix_of, write_picture
    from engine.reports.new_file import write_new
    from scenarios.contribution.export import as_csv, as_page, drawn

    match suffix_of(out, _SUFFIXES):
        case ".csv":
            write_new(out, as_csv(found), force, "the report")
        case ".html":
            write_picture(as_page(found), out, force)
        case _:
            write_picture(drawn(found), out, force)


def _print_json(found: Reported) -> None:
    from scenarios.contribution.export import as_json

    warnings = [as_json_problem(each) for each in found.warnings]
    print_json({**as_json(found.contribution), "rejected": found.rejected, "warnings": warnings})


def _print(found: Reported) -> None:
    from engine.reports.blocks import in_blocks
    from scenarios.contribution import report

    told = found.contribution
    click.echo(f"{told.program}, {told.period}: {told.title} and pay")
    tell_rejected(found.rejected)
    tell(found.warnings, is_json=False)
    for line in report.rule_lines(told):
        click.echo(line)
    grids = [
        report.compared_grid(told, ROWS_SHOWN),
        report.parts_grid(told, ROWS_SHOWN),
        report.brought_grid(told, ROWS_SHOWN),
    ]
    grids += [report.others_grid(told, ROWS_SHOWN)] if told.others else []
    for grid in grids:
        click.echo("")
        print_blocks(in_blocks(grid, screen_width()))
    if len(told.all) > ROWS_SHOWN:
        click.echo(
            f"the first {ROWS_SHOWN} of {len(told.all):,} are shown (--out FILE.csv writes all); totals are of all"
        )
    lines = list(report.standing_lines(told))
    for line in ["", *lines] if lines else []:
        click.echo(line)
