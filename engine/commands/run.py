"""partage run: calculate a period."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from engine.acts.calculate import Calculated, calculate
from engine.commands.console import json_option, print_grid, print_json, store_path
from engine.commands.header import header, sums
from engine.reports.register import as_json, grid, register
from engine.version import VERSION

ROWS_SHOWN = 40


@click.command(name="run")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--period", required=True, help="The period to calculate, such as 2026-Q2.")
@json_option
@click.pass_context
def command(ctx: click.Context, program: Path, period: str, is_json: bool) -> None:
    """Calculate PROGRAM for a period: who gets what, to the last unit. The run is kept, and can be explained."""
    done = calculate(program, period, store_path(ctx), getpass.getuser(), datetime.now(UTC))
    found = register(done.run.lines, done.run.components, done.names, done.run.currency)
    if is_json:
        print_json({"run": done.record.number, **_determined(done), **as_json(found)})
        return
    click.echo(header(done.record, done.run.manifest))
    click.echo("read      " + "  ".join(f"{each.table} {each.rows:,}" for each in done.inputs))
    print_grid(grid(found, ROWS_SHOWN))
    click.echo(sums(found, done.run.pools))
    number = done.record.number
    first = found.rows[0].partner if found.rows else "PARTNER"
    click.echo(
        f"run {number} kept in {store_path(ctx)}   next: partage explain {number} {first} · partage show {number}"
    )


def _determined(done: Calculated) -> dict[str, object]:
    """What determined the run, and what it is."""
    return {
        "run_id": done.run.run_id,
        "program": done.run.title,
        "period": done.run.period.name,
        "engine": VERSION,
        "inputs": [
            {"table": each.table, "file": each.file, "rows": each.rows, "rows_sha256": each.rows_sha256}
            for each in done.inputs
        ],
        "pools": {name: {"size_minor": size, "left_minor": left} for name, (size, left) in done.run.pools.items()},
    }
