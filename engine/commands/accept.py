"""partage accept: a partner's acceptance of a plan."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.console import actor, json_option, print_grid, print_json, store_path, store_shown
from engine.reports.counted import counted
from rules.problem import Place, Problem, Refused

if TYPE_CHECKING:
    from engine.store import Acceptance


@click.command(name="accept")
@click.argument("program", type=click.Path(path_type=Path), required=False)
@click.option("--partner", help="The partner that accepted the plan.")
@click.option("--by", help="The person who accepted it.")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day on which they did; today unless said.",
)
@click.option("--note", default="", help="What is worth knowing of it, such as where the signed copy is.")
@click.option("--list", "is_list", is_flag=True, help="List the acceptances; with PROGRAM, which are of this version.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    program: Path | None,
    partner: str | None,
    by: str | None,
    on: datetime | None,
    note: str,
    is_list: bool,
    is_json: bool,
) -> None:
    """Record that a partner accepted the plan of PROGRAM as `partage plan --partner` writes it now.

    The digests of the program and of the document are kept, and the document itself. Several people may accept for a
    partner, each of them the same version once; a changed program has to be accepted anew. Nothing that was recorded is
    ever changed or removed.
    """
    if is_list:
        _list(ctx, program, partner, is_json)
        return
    if program is None or partner is None or by is None:
        lacking = [
            name for name, value in (("PROGRAM", program), ("--partner", partner), ("--by", by)) if value is None
        ]
        message = f"it is not said who accepted what: {', '.join(lacking)}"
        raise Refused(Problem("S143", message, Place(), "partage accept PROGRAM --partner P --by NAME"))
    from engine.acts.acceptance import Word, accept

    today = date.today()
    word = Word(partner, by, today if on is None else on.date(), note)
    found = accept(program, store_path(ctx), word, today, actor(), datetime.now(UTC))
    if is_json:
        print_json(_json(found.acceptance) | {"is_new": found.is_new})
        return
    each = found.acceptance
    said = "recorded" if found.is_new else "accepted before"
    click.echo(f"{said}  {each.partner}: {each.accepted_by} on {each.accepted_on}, number {each.number}")
    click.echo(f"plan {each.document_sha256[:12]} of program {each.program_sha256[:12]}   kept in {store_shown(ctx)}")


def _list(ctx: click.Context, program: Path | None, partner: str | None, is_json: bool) -> None:
    from engine.acts.acceptance import accepted
    from engine.reports.register import Grid

    found = accepted(store_path(ctx), program, partner)
    if is_json:
        listed = [_json(each) | {"is_current": _is_current(each, found.current)} for each in found.acceptances]
        print_json({"acceptances": listed})
        return
    rows = tuple(
        (
            str(each.number),
            each.partner,
            each.accepted_by,
            str(each.accepted_on),
            each.program_sha256[:12],
            {True: "this version", False: "another version", None: ""}[_is_current(each, found.current)],
            each.note,
        )
        for each in found.acceptances
    )
    head = ("number", "partner", "by", "on", "program", "", "note")
    if rows:
        print_grid(Grid(head, rows, (True, *[False] * 6)))
    click.echo(counted(len(rows), "acceptance"))


def _is_current(each: Acceptance, current: frozenset[int] | None) -> bool | None:
    return None if current is None else each.number in current


def _json(each: Acceptance) -> dict[str, object]:
    return {
        "acceptance": each.number,
        "program": each.program,
        "program_sha256": each.program_sha256,
        "document_sha256": each.document_sha256,
        "partner_id": each.partner,
        "accepted_by": each.accepted_by,
        "accepted_on": str(each.accepted_on),
        "note": each.note,
        "recorded_at": each.recorded_at.isoformat(),
        "actor": each.actor,
        "engine": each.engine,
    }
