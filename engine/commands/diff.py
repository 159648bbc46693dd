"""partage diff: what moved from one kept run to another."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import force_option, json_option, new_file, print_grid, print_json, store_path

ROWS_SHOWN = 40


@click.command(name="diff")
@click.argument("before", type=int)
@click.argument("now", type=int)
@click.option("--by", type=click.Choice(["partner", "component"]), default="partner", help="Tell components apart too.")
@click.option("--partner", default="", help="The lines of one partner, key by key.")
@new_file("--csv", "table", help="Write all rows to a new file.")
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    before: int,
    now: int,
    by: str,
    partner: str,
    table: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Tell what moved from run BEFORE to run NOW: who gained and lost, and by which cause: data, rule, exchange rate or
    engine.

    Each cause is worked out by the engine: the old run again, then with the new program, the new rates, the new facts.
    """
    from engine.acts.diff import diff
    from engine.reports import compared as reports
    from engine.reports.new_file import write_new

    found = diff(store_path(ctx), before, now, partner)
    if table is not None:
        text = reports.compared_csv(found)
        if str(table) == "-":
            click.echo(text, nl=False)
            return
        write_new(table, text, force, "the comparison")
    if is_json:
        print_json(reports.as_json(found))
        return
    for run in (found.before, found.now):
        is_before = run is found.before
        said = f"{run.program}, {run.period}   run {run.run_id[:12]}  engine {run.engine}"
        click.echo(f"{'before' if is_before else 'now':<9} run {run.number}   {said}")
    for line in reports.total_lines(found):
        click.echo(line)
    is_detailed = by == "component"
    click.echo("")
    print_grid((reports.detail_grid if is_detailed else reports.partner_grid)(found, ROWS_SHOWN))
    rows = found.rows if is_detailed else found.by_partner
    if (further := sum(not row.is_same for row in rows) - ROWS_SHOWN) > 0:
        click.echo(f"and {further:,} rows more (--csv writes all)")
    if not is_detailed and len(found.by_component) > 1:
        click.echo("")
        print_grid(reports.component_grid(found))
    if partner:
        click.echo("")
        print_grid(reports.line_grid(found, None))
    click.echo("")
    for line in reports.input_lines(found):
        click.echo(line)
    if table is not None:
        click.echo(f"all rows written to {table}")
