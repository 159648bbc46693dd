"""Where a curve jumps: the values of a measure at which what is due is not what it is right beside them.

In: what is due at any value, as a function that works out many at once. Out: the jumps, each at its exact value. What a
kind turns at is known beforehand; jumps that nobody names (of a sum before the row, of every full ten units) are found
by halving the steps of a grid until only a jump is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from engine.values.curve import Cliff, Point

Dues = Callable[[Sequence[Fraction]], list[Fraction | None]]
_NEAR = Fraction(1, 10**6)  # of a unit: as close to an edge as a limit is taken
_JUMP_MINOR = Fraction(1, 100)  # less than that is no cliff
_HALVINGS = 48


def jumps(dues: Dues, points: Mapping[Fraction, Point]) -> list[Fraction]:
    """The values between neighbouring points at which what is due jumps, one at most between two."""
    steps = [
        (low.measure, low.due_minor, high.measure, high.due_minor)
        for low, high in pairwise(points[at] for at in sorted(points))
        if abs(high.due_minor - low.due_minor) >= _JUMP_MINOR
    ]
    for _ in range(_HALVINGS):
        middles = [(low + high) / 2 for low, _, high, _ in steps]
        halves = []
        for (low, below, high, above), middle, due in zip(steps, middles, dues(middles), strict=True):
            if due is None:
                continue
            half = (low, below, middle, due) if abs(due - below) > abs(above - due) else (middle, due, high, above)
            if abs(half[3] - half[1]) >= _JUMP_MINOR:
                halves.append(half)
        steps = halves
    return [_plainest(low, high) for low, _, high, _ in steps]


def _plainest(low: Fraction, high: Fraction) -> Fraction:
    """The value with the fewest decimals between two, both included.

    >>> _plainest(Fraction("9.9999"), Fraction("10.00001")), _plainest(Fraction("0.33"), Fraction("0.34"))
    (Fraction(10, 1), Fraction(33, 100))
    """
    scale = 1
    while (found := Fraction(-(-low * scale // 1), scale)) > high:
        scale *= 10
    return found


def cliffs_at(values: Sequence[Fraction], dues: Dues, start: Fraction, end: Fraction) -> list[Cliff]:
    """The jumps among some values: the limits on both sides, from the two nearest points of each, differ.

    Where a curve that begins at zero starts, only what comes after it counts; `end` is looked at from both sides.
    """
    asked = [value + side * _NEAR for value in values for side in (-2, -1, 0, 1, 2)]
    found = dict(zip(asked, dues(asked), strict=True))
    cliffs = []
    for value in values:
        two_left, one_left, at, one_right, two_right = (found[value + side * _NEAR] for side in (-2, -1, 0, 1, 2))
        if at is None or one_right is None or two_right is None:
            continue
        right = 2 * one_right - two_right
        left = at if one_left is None or two_left is None or value == start == 0 else 2 * one_left - two_left
        if value == end == 0:
            right = at
        if max(abs(left - at), abs(right - at)) >= _JUMP_MINOR:
            cliffs.append(Cliff(value, _settled(left), at, _settled(right)))
    return cliffs


def _settled(limit: Fraction) -> Fraction:
    """A limit without what is left of the step that it was taken from: a curve between points is not straight."""
    whole = Fraction(round(limit * 1_000), 1_000)
    return whole if abs(whole - limit) < Fraction(1, 10**5) else limit
