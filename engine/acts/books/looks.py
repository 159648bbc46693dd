"""Looks at the books: the log, a cycle, what may come next. Nothing is written."""

from __future__ import annotations

from engine.acts.books.owed import totals_of
from engine.acts.books.pay import unpaid
from engine.ledger import Books, books_of
from engine.ledger.look import CycleLook
from engine.store import Address, Store
from engine.values.event import Event
from engine.values.true_up import Batch, batch_from


def log(store: Address) -> tuple[Event, ...]:
    """All events, whose chain was verified just now."""
    with Store.open(store, create=False) as kept:
        return kept.events()


def books(store: Address) -> Books:
    """The books as they are now."""
    with Store.open(store, create=False) as kept:
        return books_of(kept.events())


def true_ups(store: Address, name: str) -> tuple[Batch, ...]:
    """The true-ups that a cycle pays, in the order of programs and periods."""
    with Store.open(store, create=False) as kept:
        cycle = books_of(kept.events()).cycle(name)
        programs = sorted(cycle.calculations.items())
        return tuple(batch_from(kept.blob_bytes(sha256)) for _, each in programs for sha256 in each.batches)


def look(store: Address, name: str) -> CycleLook:
    """A cycle as it stands; raises Conflict where there is none of that name."""
    with Store.open(store, create=False) as kept:
        events = kept.events()
        found = books_of(events)
        cycle = found.cycle(name)
        runs = {}
        for program, each in cycle.calculations.items():
            record = kept.run_by_id(each.run_id, "official") if each.run_id else None
            runs[program] = record.number if record is not None else 0
        return CycleLook(
            cycle=cycle,
            totals_minor=totals_of(kept, found, cycle),
            unpaid_minor=unpaid(kept, found, cycle) if cycle.is_locked else {},
            postings=tuple(kept.postings(name)),
            adjustments=tuple(each for each in found.requests.values() if each.cycle == name),
            events=tuple(each for each in events if each.cycle == name),
            runs=runs,
            held={payee: each.reason for payee, each in found.holds.items()},
        )
