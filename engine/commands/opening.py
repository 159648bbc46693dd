"""partage opening: go live with balances and positions that a second person approves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands.asking import Desk, recording
from engine.commands.console import NUMBER, InOrder, json_option, print_grid, print_json, store_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@click.group(name="opening", cls=InOrder)
def command() -> None:
    """What balances, the year so far and payees stood at when a program goes live: asked for, and approved by another
    person. The first cycle opens with it."""


@command.command(name="submit")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--program", type=click.Path(path_type=Path), required=True, help="The program that goes live.")
@click.option("--period", required=True, help="Its first period, such as 2026-04.")
@click.option(
    "--scores",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Scores and tiers as well, in the form of `partage show --scorecards --csv`.",
)
@click.option("--reason", required=True, help="Where it comes from.")
@recording
def submit(
    desk: Desk,
    file: Path,
    program: Path,
    period: str,
    scores: Path | None,
    reason: str,
) -> None:
    """Submit FILE, in the form of `partage show --balances --csv`, as what the program's first period opens with.

    What a payee was owed is a row of the balance `owed`; what tiers and limits added up in the fiscal year so far is
    one of RULE.year_to_date.
    """
    from engine.acts.books.opening import submit_opening

    done = submit_opening(desk.store, file, program, period, reason, desk.asker(creates=True), scores)
    said, number = done.event.payload, done.event.number
    desk.tell(
        done,
        f"request {number}: {said['program']} opens {said['period']} with {said['rows']} rows as of {said['as_of']}",
        *_sums(said),
        *_owed(said),
        f"next: partage opening approve {number} (another person)",
    )


@command.command(name="approve")
@click.argument("request", type=NUMBER)
@recording
def approve(desk: Desk, request: int) -> None:
    """Approve the opening of REQUEST, as another person than the one who submitted it."""
    from engine.acts.books.opening import approve_opening

    done = approve_opening(desk.store, request, desk.asker())
    desk.tell(done, f"{done.event.actor} approved request {request}: the first cycle opens with it")


@command.command(name="reject")
@click.argument("request", type=NUMBER)
@click.option("--reason", required=True, help="What is wrong.")
@recording
def reject(desk: Desk, request: int, reason: str) -> None:
    """Turn the opening of REQUEST down."""
    from engine.acts.books.opening import reject_opening

    done = reject_opening(desk.store, request, reason, desk.asker())
    desk.tell(done, f"{done.event.actor} rejected request {request}")


@command.command(name="list")
@json_option
@click.pass_context
def list_(ctx: click.Context, is_json: bool) -> None:
    """List the openings that were asked for."""
    from engine.acts.books.opening import all_openings
    from engine.ledger.requests import SUBMITTED
    from engine.reports.register import Grid

    found = all_openings(store_path(ctx))
    heads = ("request", "program", "period", "as of", "rows", "status", "submitted by", "decided by", "reason")
    rows = [
        (
            str(each.number),
            *(str(each.content[name]) for name in ("program", "period", "as_of", "rows")),
            each.status,
            each.maker,
            each.decided_by,
            each.content["reason"],
        )
        for each in found
    ]
    if is_json:
        asked = [
            {"request": each.number, "status": each.status, "by": each.maker, "decided_by": each.decided_by or None}
            | dict(each.content)
            for each in found
        ]
        print_json({"requests": asked})
    elif rows:
        print_grid(Grid(heads, tuple(rows), (True, False, False, False, True, *[False] * 4)))
        for each in found:
            if each.status == SUBMITTED and (owed := tuple(_owed(each.content))):
                click.echo(f"request {each.number}, if it is approved:")
                for line in owed:
                    click.echo(line)
    else:
        click.echo("no opening was submitted yet   next: partage opening submit FILE --program PROGRAM --period PERIOD")


def _sums(said: Mapping[str, Any]) -> Iterator[str]:
    """What each balance comes to, as it was written: units of a year so far too."""
    from rules.quantities.currency import currency, format_minor

    for balance, minor in said["balances_minor"].items():
        yield f"  {balance} {format_minor(int(minor), currency(said['currency']))} in all"


def _owed(said: Mapping[str, Any]) -> Iterator[str]:
    """Who would be owed what: those with the largest amounts, and how many there are beside them."""
    from rules.quantities.currency import currency, format_minor

    listed = said.get("owed", ())
    for payee, minor in listed:
        yield f"  {payee} is owed {format_minor(int(minor), currency(said['currency']))}"
    if (more := said.get("owed_payees", 0) - len(listed)) > 0:
        yield f"  and {more:,} payees more"
