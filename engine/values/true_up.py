"""A true-up: what late data changes of a period that is locked, as it is posted in the cycle that is open.

What was locked stays as it is. A batch says which late records it is for, what each line comes to now and came to
before, with the reason in words, and what of the period's closing is another. The state of a period is its locked
lines and all its batches.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.digest import canonical, sha256
from engine.values.closing import Closing, RowChange
from engine.values.late import Change, change_from
from engine.values.lines import Lines
from engine.values.versions import LockedBy


class DeltaLine(NamedTuple):
    """One line that comes to something else: a posting of `after_minor` - `before_minor`, and why."""

    partner: str
    component: str
    table: str
    key: str
    before_minor: int
    after_minor: int
    reason: str

    @property
    def amount_minor(self) -> int:
        """What is posted."""
        return self.after_minor - self.before_minor


@dataclass(frozen=True, slots=True, eq=False)
class DeltaLines:
    """Delta lines as columns, in the order of partners, components, tables and keys; all of shape (n,).

    Lines of a table without a key are told together, by partner and component: their key is empty.
    """

    partner: NDArray[Any]
    component: NDArray[Any]
    table: NDArray[Any]
    key: NDArray[Any]
    before_minor: NDArray[np.int64]
    after_minor: NDArray[np.int64]
    reason: NDArray[Any]

    def __len__(self) -> int:
        return len(self.partner)

    def __iter__(self) -> Iterator[DeltaLine]:
        columns = (self.partner, self.component, self.table, self.key, self.before_minor, self.after_minor, self.reason)
        return (DeltaLine(*row) for row in zip(*(column.tolist() for column in columns), strict=True))

    @property
    def amounts(self) -> Lines:
        """The lines that are posted."""
        return Lines(self.partner, self.component, self.table, self.key, self.after_minor - self.before_minor)

    @property
    def total_minor(self) -> int:
        """The sum of what is posted."""
        return self.amounts.total_minor


@dataclass(frozen=True, slots=True)
class PoolChange:
    """A pool of a locked period that is larger or smaller by late records: what becomes of the difference (`late`).

    `shared_minor` stays what was posted, unless it is shared anew (`reshare`); then the lines tell it.
    """

    pool: str
    late: str
    before_minor: int
    after_minor: int

    @property
    def amount_minor(self) -> int:
        """What the pool has more."""
        return self.after_minor - self.before_minor

    def as_json(self) -> dict[str, object]:
        """What a batch says of it, as a JSON value without floats."""
        sizes = {"before_minor": str(self.before_minor), "after_minor": str(self.after_minor)}
        return {"pool": self.pool, "late": self.late, **sizes}


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a true-up posts: for which program and period, for which late records, and what follows from them.

    A late record is in `records` of one batch alone; those that an earlier period's batch of the same import has are
    in `also` of the others that they matter to.
    """

    program_sha256: str
    period: str
    currency: str
    records: tuple[Change, ...]
    also: tuple[Change, ...]
    lines: DeltaLines
    closings: tuple[RowChange, ...]
    pools: tuple[PoolChange, ...]

    @property
    def content(self) -> bytes:
        """The canonical bytes under which it is kept: they depend on no order of rows, and hold no float."""
        lines = [
            [row.partner, row.component, row.table, row.key, str(row.before_minor), str(row.after_minor), row.reason]
            for row in self.lines
        ]
        changed = [
            {"table": each.table, "key": each.key, "before": each.before, "after": each.after} for each in self.closings
        ]
        return canonical(
            {
                "t": "partage/true-up/1",
                "program_sha256": self.program_sha256,
                "period": self.period,
                "currency": self.currency,
                "records": [each.as_json() for each in self.records],
                "also": [each.as_json() for each in self.also],
                "lines": lines,
                "closings": changed,
                "pools": [each.as_json() for each in self.pools],
            }
        )

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return sha256(self.content)


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """A locked period as it was last stated: what a true-up starts from.

    `program` is the bytes of the program that it was locked with and `file` their name; `tables` the kept tables of the
    snapshot that it was last stated on, without what it opened with; `lines` the file of its locked lines, `batches`
    its true-ups so far, in order. `opening` and `closing` are those of its last statement, and `sizes_minor` how large
    its pools were by that; None where nobody noted it. `versions` are those of earlier periods, as its
    run was given them.
    """

    program: bytes
    file: str
    period: str
    tables: Mapping[str, Path]
    lines: Path
    opening: Closing | None = None
    closing: Closing | None = None
    batches: tuple[Batch, ...] = ()
    sizes_minor: Mapping[str, int] | None = None
    versions: tuple[LockedBy, ...] = ()


def batch_from(content: bytes) -> Batch:
    """The batch that was kept as `content`; raises ValueError where these are not the bytes of one."""
    found = json.loads(content)
    if not isinstance(found, dict) or found.get("t") != "partage/true-up/1":
        raise ValueError("no true-up of this form")
    columns = list(zip(*found["lines"], strict=True)) or [()] * 7
    partner, component, table, key, reason = (np.array(columns[at], dtype=object) for at in (0, 1, 2, 3, 6))
    before, after = (np.array([int(each) for each in columns[at]], dtype=np.int64) for at in (4, 5))
    made = Batch(
        program_sha256=found["program_sha256"],
        period=found["period"],
        currency=found["currency"],
        records=tuple(change_from(each) for each in found["records"]),
        also=tuple(change_from(each) for each in found["also"]),
        lines=DeltaLines(partner, component, table, key, before, after, reason),
        closings=tuple(
            RowChange(each["table"], tuple(each["key"]), _row(each["before"]), _row(each["after"]))
            for each in found["closings"]
        ),
        pools=tuple(
            PoolChange(each["pool"], each["late"], int(each["before_minor"]), int(each["after_minor"]))
            for each in found["pools"]
        ),
    )
    if made.content != content:
        raise ValueError("the bytes are not canonical")
    return made


def _row(cells: list[str] | None) -> tuple[str, ...] | None:
    return None if cells is None else tuple(cells)
