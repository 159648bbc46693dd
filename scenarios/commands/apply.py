"""partage apply: the changes of a scenario, written into a program."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import json_option, new_file, print_json
from engine.commands.failures import as_json as as_json_problem, tell


@click.command(name="apply")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--program", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The program.")
@new_file("--out", help="Write to a new file instead.")
@click.option("--force", is_flag=True, help="Write over the file that --out names.")
@click.option("--dry-run", "dry", is_flag=True, help="Show the lines that would change, and write nothing.")
@json_option
def command(scenario: Path, program: Path, out: Path | None, force: bool, dry: bool, is_json: bool) -> None:
    """Write the changes of SCENARIO into a program: only the lines that change, with comments and layout kept.

    What is written is the text that `partage simulate` worked out. A change that makes no sound program is refused, and
    nothing is written.
    """
    from scenarios.acts.apply import apply

    found = apply(scenario, program, out, force, dry)
    if is_json:
        print_json(
            {
                "scenario": found.scenario,
                "wrote": found.file if found.is_written else None,
                "sha256": found.sha256,
                "changed_lines": list(found.lines),
                "warnings": [as_json_problem(each) for each in found.warnings],
            }
        )
        return
    for line in found.lines:
        click.echo(line)
    tell(found.warnings, is_json=False)
    wrote = f"wrote {found.file}" if found.is_written else "nothing was written"
    click.echo(f"{found.scenario}: {wrote}" if found.lines else f"{found.scenario}: nothing changes")
