"""partage log: everything that was done to the books."""

from __future__ import annotations

import click

from engine.commands.asking import event_json
from engine.commands.console import json_option, print_grid, print_json, store_path


@click.command(name="log")
@click.option("--cycle", help="Only the events of this cycle.")
@click.option("--refused", "is_refused", is_flag=True, help="Only what was refused.")
@click.option("--last", type=click.IntRange(min=1), help="Only so many, the latest.")
@json_option
@click.pass_context
def command(ctx: click.Context, cycle: str | None, is_refused: bool, last: int | None, is_json: bool) -> None:
    """Show the events of the books, in their order, refusals included. The chain of digests is verified first."""
    from engine.acts.books.looks import log
    from engine.reports.cycle import log_grid

    every = log(store_path(ctx))
    events = [each for each in every if cycle in (None, each.cycle) and (not is_refused or each.type == "refused")]
    events = events[-last:] if last else events
    if is_json:
        print_json({"events": [event_json(each) for each in events]})
    elif events:
        print_grid(log_grid(events))
    else:
        of = f" of cycle {cycle}" if cycle else ""
        what = "was refused" if is_refused else "is"
        click.echo(f"none of the {len(every)} events {what}{of}" if every else "nothing was done to the books yet")
