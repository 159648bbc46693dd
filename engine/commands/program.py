"""partage program: versions of a program under control."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands.asking import Desk, recording
from engine.commands.console import NUMBER, InOrder, json_option, print_grid, print_json, store_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@click.group(name="program", cls=InOrder)
def command() -> None:
    """Versions of a program: submitted with their impact on history, approved by another person, put into force."""


@command.command(name="submit")
@click.argument("program", type=click.Path(path_type=Path))
@click.option(
    "--effective",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    required=True,
    help="The first day of the first period that it is to pay.",
)
@click.option("--reason", required=True, help="Why it is to come into force, or what it changes.")
@recording
def submit(desk: Desk, program: Path, effective: datetime, reason: str) -> None:
    """Submit PROGRAM as it is written now; what it would have paid in the last periods is part of the request."""
    from engine.acts.books.program import submit_program

    done = submit_program(desk.store, program, effective.date(), reason, desk.asker(creates=True))
    said = done.event.payload
    number = done.event.number
    desk.tell(
        done,
        f"request {number}: {said['program']}, version {said['program_sha256'][:12]}, from {said['effective']} on",
        *_impact(said["impact"]),
        f"next: partage program approve {number} (another person)",
    )


@command.command(name="approve")
@click.argument("request", type=NUMBER)
@recording
def approve(desk: Desk, request: int) -> None:
    """Approve the version of REQUEST, as another person than the one who submitted it."""
    from engine.acts.books.program import approve_program

    done = approve_program(desk.store, request, desk.asker())
    desk.tell(done, f"{done.event.actor} approved request {request}", f"next: partage program activate {request}")


@command.command(name="reject")
@click.argument("request", type=NUMBER)
@click.option("--reason", required=True, help="What is wrong.")
@recording
def reject(desk: Desk, request: int, reason: str) -> None:
    """Turn the version of REQUEST down."""
    from engine.acts.books.program import reject_program

    done = reject_program(desk.store, request, reason, desk.asker())
    desk.tell(done, f"{done.event.actor} rejected request {request}")


@command.command(name="activate")
@click.argument("request", type=NUMBER)
@recording
def activate(desk: Desk, request: int) -> None:
    """Put the approved version of REQUEST into force."""
    from engine.acts.books.program import activate_program

    done = activate_program(desk.store, request, desk.asker())
    said = done.event.payload
    desk.tell(
        done,
        f"{said['program']}, version {said['program_sha256'][:12]}, is in force from {said['effective']} on",
        "next: partage cycle open NAME --program PROGRAM",
    )


@command.command(name="list")
@json_option
@click.pass_context
def list_(ctx: click.Context, is_json: bool) -> None:
    """List the versions that were submitted, and which are in force."""
    from engine.acts.books.looks import books
    from engine.reports.register import Grid

    found = books(store_path(ctx))
    active = set(found.activated_by.values())
    requests = [each for each in found.requests.values() if each.kind == "program"]
    status = {each.number: "activated" if each.number in active else each.status for each in requests}
    rows = [
        (
            str(each.number),
            each.content["program"],
            each.content["program_sha256"][:12],
            each.content["effective"],
            status[each.number],
            each.maker,
            each.decided_by,
            each.content["reason"],
        )
        for each in requests
    ]
    heads = ("request", "program", "version", "effective", "status", "submitted by", "decided by", "reason")
    if is_json:
        asked = [
            {"request": each.number, "status": status[each.number], "by": each.maker}
            | {"decided_by": each.decided_by or None}
            | dict(each.content)
            for each in requests
        ]
        print_json({"requests": asked})
    elif rows:
        print_grid(Grid(heads, tuple(rows), (True, *[False] * 7)))
    else:
        click.echo("no version was submitted yet   next: partage program submit PROGRAM --effective DAY --reason WHY")


def _impact(impact: list[Mapping[str, Any]]) -> Iterator[str]:
    from engine.reports.cycle import money

    if not impact:
        yield "impact    no period of it is kept yet to compare with"
    for each in impact:
        if "not_worked_out" in each:
            yield f"impact    {each['period']}: not to be worked out over its facts: {each['not_worked_out']}"
            continue
        before, after = int(each["before_minor"]), int(each["after_minor"])
        code = each["currency"]
        moved = f"{money(before, code)} -> {money(after, code)}, {each['winners']} gain and {each['losers']} lose"
        yield f"impact    {each['period']}: {moved}"
        for partner, amount in each["most"][:5]:
            yield f"            {partner} {money(int(amount), code)}"
