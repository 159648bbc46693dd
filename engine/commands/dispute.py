"""partage dispute: what a payee says is wrong, what it would come to, and the answer."""

from __future__ import annotations

from collections.abc import Sequence

import click

from engine.commands.asking import Desk, recording
from engine.commands.console import NUMBER, InOrder, json_option, print_grid, print_json, store_path
from rules.problem import Place, Problem, Refused


@click.group(name="dispute", cls=InOrder)
def command() -> None:
    """Claims on a row of a run: what each would come to is worked out before another person decides on it."""


@command.command(name="open")
@click.argument("run", type=int)
@click.argument("partner")
@click.argument("table")
@click.argument("row", metavar="KEY")
@click.option(
    "--set",
    "cells",
    multiple=True,
    help="What a cell should hold: column=value; column= for blank; repeat it for several.",
)
@click.option("--add", "is_added", is_flag=True, help="The row is missing: --set names all that it would hold.")
@click.option("--reason", required=True, help="Why it should be so.")
@recording
def open_(
    desk: Desk,
    run: int,
    partner: str,
    table: str,
    row: str,
    cells: tuple[str, ...],
    is_added: bool,
    reason: str,
) -> None:
    """Claim for PARTNER that the row KEY of TABLE, as RUN read it, should hold something else: what the run would then
    pay is worked out, and kept with the claim."""
    from engine.acts.books.dispute import open_dispute
    from engine.reports.disputes import line_words, outcome_words
    from engine.values.claimed import Claim

    claim = Claim(run, partner, table, row, _cells(cells), is_added)
    done = open_dispute(desk.store, claim, reason, desk.asker())
    number, content = done.event.number, done.event.payload
    desk.tell(
        done,
        f"dispute {number}: {outcome_words(content)}",
        *line_words(content),
        f"next: partage dispute answer {number} --grant or --decline (another person)",
    )


@command.command(name="answer")
@click.argument("dispute", type=NUMBER)
@click.option("--grant/--decline", "is_granted", default=None, required=True, help="What is decided.")
@click.option("--answer", required=True, help="What the payee is told.")
@click.option("--cycle", default="", help="The open cycle that pays what is granted.")
@click.option("--evidence", default="", help="Where it can be looked up that the claim holds.")
@recording
def answer_(
    desk: Desk,
    dispute: int,
    is_granted: bool,
    answer: str,
    cycle: str,
    evidence: str,
) -> None:
    """Grant or decline DISPUTE, as another person than the one who opened it. What is granted is submitted as an
    adjustment of the open cycle, which a second person approves."""
    from engine.acts.books.dispute import answer_dispute

    if not is_granted and (cycle or evidence):
        raise click.UsageError("--cycle and --evidence are those of what is granted")
    done = answer_dispute(desk.store, dispute, is_granted, answer, cycle, evidence, desk.asker())
    said = done.event.payload
    adjustment = said.get("adjustment", 0)
    following = f"adjust approve {adjustment} (another person)" if adjustment else f"dispute close {dispute}"
    desk.tell(
        done,
        f"dispute {dispute} is {said['decision']} by {done.event.actor}: {said['answer']}",
        f"next: partage {following}",
    )


@command.command(name="close")
@click.argument("dispute", type=NUMBER)
@recording
def close(desk: Desk, dispute: int) -> None:
    """Close DISPUTE after its answer; who opened it may withdraw it before."""
    from engine.acts.books.dispute import close_dispute

    done = close_dispute(desk.store, dispute, desk.asker())
    desk.tell(done, f"dispute {dispute} is closed")


@command.command(name="list")
@json_option
@click.pass_context
def list_(ctx: click.Context, is_json: bool) -> None:
    """List all disputes: what each would come to, who opened and answered it, and how its adjustment stands."""
    from engine.acts.books.dispute import all_disputes
    from engine.reports.disputes import as_json, dispute_grid

    found = all_disputes(store_path(ctx))
    if is_json:
        print_json(as_json(found))
    elif found:
        print_grid(dispute_grid(found))
    else:
        click.echo("nobody disputes anything   next: partage dispute open RUN PARTNER TABLE KEY --set column=value")


def _cells(written: Sequence[str]) -> dict[str, str]:
    """The claimed cells by column; raises Refused where one is not written as column=value, or twice."""
    found: dict[str, str] = {}
    problems = []
    for each in written:
        column, sign, text = each.partition("=")
        place = Place("--set", field=column)
        if not sign or not column:
            problems.append(Problem("B154", f"'{each}' is no column=value", place, "write --set kind=new"))
        elif column in found:
            problems.append(Problem("B154", f"{column} is claimed twice", place, "claim one of the two"))
        found[column] = text
    if problems:
        raise Refused(*problems)
    return found
