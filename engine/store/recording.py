"""How a command becomes an event: decided on all events before it, and kept with all that it brings, at once or not.

In: a command, and what decides it. Out: its event, or the event that an earlier sending of it made. What the books
refuse is recorded as well, as an event of its own. No decision sees a state that another one is about to change, since
writers come one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.store import bulk, runs
from engine.store.blobs import fault
from engine.store.database import Database, Reader, written
from engine.store.events import Log, event_of, refusal
from engine.store.faults import same_key
from engine.values.draft import Draft, Recorded
from engine.values.event import Command, Event
from engine.values.posting import postings_digest
from engine.values.record import RunRecord
from rules.problem import Conflict, Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

Decide = Callable[[Sequence[Event]], Draft]


def record(database: Database, log: Log, command: Command, decide: Decide) -> Recorded:
    """The event of a command: see `Store.record`."""
    try:
        return _record(database, log, command, decide, command.key)
    except _Undecided as undecided:
        error = undecided.error
    if isinstance(error, Conflict | Refused):
        draft = refusal(command, error.problems[0])
        _record(database, log, command, lambda _: draft, "")
    raise error


class _Undecided(Exception):
    """What a decision raised, on its way past whatever takes errors for faults of the database."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _record(database: Database, log: Log, command: Command, decide: Decide, key: str) -> Recorded:
    sent: list[Event] = []

    def work(connection: Connection) -> Recorded:
        reader = database.reader_of(connection)
        events = log.read(reader)
        try:
            earlier = _earlier(events, command, key, database.shown)
            if earlier is not None:
                return Recorded(earlier, is_replayed=True)
            draft = decide(events)
        except Exception as error:
            raise _Undecided(error) from None
        draft = _bound(draft)
        event = event_of(command, draft, events, key)
        sent.append(event)
        _add(database, connection, event, draft)
        return Recorded(event)

    def known(reader: Reader) -> Recorded | None:
        events = log.read(reader)
        if any(each in sent for each in events):
            return Recorded(sent[-1])
        earlier = _earlier(events, command, key, database.shown)
        return None if earlier is None else Recorded(earlier, is_replayed=True)

    return written(database, work, known, key)


def _bound(draft: Draft) -> Draft:
    """The draft whose event says how many postings come with it, and their digest."""
    postings = tuple(draft.postings)
    if not postings:
        return draft
    said = {"count": len(postings), "sha256": postings_digest(postings)}
    return replace(draft, payload={**draft.payload, "postings": said}, postings=postings)


def _earlier(events: Sequence[Event], command: Command, key: str, shown: str) -> Event | None:
    """The event that the same command made before; raises Refused where its key came with another request."""
    found = next((each for each in events if each.key == key), None) if key else None
    if found is not None and found.request_sha256 != command.request_sha256:
        raise same_key(shown, key, found.number)
    return found


def _add(database: Database, connection: Connection, event: Event, draft: Draft) -> None:
    from engine.store import writing

    reader = database.reader_of(connection)
    writing.add_event(connection, event)
    for each in draft.runs:
        if runs.by_id(reader, each.run_id, each.kind, database.shown) is None:
            _refuse_missing_blobs(database, each)
            writing.add_run(connection, each)
    for run_id, lines in draft.lines:
        run = runs.by_id(reader, run_id, "official", database.shown)
        assert run is not None, "lines are those of an official run that is kept"
        database.load(connection, "line", bulk.LINE_COLUMNS, bulk.line_columns(run, lines))
    postings = bulk.posting_columns(event.number, event.cycle, draft.postings, database.shown)
    database.load(connection, "posting", bulk.POSTING_COLUMNS, postings)


def _refuse_missing_blobs(database: Database, run: RunRecord) -> None:
    assert run.number == 0, "the store numbers runs"
    for sha256 in run.blobs.values():
        if not database.holds(sha256):
            raise fault(sha256, "is missing", database.shown)
