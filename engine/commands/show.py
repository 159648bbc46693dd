"""partage show: a kept run."""

from __future__ import annotations

import click

from engine.acts.show import Shown, show
from engine.commands.console import json_option, print_grid, print_json, store_path
from engine.commands.header import header, sums
from engine.reports.register import Grid, as_json, grid, register
from rules.currency import currency, format_minor

ROWS_SHOWN = 40


@click.command(name="show")
@click.argument("run", type=int, required=False)
@click.option("--lines", "has_lines", is_flag=True, help="Show every line: a source row or a pool share.")
@click.option("--inputs", "has_inputs", is_flag=True, help="Show what was read, with digests.")
@json_option
@click.pass_context
def command(ctx: click.Context, run: int | None, has_lines: bool, has_inputs: bool, is_json: bool) -> None:
    """Show RUN as it was kept (the latest where none is named): who got what."""
    found = show(store_path(ctx), run)
    components = list(found.manifest["components"])
    table = register(found.lines, components, found.names, found.record.currency)
    if is_json:
        print_json(_json(found, as_json(table), has_lines))
        return
    click.echo(header(found.record, found.manifest))
    click.echo(
        f"kept {found.record.created_at:%Y-%m-%d %H:%M} UTC by {found.record.actor} as run {found.record.number}"
    )
    if has_inputs:
        print_grid(_inputs(found))
    elif has_lines:
        print_grid(_lines(found))
    else:
        print_grid(grid(table, ROWS_SHOWN))
        pools = found.manifest["pools"]
        click.echo(sums(table, {name: (int(p["size_minor"]), int(p["left_minor"])) for name, p in pools.items()}))


def _json(found: Shown, table: dict[str, object], has_lines: bool) -> dict[str, object]:
    record = found.record
    value: dict[str, object] = {
        "run": record.number,
        "run_id": record.run_id,
        "kind": record.kind,
        "created_at": record.created_at.isoformat(),
        "actor": record.actor,
        "manifest": dict(found.manifest),
        **table,
    }
    if has_lines:
        value["lines"] = [
            {
                "partner_id": line.partner,
                "component": line.component,
                "table": line.table,
                "key": line.key,
                "amount_minor": line.amount_minor,
            }
            for line in map(found.lines.line, range(len(found.lines)))
        ]
    return value


def _lines(found: Shown) -> Grid:
    money = currency(found.record.currency)
    rows = tuple(
        (line.partner, line.component, f"{line.table} {line.key}", format_minor(line.amount_minor, money))
        for line in map(found.lines.line, range(len(found.lines)))
    )
    titles = ("partner", "component", "source row", f"amount {money.code}")
    return Grid(titles, rows, (False, False, False, True))


def _inputs(found: Shown) -> Grid:
    rows = tuple((each["table"], f"{each['rows']:,}", each["rows_sha256"]) for each in found.manifest["inputs"])
    return Grid(("table", "rows", "sha256 over key-sorted rows"), rows, (False, True, False))
