"""The sheet while it is written: frames and columns, each name once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.sheet.earlier import Earlier
from engine.values import PARTNERS, Credits, Frame, Measured
from engine.values.locked import LockedPool
from rules.calendar import Calendar, Period
from rules.expressions.tree import Expression
from rules.quantities.exact import Exact


@dataclass(slots=True)
class Book:
    """What has been worked out so far; `measured` holds the measures of all KPIs, which are read at once; `earlier`
    gives the sheets of periods before; `later` what is asked of a step's rows by the steps after it that read them.

    Of a book of some partners, `among` are the first of them and the one that comes after the last, None where that is
    the end; `places` tells by frame where its rows stand among those of all partners. `locked` are pools that stay as
    they were posted.
    """

    period: Period
    calendar: Calendar
    earlier: Earlier
    frames: MutableMapping[str, Frame]
    measured: Mapping[str, Measured]
    columns: MutableMapping[str, Exact] = field(default_factory=dict)
    frame_of: MutableMapping[str, str] = field(default_factory=dict)
    credits: MutableMapping[str, Credits] = field(default_factory=dict)
    later: Mapping[str, Sequence[Expression]] = field(default_factory=dict)
    among: tuple[str, str | None] | None = None
    places: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    locked: Mapping[str, LockedPool] = field(default_factory=dict)

    def write(self, name: str, frame: str, column: Exact) -> None:
        """Write a column of a frame, once."""
        assert name not in self.columns, f"{name} is written once"
        assert len(column) == len(self.frames[frame]), f"{name} fits its frame"
        self.columns[name], self.frame_of[name] = column, frame

    def drop(self, names: Collection[str]) -> None:
        """Let go of columns that nothing names any more."""
        for name in self.columns.keys() & names:
            del self.columns[name], self.frame_of[name]

    def partner_columns(self) -> Mapping[str, Exact]:
        """What partners have so far, by name; nothing is looked at that is not asked for."""
        return _OfPartners(self)

    def of_partners(self, among: tuple[str, str | None]) -> Book:
        """A book for the rows of some partners, with what partners have so far."""
        own = dict(self.partner_columns())
        frames, frame_of = {PARTNERS: self.frames[PARTNERS]}, dict.fromkeys(own, PARTNERS)
        return replace(self, frames=frames, columns=own, frame_of=frame_of, among=among, places={})


class _OfPartners(Mapping[str, Exact]):
    """The columns of a book that are of partners."""

    __slots__ = ("_book",)

    def __init__(self, book: Book) -> None:
        self._book = book

    def __getitem__(self, name: str) -> Exact:
        if self._book.frame_of.get(name) != PARTNERS:
            raise KeyError(name)
        return self._book.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, frame in self._book.frame_of.items() if frame == PARTNERS])

    def __len__(self) -> int:
        return len(list(iter(self)))
