"""partage show: a kept run."""

from __future__ import annotations

import click

from engine.acts.show import show
from engine.commands.console import json_option, print_json, store_path
from engine.commands.header import header
from engine.commands.show_views import JSON_PARTS, RECOMPUTED, VIEWS, recomputed_json
from engine.reports.register import as_json, register


@click.command(name="show")
@click.argument("run", type=int, required=False)
@click.option("--lines", "what", flag_value="lines", help="Every line: a source row or a pool share.")
@click.option("--inputs", "what", flag_value="inputs", help="What was read, with digests.")
@click.option("--rejected", "what", flag_value="rejected", help="The rows that were left out, and why.")
@click.option("--fates", "what", flag_value="fates", help="What became of every row that was read.")
@click.option("--scorecards", "what", flag_value="scorecards", help="Scores, tiers, ranks and points.")
@click.option("--kpis", "what", flag_value="kpis", help="Every KPI by partner.")
@json_option
@click.pass_context
def command(ctx: click.Context, run: int | None, what: str | None, is_json: bool) -> None:
    """Show RUN as it was kept (the latest where none is named): who got what, or one of the views below.

    Scorecards and KPIs are worked out again from the kept facts, and held against the run.
    """
    store, view = store_path(ctx), what or "register"
    found = show(store, run)
    record = found.record
    if is_json:
        table = register(found.lines, list(found.manifest["components"]), found.names, record.currency)
        value: dict[str, object] = {
            "run": record.number,
            "run_id": record.run_id,
            "kind": record.kind,
            "created_at": record.created_at.isoformat(),
            "actor": record.actor,
            "manifest": dict(found.manifest),
            **as_json(table),
        }
        if view in JSON_PARTS:
            value[view] = JSON_PARTS[view](found)
        elif view in RECOMPUTED:
            value[view] = recomputed_json(store, found, view)
        print_json(value)
        return
    click.echo(header(record, found.manifest))
    click.echo(f"kept {record.created_at:%Y-%m-%d %H:%M} UTC by {record.actor} as run {record.number}")
    if view in RECOMPUTED:
        RECOMPUTED[view](store, found)
    else:
        VIEWS[view](found)
