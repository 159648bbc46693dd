"""The log of events: read with its chain verified; and what follows in it.

In: a reader. Out: events, in the order of their numbers. A row is believed only
where its number follows, the digest before is the last one, the bytes are canonical and hash to its own digest, and its
columns say what the bytes say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.digest import sha256
from engine.store.database import Reader
from engine.values.draft import Draft
from engine.values.event import FIRST, Command, Event, event_from
from engine.version import VERSION
from rules.problem import CheckFailed, Place, Problem

REFUSED = "refused"
_SELECT = "SELECT number, before_sha256, sha256, type, cycle, key, content FROM event ORDER BY number"


class Log:
    """The events of an open store; what was verified once is compared byte by byte, and not parsed again."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._known: list[tuple[bytes, Event]] = []

    def read(self, reader: Reader) -> tuple[Event, ...]:
        """All events; raises CheckFailed at the first that does not follow from the one before."""
        found = tuple(self._verified(reader))
        ((last,),) = reader.execute("SELECT coalesce(max(event), 0) FROM posting").fetchall()
        if last > len(found):  # the only trace of an end that was cut off
            raise self._broken(len(found) + 1, f"is missing: there are postings of event {last}")
        return found

    def _verified(self, reader: Reader) -> Iterator[Event]:
        before = FIRST
        for at, row in enumerate(reader.execute(_SELECT)):
            event = self._event(at, row, before)
            before = str(row[2])
            yield event

    def _event(self, at: int, row: Sequence[Any], before: str) -> Event:
        number, before_sha256, own, kind, cycle, key, content = row
        if number != at + 1:
            raise self._broken(at + 1, f"is missing: number {number} stands in its place")
        if before_sha256 != before:
            raise self._broken(number, "does not name the digest of the event before it")
        if not isinstance(content, bytes) or sha256(content) != own:
            raise self._broken(number, "is not what its digest says")
        event = self._parsed(at, content)
        if event is None or (event.number, event.before_sha256) != (number, before):
            raise self._broken(number, "has bytes that are no event of this place")
        if (event.type, event.cycle, event.key or None) != (kind, cycle, key):
            raise self._broken(number, "has columns that say something else than its bytes")
        return event

    def _parsed(self, at: int, content: bytes) -> Event | None:
        if at < len(self._known) and self._known[at][0] == content:
            return self._known[at][1]
        try:
            event = event_from(content)
        except ValueError:
            return None
        if at == len(self._known):
            self._known.append((content, event))
        return event

    def _broken(self, number: object, what: str) -> CheckFailed:
        hint = "the database was changed by hand or damaged: restore it from a backup"
        return CheckFailed(Problem("S213", f"event {number} {what}", Place(self._shown), hint))


def event_of(command: Command, draft: Draft, events: Sequence[Event], key: str) -> Event:
    """The event that follows `events`, of a command and what was decided."""
    before = events[-1] if events else None
    return Event(
        number=len(events) + 1,
        before_sha256=before.sha256 if before else FIRST,
        type=draft.type,
        cycle=draft.cycle,
        actor=command.actor,
        identity=command.identity,
        at=command.at,
        key=key,
        request_sha256=command.request_sha256,
        payload=draft.payload,
        engine=VERSION,
        is_clock_regressed=before is not None and command.at < before.at,
    )


def refusal(command: Command, problem: Problem) -> Draft:
    """What is recorded of a command that the state of the books did not allow."""
    payload = {
        "command": command.name,
        "code": problem.code,
        "message": problem.message,
        "request": command.request,
    }
    return Draft(REFUSED, command.cycle, payload)
