"""partage metrics: the KPIs of a program."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import json_option, print_blocks, print_json, screen_width, tell_rejected
from engine.commands.failures import as_json as as_json_problem, tell
from rules.levels import LEVELS


@click.command(name="metrics")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--period", required=True, help="The period to measure, such as 2026-Q2.")
@click.option("--by", type=click.Choice(LEVELS), default="partner", show_default=True, help="The level to measure at.")
@click.option("--kpi", help="One KPI only, with its parts.")
@json_option
def command(program: Path, period: str, by: str, kpi: str | None, is_json: bool) -> None:
    """Measure the KPIs of PROGRAM for a period; nothing is kept.

    Above partners, numerators and denominators are summed first, and what is counted distinct is counted once.
    """
    from engine.acts.metrics import metrics
    from engine.reports.blocks import turned_or_in_blocks
    from engine.reports.kpis import as_json, grid, units_json

    found = metrics(program, period, by, kpi)
    currency = found.meaning.terms.currency
    if is_json:
        groups = as_json(found.labels, found.kpis, found.values)
        units = units_json(found.kpis)
        print_json(
            {
                "program": found.meaning.title,
                "period": found.period.name,
                "rejected": found.rejected,
                "warnings": [as_json_problem(each) for each in found.warnings],
                "by": by,
                "kpis": units,
                "groups": groups,
            }
        )
        return
    click.echo(f"{found.meaning.title}, {found.period}")
    tell_rejected(found.rejected)
    tell(found.warnings, is_json=False)
    whole = grid(by, found.labels, found.names, found.kpis, found.values, currency)
    blocks = turned_or_in_blocks(whole, "kpi", screen_width())
    print_blocks(blocks)
    if len(blocks) > 1:
        rows = "   fewer rows: --by region, or --by program" if by == "partner" else ""
        click.echo(f"\n{len(found.kpis)} KPIs in {len(blocks)} blocks   one of them: --kpi NAME{rows}")
