"""Z-score: how many standard deviations a value is away from the mean of its peers, in points."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Literal

from rules.exact import Exact, total
from rules.kinds.base import Columns, Reason, number
from rules.kinds.scales.base import Better, PeerScale, View
from rules.kinds.scales.peers import circle_of, peer_groups
from rules.rounding import Rounding, round_fraction
from rules.written import NumberField

_BILLION = 10**9


class ZScore(PeerScale):
    """Gives points for the distance from the peers' mean: `z_score: {deviation: population, mean_points: 50,
    points_per_sd: 10}`.

    z = (value - mean) / standard deviation, turned where lower is better; `deviation` divides the squares by n
    (population) or by n - 1 (sample). A standard deviation is irrational: z is rounded once, half even at 9 decimals,
    by integer arithmetic from its exact square, and nothing before it. Peers who are all equal have no deviation:
    their points are unknown, or `when_equal`. Adding a number to all values or multiplying them by one changes no
    points.
    """

    deviation: Literal["population", "sample"]
    mean_points: NumberField = Fraction(50)
    points_per_sd: NumberField = Fraction(10)
    when_equal: NumberField | None = None

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        values = columns["value"]
        scaled, _ = values.scaled()
        sign = 1 if better == "higher" else -1
        result: list[Fraction | None] = [None] * rows
        for members, _ in peer_groups(values, columns.get("group")):
            mine = scaled[members].astype(object)
            count, sum_ = len(mine), total(mine)
            spread = count * total(mine * mine) - sum_ * sum_  # n^2 times the population variance
            for row, each in zip(members.tolist(), mine.tolist(), strict=True):
                if spread == 0:
                    result[row] = self.when_equal
                    continue
                away = count * each - sum_
                above, below = away * away, spread
                if self.deviation == "sample":
                    above, below = above * (count - 1), below * count
                z = _half_even_root(above * _BILLION**2, below) * (sign if away >= 0 else -sign)
                result[row] = self.mean_points + self.points_per_sd * Fraction(z, _BILLION)
        return Exact.of(result)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        numbers, below = circle_of(columns["value"], columns.get("group"), row)
        value = columns["value"].fraction(row)
        if value is None or not numbers:
            return None
        mean = Fraction(sum(numbers), len(numbers)) / below
        squares = sum((Fraction(each, below) - mean) ** 2 for each in numbers)
        if squares == 0:
            words = f"all {len(numbers)} peers have {view.shown(value)}"
            return None if self.when_equal is None else Reason(self.when_equal, words, ("value",))
        variance = Fraction(squares) / (len(numbers) if self.deviation == "population" else len(numbers) - 1)
        z = _nearest_root((value - mean) ** 2 / variance)
        if (value > mean) == (view.better == "lower"):
            z = -z
        words = f"({view.shown(value)} - mean {number(mean)}) / standard deviation ({self.deviation}) of {len(numbers)}"
        words += f" peers = {number(z)}, half even at 9 decimals, x {number(self.points_per_sd)}"
        return Reason(self.mean_points + z * self.points_per_sd, f"{number(self.mean_points)} + {words}", ("value",))


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
