"""What `partage show` can show of a kept run: its register, lines, inputs, rejected rows, fates, scores and KPIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from engine.acts.reopen import Reopened, reopen_run
from engine.acts.show import Shown
from engine.commands.console import counted, print_grid
from engine.commands.failures import as_json as as_json_problem, told
from engine.commands.header import sums
from engine.reports.fates import fates_grid, fates_json, reasons_grid
from engine.reports.kpis import as_json as kpis_json, grid as kpis_grid, units_json
from engine.reports.register import Grid, Register, grid, register
from engine.reports.scorecards import score_grid, score_steps, scored_counts, scores_json
from engine.values import Kpi
from rules.meaning import KpiMeaning
from rules.quantities.currency import currency, format_minor

ROWS_SHOWN = 40


def register_of(found: Shown) -> Register:
    """The register of a kept run."""
    components = list(found.manifest["components"])
    return register(found.lines, components, found.titles, found.names, found.record.currency)


def tell_register(found: Shown) -> None:
    """Who got what, and what was shared and left of each pool."""
    table = register_of(found)
    print_grid(grid(table, ROWS_SHOWN))
    pools = found.manifest["pools"]
    click.echo(sums(table, {name: (int(p["size_minor"]), int(p["left_minor"])) for name, p in pools.items()}))


def tell_lines(found: Shown) -> None:
    """Every line: a source row or a pool share."""
    money = currency(found.record.currency)
    rows = tuple(
        (line.partner, line.component, f"{line.table} {line.key}", format_minor(line.amount_minor, money))
        for line in map(found.lines.line, range(len(found.lines)))
    )
    print_grid(Grid(("partner", "component", "source row", f"amount {money.code}"), rows, (False, False, False, True)))


def tell_inputs(found: Shown) -> None:
    """What was read, with digests."""
    rows = tuple(
        (each["table"], f"{each['rows']:,}", f"{each['rejected']:,}", each["rows_sha256"])
        for each in found.manifest["inputs"]
    )
    print_grid(Grid(("table", "rows", "rejected", "sha256 over key-sorted rows"), rows, (False, True, True, False)))


def tell_fates(found: Shown) -> None:
    """What became of every row, and which rules did not pay which rows."""
    print_grid(fates_grid(found.fates))
    reasons = reasons_grid(found.fates)
    if reasons.rows:
        click.echo("")
        print_grid(reasons)


def tell_rejected(found: Shown) -> None:
    """Each row that was left out: every fault with its place and cure, the row's text, and its excuse."""
    for each in found.rejected:
        for fault in each.faults:
            click.echo(told(fault))
        click.echo(f"      {each.text}" + (f"\n      excused: {each.excused}" if each.excused else ""))
    click.echo(f"{counted(len(found.rejected), 'row')} rejected" if found.rejected else "no row was rejected")


def lines_json(found: Shown) -> object:
    """Every line with the keys that scripts rely on."""
    return [
        {
            "partner_id": line.partner,
            "component": line.component,
            "table": line.table,
            "key": line.key,
            "amount_minor": line.amount_minor,
        }
        for line in map(found.lines.line, range(len(found.lines)))
    ]


def rejected_json(found: Shown) -> object:
    """Every rejected row with the keys that scripts rely on."""
    return [
        {
            "table": each.table,
            "row": each.row,
            "record": each.record,
            "faults": [as_json_problem(fault) for fault in each.faults],
            "text": each.text,
            "excused": each.excused or None,
        }
        for each in found.rejected
    ]


def tell_scorecards(store: Path, found: Shown) -> None:
    """Every scorecard of the run, worked out again and held against what was kept."""
    with reopen_run(store, found.record.number) as run:
        for step in score_steps(run.plan):
            click.echo(scored_counts(step, run.sheet))
            print_grid(score_grid(step, run.sheet, found.names))


def tell_kpis(store: Path, found: Shown) -> None:
    """Every KPI of the run by partner, worked out again and held against what was kept."""
    with reopen_run(store, found.record.number) as run:
        labels, kpis = _kpis(run)
        values = {kpi.name: run.sheet.columns[kpi.name] for kpi in kpis}
        print_grid(kpis_grid("partner", labels, found.names, kpis, values, run.plan.terms.currency))


def recomputed_json(store: Path, found: Shown, what: str) -> dict[str, object]:
    """Scorecards, or KPIs and their units, with the keys that scripts rely on."""
    with reopen_run(store, found.record.number) as run:
        if what == "scorecards":
            return {"scorecards": {step.name: scores_json(step, run.sheet) for step in score_steps(run.plan)}}
        labels, kpis = _kpis(run)
        values = {kpi.name: run.sheet.columns[kpi.name] for kpi in kpis}
        return {"units": units_json(kpis), "kpis": kpis_json(labels, kpis, values)}


def _kpis(run: Reopened) -> tuple[tuple[str, ...], tuple[KpiMeaning, ...]]:
    kpis = tuple(step.kpi for step in run.plan.steps if isinstance(step, Kpi) and step.kpi.level == "partner")
    return tuple(str(key) for key in run.sheet.partners.keys), kpis


VIEWS: Mapping[str, Callable[[Shown], None]] = {
    "register": tell_register,
    "lines": tell_lines,
    "inputs": tell_inputs,
    "rejected": tell_rejected,
    "fates": tell_fates,
}
RECOMPUTED: Mapping[str, Callable[[Path, Shown], None]] = {"scorecards": tell_scorecards, "kpis": tell_kpis}
JSON_PARTS: Mapping[str, Callable[[Shown], object]] = {
    "lines": lines_json,
    "rejected": rejected_json,
    "fates": lambda found: fates_json(found.fates),
}
