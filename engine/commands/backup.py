"""partage backup: the books as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.console import json_option, print_json, store_path
from engine.commands.progress import progress
from engine.reports.counted import counted

if TYPE_CHECKING:
    from engine.store.backups import Backup


@click.command(name="backup")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path, is_json: bool) -> None:
    """Back the store up into FOLDER, which must not be there yet; others may go on writing meanwhile.

    The folder holds a store of its own (partage.db and its blobs) and backup.json, which says what is in it. It gets
    its name only after it was opened anew and verified: the chain of events, every run, every blob, every row.
    """
    from engine.acts.backup import backup

    with progress(is_json) as told:
        made = backup(store_path(ctx), folder, told)
    if is_json:
        print_json(as_json(made))
        return
    for line in lines(made, "backup"):
        click.echo(line)
    click.echo(f"next: partage --store NEW.db restore {folder}")


def lines(made: Backup, word: str) -> list[str]:
    """A backup in words."""
    found = made.contents
    head = f", the last one {found.head_sha256[:12]}" if found.events else ""
    rows = "  ".join(f"{name} {count:,}" for name, count in found.rows.items())
    return [
        f"{word:<9} {made.folder}   schema {found.schema}, engine {made.engine}",
        f"events    {found.events:,}{head}",
        f"rows      {rows}",
        f"blobs     {found.blobs:,}",
        f"verified  {counted(found.rows['run'], 'run')}, {counted(sum(found.rows.values()), 'row')} and "
        f"{counted(found.blobs, 'blob')} were read again",
    ]


def as_json(made: Backup) -> dict[str, object]:
    """A backup with the keys that scripts rely on: those of backup.json, and the folder."""
    return {"folder": str(made.folder), **{key: value for key, value in made.record.items() if key != "t"}}
