"""Z-score: how many standard deviations a value is away from the mean of its peers, in points."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Literal

import numpy as np

from rules.kinds.base import Columns, Reason, number
from rules.kinds.scales.base import Better, PeerScale, View
from rules.kinds.scales.peers import circle_of, peer_groups, peers_of, shared_denominator
from rules.quantities.exact import Exact, Integers, integers
from rules.quantities.rounding import Rounding, round_fraction
from rules.quantities.written import NumberField

_BILLION = 10**9


class ZScore(PeerScale):
    """Gives points for the distance from the peers' mean: `z_score: {deviation: population, mean_points: 50,
    points_per_sd: 10}`.

    z = (value - mean) / standard deviation, turned where lower is better; `deviation` divides the squares by n
    (population) or by n - 1 (sample). A standard deviation is irrational: z is rounded once, half even at 9 decimals,
    by integer arithmetic from its exact square, and nothing before it, unless the common denominator of the peers'
    values has more than 4,096 bits: then each value is rounded first, half even at 9 decimals. Peers who are all equal
    have no deviation: their points are unknown, or `when_equal`. Adding a number to all values or multiplying them by
    one changes no points.
    """

    deviation: Literal["population", "sample"]
    mean_points: NumberField = Fraction(50)
    points_per_sd: NumberField = Fraction(10)
    when_equal: NumberField | None = None

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        values = columns["value"]
        away, known = np.zeros(rows, dtype=object), np.zeros(rows, dtype=bool)
        equal = np.zeros(rows, dtype=bool)
        for members in peer_groups(values, columns.get("group")):
            numbers, _ = values.take(members).scaled()
            found = self._billionths(numbers)
            equal[members], known[members] = found is None, found is not None
            away[members] = 0 if found is None else found
        billionths = np.where(known, -away if better == "lower" else away, 0)
        z = Exact(integers(billionths.tolist()), _BILLION, None if known.all() else known)
        points = Exact.constant(self.mean_points, rows) + Exact.constant(self.points_per_sd, rows) * z
        if self.when_equal is None:
            return points
        return points.where(~equal, Exact.constant(self.when_equal, rows))

    def _billionths(self, numbers: Integers) -> Integers | None:
        """The z of each number among all of them, (n,), in billionths; None where all are equal."""
        mine = [int(each) for each in numbers.tolist()]
        count, sum_ = len(mine), sum(mine)
        spread = count * sum(each * each for each in mine) - sum_ * sum_  # n^2 times the population variance
        if spread == 0:
            return None
        above, below = _BILLION**2, spread
        if self.deviation == "sample":
            above, below = above * (count - 1), below * count
        roots = {each: _half_even_root((count * each - sum_) ** 2 * above, below) for each in set(mine)}
        return np.array([roots[each] if count * each >= sum_ else -roots[each] for each in mine], dtype=object)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        numbers, below = circle_of(columns["value"], columns.get("group"), row)
        value = columns["value"].fraction(row)
        if value is None or not numbers:
            return None
        shared = shared_denominator(Fraction(each, below) for each in numbers)
        wholes = [round(Fraction(each, below) * shared) for each in numbers]  # Python rounds half to even
        added = sum(wholes)
        mean = Fraction(added, len(wholes) * shared)
        value = Fraction(round(value * shared), shared)
        away = [len(wholes) * each - added for each in wholes]
        squares = Fraction(sum(each * each for each in away), (len(wholes) * shared) ** 2)
        peers = peers_of(columns["value"], columns.get("group"), row, view.unit)
        if squares == 0:
            words = f"all {len(numbers)} peers have {view.shown(mean)}"
            return None if self.when_equal is None else Reason(self.when_equal, words, ("value",), peers=peers)
        variance = squares / (len(numbers) if self.deviation == "population" else len(numbers) - 1)
        z = _nearest_root((value - mean) ** 2 / variance)
        if (value > mean) == (view.better == "lower"):
            z = -z
        words = f"({view.shown(value)} - mean {view.shown(mean)}) / standard deviation ({self.deviation})"
        words += f" of {len(numbers)} peers = {number(z)}, half even at 9 decimals, x {number(self.points_per_sd)}"
        points = self.mean_points + z * self.points_per_sd
        return Reason(points, f"{number(self.mean_points)} + {words}", ("value",), peers=peers)


def _half_even_root(above: int, below: int) -> int:
    """The square root of above / below as a whole number, half to even, from integers alone."""
    root = math.isqrt(above // below)
    middle = (2 * root + 1) ** 2 * below  # (root + 1/2)^2 in the same units, times 4
    return root + (4 * above > middle or (4 * above == middle and root % 2 == 1))


def _nearest_root(square: Fraction) -> Fraction:
    """The square root at 9 decimals, half even: found between two guesses that close in on it."""
    low, high = 0, (max(square.numerator, square.denominator) + 1) * _BILLION
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if Fraction(middle, _BILLION) ** 2 <= square else (low, middle)
    half = Fraction(2 * low + 1, 2 * _BILLION) ** 2
    if half == square:
        return Fraction(round_fraction(Fraction(2 * low + 1, 2), Rounding.HALF_EVEN), _BILLION)
    return Fraction(low if square < half else high, _BILLION)
