"""partage check: everything that is wrong with a program."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.commands.console import json_option, print_json
from engine.commands.failures import as_json, told
from engine.reports.counted import counted
from rules.problem import errors


@click.command(name="check")
@click.argument("program", type=click.Path(path_type=Path))
@json_option
def command(program: Path, is_json: bool) -> None:
    """Report everything that is wrong with PROGRAM, each with its place and its cure.

    Exit code 0 where nothing is an error (warnings are told), 2 otherwise.
    """
    from rules.load import load

    loaded = load(program)
    wrong = len(errors(loaded.problems))
    warned = len(loaded.problems) - wrong
    if is_json:
        print_json(
            {"program": str(program), "sha256": loaded.sha256, "problems": [as_json(p) for p in loaded.problems]}
        )
    else:
        for problem in loaded.problems:
            click.echo(told(problem))
        if not loaded.problems:
            click.echo(f"{program.name}: nothing is wrong")
        else:
            click.echo(f"{counted(wrong, 'error')}, {counted(warned, 'warning')}")
    sys.exit(2 if wrong else 0)
