"""partage adjust: amounts by hand, with reason, evidence and a second person."""

from __future__ import annotations

import click

from engine.commands.asking import Desk, recording
from engine.commands.console import NUMBER, InOrder


@click.group(name="adjust", cls=InOrder)
def command() -> None:
    """Amounts by hand in the open cycle: asked for with reason and evidence, approved by another person."""


@command.command(name="submit")
@click.argument("cycle")
@click.argument("payee")
@click.option("--amount", default="", help="The amount to add, such as 250.00 or -12.40.")
@click.option("--to", default="", help="What the component shall come to instead of what was calculated.")
@click.option("--component", default="", help="The payout or pool that it belongs to; none unless said.")
@click.option("--program", default="", help="The program's title, where the cycle pays several.")
@click.option("--reason", required=True, help="Why.")
@click.option("--evidence", required=True, help="Where it can be looked up, such as a ticket or a letter.")
@recording
def submit(
    desk: Desk,
    cycle: str,
    payee: str,
    amount: str,
    to: str,
    component: str,
    program: str,
    reason: str,
    evidence: str,
) -> None:
    """Ask for an adjustment of what CYCLE pays to PAYEE: --amount adds, --to replaces what was calculated."""
    from engine.acts.books.adjust import Adjustment, submit_adjustment

    asked = Adjustment(cycle, payee, program, component, amount, to, reason, evidence)
    done = submit_adjustment(desk.store, asked, desk.asker())
    number = done.event.number
    desk.tell(
        done,
        f"request {number}: {payee} in cycle {cycle}: {done.event.payload['reason']}",
        f"next: partage adjust approve {number} (another person)",
    )


@command.command(name="approve")
@click.argument("request", type=NUMBER)
@recording
def approve(desk: Desk, request: int) -> None:
    """Approve the adjustment of REQUEST: what was submitted or approved of its cycle is void, for it pays otherwise."""
    from engine.acts.books.adjust import approve_adjustment

    done = approve_adjustment(desk.store, request, desk.asker())
    desk.tell(done, f"{done.event.actor} approved request {request}: it belongs to cycle {done.event.cycle}")


@command.command(name="reject")
@click.argument("request", type=NUMBER)
@click.option("--reason", required=True, help="What is wrong.")
@recording
def reject(desk: Desk, request: int, reason: str) -> None:
    """Turn the adjustment of REQUEST down."""
    from engine.acts.books.adjust import reject_adjustment

    done = reject_adjustment(desk.store, request, reason, desk.asker())
    desk.tell(done, f"{done.event.actor} rejected request {request}")
