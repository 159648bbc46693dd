"""Accrue: what was earned and not yet paid at the end of a day, and how it came to that since an earlier one.

In: the postings of the books, and what open cycles would add. Out: a roll-forward by payee and currency, which adds up
to what the books say is owed; both ways are worked out, and held against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from engine.acts.books.owed import parts_of, postings_of
from engine.ledger import Books, books_of
from engine.ledger.refusals import refused
from engine.store import Address, Store
from engine.values.accrued import Accrued, AccruedRow
from engine.values.posting import KINDS, Posting

OPENING, EARNED, ADJUSTED, PAID, RETURNED = KINDS
_SETTLES = ""  # the program of payments, which settle all programs of a payee at once
_Key = tuple[str, str]  # payee and currency
_Moves = dict[_Key, Counter[tuple[str, str]]]  # minor units by program and kind


def accrue(store: Address, as_of: date, start: date | None, program: str = "") -> Accrued:
    """The roll-forward from the beginning of `start` (the year's first day unless named) to the end of `as_of`.

    With `program`, what it alone made payees owed: payments are told and counted only where none of its payees is owed
    anything by another program. Raises Refused where the days are the wrong way round, or the books know nothing of the
    program.
    """
    first = start if start is not None else date(as_of.year, 1, 1)
    if first > as_of:
        raise refused("B158", f"{first} is after {as_of}", "name a day of --from that is not after --as-of")
    with Store.open(store, create=False) as kept:
        kept.hold_postings()
        while True:
            books = books_of(kept.events())
            moved = _moves((each.posting for each in kept.postings()), first, as_of)
            owed: Counter[_Key] = Counter()
            for each in kept.owed(as_of):
                owed[each.payee, each.currency] += each.amount_minor
            if books_of(kept.events()).last == books.last:  # nobody posted anything in between
                break
        _refuse_unknown(books, program)
        cycles = [each for each in books.cycles.values() if each.is_under_way and each.start <= as_of]
        calculated: _Moves = {}
        for cycle in cycles:
            for posting in postings_of(books, cycle, parts_of(kept, cycle)):
                _add(calculated, posting, EARNED)
    rows = tuple(_rows(moved, calculated, program))
    if not program:
        told = {(row.payee, row.currency): row.closing_minor for row in rows}
        assert all(told.get(key, 0) == minor for key, minor in owed.items()), "what is told is what the books owe"
        assert sum(told.values()) == owed.total(), "nobody is told who is owed nothing"
    return Accrued(first, as_of, program, rows, tuple(each.name for each in cycles))


def _moves(postings: Iterable[Posting], first: date, as_of: date) -> _Moves:
    """Postings up to the end of a day; those before the first day, and what was owed at go-live, are its opening."""
    found: _Moves = {}
    for each in postings:
        if each.effective <= str(as_of):
            _add(found, each, OPENING if each.effective < str(first) else each.kind)
    return found


def _add(moves: _Moves, posting: Posting, kind: str) -> None:
    moves.setdefault((posting.payee, posting.currency), Counter())[posting.program, kind] += posting.amount_minor


def _refuse_unknown(books: Books, program: str) -> None:
    known = {title for cycle in books.cycles.values() for title in cycle.programs}
    known |= {each.content["program"] for each in books.requests.values() if each.kind == "opening"}
    if program and program not in known:
        hint = f"programs: {', '.join(sorted(known)) or 'none yet'}"
        raise refused("B159", f"the books know no program {program}", hint)


def _rows(moved: _Moves, calculated: _Moves, program: str) -> Iterator[AccruedRow]:
    """A row for each payee and currency that anything is told of."""
    of_program = {key for each in (moved, calculated) for key, found in each.items() if _is_of(found, program)}
    keys = sorted(of_program if program else {*moved, *calculated})
    others = (name for key in keys for name, _ in moved.get(key, ()) if name not in (_SETTLES, program))
    is_settled = not program or next(others, None) is None
    for key in keys:
        found, open_ = moved.get(key, Counter()), calculated.get(key, Counter())
        sums: Counter[str] = Counter()
        for (name, kind), minor in found.items():
            if not program or name == program or (is_settled and name == _SETTLES):
                sums[kind] += minor
        yield AccruedRow(
            payee=key[0],
            currency=key[1],
            opening_minor=sums[OPENING],
            earned_minor=sums[EARNED],
            adjusted_minor=sums[ADJUSTED],
            returned_minor=sums[RETURNED] if is_settled else None,
            paid_minor=-sums[PAID] if is_settled else None,
            calculated_minor=sum(minor for (name, _), minor in open_.items() if program in ("", name)),
        )


def _is_of(found: Counter[tuple[str, str]], program: str) -> bool:
    return any(name == program for name, _ in found)
