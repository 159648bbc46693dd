"""Payees: who gets what in a cycle, before it is paid and after; and the statement of one of them.

In: a cycle's parts, the postings of the books, and the last locked period of the same programs. Out: an account for
each payee and currency: opening + earned + trued up + adjusted - paid + returned = owed after. What is told of a locked
cycle is held against what it posted, and of another one against what locking it would post.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType

from engine.acts.books.owed import Part, adjustment_minor, in_effect, parts_of, postings_of
from engine.acts.books.pay import on_hold
from engine.ledger import Books, books_of
from engine.ledger.adjustments import KIND as ADJUSTMENT, approved
from engine.ledger.cycles import DROPPED, Cycle
from engine.ledger.requests import SUBMITTED, Request
from engine.store import Address, Store
from engine.values.payees import CycleSaid, Figures, PayeeRow, Payees
from engine.values.posting import KINDS, Posting

OPENING, EARNED, ADJUSTED, PAID, RETURNED = KINDS
_Key = tuple[str, str]  # payee and currency


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """The accounts of all payees of a cycle, and what they were made of."""

    found: Payees
    books: Books
    cycle: Cycle
    parts: tuple[Part, ...]
    requests: tuple[Request, ...]
    counted: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Posted:
    """What is posted by payee and currency: by the cycle and by later ones, each by kind, and all together."""

    own: Mapping[_Key, Counter[str]]
    later: Mapping[_Key, Counter[str]]
    owed: Counter[_Key]


def payees(store: Address, name: str, day: date) -> Payees:
    """Who gets what in a cycle as it stands on a day, on which depends who is on hold; raises Conflict where there is
    none of that name."""
    with Store.open(store, create=False) as kept:
        return accounts(kept, name, day).found


def accounts(store: Store, name: str, day: date) -> Accounts:
    """The accounts of a cycle, with what they were made of."""
    books, posted = _read(store, name)
    cycle = books.cycle(name)
    parts = () if cycle.status == DROPPED else parts_of(store, cycle)
    requests = tuple(each for each in books.requests.values() if each.kind == ADJUSTMENT and each.cycle == name)
    counted = () if cycle.status == DROPPED else tuple(in_effect(approved(books, name)))
    now = _figures(parts, counted)
    compared = dict(_compared(books, cycle))
    before: dict[_Key, Counter[str]] = {}
    for earlier in dict.fromkeys(compared.values()):
        last = books.cycles[earlier]
        of = {program: last.calculations[program] for program, each in compared.items() if each == earlier}
        some = parts_of(store, replace(last, calculations=MappingProxyType(of)))
        for key, moved in _figures(some, tuple(in_effect(approved(books, earlier)))).items():
            before.setdefault(key, Counter()).update(moved)
    _assert_posted(now, posted.own if cycle.is_locked else _would_post(books, cycle, parts))
    rows = tuple(_rows(now, before, posted, cycle.is_locked, on_hold(store, books, day)))
    said = CycleSaid(
        name=name,
        period=cycle.period,
        first=str(cycle.start),
        last=str(cycle.end - timedelta(days=1)),
        status=cycle.status,
        compared=tuple(dict.fromkeys(compared.values())),
    )
    waiting = sum(each.status == SUBMITTED for each in requests) if cycle.is_under_way else 0
    numbers = frozenset(each.number for each in counted)
    return Accounts(Payees(said, rows, waiting), books, cycle, parts, requests, numbers)


def is_later(books: Books, cycle: Cycle, event: int, of: str) -> bool:
    """Whether a posting of an event, in the cycle `of` ("" in none: what was owed at go-live), is none of what was owed
    before a cycle, nor its own: its cycle was locked later, or it was noted when another one was locked already."""
    if not cycle.is_locked or of == cycle.name:
        return False
    locked = [each.locked for each in books.cycles.values() if each.is_locked and each.locked > cycle.locked]
    return books.cycles[of].locked > cycle.locked if of else bool(locked) and event > min(locked)


def _compared(books: Books, cycle: Cycle) -> Iterator[tuple[str, str]]:
    """Each program of a cycle with the cycle that its last locked period was paid in, if any."""
    for program in sorted(cycle.calculations):
        found = [each for each in books.locked(program) if each.has_run and each.start < cycle.start]
        if found:
            yield program, found[-1].name


def _figures(parts: Sequence[Part], counted: Sequence[Request]) -> dict[_Key, Counter[str]]:
    """What parts and the adjustments that count make payees owed: by payee and currency, earned, trued up and adjusted;
    adjustments of programs that are not among the parts are left out."""
    found: dict[_Key, Counter[str]] = {}

    def add(part: Part, partner: str, kind: str, amount: int) -> None:
        found.setdefault((part.payee(partner), part.calculation.currency), Counter())[kind] += amount

    for part in parts:
        for (partner, _), amount in part.sums.items():
            add(part, partner, "earned", amount)
        for _, sums in part.trued_up:
            for partner, amount in sums.items():
                add(part, partner, "trued_up", amount)
    by_program = {part.program: part for part in parts}
    for request in counted:
        of = by_program.get(request.content["program"])
        if of is not None:
            add(of, request.content["payee"], "adjusted", adjustment_minor(request, of))
    return found


def _read(store: Store, name: str) -> tuple[Books, _Posted]:
    """The books and their postings, as of one event."""
    while True:
        books = books_of(store.events())
        store.hold_postings()
        posted = _Posted(_own(store, name), _later(store, books, books.cycle(name)), _owed(store))
        if books_of(store.events()).last == books.last:  # nobody posted anything in between
            return books, posted


def _own(store: Store, name: str) -> dict[_Key, Counter[str]]:
    """What a cycle posted by payee and currency: by kind."""
    found: dict[_Key, Counter[str]] = {}
    for each in store.postings(name):
        _add(found, each.posting)
    return found


def _would_post(books: Books, cycle: Cycle, parts: Sequence[Part]) -> dict[_Key, Counter[str]]:
    found: dict[_Key, Counter[str]] = {}
    for each in postings_of(books, cycle, parts) if parts else ():
        _add(found, each)
    return found


def _add(found: dict[_Key, Counter[str]], posting: Posting) -> None:
    found.setdefault((posting.payee, posting.currency), Counter())[posting.kind] += posting.amount_minor


def _assert_posted(now: Mapping[_Key, Counter[str]], posted: Mapping[_Key, Counter[str]]) -> None:
    """What is told by runs, true-ups and adjustments is what was posted, or would be, to the last unit."""
    for key in now.keys() | posted.keys():
        moved, said = now.get(key, Counter()), posted.get(key, Counter())
        assert moved["earned"] == said[EARNED], "what runs pay is what is posted as earned"
        assert moved["trued_up"] + moved["adjusted"] == said[ADJUSTED], "so are true-ups and adjustments"


def _later(store: Store, books: Books, cycle: Cycle) -> dict[_Key, Counter[str]]:
    """What was posted that is neither of a locked cycle nor of those before it."""
    found: dict[_Key, Counter[str]] = {}
    if cycle.is_locked:
        others = [each.name for each in books.cycles.values() if each.is_locked and each.locked > cycle.locked]
        for name in (*others, ""):
            for each in store.postings(name):
                if is_later(books, cycle, each.event, each.cycle):
                    _add(found, each.posting)
    return found


def _owed(store: Store) -> Counter[_Key]:
    found: Counter[_Key] = Counter()
    for each in store.owed():
        found[each.payee, each.currency] += each.amount_minor
    return found


def _rows(
    now: Mapping[_Key, Counter[str]],
    before: Mapping[_Key, Counter[str]],
    posted: _Posted,
    is_locked: bool,
    held: Mapping[str, str],
) -> Iterator[PayeeRow]:
    """A row for each payee and currency of whom anything is told, sorted."""
    nothing: Counter[str] = Counter()
    for key in sorted({*now, *before, *posted.own, *posted.owed}):
        mine, after, owed = posted.own.get(key, nothing), posted.later.get(key, nothing), posted.owed[key]
        opening = owed - mine.total() - after.total()
        moved = _as_figures(now.get(key, nothing))
        # of a locked cycle what is still open, whichever cycle paid it: what later ones add is theirs to pay
        added = -(after[EARNED] + after[ADJUSTED] + after[OPENING]) if is_locked else moved.total_minor
        due, reason = max(owed + added, 0), held.get(key[0], "")
        if not opening and key not in now and key not in before and not mine and not due:
            continue
        row = PayeeRow(
            payee=key[0],
            currency=key[1],
            opening_minor=opening,
            now=moved,
            paid_minor=-mine[PAID],
            returned_minor=mine[RETURNED],
            to_pay_minor=0 if reason else due,
            held_minor=due if reason else 0,
            on_hold=reason,
            before=_as_figures(before.get(key, nothing)),
        )
        would = 0 if is_locked else moved.total_minor
        assert row.owed_after_minor == owed - after.total() + would, "what is told is what the books owe"
        yield row


def _as_figures(moved: Counter[str]) -> Figures:
    return Figures(moved["earned"], moved["trued_up"], moved["adjusted"])
