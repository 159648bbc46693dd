"""partage replay: a kept run, worked out again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from engine.commands.console import json_option, print_json, store_path
from engine.commands.failures import as_json as as_json_problem, told

if TYPE_CHECKING:
    from engine.values.replayed import Replayed


@click.command(name="replay")
@click.argument("run", type=int)
@json_option
@click.pass_context
def command(ctx: click.Context, run: int, is_json: bool) -> None:
    """Work out RUN again from its program and its snapshot of the facts, without reading its kept lines, and hold
    everything that is kept of it against that.

    Exit code 0 where all agrees, 1 where one cent, one cell or one byte does not.
    """
    from engine.acts.replay import replay

    found = replay(store_path(ctx), run)
    if is_json:
        print_json(_as_json(found))
    else:
        record = found.record
        click.echo(f"run {record.number}   {record.program}, {record.period}   run {record.run_id}")
        click.echo(f"program   {found.program_sha256}")
        click.echo(f"facts     {found.facts_sha256}")
        click.echo(f"engine    {found.engine_sha256} ({found.engine}; the run was made by {record.engine})")
        for check in found.checks:
            click.echo(f"{'DIFFERS' if check.problems else 'ok':<9} {check.words}")
        for problem in found.problems:
            click.echo(told(problem), err=True)
        if found.problems:
            click.echo(f"run {record.number} is not proved: see what differs")
        else:
            click.echo(f"run {record.number} is proved: the same program and facts give the same run, to the cent")
    sys.exit(1 if found.problems else 0)


def _as_json(found: Replayed) -> dict[str, object]:
    """What was checked, with the keys that scripts rely on."""
    return {
        "run": found.record.number,
        "run_id": found.record.run_id,
        "agrees": not found.problems,
        "program_sha256": found.program_sha256,
        "facts_sha256": found.facts_sha256,
        "engine_sha256": found.engine_sha256,
        "engine": found.engine,
        "made_by": found.record.engine,
        "checks": [{"what": each.what, "agrees": not each.problems, "words": each.words} for each in found.checks],
        "problems": [as_json_problem(each) for each in found.problems],
    }
