"""The arithmetic of a schedule of tiers over whole columns: what a base pays after what was already counted.

In: a `Schedule` in the units of its measure, and the columns of the rows. Out: what is due, exact. What a row pays is
F(before + base) - F(before), where F is what the schedule pays for a total; so the rows of any cut add up to F of
their total, and a row below zero takes back what the last ones of its size paid. Where another measure moves through
the tiers, a row pays base x (F(before + by) - F(before)) / by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np

from rules.kinds.edges import AtEdge, looked_up, tier_reached
from rules.quantities.exact import LIMIT, Exact, Integers

Method = Literal["marginal", "whole", "interpolated"]
BLOCK_ROWS = 2**15  # rows that are worked at once: their columns stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Schedule:
    """Tiers as numbers: ascending edges in the units of the measure (parts of the quota where there is one), values.

    `values` are rates, minor units for each unit, or amounts in minor units (`is_amount`): one for each tier, one more
    than edges; interpolated one for each edge.
    """

    method: Method
    edges: tuple[Fraction, ...]
    values: tuple[Fraction, ...]
    is_amount: bool
    at_edge: AtEdge

    def due(self, columns: Mapping[str, Exact], rows: int) -> Exact:
        """What is due for every row, (rows,), from the columns that are there: base, before, by and quota."""
        quota, by = columns.get("quota"), columns.get("by")
        edges = [Exact.constant(edge, rows) for edge in self.edges]
        if quota is not None:
            edges = [edge * quota for edge in edges]
        if by is not None and self.method == "marginal":
            return columns["base"] * self._spread(by, columns.get("before"), edges)
        if by is not None:
            value = self._value(by, edges, quota)
            return value if self.is_amount else columns["base"] * value
        base, before = columns["base"], columns.get("before")
        if before is None:
            return self._earned(base, edges, quota)
        return self._earned(before + base, edges, quota) - self._earned(before, edges, quota)

    def _spread(self, by: Exact, before: Exact | None, edges: list[Exact]) -> Exact:
        """The mean rate of the slices that a measure moves through; that of the next unit where it does not move."""
        nothing = Exact.constant(0, len(by))
        start = nothing if before is None else before
        climbed = _slices(start + by, edges, self.values) - _slices(start, edges, self.values)
        at_rest = looked_up(self.values, tier_reached(start, edges, "higher_tier"), start.known)
        return at_rest.where(by.is_known() & (by.numerator == 0), climbed / by)

    def _earned(self, total: Exact, edges: list[Exact], quota: Exact | None) -> Exact:
        """What a total pays from the first unit on: F."""
        if self.method == "marginal" and not self.is_amount:
            return _slices(total, edges, self.values)
        value = self._value(total, edges, quota)
        if not self.is_amount:
            return total * value
        nothing = Exact.constant(0, len(total))
        return value.where(total.compare(nothing) > 0, nothing)

    def _value(self, measure: Exact, edges: list[Exact], quota: Exact | None) -> Exact:
        """The rate or the amount that a measure reaches."""
        if self.method != "interpolated":
            return looked_up(self.values, tier_reached(measure, edges, self.at_edge), measure.known)
        points = zip(pairwise(self.edges), pairwise(self.values), strict=True)
        slopes = [(end - start) / (high - low) for (low, high), (start, end) in points]
        climbed = _slices(measure, edges, (Fraction(0), *slopes, Fraction(0)))  # flat outside of the points
        if quota is not None:
            climbed = climbed / quota
        return Exact.constant(self.values[0], len(measure)) + climbed


def _slices(total: Exact, edges: Sequence[Exact], rates: Sequence[Fraction]) -> Exact:
    """Each slice of a total between two edges at its own rate; the first slice has no lower end.

    The last rate on all of the total, and on what is below each edge the difference of the rates on both its sides.
    """
    below = math.lcm(*(rate.denominator for rate in rates))
    wholes = [int(rate * below) for rate in rates]
    falls = [rate - following for rate, following in pairwise(wholes)]
    narrow = _narrow_slices(total, edges, falls, wholes[-1])
    if narrow is not None:
        return Exact(narrow, total.denominator * below)
    paid = total * Exact.constant(wholes[-1], len(total))
    for edge, fall in zip(edges, falls, strict=True):
        paid = paid + total.least(edge) * Exact.constant(fall, len(total))
    return paid * Exact.constant(Fraction(1, below), len(total))


def _narrow_slices(total: Exact, edges: Sequence[Exact], falls: Sequence[int], last: int) -> Integers | None:
    """The same sum in machine integers, before its division; None where it might not fit, or has other denominators."""
    shared = total.denominator
    if not len(total) or total.known is not None or not isinstance(shared, int) or total.numerator.dtype == object:
        return None
    if any(edge.known is not None or not isinstance(edge.denominator, int) for edge in edges):
        return None
    if any(shared % edge.denominator or edge.numerator.dtype == object for edge in edges):
        return None
    peak = max(_peak(total.numerator), *(_peak(edge.numerator) * (shared // edge.denominator) for edge in edges), 1)
    if peak * (abs(last) + sum(map(abs, falls))) >= LIMIT or peak >= LIMIT:
        return None
    paid = total.numerator * last
    for edge, fall in zip(edges, falls, strict=True):
        slice_ = np.minimum(total.numerator, edge.numerator * (shared // edge.denominator))
        slice_ *= fall
        paid += slice_
    return paid


def _peak(values: Integers) -> int:
    return max(int(values.max()), -int(values.min()))


def in_blocks(compute: Callable[[Mapping[str, Exact], int], Exact], columns: Mapping[str, Exact], rows: int) -> Exact:
    """A column that is worked out row by row, block after block: the same rows in less memory and time."""
    if rows <= BLOCK_ROWS:
        return compute(columns, rows)
    starts = range(0, rows, BLOCK_ROWS)
    blocks = [{name: each.part(at, at + BLOCK_ROWS) for name, each in columns.items()} for at in starts]
    return Exact.joined([compute(block, min(BLOCK_ROWS, rows - at)) for at, block in zip(starts, blocks, strict=True)])
