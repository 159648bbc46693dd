"""partage schema: the JSON Schema of a program."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import print_json
from rules.schema import program_schema


@click.command(name="schema")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write it to a file.")
def command(output: Path | None) -> None:
    """Write the JSON Schema of a program, for editors that complete and check while you write.

    With the YAML language server, begin a program with: # yaml-language-server: $schema=program.schema.json
    """
    if output is None:
        print_json(program_schema())
        return
    import json

    output.write_text(json.dumps(program_schema(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    click.echo(f"wrote {output}")
