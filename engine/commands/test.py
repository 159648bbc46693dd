"""partage test: the cases that a program brings along."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.commands.console import json_option, print_json
from engine.reports.counted import counted


@click.command(name="test")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--case", "only", help="One case only, by its name.")
@json_option
def command(program: Path, only: str | None, is_json: bool) -> None:
    """Work out the cases that PROGRAM brings along under `tests:`, and hold what comes out against what it expects.

    What differs is explained. Exit code 0 where every case comes out as expected, 1 where one does not.
    """
    from engine.acts.cases import try_cases
    from engine.reports.cases import as_json, case_lines

    found = try_cases(program, only)
    if is_json:
        told = [as_json(each, found.meaning) for each in found.cases]
        counts = {"passed": len(told) - found.failed, "failed": found.failed}
        print_json({"program": str(program), "sha256": found.loaded.sha256, **counts, "cases": told})
    else:
        for each in found.cases:
            click.echo(f"{'ok    ' if each.is_as_expected else 'FAILED'}  {each.case.name}")
            for line in case_lines(each, found.meaning):
                click.echo(f"        {line}")
        click.echo(f"{counted(len(found.cases), 'case')}, {found.failed} failed")
    sys.exit(1 if found.failed else 0)
