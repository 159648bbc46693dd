"""partage curves: what a spend brings, fitted to what was seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.commands.console import (
    InOrder,
    force_option,
    json_option,
    new_file,
    print_blocks,
    print_json,
    screen_width,
)
from rules.problem import Place, Problem, Refused

_FAMILIES = ("auto", "michaelis_menten", "exponential", "log", "power", "hill", "s_shaped", "linear_cap")
_LEVELS = ("partner", "kind", "tier", "region", "segment", "manager", "parent", "activity", "group", "program")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(name="curves", cls=InOrder)
def command() -> None:
    """Response curves: what a spend brings, with intervals, as far as the data tell."""


@command.command(name="fit")
@click.argument("program", type=click.Path(path_type=Path), required=False)
@click.option("--outcome", metavar="KPI", help="What the spend brings: a KPI of the program.")
@click.option("--spend", metavar="KPI|mdf", help="What is spent: a KPI, or `mdf`, the funds that were paid.")
@click.option("--from", "table", type=_FILE, help="Instead of a program: a CSV of unit, period, spend, outcome.")
@click.option(
    "--by",
    type=click.Choice(_LEVELS),
    default="partner",
    show_default=True,
    help="One curve for each: what one partner of it brings.",
)
@click.option("--period", metavar="PERIOD..PERIOD", help="From the first to the last period.")
@click.option("--family", type=click.Choice(_FAMILIES), default="auto", show_default=True, help="The family of curves.")
@click.option("--adstock", metavar="PART|fit", help="The part of a spend that still works a period later.")
@click.option("--common-periods", is_flag=True, help="Take out what all units have in common in a period.")
@click.option("--bootstrap", type=int, default=200, show_default=True, help="How often it is drawn again.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of what is drawn.")
@new_file("--out", help="Keep the curves in a file (JSON), for the optimiser.")
@new_file("--picture", help="Draw them: .svg, .png or .html.")
@force_option
@json_option
def fit(program: Path | None, table: Path | None, is_json: bool, force: bool, **asked: Any) -> None:
    """Fit response curves to the partners of PROGRAM, or to a table of one's own.

    A curve tells what comes of a partner's spend in a period beyond its usual level, between the least and the largest
    spend that was seen. Where the data don't tell, there is no curve, and it is said why.
    """
    from engine.reports.charts.write import suffix_of, write_picture
    from engine.reports.new_file import refuse_existing, write_new
    from scenarios.acts.curves import asked_of, fit_file, fit_program
    from scenarios.curves.report import as_json

    wanted = asked_of(asked["family"], asked["adstock"], asked["common_periods"], asked["bootstrap"], asked["seed"])
    out, picture = asked["out"], asked["picture"]
    if out is not None and out == picture:
        message = f"the curves and their picture can't both be {out}"
        raise Refused(Problem("M316", message, Place("--picture"), "name two files"))
    for path in (out, picture):
        if path is not None:
            refuse_existing(path, force)
    kind = None if picture is None else suffix_of(picture)
    if table is not None:
        _refuse_given("--from", PROGRAM=program, outcome=asked["outcome"], spend=asked["spend"], period=asked["period"])
        found = fit_file(table, asked["by"], wanted)
    else:
        source = _needed("PROGRAM (or --from)", program)
        named = [_needed(f"--{name}", asked[name]) for name in ("outcome", "spend", "period")]
        found = fit_program(source, named[0], named[1], asked["by"], named[2], wanted)
    files = []
    if out is not None:
        write_new(out, found.data, force, "the curves")
        files.append(str(out))
    if picture is not None:
        write_picture(found.page() if kind == ".html" else found.picture(), picture, force)
        files.append(str(picture))
    if is_json:
        print_json(as_json(found.saved, files))
        return
    _print(found.saved)
    if files:
        click.echo(f"wrote {' and '.join(files)}")


@command.command(name="show")
@click.argument("file", type=_FILE)
@json_option
def show(file: Path, is_json: bool) -> None:
    """Show the curves of FILE, which `partage curves fit --out` wrote; a file that was changed is refused."""
    from scenarios.acts.curves import show_curves
    from scenarios.curves.report import as_json

    saved = show_curves(file)
    if is_json:
        print_json(as_json(saved, []))
    else:
        _print(saved)


def _print(saved: Any) -> None:
    from engine.reports.blocks import turned_or_in_blocks
    from scenarios.curves.report import grid, head, notes

    click.echo(head(saved))
    print_blocks(turned_or_in_blocks(grid(saved), "", screen_width()))
    for line in notes(saved):
        click.echo(line)


def _needed(name: str, value: Any) -> Any:
    if value is None:
        raise click.UsageError(f"Missing {name}.")
    return value


def _refuse_given(option: str, **given: object) -> None:
    """Raise where options of a program stand beside a table of one's own."""
    names = [name if name.isupper() else f"--{name}" for name, value in given.items() if value is not None]
    if names:
        message = f"{option} takes a table instead of a program, so {names[0]} says nothing"
        raise Refused(Problem("M316", message, Place(option), f"leave {' and '.join(names)} out"))
