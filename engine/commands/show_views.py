"""What `partage show` can show of a kept run: its register, lines, inputs, rejected rows, fates, scores and KPIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from engine.acts.gains import gains_of
from engine.acts.reopen import Reopened, reopen_run
from engine.acts.show import Shown
from engine.commands.console import print_blocks, print_grid, screen_width
from engine.commands.failures import as_json as as_json_problem, told
from engine.commands.header import sums
from engine.reports.balances import balance_grid, balance_json, balance_steps, balance_totals, closing_csv
from engine.reports.blocks import in_blocks, turned_or_in_blocks
from engine.reports.counted import counted
from engine.reports.exchange import as_json as gains_json, grid as gains_grid
from engine.reports.fates import fates_grid, fates_json, reasons_grid
from engine.reports.kpis import as_json as kpis_json, grid as kpis_grid, units_json
from engine.reports.register import Grid, Register, grid, register, unscored_lines
from engine.reports.scorecards import score_grid, score_steps, scored_counts, scores_csv, scores_json
from engine.values import Kpi, PoolBooks, Unscored
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
    pools = _in_order(found)
    books = {name: {key: int(each[key]) for key in PoolBooks._fields if key in each} for name, each in pools}
    click.echo(sums(table, {name: PoolBooks(**each) for name, each in books.items()}))
    unscored = {name: _unscored(each["unscored"]) for name, each in pools if "unscored" in each}
    for line in unscored_lines(table, unscored):
        click.echo(line)
    for line in balance_totals(found.manifest, found.titles, found.record.currency):
        click.echo(line)


def _unscored(kept: Mapping[str, Any]) -> Unscored:
    house = kept.get("house_minor")
    return Unscored(int(kept["members"]), tuple(kept["first"]), None if house is None else int(house))


def _in_order(found: Shown) -> list[tuple[str, Mapping[str, Any]]]:
    """The books of pools in the order in which they were shared."""
    pools = found.manifest["pools"]
    return [(name, pools[name]) for name in found.manifest["components"] if name in pools]


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
        (each["table"], *(f"{rows:,}" for rows in _read(each)), each["rows_sha256"])
        for each in found.manifest["inputs"]
    )
    titles = ("table", "read", "accepted", "rejected", "sha256 over key-sorted rows")
    print_grid(Grid(titles, rows, (False, True, True, True, False)))


def _read(table: Mapping[str, int]) -> tuple[int, int, int]:
    """How many rows of a table were read, accepted and rejected."""
    return table["rows"] + table["rejected"], table["rows"], table["rejected"]


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


def tell_scorecards(store: Path | str, found: Shown) -> None:
    """Every scorecard of the run, worked out again and held against what was kept."""
    with reopen_run(store, found.record.number) as run:
        cards = score_steps(run.plan)
        if not cards:
            click.echo("this program has no scorecard")
        for step in cards:
            click.echo(scored_counts(step, run.sheet))
            print_blocks(in_blocks(score_grid(step, run.sheet, found.names), screen_width()))


def tell_kpis(store: Path | str, found: Shown) -> None:
    """Every KPI of the run by partner, worked out again and held against what was kept."""
    with reopen_run(store, found.record.number) as run:
        labels, kpis = _kpis(run)
        if not kpis:
            click.echo("this program has no KPI by partner")
            return
        values = {kpi.name: run.sheet.columns[kpi.name] for kpi in kpis}
        whole = kpis_grid("partner", labels, found.names, kpis, values, run.plan.terms.currency)
        print_blocks(turned_or_in_blocks(whole, "kpi", screen_width()))


def tell_balances(store: Path | str, found: Shown) -> None:
    """Every balance of the run as it rolls forward, worked out again and held against what was kept."""
    with reopen_run(store, found.record.number) as run:
        money = run.plan.terms.currency
        grids = [balance_grid(roll, run.sheet, found.names, money) for roll in balance_steps(run.plan)]
    print_blocks([block for grid in grids for block in in_blocks(grid, screen_width())])
    if not grids:
        click.echo("this program has no balance")


def closings(store: Path | str, found: Shown) -> str:
    """What is on balances at the end of the run's period, as a table that the next period opens with."""
    with reopen_run(store, found.record.number) as run:
        return closing_csv(run.plan, run.sheet, run.facts.openings())


def closing_scores(store: Path | str, found: Shown) -> str:
    """The scores and tiers at the end of the run's period, as a table that the next period opens with."""
    with reopen_run(store, found.record.number) as run:
        return scores_csv(run.plan, run.sheet)


def tell_exchange(store: Path | str, found: Shown) -> None:
    """What amounts in other currencies that were paid or shared by are at the rates of their days, and at the last."""
    with reopen_run(store, found.record.number) as run:
        gains = gains_of(run)
        if not gains:
            click.echo("no amount that something was paid or shared by is in another currency")
            return
        print_grid(gains_grid(gains, run.plan.terms))


def recomputed_json(store: Path | str, found: Shown, what: str) -> dict[str, object]:
    """Scorecards, balances, the exchange, or KPIs and their units, with the keys that scripts rely on."""
    with reopen_run(store, found.record.number) as run:
        if what == "scorecards":
            return {"scorecards": {step.name: scores_json(step, run.sheet) for step in score_steps(run.plan)}}
        if what == "balances":
            return {"balances": {step.name: balance_json(step, run.sheet) for step in balance_steps(run.plan)}}
        if what == "exchange":
            return {"exchange": gains_json(gains_of(run))}
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
RECOMPUTED: Mapping[str, Callable[[Path | str, Shown], None]] = {
    "scorecards": tell_scorecards,
    "kpis": tell_kpis,
    "balances": tell_balances,
    "exchange": tell_exchange,
}
JSON_PARTS: Mapping[str, Callable[[Shown], object]] = {
    "lines": lines_json,
    "rejected": rejected_json,
    "fates": lambda found: fates_json(found.fates),
}
