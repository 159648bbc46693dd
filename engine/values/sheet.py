"""The sheet: frames of rows, and columns that were each written once.

A frame is the set of rows that a column belongs to: the rows of a source table that a rule pays, the partners, the
members of a pool, or the one row of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.values.credit import Credits
from engine.values.plan import ACCOUNTS, BALANCE, PARTNERS
from rules.calendar import Period
from rules.quantities.exact import Exact


class LateKeys:
    """The keys of rows that are fetched where somebody asks for one: the texts of millions fill gigabytes.

    `fetch` gives the keys of records of the source, (n,); `records` (n,) are the rows'. It is asked for rows as an
    array is.
    """

    __slots__ = ("_fetch", "_records")

    def __init__(self, fetch: Callable[[NDArray[np.int64]], NDArray[Any]], records: NDArray[np.int64]) -> None:
        self._fetch, self._records = fetch, records

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, rows: Any) -> Any:
        records = self._records[rows]
        return self._fetch(records) if np.ndim(records) else self._fetch(np.array([records]))[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        found: NDArray[Any] = self[:]
        return found

    def __eq__(self, other: object) -> Any:
        return self[:] == other

    __hash__ = None  # type: ignore[assignment]

    def of(self, records: NDArray[np.int64]) -> LateKeys:
        """The keys of other records of the source, fetched as late."""
        return LateKeys(self._fetch, records)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The rows that columns belong to: their source table, key, record number in the source, and partner.

    `keys` (n,) text, fetched late where the table is large; `records` (n,) the 1-based record number in the source;
    `partners` (n,) positions in the partners' frame. Rows are in the order of their keys, whatever the order of the
    source. `earlier` (n,) marks rows of before the period, which are added up and not paid; None where there are none.
    `shares` (n,) is the position of the credit that pays a row; None where rows are their partner's own.
    """

    table: str
    keys: Any  # NDArray[Any] or LateKeys, which is asked as an array is
    records: NDArray[np.int64]
    partners: NDArray[np.int64]
    earlier: NDArray[np.bool_] | None = None
    shares: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.records)

    @staticmethod
    def joined(frames: Sequence[Frame], queue: NDArray[np.int64]) -> Frame:
        """The rows of frames of one table, one after the other, at the given positions among all of them."""

        def whole(name: str) -> Any:
            found = [getattr(frame, name) for frame in frames]
            return None if found[0] is None else np.concatenate(found)[queue]

        first, records = frames[0], whole("records")
        keys = first.keys.of(records) if isinstance(first.keys, LateKeys) else whole("keys")
        return Frame(first.table, keys, records, whole("partners"), whole("earlier"), whole("shares"))

    def take(self, rows: NDArray[Any]) -> Frame:
        """The rows at the given positions, or those that a mask keeps."""
        earlier = None if self.earlier is None else self.earlier[rows]
        shares = None if self.shares is None else self.shares[rows]
        records = self.records[rows]
        keys = self.keys.of(records) if isinstance(self.keys, LateKeys) else self.keys[rows]
        return Frame(self.table, keys, records, self.partners[rows], earlier, shares)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Everything that a run worked out: frames, and columns that were each written once.

    `earlier` are the sheets of the periods that it looked back at, by name: what was paid before as is known now;
    `credits` the shares by the name of their rule; `version` is the digest of the program that it was worked out by,
    where that is another one than of the sheet that looks back at it.
    """

    period: Period
    frames: Mapping[str, Frame]
    columns: Mapping[str, Exact]
    frame_of: Mapping[str, str]
    earlier: Mapping[str, Sheet] = field(default_factory=dict)
    credits: Mapping[str, Credits] = field(default_factory=dict)
    version: str = ""

    @property
    def partners(self) -> Frame:
        """The partners' frame: one row for each partner that can be paid, in the order of their ids."""
        return self.frames[PARTNERS]

    @property
    def payees(self) -> Frame:
        """Whom a run can pay: the accounts where there are balances, else the partners; in the order of their ids."""
        return self.frames.get(ACCOUNTS, self.partners)

    def leavers(self, columns: Sequence[str]) -> list[str]:
        """Those who can't be paid any more of whom one of the columns of accounts was read nevertheless."""
        known = [self.columns[name].is_known() for name in columns if name in self.columns]
        return sorted({str(key) for each in known for key in self.payees.keys[each]})

    def payee_places(self) -> NDArray[np.int64]:
        """The place of each partner among the payees, (partners,)."""
        places = np.arange(len(self.partners), dtype=np.int64)
        if ACCOUNTS in self.frames:
            can = np.flatnonzero(self.payees.partners >= 0)
            places[self.payees.partners[can]] = can
        return places

    def of_lines(self, frame: str) -> Frame:
        """A frame of lines with the places of payees in place of those of partners."""
        found = self.frames[frame]
        if found.table == BALANCE or len(self.payees) == len(self.partners):
            return found
        return replace(found, partners=self.payee_places()[found.partners])

    def of_payees(self, name: str) -> Exact:
        """A column of partners or of accounts by payee, (payees,); 0 for one that can't be paid any more."""
        column, places = self.columns[name], self.payee_places()
        if self.frame_of[name] == ACCOUNTS or len(places) == len(self.payees):
            return column
        found = np.zeros(len(self.payees), dtype=column.numerator.dtype)
        found[places] = column.numerator
        assert isinstance(column.denominator, int), "amounts that are paid are whole"
        return Exact(found, column.denominator)


def frozen(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only view of a mapping."""
    return MappingProxyType(dict(values))
