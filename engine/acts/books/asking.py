"""Who asks for something, and how it becomes a command of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.ledger import Books, books_of
from engine.ledger.refusals import refused
from engine.store import Address, Store
from engine.values.draft import Draft, Recorded
from engine.values.event import Command, Event


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, how they are known (`os-declared`, `database`), when (UTC), and the idempotency key of what they ask:
    the same key and request have one effect, however often they are sent."""

    actor: str
    identity: str
    at: datetime
    key: str

    def __post_init__(self) -> None:
        if not self.actor.strip() or self.actor != self.actor.strip() or not self.actor.isprintable():
            raise refused("S105", "the name of who asks is blank or not readable", "name a person")

    def command(self, name: str, cycle: str, request: Mapping[str, Any]) -> Command:
        """The command that asks for something."""
        return Command(name, cycle, self.actor, self.identity, self.at, self.key, request)

    def part(self, name: str) -> Asker:
        """The same for one part of what is asked, with a key of its own."""
        return Asker(self.actor, self.identity, self.at, f"{self.key}/{name}")


def refuse_name(address: Address, known: Asker, said: str, command: str) -> None:
    """Raise Refused for who is known to the database and says to be somebody else; the log keeps that it was tried."""
    message = f"the database knows you as {known.actor}, and --as says {said}"

    def decide(_: Books) -> Draft:
        raise refused("S105", message, "log in to the store as who you are")

    with Store.open(address, create=False) as kept:
        record(kept, known.command(command, "", {"as": said}), decide)


class _NotYet(Exception):
    """Nothing was recorded with a key."""


def recorded_before(store: Store, command: Command) -> Recorded | None:
    """The event that the same command with the same key made before; None where there is none. Raises Refused where the
    key came with another request."""

    def not_yet(_: Sequence[Event]) -> Draft:
        raise _NotYet

    try:
        return store.record(command, not_yet)
    except _NotYet:
        return None


def record(store: Store, command: Command, decide: Callable[[Books], Draft]) -> Recorded:
    """Decide on the books as they are when the event is appended, and append it."""

    def on_events(events: Sequence[Event]) -> Draft:
        return decide(books_of(events))

    return store.record(command, on_events)
