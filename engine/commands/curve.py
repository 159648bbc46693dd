"""partage curve: payout against measure."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import force_option, json_option, new_file, print_grid, print_json
from engine.reports.counted import counted
from rules.problem import Place, Problem, Refused


@click.command(name="curve")
@click.argument("program", type=click.Path(path_type=Path))
@click.argument("rule")
@click.option(
    "--over", help="What runs: an input (base, by) or a column; the input that the rule turns at unless said."
)
@click.option("--from", "first", help="The lowest value of the measure.")
@click.option("--to", "last", help="The highest value of the measure.")
@click.option("--with", "given", multiple=True, metavar="NAME=VALUE", help="Fix an input or column; may be repeated.")
@new_file("--svg", "picture", help="Draw it into an SVG file.")
@force_option
@json_option
def command(
    program: Path,
    rule: str,
    over: str | None,
    first: str | None,
    last: str | None,
    given: tuple[str, ...],
    picture: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Show what the payout rule RULE of PROGRAM pays as its measure runs, with the cliffs where it jumps.

    What is shown is worked out by the rule itself, for one row, at a hundred values and on both sides of every jump;
    with multipliers, without limits.
    """
    fixed = dict(_pair(each) for each in given)

    from engine.acts.curve import curve
    from engine.reports.curve import as_json, notes, sketch, svg, table
    from engine.reports.new_file import write_new

    found, terms = curve(program, rule, over, first, last, fixed)
    if picture is not None:
        write_new(picture, svg(found, terms), force, "the picture")
    if is_json:
        print_json(as_json(found))
        return
    click.echo(f"{found.title}: paid by {found.measure}")
    for line in sketch(found, terms):
        click.echo(line)
    print_grid(table(found, terms))
    for note in notes(found):
        click.echo(note)
    click.echo(counted(len(found.cliffs), "cliff"))
    if picture is not None:
        click.echo(f"wrote {picture}")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        message = f"--with takes NAME=VALUE, and this is '{text[:64]}'"
        raise Refused(Problem("S142", message, Place(), "write it as --with base=10_000"))
    return name, value
