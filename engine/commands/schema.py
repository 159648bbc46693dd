"""partage schema: the JSON Schema of a program."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import force_option, new_file, print_json


@click.command(name="schema")
@new_file("--output", "-o", help="Write it to a new file.")
@force_option
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
