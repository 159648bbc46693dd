"""What `rules.expressions.vector` works with over rows: numbers and truths, one of each row, and what is done with
them.

In and out: values with one entry for each row, (n,), each of which may be unknown. A date is a number of days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rules.expressions.tree import WITHIN, Interval
from rules.quantities.exact import Exact, Flags

EPOCH = date(1970, 1, 1)  # the day that NumPy counts days from
_FIRST_DAY, _LAST_DAY = (date.min - EPOCH).days, (date.max - EPOCH).days


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """True, false or unknown by row: `yes` where it is true, `known` where it is not unknown."""

    yes: Flags
    known: Flags

    def take(self, rows: NDArray[np.int64] | Flags) -> Truth:
        """The rows at the given positions, or those that a mask keeps."""
        return Truth(self.yes[rows], self.known[rows])

    def part(self, start: int, end: int) -> Truth:
        """The rows from `start` to before `end`, as views."""
        return Truth(self.yes[start:end], self.known[start:end])

    @classmethod
    def joined(cls, parts: Sequence[Truth]) -> Truth:
        """The rows of all parts, one part after the other."""
        return cls(np.concatenate([part.yes for part in parts]), np.concatenate([part.known for part in parts]))


def called(name: str, values: Sequence[Exact]) -> Exact:
    """What a function of `FUNCTIONS` gives for numbers or dates."""
    result = values[0]
    if name == "abs":
        return result.where(result.numerator >= 0, -result)
    if name == "months":
        return _months(result, values[1])
    if name in WITHIN:
        return _days_within(values, name == "days360_within")
    for other in values[1:]:
        if name == "coalesce":
            result = result.where(result.is_known(), other)
        elif name == "nullif":
            same = compared("=", result, other)
            result = unknown(len(result)).where(same.yes, result)
        else:
            sign = result.compare(other)
            chosen = result.where(sign <= 0 if name == "least" else sign >= 0, other)
            result = unknown(len(result)).where(~(result.is_known() & other.is_known()), chosen)
    return result


def _months(first: Exact, last: Exact) -> Exact:
    """The whole months from one day to another, in days since 1970-01-01; unknown where either is."""
    starts, ends = np.minimum(first.numerator, last.numerator), np.maximum(first.numerator, last.numerator)
    start, end = (each.astype(np.int64).astype("datetime64[D]") for each in (starts, ends))
    months = [day.astype("datetime64[M]") for day in (start, end)]
    last_day = (months[1] + 1).astype("datetime64[D]") - 1
    ends_on = np.minimum(months[1].astype("datetime64[D]") + (start - months[0].astype("datetime64[D]")), last_day)
    whole = (months[1] - months[0]).astype(np.int64) - (end < ends_on)
    known = first.is_known() & last.is_known()
    return Exact(np.where(known, np.where(first.numerator <= last.numerator, whole, -whole), 0), 1, known)


def _days_within(values: Sequence[Exact], in_360: bool) -> Exact:
    """The days from the first to the second, both included, from the third to before the fourth; blank is open."""
    first, last, start, end = (each.numerator.astype(np.int64) for each in values)
    begins = np.maximum(np.where(values[0].is_known(), first, start), start)
    ends = np.minimum(np.where(values[1].is_known(), last + 1, end), end)
    counted = [_days360(each) if in_360 else each for each in (begins, ends)]
    return Exact(np.maximum(counted[1] - counted[0], 0))


def _days360(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days since 1970-01-01 in months of 30 days."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    counted: NDArray[np.int64] = months.astype(np.int64) * 30 + np.minimum(day, 30)
    return counted


def shifted(days: Exact, interval: Interval, sign: int) -> Exact:
    """Dates moved by an interval: a day that the new month lacks becomes its last, one beyond the calendar unknown."""
    assert days.denominator == 1, "a date is a whole number of days"
    before = days.numerator.astype(np.int64)
    if interval.unit == "day":
        after = before + sign * interval.count
    else:
        dates = before.astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        moved = months + sign * interval.count * (12 if interval.unit == "year" else 1)
        last = (moved + 1).astype("datetime64[D]") - 1
        after = np.minimum(moved.astype("datetime64[D]") + (dates - months), last).astype(np.int64)
    known = days.is_known() & (after >= _FIRST_DAY) & (after <= _LAST_DAY)
    return Exact(np.where(known, after, 0), 1, known)


def compared(op: str, left: Exact, right: Exact) -> Truth:
    """`left op right` by row; unknown where either is."""
    sign = left.compare(right)
    known = left.is_known() & right.is_known()
    match op:
        case "=":
            yes = sign == 0
        case "!=":
            yes = sign != 0
        case "<":
            yes = sign < 0
        case "<=":
            yes = sign <= 0
        case ">":
            yes = sign > 0
        case _:
            yes = sign >= 0
    return Truth(yes & known, known)


def all_of(parts: Sequence[Truth]) -> Truth:
    """True where all parts are, false where one is false, else unknown."""
    yes = np.logical_and.reduce([part.yes for part in parts])
    no = np.logical_or.reduce([part.known & ~part.yes for part in parts])
    return Truth(yes, yes | no)


def either(flags: Flags, first: Truth, second: Truth) -> Truth:
    """One truth where `flags` holds, the other elsewhere."""
    return Truth(np.where(flags, first.yes, second.yes), np.where(flags, first.known, second.known))


def opposite(part: Truth) -> Truth:
    """False where it is true and true where it is false; unknown stays unknown."""
    return Truth(part.known & ~part.yes, part.known)


def certain(yes: Flags) -> Truth:
    """A truth that is unknown of no row."""
    return Truth(yes, np.ones(len(yes), dtype=bool))


def unknown(rows: int) -> Exact:
    """A number that is unknown of every row."""
    return Exact(np.zeros(rows, dtype=np.int64), 1, np.zeros(rows, dtype=bool))
