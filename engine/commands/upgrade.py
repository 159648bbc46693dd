"""partage upgrade: a store of an older version, brought up to date."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.backup import lines
from engine.commands.console import json_option, print_json, store_path, store_shown
from engine.commands.progress import progress


@click.command(name="upgrade")
@click.option(
    "--backup",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the backup goes that is taken first; beside a file unless named, needed with PostgreSQL.",
)
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path | None, is_json: bool) -> None:
    """Bring a store that an older Partage wrote to the schema of this one.

    A backup is taken and verified first. Every row that was kept is counted and hashed before and after; where one
    would differ, nothing is changed. Other commands refuse an older store and change nothing in it.
    """
    from engine.acts.backup import upgrade

    with progress(is_json) as told:
        done = upgrade(store_path(ctx), folder, told)
    if is_json:
        made = str(done.backup.folder) if done.backup else None
        print_json({"store": store_shown(ctx), "from_schema": done.before, "schema": done.after, "backup": made})
    elif done.backup is None:
        click.echo(f"{store_shown(ctx)} has schema {done.after}, which is that of this version: nothing to do")
    else:
        for line in lines(done.backup, "backup"):
            click.echo(line)
        click.echo(f"upgraded  {store_shown(ctx)} from schema {done.before} to {done.after}; every row is as it was")
