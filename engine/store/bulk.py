"""Rows that come by the million, as columns: the lines of runs, and postings.

In: lines and postings. Out: chunks of columns, which `Database.load` writes as its database is fastest; no object of
SQLModel is made for a row. Sums are taken on the way and held against what the books say already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.store.faults import too_large
from engine.values.lines import LateLines, Lines
from engine.values.posting import KINDS, Posting
from engine.values.record import RunRecord
from rules.quantities.exact import LIMIT

LINE_COLUMNS = ("run_number", "number", "partner", "component", "table_name", "key", "amount_minor")
POSTING_COLUMNS = ("event", "number", "cycle", *Posting._fields)
_CHUNK_ROWS = 50_000

Columns = tuple[NDArray[Any], ...]


def line_columns(record: RunRecord, lines: Lines | LateLines) -> Iterator[Columns]:
    """The rows of the table `line`, numbered from 1; they are as many, and add up to as much, as the run says."""
    count, sum_minor = 0, 0
    for chunk in lines.chunks():
        for first in range(0, len(chunk), _CHUNK_ROWS):
            part = slice(first, first + _CHUNK_ROWS)
            amounts = chunk.amount_minor[part]
            numbers = np.arange(count + 1, count + len(amounts) + 1)
            texts = chunk.partner[part], chunk.component[part], chunk.table[part], chunk.key[part]
            yield np.full(len(amounts), record.number), numbers, *texts, amounts
            count += len(amounts)
            sum_minor += sum(amounts.tolist())
    assert (count, sum_minor) == (record.lines, record.total_minor), "the lines are those of the run"


def posting_columns(event: int, cycle: str, postings: Iterable[Posting], shown: str) -> Iterator[Columns]:
    """The rows of the table `posting`, numbered from 1; raises Refused where an amount is beyond 64 bits."""
    rest, count = iter(postings), 0
    while part := list(islice(rest, _CHUNK_ROWS)):
        for each in part:
            _check(each, shown)
        numbers = np.arange(count + 1, count + len(part) + 1)
        *texts, amounts = zip(*part, strict=True)
        yield (
            np.full(len(part), event),
            numbers,
            _texts([cycle] * len(part)),
            *(_texts(list(column)) for column in texts),
            np.array(amounts, dtype=np.int64),
        )
        count += len(part)


def _check(posting: Posting, shown: str) -> None:
    if not -LIMIT < posting.amount_minor < LIMIT:
        raise too_large(shown, f"the posting to {posting.payee}", posting.amount_minor)
    assert posting.kind in KINDS, f"a posting is one of {', '.join(KINDS)}"
    assert date.fromisoformat(posting.effective).isoformat() == posting.effective, "a day is written as 2026-07-31"


def _texts(values: list[str]) -> NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
