"""Returns, as steps know them: what their rows take back of which others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rules.kinds.base import Terms
from rules.quantities.written import DateRange


@dataclass(frozen=True, slots=True)
class Back:
    """What rows take back of other rows: which part of each was returned before a return, and with it.

    `name` begins the columns to write: NAME.part_before and NAME.part_with. Where the running total falls by what is
    returned (`is_added`), it writes those of `falls` too, below zero: each is a part of the column that it stands by.
    `row` is the column of the row's record, `dated` that of the return's day, `day` that of its row's, None where rows
    have none; a return counts on the later of the two, the latter `lock_days` on, and not at all where its row lies
    outside `during`. `returned` of `whole` is taken back, or all of it where they are None, times `share`, which is
    fixed, or a column held to 0 to 1. Those of earlier periods are read `since` the start of the stretch.
    """

    name: str
    row: str
    dated: str
    day: str | None
    lock_days: int
    during: DateRange | None
    returned: str | None
    whole: str | None
    share: Fraction | str
    is_added: bool
    since: str
    falls: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_apart(self) -> bool:
        """Whether its rows count in a stretch that ends, and their returns in the same one, whenever they come.

        Then NAME.stretch tells its first day, and NAME.after the day of a return that comes after its end, else 0.
        """
        return self.is_added and self.since != "ever" and self.day is not None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that have to be known of a return."""
        share = self.share if isinstance(self.share, str) else None
        named = (self.row, self.dated, self.day, self.returned, self.whole, share, *self.falls.values())
        return tuple(name for name in named if name is not None)


@dataclass(frozen=True, slots=True)
class Taken:
    """Returns of the frame `returns` that take back what the rows of the frame `rows` are paid."""

    returns: str
    rows: str
    back: Back
    terms: Terms


@dataclass(frozen=True, slots=True)
class Fall:
    """A frame whose lines go onto a running total or, of returns, off its top.

    `lines` is the column of what they were due, rounded, before any limit; `order` are the columns that it is added up
    by, `split` that of its contract or stretch, `day` that of the day on which each counts; None where there is none.
    """

    frame: str
    lines: str
    order: tuple[str, ...]
    split: str | None
    day: str | None


@dataclass(frozen=True, slots=True)
class Emptied:
    """Rows, and returns that empty the highest tiers first: what a limit had cut is not taken back.

    `earlier` is the column of what earlier periods paid the rows in the end; `is_first` tells the limit that first cuts
    them, which forgives what earlier periods cut. Days count `lock_days` after that of a row.
    """

    rows: Fall
    returns: tuple[Fall, ...]
    earlier: str
    lock_days: int
    is_first: bool
