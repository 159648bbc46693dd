"""The books: what all events add up to, as of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from engine.ledger import cycles
from engine.ledger.cycles import Cycle
from engine.ledger.dispute import Dispute, dispute_after, dispute_of
from engine.ledger.refusals import conflict
from engine.ledger.requests import APPROVED, REJECTED, Request, request_of
from engine.ledger.version import Version, in_force, version_of
from engine.values.event import Event


@dataclass(frozen=True, slots=True)
class Hold:
    """A payee whose payments wait: who said so, and why."""

    payee: str
    by: str
    reason: str
    event: int


@dataclass(slots=True)
class Books:
    """What the events up to number `last` add up to; made by `books_of` and changed by nobody after."""

    last: int = 0
    cycles: dict[str, Cycle] = field(default_factory=dict)
    requests: dict[int, Request] = field(default_factory=dict)
    programs: dict[str, tuple[Version, ...]] = field(default_factory=dict)
    activated_by: dict[int, int] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    disputes: dict[int, Dispute] = field(default_factory=dict)

    def versions(self, content: Mapping[str, Any]) -> tuple[Version, ...]:
        """All versions of a program that were ever activated."""
        return self.programs.get(content["program"], ())

    def version(self, program: str, start: date) -> Version | None:
        """The version of a program in force for a period that begins on a day."""
        return in_force(self.programs.get(program, ()), start)

    def cycle(self, name: str) -> Cycle:
        """The cycle of that name; raises Conflict where there is none."""
        if name in self.cycles:
            return self.cycles[name]
        known = ", ".join(self.cycles) or "none was opened yet"
        raise conflict("B120", f"there is no cycle {name}", f"cycles: {known}; partage cycle open NAME")

    def unlocked(self, program: str, period: str) -> Cycle | None:
        """The cycle in which a program's period can be calculated now; None where there is none."""
        found = [each for each in self.cycles.values() if program in each.programs and each.is_under_way]
        return next((each for each in found if each.period == period), None)

    def locked(self, program: str) -> tuple[Cycle, ...]:
        """The locked cycles that pay a program, in the order in which they were locked."""
        found = [each for each in self.cycles.values() if program in each.programs and each.is_locked]
        return tuple(sorted(found, key=lambda each: each.locked))


def books_of(events: Iterable[Event]) -> Books:
    """What events add up to, in their order."""
    books = Books()
    for event in events:
        _post(books, event)
        books.last = event.number
    return books


def _post(books: Books, event: Event) -> None:
    noun, _, verb = event.type.partition(".")
    if noun == "cycle" and verb == "opened":
        books.cycles[event.cycle] = cycles.opened(event)
    elif verb == "submitted" and noun != "cycle":
        books.requests[event.number] = request_of(event)
    elif verb in (APPROVED, REJECTED) and noun != "cycle":
        number = event.payload["request"]
        books.requests[number] = books.requests[number].after(event, verb)
    elif event.type == "program.activated":
        version = version_of(event.payload, books.requests[event.payload["request"]].maker, event.number)
        books.programs[version.program] = (*books.programs.get(version.program, ()), version)
        books.activated_by[event.number] = event.payload["request"]
    elif event.type == "payee.held":
        payee = event.payload["payee"]
        books.holds[payee] = Hold(payee, event.actor, event.payload["reason"], event.number)
    elif event.type == "payee.released":
        del books.holds[event.payload["payee"]]
    elif noun == "dispute":
        number = event.number if verb == "opened" else event.payload["dispute"]
        found = books.disputes.get(number)
        books.disputes[number] = dispute_of(event) if found is None else dispute_after(found, event)
    if event.cycle in books.cycles and event.type not in ("cycle.opened", "refused"):
        books.cycles[event.cycle] = cycles.after(books.cycles[event.cycle], event)
