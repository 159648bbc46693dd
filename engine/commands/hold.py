"""partage hold and release: payees whose payments wait."""

from __future__ import annotations

import click

from engine.commands.asking import asker, asking_options, told
from engine.commands.console import json_option, store_path


@click.command(name="hold")
@click.argument("payee")
@click.option("--reason", required=True, help="Why payments wait.")
@asking_options
@json_option
@click.pass_context
def hold(ctx: click.Context, payee: str, reason: str, name: str | None, key: str, is_json: bool) -> None:
    """Let the payments of PAYEE wait, in every cycle; what is owed stays owed."""
    from engine.acts.books.adjust import hold as act

    done = act(store_path(ctx), payee, reason, asker(ctx, name, key))
    told(done, is_json, f"{payee} is on hold: {done.event.payload['reason']}")


@click.command(name="release")
@click.argument("payee")
@click.option("--reason", required=True, help="Why payments go on.")
@asking_options
@json_option
@click.pass_context
def release(ctx: click.Context, payee: str, reason: str, name: str | None, key: str, is_json: bool) -> None:
    """Let PAYEE be paid again, with the next payment, what was held included."""
    from engine.acts.books.adjust import release as act

    done = act(store_path(ctx), payee, reason, asker(ctx, name, key))
    told(done, is_json, f"{payee} is paid again: {done.event.payload['reason']}")
