"""partage accrue: what was earned and not paid by a day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from engine.commands.console import force_option, json_option, new_file, print_grid, print_json, store_path

ROWS_SHOWN = 40
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(name="accrue")
@click.option("--as-of", type=_DAY, metavar="YYYY-MM-DD", required=True, help="The day at whose end it is told.")
@click.option(
    "--from",
    "start",
    type=_DAY,
    metavar="YYYY-MM-DD",
    help="The day at whose beginning it starts; 1 January of that year unless said.",
)
@click.option("--program", default="", help="Only what this program, by its title, made payees owed.")
@new_file("--csv", "table", help="Write all rows to a new file.")
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    as_of: datetime,
    start: datetime | None,
    program: str,
    table: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Roll forward what each payee is owed: opening + earned + adjusted + returned - paid = closing.

    What open cycles would add is told beside it, and is no part of the closing.
    """
    from engine.acts.books.accrue import accrue
    from engine.reports import accrued as reports
    from engine.reports.new_file import write_new

    found = accrue(store_path(ctx), as_of.date(), start.date() if start is not None else None, program)
    if table is not None:
        text = reports.accrued_csv(found)
        if str(table) == "-":
            click.echo(text, nl=False)
            return
        write_new(table, text, force, "the roll-forward")
    if is_json:
        print_json(reports.as_json(found))
        return
    for line in reports.accrued_lines(found):
        click.echo(line)
    if found.rows:
        print_grid(reports.accrued_grid(found, ROWS_SHOWN))
    else:
        click.echo("nothing was posted by then")
    if table is not None:
        click.echo(f"all rows written to {table}")
