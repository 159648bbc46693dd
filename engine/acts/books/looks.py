"""Looks at the books: the log, a cycle, what may come next. Nothing is written."""

from __future__ import annotations

from datetime import date

from engine.acts.books.owed import parts_of, postings_of, totals_of
from engine.acts.books.pay import on_hold, paid_of, unpaid
from engine.ledger import Books, books_of
from engine.ledger.look import CycleLook, KeptPayment
from engine.ledger.payments import payment_of
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


def payment(store: Address, name: str, number: int) -> KeptPayment:
    """A payment of a cycle, whose list was hashed again just now; raises Conflict where there is none."""
    with Store.open(store, create=False) as kept:
        found = payment_of(books_of(kept.events()).cycle(name), number)
        return KeptPayment(name, found, paid_of(kept.blob_bytes(found.list_sha256)))


def look(store: Address, name: str, day: date) -> CycleLook:
    """A cycle as it stands on a day; raises Conflict where there is none of that name."""
    with Store.open(store, create=False) as kept:
        events = kept.events()
        found = books_of(events)
        cycle = found.cycle(name)
        runs = {program: _number(kept, each.run_id) for program, each in cycle.calculations.items()}
        parts = parts_of(kept, cycle)
        before = {}
        for program in cycle.programs:
            earlier = [each for each in found.locked(program) if each.has_run and each.start < cycle.start]
            before[program] = _number(kept, earlier[-1].calculations[program].run_id) if earlier else 0
        return CycleLook(
            cycle=cycle,
            totals_minor=totals_of(parts, list(postings_of(found, cycle, parts))),
            unpaid_minor=unpaid(kept, found, cycle, day) if cycle.is_locked else {},
            postings=tuple(kept.postings(name)),
            adjustments=tuple(each for each in found.requests.values() if each.cycle == name),
            events=tuple(each for each in events if each.cycle == name),
            runs=runs,
            held=on_hold(kept, found, day),
            before=before,
        )


def _number(store: Store, run_id: str) -> int:
    """The number of an official run; 0 where there is none."""
    record = store.run_by_id(run_id, "official") if run_id else None
    return record.number if record is not None else 0
