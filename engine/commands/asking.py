"""A command on the books: where they are, who asks under which key, and how what was recorded is told."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands.console import actor, json_option, print_json, store_path, store_shown
from rules.problem import Place, Problem, Refused

if TYPE_CHECKING:
    from engine.acts.books.asking import Asker
    from engine.values.draft import Recorded
    from engine.values.event import Event

_WHO = "Who you are; unless said, who the system says. On PostgreSQL it is who logged in, and nobody else."
_POSTGRES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every command on the books is given: the store, who asks under which key, and whether JSON is wanted."""

    command: str  # its name, such as `cycle lock`
    store: Path | str
    shown: str  # the store, as it may be printed
    said: str | None  # who asks, where --as says it
    key: str
    is_json: bool

    def asker(self, creates: bool = False) -> Asker:
        """Who asks, and how they are known. A PostgreSQL server knows who logged in, and nobody else is believed there;
        on SQLite a name is declared and not proved, which the log says with the name that the system gave. `creates`
        says that the command makes a store where there is none."""
        from engine.acts.books.asking import Asker, refuse_name

        at, key = datetime.now(UTC), self.key or secrets.token_hex(16)
        login = _login(self.store, creates)
        if login:
            known = Asker(login, "database", at, key)
            if self.said not in (None, login):
                refuse_name(self.store, known, str(self.said), self.command)
            return known
        said = (self.said or "").strip() or actor()
        if not said.isprintable() or len(said) > 200:
            raise Refused(Problem("S105", "the name of who asks is too long or not readable", Place(), "--as NAME"))
        return Asker(said, "os-declared" if said == actor() else f"declared by {actor()}", at, key)

    def tell(self, recorded: Recorded, *lines: str) -> None:
        """Say what was recorded: the event as JSON, or lines; a command sent again says that it was done before."""
        if self.is_json:
            print_json(event_json(recorded.event) | {"replayed": recorded.is_replayed})
            return
        if recorded.is_replayed:
            click.echo(f"done before, as event {recorded.event.number}; nothing was changed now")
        for line in lines:
            click.echo(line)


def recording(command: Callable[..., None]) -> Callable[..., None]:
    """A command that changes the books: it is given a `Desk`, and the options say who asks, under which key it is asked
    once, and how it answers."""

    @wraps(command)
    def asked(ctx: click.Context, /, *, said: str | None, key: str, is_json: bool, **rest: Any) -> None:
        name = ctx.command_path.partition(" ")[2]
        command(Desk(name, store_path(ctx), store_shown(ctx), said, key, is_json), **rest)

    by = click.option("--as", "said", envvar="PARTAGE_AS", help=_WHO)
    once = click.option("--key", default="", help="An idempotency key: sent again with it, the command has one effect.")
    return by(once(json_option(click.pass_context(asked))))


def _login(address: Path | str, creates: bool) -> str:
    """Who logged in to the database of the store; "" where it is a file."""
    if not str(address).startswith(_POSTGRES):
        return ""
    from engine.store import Store

    with Store.open(address, create=creates) as kept:
        return kept.login


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
