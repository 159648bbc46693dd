"""partage init: a program to begin with."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from engine.acts.start import TEMPLATES, start
from engine.commands.console import json_option, print_json
from rules.problem import Place, Problem, Refused


@click.command(name="init")
@click.argument("folder", type=click.Path())
@click.option(
    "--template", type=click.Choice(list(TEMPLATES)), default="pool", show_default=True, help="What to begin with."
)
@json_option
def command(folder: str, template: str, is_json: bool) -> None:
    """Start a program in FOLDER: a program.yaml with comments, small tables, and a README that names the period to run.

    Templates: pool (a profit pool shared among partners), channel (commissions on deals, a scorecard, a bonus pool),
    referral, affiliate, mdf (market development funds), contribution (an overall score of each partner) and firm (the
    profit of a professional firm). FOLDER has to be new or empty; nothing is ever written over.
    """
    if not folder.strip():
        hint = "name a new folder, such as my-program; a dot is the folder that you are in"
        raise Refused(Problem("S102", "the folder has no name", Place(), hint))
    started = start(Path(folder), template)
    if is_json:
        print_json({"folder": folder, "template": template, "files": list(started.files)})
        return
    click.echo(f"started {folder}: {TEMPLATES[template]}")
    click.echo("wrote     " + "  ".join(started.files))
    click.echo(f"next      cd {shlex.quote(folder)}   partage check program.yaml   (README.md says how to run it)")
