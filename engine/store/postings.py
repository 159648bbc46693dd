"""Postings read back: one by one in the order of their events, or summed by payee.

Sums are taken by the database, exactly: the upper and the lower half of each amount on their own, so that none passes
64 bits; they are put together here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from engine.store.database import Reader
from engine.values.event import Event
from engine.values.posting import Owed, Posted, Posting, postings_digest

_HALF = 2**32
_PAGE_ROWS = 10_000
_FIELDS = ", ".join(Posting._fields)


def page(reader: Reader, cycle: str | None, after: tuple[int, int], up_to: int) -> tuple[list[Posted], tuple[int, int]]:
    """The next postings after an event's and posting's number, of events up to one, and the place of the last."""
    asked: list[object] = [after[0], after[0], after[1], up_to]
    of_cycle = ""
    if cycle is not None:
        of_cycle = " AND cycle = ?"
        asked.append(cycle)
    rows = reader.execute(
        f"SELECT event, number, cycle, {_FIELDS} FROM posting WHERE (event > ? OR event = ? AND number > ?)"
        f" AND event <= ?{of_cycle} ORDER BY event, number LIMIT {_PAGE_ROWS}",
        asked,
    ).fetchall()
    found = [Posted(event, of, Posting(*rest)) for event, _, of, *rest in rows]
    return found, (rows[-1][0], rows[-1][1]) if rows else after


def every(reader: Reader) -> Iterator[Posted]:
    """All postings, in the order of their events."""
    last, after = last_event(reader), (0, 0)
    while True:
        found, after = page(reader, None, after, last)
        if not found:
            return
        yield from found


def held(postings: Iterable[Posted], events: Sequence[Event]) -> int | None:
    """The number of the first event whose postings are not those that it binds; None where all are."""
    of = {number: [each.posting for each in some] for number, some in groupby(postings, lambda each: each.event)}
    for event in events:
        said = event.payload.get("postings")
        mine = of.pop(event.number, [])
        found = {"count": len(mine), "sha256": postings_digest(mine)} if mine else None
        if found != said:
            return event.number
    return min(of, default=None)


def last_event(reader: Reader) -> int:
    """The number of the latest event; 0 where there is none."""
    ((number,),) = reader.execute("SELECT coalesce(max(number), 0) FROM event").fetchall()
    return int(number)


def owed(reader: Reader, as_of: date | None) -> tuple[Owed, ...]:
    """What all postings come to that count up to a day (all of them without one), sorted."""
    until, asked = ("", []) if as_of is None else (" WHERE effective <= ?", [as_of.isoformat()])
    rows = reader.execute(
        f"SELECT payee, program, currency, kind, sum(amount_minor / {_HALF}), sum(amount_minor % {_HALF})"
        f" FROM posting{until} GROUP BY payee, program, currency, kind",
        asked,
    )
    return tuple(sorted(_owed(*row) for row in rows))


def _owed(payee: str, program: str, currency: str, kind: str, upper: int, lower: int) -> Owed:
    return Owed(payee, program, currency, kind, int(upper) * _HALF + int(lower))
