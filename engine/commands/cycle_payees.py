"""partage cycle payees: who gets what in a cycle, before it is paid and after."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from engine.commands.console import force_option, json_option, new_file, print_grid, print_json, store_path

ROWS_SHOWN = 40


@click.command(name="payees")
@click.argument("name")
@click.option("--payee", default="", metavar="P", help="The statement of this payee alone, line by line.")
@new_file("--csv", "table", help="Write all rows, or all lines of the statement, to a new file (- for the output).")
@force_option
@json_option
@click.pass_context
def payees(ctx: click.Context, name: str, payee: str, table: Path | None, force: bool, is_json: bool) -> None:
    """Show who gets what in the cycle NAME, before it is paid and after: what was owed before, earned, trued up,
    adjusted, paid and returned, what is owed after, and the last locked period beside it."""
    if payee:
        _statement(ctx, name, payee, table, force, is_json)
        return
    from engine.acts.books.payees import payees as act
    from engine.reports import payees as reports

    found = act(store_path(ctx), name, datetime.now(UTC).date())
    if table is not None and _wrote(table, reports.payees_csv(found), force, "the payees"):
        return
    if is_json:
        print_json(reports.payees_json(found))
        return
    for line in reports.payees_lines(found):
        click.echo(line)
    if not found.rows:
        click.echo("nobody gets anything yet")
        return
    print_grid(reports.payees_grid(found, ROWS_SHOWN))
    for line in reports.held_lines(found.rows):
        click.echo(line)
    click.echo(f"next: partage cycle payees {name} --payee PAYEE tells each line of one")
    if table is not None:
        click.echo(f"all rows written to {table}")


def _statement(ctx: click.Context, name: str, payee: str, table: Path | None, force: bool, is_json: bool) -> None:
    from engine.acts.books.statement import statement
    from engine.reports import payees as reports

    found = statement(store_path(ctx), name, payee, datetime.now(UTC).date())
    if table is not None and _wrote(table, reports.statement_csv(found), force, "the statement"):
        return
    if is_json:
        print_json(reports.statement_json(found))
        return
    for line in reports.statement_lines(found):
        click.echo(line)
    if not found.rows:
        click.echo("nothing is owed")
    else:
        print_grid(reports.account_grid(found))
        click.echo("")
        print_grid(reports.details_grid(found))
    for line in (*reports.held_lines(found.rows), *reports.explained_lines(found)):
        click.echo(line)
    if table is not None:
        click.echo(f"all lines written to {table}")


def _wrote(table: Path, text: str, force: bool, what: str) -> bool:
    """Write a table to a new file; true where it went to the output instead, and nothing else is to be told."""
    from engine.reports.new_file import write_new

    if str(table) == "-":
        click.echo(text, nl=False)
        return True
    write_new(table, text, force, what)
    return False
