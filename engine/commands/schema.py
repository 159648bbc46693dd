"""partage schema: the JSON Schema of a program."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import print_json


@click.command(name="schema")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write it to a new file.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(output: Path | None, force: bool) -> None:
    """Write the JSON Schema of a program, for editors that complete and check while you write.

    With the YAML language server, begin a program with: # yaml-language-server: $schema=program.schema.json
    """
    from engine.acts.start import write_schema
    from rules.schema import program_schema

    if output is None:
        print_json(program_schema())
        return
    write_schema(output, force)
    click.echo(f"wrote {output}")
