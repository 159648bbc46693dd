"""Measures that the exact kernel works out row by row: those with a quotient of columns.

In: batches of rows, each with the group, the value and whether it is meant. Out: the measure by group, exact and the
same for any batches. Sums and counts keep one number for each group (and for each denominator in it); a median keeps
its values, a count of different ones keeps those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.values import Measured
from rules.meaning import MeasureMeaning
from rules.quantities.exact import Exact, Flags, Integers, group_total, integers

Groups = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some rows of a measure, (n,) each: the group, the value (credited in parts, where it is) and which are meant."""

    groups: Groups
    value: Exact
    meant: Flags


def by_kernel(measure: MeasureMeaning, batches: Iterable[Batch], count: int) -> Measured:
    """The measure by group, (count,), from all of its rows."""
    is_blank, rows = np.zeros(count, dtype=bool), np.zeros(count, dtype=np.int64)

    def known() -> Iterator[tuple[Groups, Exact]]:
        for batch in batches:
            counts = batch.meant & batch.value.is_known()
            is_blank[batch.groups[batch.meant & ~counts]] = True
            groups = batch.groups[counts]
            np.add.at(rows, groups, 1)
            yield groups, batch.value.take(counts)

    one = Exact.constant(1, count)
    match measure.aggregate:
        case "count_distinct":
            found = Exact(_distinct(known(), count))
        case "median":
            found = _medians(known(), count)
        case _:
            found = _sums(known(), count)
    if not measure.leaves_blanks_out:
        found = found.where(~is_blank, Exact(np.zeros(count, dtype=np.int64), 1, np.zeros(count, dtype=bool)))
    return Measured(found, Exact(rows) if measure.aggregate == "mean" else one)


def first_of_each(meant: Flags, who: NDArray[np.int64], before: int) -> Flags:
    """Of the rows that are meant, the first of each `who`, which come together; that of `before` has been already."""
    rows = np.flatnonzero(meant)
    others = np.concatenate(([before], who[rows][:-1]))
    first = np.zeros(len(meant), dtype=bool)
    first[rows[who[rows] != others[: len(rows)]]] = True
    return first


def _sums(batches: Iterable[tuple[Groups, Exact]], count: int) -> Exact:
    """Sums by group; those of unlike denominators are added for each denominator first."""
    alike = Exact.constant(0, count)
    unlike: list[tuple[Groups, Exact]] = []
    for groups, value in batches:
        if isinstance(value.denominator, int):
            alike = alike + Exact(group_total(value.numerator, groups, count), value.denominator)
        else:
            unlike.append(_by_denominator(groups, value))
    if not unlike:
        return alike
    members: list[list[Fraction]] = [[] for _ in range(count)]
    groups, value = _by_denominator(*_end_to_end(unlike))
    for group, found in zip(groups.tolist(), value.fractions(), strict=True):
        members[group].append(found or Fraction(0))
    return alike + Exact.of([_added(found) for found in members])


def _by_denominator(groups: Groups, value: Exact) -> tuple[Groups, Exact]:
    """One row for each group and denominator, with the sum of its numerators."""
    denominators, which = np.unique(np.asarray(value.denominator), return_inverse=True)
    cells, at = np.unique(groups * len(denominators) + which, return_inverse=True)
    sums = group_total(value.numerator, at, len(cells))
    return cells // max(len(denominators), 1), Exact(sums, denominators[cells % max(len(denominators), 1)])


def _medians(batches: Iterable[tuple[Groups, Exact]], count: int) -> Exact:
    """Medians by group: of an even number of values the mean of the two in the middle; unknown of none."""
    groups, value = _end_to_end(list(batches))
    ranks, _ = value.dense_ranks()
    order = np.lexsort((ranks, groups))
    rows = np.bincount(groups, minlength=count)
    has_any = rows > 0
    first = (np.cumsum(rows) - rows)[has_any]
    low, high = (order[first + (rows[has_any] - shift) // 2] for shift in (1, 0))
    middle = (value.take(low) + value.take(high)) * Exact.constant(Fraction(1, 2), len(low))
    at = np.cumsum(has_any) - 1
    if not len(middle):
        return Exact(np.zeros(count, dtype=np.int64), 1, has_any)
    spread = middle.take(np.maximum(at, 0))
    return spread.where(has_any, Exact(np.zeros(count, dtype=np.int64), 1, np.zeros(count, dtype=bool)))


def _distinct(batches: Iterable[tuple[Groups, Exact]], count: int) -> NDArray[np.int64]:
    """How many different values each group has."""
    groups, _ = _different(*_end_to_end([_different(*batch) for batch in batches]))
    return np.bincount(groups, minlength=count).astype(np.int64)


def _different(groups: Groups, value: Exact) -> tuple[Groups, Exact]:
    ranks, count = value.dense_ranks()
    _, firsts = np.unique(groups * count + ranks, return_index=True)
    return groups[firsts], value.take(firsts)


def _end_to_end(parts: list[tuple[Groups, Exact]]) -> tuple[Groups, Exact]:
    """All rows of some parts."""
    if not parts:
        return np.zeros(0, dtype=np.int64), Exact.constant(0, 0)
    groups = np.concatenate([each for each, _ in parts])
    above = np.concatenate([value.numerator for _, value in parts])
    shared = {value.denominator for _, value in parts if isinstance(value.denominator, int)}
    if len(shared) == 1 and all(isinstance(value.denominator, int) for _, value in parts):
        return groups, Exact(above, shared.pop())
    return groups, Exact(above, np.concatenate([_denominators(value) for _, value in parts]))


def _denominators(value: Exact) -> Integers:
    if not isinstance(value.denominator, int):
        return value.denominator
    return np.repeat(integers([value.denominator]), len(value))


def _added(numbers: list[Fraction]) -> Fraction:
    """The exact sum, added in pairs so that denominators grow late: those of unlike rows have no common one."""
    while len(numbers) > 1:
        numbers = [sum(numbers[at : at + 2], Fraction(0)) for at in range(0, len(numbers), 2)]
    return numbers[0] if numbers else Fraction(0)
