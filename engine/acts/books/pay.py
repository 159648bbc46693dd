"""Pay what payees are owed, take back what a bank returned, and close a cycle."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from engine.acts.books.asking import Asker, record, recorded_before
from engine.digest import sha256
from engine.ledger import moves, payments
from engine.ledger.books import Books, books_of
from engine.ledger.cycles import Cycle
from engine.ledger.payments import Owed, Paid
from engine.store import Address, Store
from engine.store.tables import payees_on_hold
from engine.values.draft import Draft, Recorded
from engine.values.event import Command
from rules.problem import PartageError, Place, Problem, Refused


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is kept, and who got what; `content` is its list, byte for byte the same each time."""

    recorded: Recorded
    paid: tuple[Paid, ...]
    content: bytes


def pay(
    store: Address,
    name: str,
    only: Collection[str],
    on: date | None,
    asker: Asker,
    first: Callable[[], None] = lambda: None,
) -> Payment:
    """Pay what is owed now, to all payees or `only` some, on the day of the command unless another is named; the list
    is kept before the event that names it. `first` may refuse, before anything is paid that was not paid before."""
    command = asker.command("pay", name, {"only": sorted(only), "paid_on": "" if on is None else str(on)})
    paid_on = asker.at.date() if on is None else on
    with Store.open(store, create=False) as kept:
        kept.hold_postings()
        recorded = recorded_before(kept, command)
        if recorded is None:
            first()
        while recorded is None:  # the list is kept before the event; who is owed what may change in between
            listed = _listed(kept, command, only, paid_on)

            def decide(books: Books, listed: str = listed) -> Draft:
                draft, content = _paid(kept, books, command, only, paid_on)
                if sha256(content) != listed:
                    raise _OwedOtherwise
                return draft

            with suppress(_OwedOtherwise):
                recorded = record(kept, command, decide)
        content = kept.blob_bytes(recorded.event.payload["list_sha256"])
        return Payment(recorded, paid_of(content), content)


class _OwedOtherwise(Exception):
    """What payees are owed changed between the list and the event."""


def _listed(store: Store, command: Command, only: Collection[str], paid_on: date) -> str:
    """Keep the list of what would be paid now, and give its digest; "" where it can't be paid: the decision tells."""
    try:
        _, content = _paid(store, books_at(store), command, only, paid_on)
    except PartageError:
        return ""
    return store.put(content)


def _paid(store: Store, books: Books, command: Command, only: Collection[str], paid_on: date) -> tuple[Draft, bytes]:
    """The payment as it would be made on the books as they are."""
    held = on_hold(store, books, max(paid_on, command.at.date()))  # to date a payment back releases nobody
    return payments.pay(books, command, _owed(store), only, paid_on, held)


def on_hold(store: Store, books: Books, day: date) -> Mapping[str, str]:
    """Whose payments wait on a day, and why: those whom somebody holds, and those whom the payees of the last locked
    cycle of any program have on hold."""
    last: dict[str, str] = {}
    for cycle in sorted((each for each in books.cycles.values() if each.is_locked), key=lambda each: each.locked):
        last |= {name: each.tables["payees"] for name, each in cycle.calculations.items() if "payees" in each.tables}
    tables = [store.blob(sha256) for sha256 in sorted(set(last.values()))]
    found = {payee: "in the source of payees" for path in tables for payee in payees_on_hold(path, day)}
    return {**found, **{payee: each.reason for payee, each in books.holds.items()}}


