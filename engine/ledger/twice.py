"""Rows that may be paid twice: by the adjustment of a granted dispute, and by a true-up of the corrected source.

In: the books, batches with the titles of their programs, and disputes. Out: a warning for each pair of a row that
is trued up and an adjustment, for people; nothing is refused, since the two may be about different faults of the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.ledger.books import Books
from engine.ledger.dispute import Dispute
from engine.ledger.disputes import adjustment_of
from engine.values.true_up import Batch
from rules.problem import Place, Problem

Row = tuple[str, str]  # a table, and the key of its row


def paid_twice(
    books: Books, batches: Iterable[tuple[str, Batch]], disputes: Iterable[Dispute] | None = None
) -> tuple[Problem, ...]:
    """A warning for each row that a batch trues up and the adjustment of a dispute pays, or waits to: of all disputes,
    or of `disputes`. Each batch comes with the title of its program."""
    among = list(books.disputes.values() if disputes is None else disputes)
    paying = [(each, number) for each in among if (number := adjustment_of(books, each.number))]
    found: dict[int, Problem] = {}
    for program, batch in batches if paying else ():
        of = [(each, number) for each, number in paying if each.content["program"] == program]
        rows = frozenset(_row(each) for each, _ in of)
        there = set(_rows(batch, rows))
        found |= {number: _told(each, number) for each, number in of if _row(each) in there}
    return tuple(found[number] for number in sorted(found))


def _row(dispute: Dispute) -> Row:
    return dispute.content["table"], dispute.content["key"]


def _rows(batch: Batch, wanted: frozenset[Row]) -> Iterator[Row]:
    """Those of some rows that a batch is for, or whose lines it changes."""
    for each in (*batch.records, *batch.also):
        if (each.table, each.key) in wanted:
            yield each.table, each.key
    if wanted:
        pairs = zip(batch.lines.table.tolist(), batch.lines.key.tolist(), strict=True)
        yield from (pair for pair in pairs if pair in wanted)


def _told(dispute: Dispute, adjustment: int) -> Problem:
    table, key = _row(dispute)
    message = (
        f"{table} {key} is trued up, and adjustment {adjustment} of dispute {dispute.number} pays for the same row"
    )
    hint = "where both pay the same, reject the adjustment while it waits, or take it back by another one"
    return Problem("B167", message, Place(), hint, "warning")
