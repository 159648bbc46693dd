"""The stretches over which tiers add up, one after the other: which one a day lies in, and the rows of those that are
over in which a return lets the running total fall.

In: a book. Out: the first days of the program's stretches up to the one of its period, as days since 1970-01-01; rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from engine.sheet.book import Book
from engine.values import Frame, ReadRows
from rules.calendar import Period
from rules.expressions.columnar import EPOCH
from rules.quantities.exact import Exact


def first_days(over: str, book: Book) -> NDArray[np.int64]:
    """The first days of all stretches in which the program was in force, ascending; the last is that of the period."""
    found: list[date] = []
    at: Period | None = book.period
    while at is not None and at.end > book.earlier.first:
        start = at.start if over == "period" else book.calendar.fiscal_year(at.start).start
        found += [start] if not found or start != found[-1] else []
        at = book.calendar.before(at)
    return np.array([(day - EPOCH).days for day in reversed(found)], dtype=np.int64)


def stretch_of(days: NDArray[np.int64], firsts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first day of the stretch that holds each day; of days before all of them, one that is none."""
    at = np.searchsorted(firsts, days, side="right") - 1
    return np.where(at < 0, firsts[0] - 1, firsts[np.maximum(at, 0)])


def fallen_since(step: ReadRows, book: Book) -> Iterator[date]:
    """The first days of the stretches in which returns that were read let the total of a step's rows fall."""
    for name in step.fallen:
        if f"{name}.stretch" in book.columns and len(days := book.columns[f"{name}.stretch"].numerator):
            yield EPOCH + timedelta(days=int(days.min()))


def of_stretches(
    step: ReadRows, frame: Frame, columns: dict[str, Exact], day: str, book: Book
) -> tuple[Frame, dict[str, Exact]]:
    """The rows of the stretch of the period and of those in which returns count, with the first day of each row's."""
    name = step.name.removesuffix(".rows")
    firsts = first_days(step.since, book)
    own = stretch_of(columns[day].numerator + step.lock_days, firsts)
    wanted = [firsts[-1:], *(book.columns[f"{each}.stretch"].numerator for each in step.fallen)]
    keep = np.isin(own, np.concatenate(wanted))
    columns |= {f"{name}.stretch": Exact(own), f"{name}.after": Exact(np.zeros_like(own))}
    return frame.take(keep), {key: column.take(keep) for key, column in columns.items()}
