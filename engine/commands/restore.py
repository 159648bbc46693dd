"""partage restore: a store out of a backup."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.backup import as_json, lines
from engine.commands.console import json_option, print_json, store_path, store_shown
from engine.commands.progress import progress


@click.command(name="restore")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path, is_json: bool) -> None:
    """Make the store that --store names out of the backup in FOLDER: a file that is not there yet, or an empty database
    of PostgreSQL.

    The backup is verified first and the store afterwards; the backup stays as it is. As a backup is the same whatever
    it was taken of, this also moves the books between a file and PostgreSQL.
    """
    from engine.acts.backup import restore

    with progress(is_json) as told:
        found = restore(folder, store_path(ctx), told)
    if is_json:
        print_json(as_json(found) | {"store": store_shown(ctx)})
        return
    for line in lines(found, "restored"):
        click.echo(line)
    click.echo(f"the store {store_shown(ctx)} holds what the backup holds")