def take_back(
    store: Address,
    name: str,
    number: int,
    returned: Mapping[tuple[str, str], str],
    on: date | None,
    asker: Asker,
) -> Recorded:
    """Note what came back of a payment, by payee and currency ("" where the payee was paid in one only), with the
    bank's reason; on the day of the command, or of a payment that is yet to come, unless another is named."""
    items = [[payee, currency, reason] for (payee, currency), reason in sorted(returned.items())]
    request = {"payment": number, "items": items, "returned_on": "" if on is None else str(on)}
    command = asker.command("return", name, request)
    with Store.open(store, create=False) as kept:

        def decide(books: Books) -> Draft:
            cycle = books.cycle(name)
            payment = payments.payment_of(cycle, number)
            gone = _returned(kept, name, number)
            paid = [
                each
                for each in paid_of(kept.blob_bytes(payment.list_sha256))
                if (each.payee, each.currency) not in gone
            ]
            return payments.take_back(books, command, number, _in_currencies(returned, paid), paid, on)

        return record(kept, command, decide)


def close(store: Address, name: str, asker: Asker) -> Recorded:
    """Close a locked cycle whose payees were paid, or are on hold."""
    command = asker.command("close", name, {})
    with Store.open(store, create=False) as kept:
        kept.hold_postings()

        def decide(books: Books) -> Draft:
            cycle = books.cycles.get(name)
            return moves.close(books, command, {} if cycle is None else unpaid(kept, books, cycle, asker.at.date()))

        return record(kept, command, decide)


def unpaid(store: Store, books: Books, cycle: Cycle, day: date) -> Owed:
    """What the payees of a cycle are still owed by it and those before it, who are not on hold on a day.

    What a later cycle adds is not of this one; what it takes is set against whatever is owed, so that who was paid the
    rest was paid this one.
    """
    held = on_hold(store, books, day)
    later: Counter[tuple[str, str]] = Counter()
    for other in books.cycles.values():
        if other.is_locked and other.locked > cycle.locked:
            later += +_earned(store, other)  # what is above zero
    own = {each.posting.payee for each in store.postings(cycle.name)}
    theirs = {key: amount - later[key] for key, amount in _owed(store).items() if key[0] in own and key[0] not in held}
    return {key: amount for key, amount in theirs.items() if amount > 0}


def _earned(store: Store, cycle: Cycle) -> Counter[tuple[str, str]]:
    """What a cycle gave its payees, by payee and currency."""
    found: Counter[tuple[str, str]] = Counter()
    for each in store.postings(cycle.name):
        if each.posting.kind in ("earned", "adjusted"):
            found[each.posting.payee, each.posting.currency] += each.posting.amount_minor
    return found


def paid_of(content: bytes) -> tuple[Paid, ...]:
    """Who got what by a payment, from its kept list."""
    rows = json.loads(content)["rows"]
    return tuple(Paid(str(id), str(payee), str(currency), int(amount)) for id, payee, currency, amount in rows)


def _owed(store: Store) -> Owed:
    owed: dict[tuple[str, str], int] = {}
    for each in store.owed():
        key = each.payee, each.currency
        owed[key] = owed.get(key, 0) + each.amount_minor
    return owed


def _returned(store: Store, name: str, number: int) -> set[tuple[str, str]]:
    """What came back of a payment before."""
    found = [
        each.payload["items"]
        for each in store.events()
        if each.type == "cycle.returned" and each.cycle == name and each.payload["payment"] == number
    ]
    return {(payee, currency) for items in found for payee, currency, *_ in items}


def _in_currencies(returned: Mapping[tuple[str, str], str], paid: Collection[Paid]) -> Mapping[tuple[str, str], str]:
    """What came back, each with its currency, which a payee who was paid in one need not be named with."""
    found = {}
    for (payee, currency), reason in returned.items():
        theirs = sorted(each.currency for each in paid if each.payee == payee)
        if not currency and len(theirs) > 1:
            message = f"{payee} was paid in {' and '.join(theirs)}, and it is not said which came back"
            raise Refused(Problem("B145", message, Place(), "name it: PAYEE:CURRENCY"))
        found[payee, currency or (theirs[0] if theirs else "")] = reason
    return found


def books_at(store: Store) -> Books:
    """The books as they are now."""
    return books_of(store.events())
