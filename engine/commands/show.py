"""partage show: a kept run."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import force_option, json_option, new_file, print_json, store_path
from engine.commands.header import header


@click.command(name="show")
@click.argument("run", type=int, required=False)
@click.option("--lines", is_flag=True, help="Every line: a source row or a pool share.")
@click.option("--inputs", is_flag=True, help="What was read, with digests.")
@click.option("--rejected", is_flag=True, help="The rows that were left out, and why.")
@click.option("--fates", is_flag=True, help="What became of every row that was read.")
@click.option("--scorecards", is_flag=True, help="Scores, tiers, ranks and points.")
@click.option("--kpis", is_flag=True, help="Every KPI by partner.")
@click.option("--exchange", is_flag=True, help="Amounts in other currencies, at their days and at the period's end.")
@click.option("--balances", is_flag=True, help="Every balance by partner: opening, movements and closing.")
@new_file(
    "--csv",
    "table",
    help="With --balances: write what is on them to a new file (- for the output) that the next period opens with; "
    "with --scorecards: scores and tiers.",
)
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, /, run: int | None, is_json: bool, table: Path | None, force: bool, **asked: bool
) -> None:
    """Show RUN as it was kept (the latest where none is named): who got what, or each of the views that are named.

    Scorecards, KPIs, balances and the exchange are worked out again from the kept facts, and held against the run.
    """
    from engine.acts.show import show
    from engine.commands.show_views import (
        JSON_PARTS,
        RECOMPUTED,
        VIEWS,
        closing_scores,
        closings,
        recomputed_json,
        register_of,
    )
    from engine.reports.new_file import write_new
    from engine.reports.register import as_json

    store = store_path(ctx)
    views = [view for view in (*VIEWS, *RECOMPUTED) if asked.get(view)] or ["register"]
    found = show(store, run)
    record = found.record
    if table is not None:
        if asked["balances"] == asked["scorecards"]:
            raise click.UsageError("--csv writes balances or scores: add --balances or --scorecards, one of the two")
        text = closings(store, found) if asked["balances"] else closing_scores(store, found)
        if str(table) == "-":
            click.echo(text, nl=False)
            return
        write_new(table, text, force, "the balances" if asked["balances"] else "the scores")
    if is_json:
        value: dict[str, object] = {
            "run": record.number,
            "run_id": record.run_id,
            "kind": record.kind,
            "created_at": record.created_at.isoformat(),
            "actor": record.actor,
            "manifest": dict(found.manifest),
            **as_json(register_of(found)),
        }
        for view in views:
            if view in JSON_PARTS:
                value[view] = JSON_PARTS[view](found)
            elif view in RECOMPUTED:
                value |= recomputed_json(store, found, view)
        print_json(value)
        return
    click.echo(header(record, found.manifest))
    click.echo(f"kept {record.created_at:%Y-%m-%d %H:%M} UTC by {record.actor} as run {record.number}")
    for view in views:
        if len(views) > 1:
            click.echo(f"\n{view}")
        if view in RECOMPUTED:
            RECOMPUTED[view](store, found)
        else:
            VIEWS[view](found)
    if table is not None:
        click.echo(f"{'closing balances' if asked['balances'] else 'scores'} written to {table}")
