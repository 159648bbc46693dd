"""partage mdf status, partage mdf ledger: what market development funds hold, promised and paid."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.console import (
    force_option,
    json_option,
    new_file,
    print_blocks,
    print_grid,
    print_json,
    screen_width,
    store_path,
    tell_rejected,
)
from engine.commands.failures import as_json as as_json_problem, tell
from engine.reports.counted import counted
from rules.problem import Place, Problem, Refused

if TYPE_CHECKING:
    from engine.acts.incentive import Incentive
    from engine.acts.mdf import Funds

_DAY = click.DateTime(["%Y-%m-%d"])
_BY = ("program", "budget", "partner", "activity", "region", "tier")


def _before_the_last(ctx: click.Context, param: click.Parameter, day: datetime) -> datetime:
    """A day that another one comes after: a day is a period up to the next."""
    if day.date() == date.max:
        raise click.BadParameter(f"no day comes after {date.max}; name an earlier one", ctx, param)
    return day


_as_of = click.option(
    "--as-of",
    type=_DAY,
    callback=_before_the_last,
    metavar="YYYY-MM-DD",
    required=True,
    help="The day at whose end it is told.",
)


@click.command(name="status")
@click.argument("program", type=click.Path(path_type=Path))
@_as_of
@click.option("--by", type=click.Choice(_BY), default="program", show_default=True, help="The groups that are told.")
@click.option("--of", "component", metavar="PAYOUT", help="Of a payout or pool that locked cycles paid.")
@new_file("--out", help="Draw the funnel of the whole program into an SVG, PNG or HTML file.")
@force_option
@json_option
@click.pass_context
def status(
    ctx: click.Context,
    program: Path,
    as_of: datetime,
    by: str,
    component: str | None,
    out: Path | None,
    force: bool,
    is_json: bool,
) -> None:
    """Tell what the funds of PROGRAM came to: rates, breakage by cause, open claims by age, and what came of them.

    Leads and deals count by the campaigns of the requests, caused by them or not; what is open is never added to what
    was won. With --of, the same of a SPIFF, a bonus, an accelerator or a rebate, by the rows that it was paid for.
    """
    if component is not None:
        if out is not None:
            raise click.UsageError("--out draws the funnel of funds, and --of tells of an incentive")
        _incentive_status(ctx, program, as_of, by, component, is_json)
        return
    from engine.acts.mdf import funds
    from engine.mdf.metrics import fund_metrics
    from engine.reports import mdf as reports
    from engine.reports.blocks import turned_or_in_blocks

    if out is not None:
        from engine.reports.charts.write import suffix_of

        suffix_of(out)
    found = funds(program, as_of.date())
    stages, terms = found.rules.stages, found.rules.terms
    groups = fund_metrics(found.ledger, found.outcomes, stages, found.as_of, by)
    if out is not None:
        _draw(found, out, force)
    if is_json:
        told = {"by": by, "groups": reports.status_json(groups), "refused_or_cut": len(found.ledger.refusals)}
        print_json({**_head_json(found), **told})
        return
    _tell_head(found, f"at the end of {found.as_of}")
    if groups:
        print_blocks(turned_or_in_blocks(reports.status_grid(by, groups, found.names, terms), "", screen_width()))
    else:
        click.echo("nothing was allocated by then")
    for note in reports.status_notes(groups, found.ledger, terms):
        click.echo(note)
    if out is not None:
        click.echo(f"wrote {out}")


def _draw(found: Funds, out: Path, force: bool) -> None:
    from engine.mdf.metrics import fund_metrics
    from engine.reports.charts.write import write_picture
    from engine.reports.mdf_funnel import funnel

    groups = fund_metrics(found.ledger, found.outcomes, found.rules.stages, found.as_of, "program")
    if not groups:
        message = f"nothing was allocated by {found.as_of}, and there is nothing to draw"
        raise Refused(Problem("M105", message, Place(), "name a later day by --as-of"))
    write_picture(funnel(found.meaning.title, found.as_of, groups[0], found.rules.terms), out, force)


def _incentive_status(
    ctx: click.Context, program: Path, as_of: datetime, by: str, component: str, is_json: bool
) -> None:
    from engine.acts.incentive import incentive
    from engine.reports import mdf as reports
    from engine.reports.blocks import turned_or_in_blocks

    found = incentive(program, store_path(ctx), component, as_of.date(), by)
    if is_json:
        told = {"component": found.component, "by": by, "groups": reports.incentive_json(found.groups)}
        print_json({**_head_json(found), **told})
        return
    _tell_head(found, f"{component} paid for periods that ended by {found.as_of}")
    grid = reports.incentive_grid(by, found.groups, found.names, found.meaning.terms)
    print_blocks(turned_or_in_blocks(grid, "", screen_width()))
    for note in reports.returns_notes([each.returns for each in found.groups]):
        click.echo(note)


def _head_json(found: Funds | Incentive) -> dict[str, object]:
    return {
        "program": found.meaning.title,
        "currency": found.meaning.terms.currency.code,
        "as_of": str(found.as_of),
        "rejected": found.rejected,
        "warnings": [as_json_problem(each) for each in found.warnings],
    }


def _tell_head(found: Funds | Incentive, words: str) -> None:
    click.echo(f"{found.meaning.title}, {words}, {found.meaning.terms.currency.code}")
    tell_rejected(found.rejected)
    tell(found.warnings, is_json=False)


@click.command(name="ledger")
@click.argument("program", type=click.Path(path_type=Path))
@_as_of
@click.option("--budget", help="The entries of one budget only.")
@click.option("--request", help="The entries of one request only.")
@click.option("--partner", help="The entries of one partner's requests and budgets only.")
@json_option
def ledger(
    program: Path, as_of: datetime, budget: str | None, request: str | None, partner: str | None, is_json: bool
) -> None:
    """List every entry of the commitment ledger of PROGRAM, and what was refused or cut, by which rule.

    The balances below are those of whole budgets: budget = reserved + claimed + paid + expired + free.
    """
    from engine.acts.mdf import entries_of, funds
    from engine.reports import mdf as reports

    found = funds(program, as_of.date())
    movements, refusals = entries_of(found.ledger, budget, request, partner)
    drawn = {each.budget for each in movements}
    balances = {name: each for name, each in found.ledger.balances().items() if name in drawn}
    terms = found.rules.terms
    if is_json:
        print_json({**_head_json(found), **reports.ledger_json(movements, balances, refusals)})
        return
    _tell_head(found, f"to the end of {found.as_of}")
    if movements:
        print_grid(reports.ledger_grid(movements, terms))
        click.echo("")
        print_grid(reports.balance_grid(balances, terms))
    if refusals:
        click.echo(f"\n{counted(len(refusals), 'row')} refused or cut")
    for line in reports.refusal_lines(refusals, terms):
        click.echo(line)
    if not movements and not refusals:
        click.echo("no entries by then")
