"""partage kpis: the catalogue."""

from __future__ import annotations

import click

from engine.commands.console import json_option, print_grid, print_json
from rules.problem import Place, Problem, Refused


@click.command(name="kpis")
@click.argument("action", type=click.Choice(["list", "show"]), default="list")
@click.argument("kpi", required=False)
@json_option
def command(action: str, kpi: str | None, is_json: bool) -> None:
    """List the catalogue of KPIs, or `show` the definition of one KPI.

    A program uses one by its id (`nps: partner_nps`), or copies its definition and changes it.
    """
    from engine.reports.kpis import definition
    from engine.reports.register import Grid
    from rules.catalogue import catalogue

    known = catalogue()
    if action == "show":
        if kpi is None or kpi not in known:
            raise Refused(
                Problem("P128", f"the catalogue has no KPI {kpi or 'of that name'}", Place(), "partage kpis lists them")
            )
        if is_json:
            print_json({"id": kpi, **known[kpi].model_dump(mode="json", exclude_defaults=True)})
        else:
            click.echo("\n".join(definition(kpi, known[kpi])))
        return
    if is_json:
        print_json([{"id": name, "title": spec.title, "unit": spec.unit} for name, spec in known.items()])
        return
    rows = tuple((name, spec.title or "", spec.unit or "", spec.level or "partner") for name, spec in known.items())
    print_grid(Grid(("id", "title", "unit", "level"), rows, (False, False, False, False)))
