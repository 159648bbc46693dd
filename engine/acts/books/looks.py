"""Looks at the books: the log, a cycle, what may come next. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from engine.acts.books.owed import parts_of, postings_of, totals_of
from engine.acts.books.pay import on_hold, paid_of, unpaid
from engine.ledger import Books, books_of
from engine.ledger.cycles import DROPPED, LOCKED, Cycle
from engine.ledger.disputes import adjustment_of
from engine.ledger.look import CycleLook, KeptPayment
from engine.ledger.payments import payment_of
from engine.ledger.requests import SUBMITTED
from engine.ledger.twice import paid_twice
from engine.store import Address, Store
from engine.values.event import Event
from engine.values.true_up import Batch, batch_from
from rules.problem import Problem


def log(store: Address) -> tuple[Event, ...]:
    """All events, whose chain was verified just now."""
    with Store.open(store, create=False) as kept:
        return kept.events()


def books(store: Address) -> Books:
    """The books as they are now."""
    with Store.open(store, create=False) as kept:
        return books_of(kept.events())


def all_cycles(store: Address, day: date) -> tuple[tuple[Cycle, bool], ...]:
    """All cycles, and whether payees of each that is locked are still to be paid on a day."""
    with Store.open(store, create=False) as kept:
        found = books_of(kept.events())
        return tuple(
            (each, each.status == LOCKED and bool(unpaid(kept, found, each, day))) for each in found.cycles.values()
        )


@dataclass(frozen=True, slots=True)
class TrueUps:
    """The true-ups of a cycle, each with its program, in the order of programs and periods; and what is to be looked at
    before they are paid."""

    programs: tuple[str, ...]
    batches: tuple[tuple[str, Batch], ...]
    warnings: tuple[Problem, ...]


def true_ups(store: Address, name: str) -> TrueUps:
    """The true-ups that a cycle pays."""
    with Store.open(store, create=False) as kept:
        found = books_of(kept.events())
        cycle = found.cycle(name)
        batches = tuple(_batches(kept, cycle))
        return TrueUps(cycle.programs, batches, paid_twice(found, batches))


def _batches(store: Store, cycle: Cycle) -> Iterator[tuple[str, Batch]]:
    for program, each in sorted(cycle.calculations.items()):
        yield from ((program, batch_from(store.blob_bytes(sha256))) for sha256 in each.batches)


def _warnings(store: Store, books: Books, cycle: Cycle) -> tuple[Problem, ...]:
    """Rows that a cycle trues up and any adjustment pays for, or the other way round."""
    live = [each for each in books.cycles.values() if each.status != DROPPED]
    if cycle not in live or not books.disputes:
        return ()
    own = [each for each in books.disputes.values() if adjustment_of(books, each.number) in _adjustments(books, cycle)]
    found = list(paid_twice(books, _batches(store, cycle)))
    if own:
        found += paid_twice(books, (pair for each in live for pair in _batches(store, each)), own)
    return tuple(dict.fromkeys(found))


def _adjustments(books: Books, cycle: Cycle) -> frozenset[int]:
    return frozenset(number for number, each in books.requests.items() if each.cycle == cycle.name)


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
            warnings=_warnings(kept, found, cycle),
        )


def waiting(store: Address, name: str) -> tuple[int, ...]:
    """The adjustments of a cycle that nobody decided on yet: it pays without them."""
    with Store.open(store, create=False) as kept:
        requests = books_of(kept.events()).requests.values()
    return tuple(each.number for each in requests if each.cycle == name and each.status == SUBMITTED)


def _number(store: Store, run_id: str) -> int:
    """The number of an official run; 0 where there is none."""
    record = store.run_by_id(run_id, "official") if run_id else None
    return record.number if record is not None else 0
