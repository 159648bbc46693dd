"""partage parallel: an old system's payouts beside a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from engine.commands.console import force_option, json_option, new_file, print_grid, print_json, store_path
from engine.reports.counted import counted

ROWS_SHOWN = 40
_COLUMNS = ("partner", "component", "key", "amount", "base")
_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


@click.command(name="parallel")
@click.argument("run", type=int)
@click.argument("legacy", type=click.Path(path_type=Path))
@click.option("--columns", multiple=True, help="What columns are called there: 'partner=Partner Id,amount=Payout'.")
@click.option("--components", multiple=True, help="What a component is called there: 'Base comm=commission'.")
@click.option("--partners", multiple=True, help="What a partner's id is here: 'Acme GmbH=acme,0815/7=bolt'.")
@click.option(
    "--partner-map",
    type=click.Path(path_type=Path),
    help="The same from a CSV file with the columns old and new; --partners outranks it.",
)
@click.option("--separator", type=click.Choice(list(_SEPARATORS)), default="comma", help="What parts the cells.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), default="point", help="The decimal sign of amounts.")
@new_file("--csv", "table", help="Write all rows to a new file.")
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    run: int,
    legacy: Path,
    columns: Sequence[str],
    components: Sequence[str],
    partners: Sequence[str],
    partner_map: Path | None,
    separator: str,
    decimal: str,
    table: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Hold the payouts of an old system or a spreadsheet, the CSV file LEGACY, against RUN, and explain each
    difference: rounding, rule, data, or a missing row.

    LEGACY has the columns partner and amount; component, key and base where it says them. Exit code 0 where everything
    matches or is explained, 1 where something is not.
    """
    named = _pairs(columns, "--columns")
    if unknown := [name for name in named if name not in _COLUMNS]:
        raise click.UsageError(f"--columns knows {', '.join(_COLUMNS)}, and no '{unknown[0]}'")
    theirs, whose = _pairs(components, "--components"), _pairs(partners, "--partners")
    from engine.acts.parallel import Reading, parallel
    from engine.reports import matched as reports
    from engine.reports.new_file import write_new

    reading = Reading(named, theirs, _SEPARATORS[separator], "," if decimal == "comma" else ".", whose, partner_map)
    found = parallel(store_path(ctx), run, legacy, reading)
    if table is not None and str(table) != "-":
        write_new(table, reports.matched_csv(found), force, "the comparison")
    if str(table) == "-":
        click.echo(reports.matched_csv(found), nl=False)
    elif is_json:
        print_json(reports.as_json(found))
    else:
        by = ", ".join(found.grain)
        record = found.record
        click.echo(f"run {record.number}   {record.program}, {record.period}   run {record.run_id[:12]}")
        click.echo(f"{found.file}   {counted(found.old_rows, 'row')}, compared by {by}")
        for line in reports.summary_lines(found):
            click.echo(line)
        if found.differing:
            click.echo("")
            print_grid(reports.difference_grid(found, ROWS_SHOWN))
        if len(found.differing) > ROWS_SHOWN:
            click.echo(f"and {len(found.differing) - ROWS_SHOWN:,} more (--csv writes all)")
        if table is not None:
            click.echo(f"all rows written to {table}")
    sys.exit(0 if found.is_explained else 1)


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """Pairs NAME=NAME of an option, which may be given once with commas, or many times; a comma without a pair after it
    is part of the name before it."""
    found: list[str] = []
    for each in given:
        for at, part in enumerate(each.split(",")):
            if "=" in part:
                found.append(part)
            elif at and found:
                found[-1] += f",{part}"
            else:
                raise click.UsageError(f"{option} takes NAME=NAME, and '{each}' has no =")
    pairs = [each.partition("=") for each in found]
    if bad := next((f"{left}={right}" for left, _, right in pairs if not left.strip() or not right.strip()), None):
        raise click.UsageError(f"{option} takes NAME=NAME, and '{bad}' lacks one")
    return {left.strip(): right.strip() for left, _, right in pairs}
