"""partage hold and release: payees whose payments wait."""

from __future__ import annotations

import click

from engine.commands.asking import Desk, recording


@click.command(name="hold")
@click.argument("payee")
@click.option("--reason", required=True, help="Why payments wait.")
@recording
def hold(desk: Desk, payee: str, reason: str) -> None:
    """Let the payments of PAYEE wait, in every cycle; what is owed stays owed."""
    from engine.acts.books.adjust import hold as act

    done = act(desk.store, payee, reason, desk.asker())
    desk.tell(done, f"{payee} is on hold: {done.event.payload['reason']}")


@click.command(name="release")
@click.argument("payee")
@click.option("--reason", required=True, help="Why payments go on.")
@recording
def release(desk: Desk, payee: str, reason: str) -> None:
    """Let PAYEE be paid again, with the next payment, what was held included."""
    from engine.acts.books.adjust import release as act

    done = act(desk.store, payee, reason, desk.asker())
    desk.tell(done, f"{payee} is paid again: {done.event.payload['reason']}")
