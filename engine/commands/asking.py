"""Who asks: the options that every command on the books has, and what they come to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.commands.console import actor, print_json, store_path
from rules.problem import Place, Problem, Refused

if TYPE_CHECKING:
    from engine.acts.books.asking import Asker
    from engine.values.draft import Recorded
    from engine.values.event import Event

_F = TypeVar("_F", bound=Callable[..., Any])
_WHO = "Who you are; unless said, who the system says. On PostgreSQL it is who logged in, and nobody else."
_POSTGRES = ("postgresql://", "postgres://")


def asking_options(command: _F) -> _F:
    """The options of a command that changes the books: who asks, and under which key it is asked once."""
    by = click.option("--as", "name", envvar="PARTAGE_AS", help=_WHO)
    key = click.option("--key", default="", help="An idempotency key: sent again with it, the command has one effect.")
    return by(key(command))


def asker(ctx: click.Context, name: str | None, key: str, creates: bool = False) -> Asker:
    """Who asks, and how they are known. A PostgreSQL server knows who logged in, and nobody else is believed there; on
    SQLite a name is declared and not proved, which the log says with the name that the system gave. `creates` says
    that the command makes a store where there is none."""
    from engine.acts.books.asking import Asker

    at, key = datetime.now(UTC), key or secrets.token_hex(16)
    login = _login(ctx, creates)
    if login:
        if name not in (None, login):
            message = f"the database knows you as {login}, and --as says {name}"
            raise Refused(Problem("S105", message, Place(), "log in to the store as who you are"))
        return Asker(login, "database", at, key)
    said = (name or "").strip() or actor()
    if not said.isprintable() or len(said) > 200:
        raise Refused(Problem("S105", "the name of who asks is too long or not readable", Place(), "--as NAME"))
    return Asker(said, "os-declared" if said == actor() else f"declared by {actor()}", at, key)


def _login(ctx: click.Context, creates: bool) -> str:
    """Who logged in to the database of the store; "" where it is a file."""
    address = store_path(ctx)
    if not str(address).startswith(_POSTGRES):
        return ""
    from engine.store import Store

    with Store.open(address, create=creates) as kept:
        return kept.login


def told(recorded: Recorded, is_json: bool, *lines: str) -> None:
    """Say what was recorded: the event as JSON, or its lines; a command sent again says that it was done before."""
    if is_json:
        print_json(event_json(recorded.event) | {"replayed": recorded.is_replayed})
        return
    if recorded.is_replayed:
        click.echo(f"done before, as event {recorded.event.number}; nothing was changed now")
    for line in lines:
        click.echo(line)


def event_json(event: Event) -> dict[str, object]:
    """One event with the keys that scripts rely on."""
    return {
        "event": event.number,
        "type": event.type,
        "cycle": event.cycle or None,
        "actor": event.actor,
        "identity": event.identity,
        "at": event.at.isoformat(),
        "sha256": event.sha256,
        "before_sha256": event.before_sha256,
        "key": event.key or None,
        "engine": event.engine,
        "clock_regressed": event.is_clock_regressed,
        "payload": event.payload,
    }
