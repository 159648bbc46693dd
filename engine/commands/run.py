"""partage run: calculate a period."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.asking import Desk, recording
from engine.commands.console import print_grid, print_json
from engine.commands.failures import as_json as as_json_problem, tell
from engine.commands.header import header, sums
from engine.reports.counted import counted
from engine.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.acts.books.calculate import InCycle
    from engine.acts.calculate import Calculated
    from rules.problem import Problem

ROWS_SHOWN = 40
TABLES_SHOWN = 6


@click.command(name="run")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--period", required=True, help="The period to calculate, such as 2026-Q2.")
@click.option("--official", "is_official", is_flag=True, help="Refuse the run while a row is bad and not excused.")
@click.option("--preview", "is_preview", is_flag=True, help="Change nothing in a cycle, though one is open.")
@recording
def command(
    desk: Desk,
    program: Path,
    period: str,
    is_official: bool,
    is_preview: bool,
) -> None:
    """Calculate PROGRAM for a period: who gets what, to the last unit. The run is kept, and can be explained.

    Where a cycle is open for the program and the period, the run is what the cycle would pay, as often as it is
    calculated anew; what was approved is void then, unless the very same comes out. Elsewhere it is a preview.
    """
    from engine.acts.books.calculate import calculate_in_cycle
    from engine.reports.balances import balance_totals
    from engine.reports.register import as_json, grid, register, unscored_lines
    from engine.reports.scorecards import scored_counts
    from engine.reports.true_ups import batch_lines, batches_json

    if is_official and is_preview:
        raise click.UsageError("--official refuses what a preview leaves out: name one of them")
    who = desk.asker(creates=True)
    found_in = calculate_in_cycle(program, period, desk.store, who, is_official, is_preview)
    done = found_in.calculated
    if found_in.recorded is not None and found_in.recorded.is_replayed:
        desk.tell(found_in.recorded)
        return
    if done is None:
        _told_true_ups(found_in, desk.is_json)
        return
    named = [(found_in.program, each) for each in found_in.batches]
    found = register(done.run.lines, done.run.components, done.titles, done.names, done.run.currency)
    if desk.is_json:
        where = {"cycle": found_in.cycle or None, "true_ups": batches_json(named)}
        warnings = (*done.warnings, *found_in.warnings)
        print_json({"run": done.record.number, **where, **_determined(done, warnings), **as_json(found)})
        return
    click.echo(header(done.record, done.run.manifest))
    click.echo("read      " + _told_inputs(done))
    click.echo("accepted  " + _told_accepted(done))
    tell(done.warnings, is_json=False)
    for step in done.scorecards:
        click.echo("scored    " + scored_counts(step, done.sheet))
    print_grid(grid(found, ROWS_SHOWN))
    click.echo(sums(found, done.run.pools))
    for line in unscored_lines(found, done.run.unscored):
        click.echo(line)
    for line in balance_totals(done.run.manifest, done.titles, done.run.currency):
        click.echo(line)
    number = done.record.number
    first = found.rows[0].partner if found.rows else "PARTNER"
    for line in batch_lines(named, len(found_in.programs) > 1):
        click.echo(line)
    tell(found_in.warnings, is_json=False)
    after = f"partage cycle submit {found_in.cycle}" if found_in.cycle else f"partage show {number}"
    place = f" for cycle {found_in.cycle}" if found_in.cycle else ""
    click.echo(f"run {number} kept in {desk.shown}{place}   next: partage explain {number} {first} · {after}")


def _told_true_ups(found_in: InCycle, is_json: bool) -> None:
    """What a cycle without a period of its own pays: what late data changes of those that were locked."""
    from engine.reports.true_ups import batch_lines, batches_json

    named = [(found_in.program, each) for each in found_in.batches]
    if is_json:
        warnings = [as_json_problem(each) for each in found_in.warnings]
        batches = batches_json(named)
        print_json({"run": None, "cycle": found_in.cycle, "true_ups": batches, "warnings": warnings})
        return
    for line in batch_lines(named, len(found_in.programs) > 1):
        click.echo(line)
    tell(found_in.warnings, is_json=False)
    if not found_in.batches:
        click.echo("nothing of what was locked comes to anything else")
    click.echo(f"kept for cycle {found_in.cycle}   next: partage cycle submit {found_in.cycle}")


def _told_inputs(done: Calculated) -> str:
    """How many rows were read, of which tables; of many tables, the largest by name."""
    largest = sorted(done.inputs, key=lambda each: (-each.read, each.table))[:TABLES_SHOWN]
    told = "  ".join(f"{each.table} {each.read:,}" for each in done.inputs if each in largest)
    if len(done.inputs) > TABLES_SHOWN:
        told += f"  and {len(done.inputs) - TABLES_SHOWN} tables more (partage show {done.record.number} --inputs)"
    return f"{counted(sum(each.read for each in done.inputs), 'row')}: {told}"


def _told_accepted(done: Calculated) -> str:
    """How many rows were accepted and how many were not, which are all that were read."""
    told = f"{counted(sum(each.rows for each in done.inputs), 'row')}, rejected {len(done.rejected):,}"
    return told + (f" (partage show {done.record.number} --rejected)" if done.rejected else "")


def _determined(done: Calculated, warnings: Sequence[Problem]) -> dict[str, object]:
    """What determined the run, and what it is."""
    from engine.reports.fates import fates_json

    return {
        "run_id": done.run.run_id,
        "kind": done.record.kind,
        "program": done.run.title,
        "period": done.run.period.name,
        "engine": VERSION,
        "lines_sha256": done.run.manifest["lines_sha256"],
        "inputs": [
            {
                "table": each.table,
                "file": each.file,
                "raw_sha256": each.raw_sha256,
                "read": each.read,
                "rows": each.rows,
                "rows_sha256": each.rows_sha256,
                "rejected": each.rejected,
            }
            for each in done.inputs
        ],
        "rows": {
            "read": sum(each.read for each in done.inputs),
            "accepted": sum(each.rows for each in done.inputs),
            "rejected": len(done.rejected),
        },
        "warnings": [as_json_problem(each) for each in warnings],
        "fates": fates_json(done.fates),
        "pools": {name: books._asdict() | _unscored(done, name) for name, books in done.run.pools.items()},
        "balances": done.run.manifest.get("balances", {}),
    }


def _unscored(done: Calculated, pool: str) -> dict[str, object]:
    """Who of a pool's members has no share; nothing where all have one."""
    found = done.run.unscored.get(pool)
    return {} if found is None else {"unscored": asdict(found)}
