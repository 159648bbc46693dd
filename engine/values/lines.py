"""The lines of a run: every amount that it pays one partner for one thing.

Lines are in the order of partners, components and tables, and then of keys. Those of a large run fill gigabytes, and
are put together some partners after others, where somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.values.sheet import Frame
from rules.quantities.exact import Exact, total
from rules.quantities.groups import run_starts, sorted_by


@dataclass(frozen=True, slots=True)
class Line:
    """One amount that a run pays one partner for one thing: a source row, or a share of a pool."""

    partner: str
    component: str
    table: str
    key: str
    amount_minor: int


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The lines of a run as columns, sorted by partner, component and key; all of shape (n,)."""

    partner: NDArray[Any]
    component: NDArray[Any]
    table: NDArray[Any]
    key: NDArray[Any]
    amount_minor: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.amount_minor)

    @property
    def total_minor(self) -> int:
        """The sum of all lines."""
        return total(self.amount_minor)

    def line(self, row: int) -> Line:
        """One line as a record."""
        partner, component, table, key = (
            str(column[row]) for column in (self.partner, self.component, self.table, self.key)
        )
        return Line(partner, component, table, key, int(self.amount_minor[row]))

    def chunks(self) -> Iterator[Lines]:
        """The lines, as those of a large run are asked for."""
        yield self


@dataclass(frozen=True, slots=True, eq=False)
class LineColumn:
    """A column of a sheet that holds lines: of which component and table, and the frame; unknown where nothing is
    paid."""

    component: str
    table: str
    frame: Frame
    paid: Exact


class LateLines:
    """The lines of columns of a sheet, put together chunk by chunk where they are asked for.

    A chunk holds all lines of some partners, about `chunk_lines`, and is gone when the next one is asked for.
    `partners` are the keys of all partners in their order.
    """

    def __init__(self, columns: Sequence[LineColumn], partners: NDArray[Any], chunk_lines: int) -> None:
        self._columns, self._partners = tuple(columns), partners
        self._names = sorted({(each.component, each.table) for each in columns})
        counts = np.zeros(len(partners), dtype=np.int64)
        for each in columns:
            known = each.paid.is_known()
            theirs = each.frame.partners if known.all() else each.frame.partners[known]
            counts += np.bincount(theirs, minlength=len(partners))
        ends = np.cumsum(counts)
        self._length = int(counts.sum())
        self._chunk_of = np.unique((ends - counts) // chunk_lines, return_inverse=True)[1].reshape(-1)
        starts = run_starts(self._chunk_of)[: self._length]  # none of partners without lines alone
        self._firsts = (ends - counts)[starts]  # the first line of each chunk
        self.total_minor = sum(total(each.paid.or_else(0).numerator) for each in columns)

    def __len__(self) -> int:
        return self._length

    def line(self, row: int) -> Line:
        """One line as a record; its whole chunk is put together for it."""
        at = int(np.searchsorted(self._firsts, row, side="right")) - 1
        return self._chunk(at, self._queues()).line(row - int(self._firsts[at]))

    def chunks(self) -> Iterator[Lines]:
        """The lines of some partners, then those of the next."""
        queues = self._queues()
        for at in range(len(self._firsts)):
            yield self._chunk(at, queues)

    def whole(self) -> Lines:
        """All lines at once."""
        found = list(self.chunks())
        if len(found) == 1:
            return found[0]
        parts = [(each.partner, each.component, each.table, each.key, each.amount_minor) for each in found]
        none = np.array([], dtype=object)
        empty = none, none, none, none, np.array([], dtype=np.int64)
        return Lines(*(np.concatenate(columns) for columns in zip(*parts, strict=True)) if parts else empty)

    def _queues(self) -> Mapping[int, tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """By frame, the positions of its rows in the order of chunks, and where each chunk starts among them."""
        found: dict[int, tuple[NDArray[np.int32], NDArray[np.int64]]] = {}
        chunk_of = self._chunk_of.astype(np.min_scalar_type(len(self._firsts)))  # narrow: sorted in linear time
        for each in self._columns:
            theirs = each.frame.partners
            if id(theirs) not in found:
                chunks = chunk_of[theirs]
                starts = np.concatenate([[0], np.cumsum(np.bincount(chunks, minlength=len(self._firsts)))])
                found[id(theirs)] = np.argsort(chunks, kind="stable").astype(np.int32), starts
        return found

    def _chunk(self, at: int, queues: Mapping[int, tuple[NDArray[np.int32], NDArray[np.int64]]]) -> Lines:
        kinds, partners, keys, amounts = [], [], [], []
        texts: dict[int, NDArray[Any]] = {}
        for each in self._columns:
            queue, starts = queues[id(each.frame.partners)]
            rows = queue[starts[at] : starts[at + 1]]
            if id(each.frame.records) not in texts:
                texts[id(each.frame.records)] = each.frame.keys[rows]
            own, known = texts[id(each.frame.records)], each.paid.is_known()[rows]
            if not known.all():
                rows, own = rows[known], own[known]
            keys.append(own)
            kinds.append(np.full(len(rows), self._names.index((each.component, each.table)), dtype=np.int64))
            partners.append(each.frame.partners[rows])
            amounts.append(each.paid.numerator[rows].astype(np.int64))
        partner, kind = np.concatenate(partners), np.concatenate(kinds)
        order = sorted_by((partner, kind))
        component, table = (_texts([name[side] for name in self._names])[kind[order]] for side in (0, 1))
        return Lines(
            self._partners[partner[order]],
            component,
            table,
            np.concatenate(keys)[order],
            np.concatenate(amounts)[order],
        )


def _texts(names: Sequence[str]) -> NDArray[Any]:
    column = np.empty(len(names), dtype=object)
    column[:] = names
    return column
