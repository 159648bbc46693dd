"""The least concave roof over a curve between two spends: what a budget can be shared by without getting stuck.

An S-shaped curve is roofed by a chord from the lower end to where it touches the curve; a curve of pieces by the hull
of its knots. The roof never lies below the curve, and meets it at the lower end, from `touch` on, and at the knots of
a hull. With one constraint over many units at most one of them ends between two such points (Shapley and Folkman).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scenarios.curves.floats import Floats

_BISECTIONS = 200


class Roofed(Protocol):
    """What a tangent asks of a curve."""

    def value(self, spend: Floats) -> Floats:
        """The response to a spend."""
        ...

    def slope(self, spend: Floats) -> Floats:
        """The derivative at a spend."""
        ...

    def spend_at_slope(self, slope: Floats) -> Floats:
        """The largest spend at which the slope is at least this."""
        ...

    def inflection(self) -> Floats:
        """The spend from which the curve is concave."""
        ...


class Envelope(Protocol):
    """A concave roof between `lower` and `upper`, each (units,)."""

    @property
    def lower(self) -> Floats:
        """The least spend."""
        ...

    @property
    def upper(self) -> Floats:
        """The largest spend."""
        ...

    def value(self, spend: Floats) -> Floats:
        """The height of the roof."""
        ...

    def spend_at_slope(self, slope: Floats) -> Floats:
        """The largest of the spends that make `value(x) - slope x` greatest."""
        ...

    def least_at_slope(self, slope: Floats) -> Floats:
        """The least of them: another one than the largest where the roof has just this slope over a stretch."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Tangent:
    """The roof of smooth curves: a chord of slope `chord` from `lower` to `touch`, then the curve itself.

    Where the curve is concave throughout, `touch` is `lower` and the chord has no length (its slope is infinite).
    """

    curves: Roofed
    lower: Floats
    upper: Floats
    touch: Floats
    chord: Floats

    def value(self, spend: Floats) -> Floats:
        """The height of the roof at a spend between both ends."""
        with np.errstate(invalid="ignore", over="ignore"):
            line = self.curves.value(self.lower) + self.chord * (spend - self.lower)
        return np.where(spend < self.touch, line, self.curves.value(spend))

    def spend_at_slope(self, slope: Floats) -> Floats:
        """The largest of the spends that make `value(x) - slope x` greatest."""
        beyond = np.clip(self.curves.spend_at_slope(slope), self.touch, self.upper)
        return np.where(slope <= self.chord, beyond, self.lower)

    def least_at_slope(self, slope: Floats) -> Floats:
        """The least of them: the lower end where the slope is the chord's."""
        return np.where(slope == self.chord, self.lower, self.spend_at_slope(slope))


@dataclass(frozen=True, slots=True, eq=False)
class Hull:
    """The roof of curves of pieces: knots (units, knots) of a concave line, the last one repeated to the full width."""

    spends: Floats
    heights: Floats

    @property
    def lower(self) -> Floats:
        """The least spend, (units,)."""
        return self.spends[:, 0]

    @property
    def upper(self) -> Floats:
        """The largest spend, (units,)."""
        return self.spends[:, -1]

    def slopes(self) -> Floats:
        """The slope of each piece, (units, knots - 1), never rising; minus infinity where a piece has no length."""
        run, rise = np.diff(self.spends), np.diff(self.heights)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(run > 0, rise / run, -np.inf))

    def value(self, spend: Floats) -> Floats:
        """The height of the roof at a spend between both ends, (units,)."""
        place = np.clip((spend[:, None] >= self.spends).sum(axis=1) - 1, 0, self.spends.shape[1] - 2)
        at = np.arange(len(spend))
        slope = self.slopes()[at, place]
        start = self.spends[at, place]
        return np.asarray(self.heights[at, place] + np.where(spend > start, slope, 0.0) * (spend - start))

    def spend_at_slope(self, slope: Floats) -> Floats:
        """The knot at the end of the last piece that is at least so steep."""
        return self._after((self.slopes() >= slope[:, None]).sum(axis=1))

    def least_at_slope(self, slope: Floats) -> Floats:
        """The knot at the end of the last piece that is steeper."""
        return self._after((self.slopes() > slope[:, None]).sum(axis=1))

    def _after(self, pieces: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        return np.asarray(self.spends[np.arange(len(pieces)), pieces])


def tangent(curves: Roofed, lower: Floats, upper: Floats) -> Tangent:
    """The roof of smooth curves between two spends: the chord from the lower end to the point of the concave part at
    which it is a tangent, or to the upper end where there is none before it."""
    bends = np.minimum(np.maximum(curves.inflection(), lower), upper)
    is_convex_first = bends > lower
    touch = np.where(is_convex_first, _touch(curves, lower, bends, upper), lower)
    return chorded(curves, lower, upper, touch)


def chorded(curves: Roofed, lower: Floats, upper: Floats, touch: Floats) -> Tangent:
    """The roof of smooth curves whose chords end at `touch`."""
    run = touch - lower
    with np.errstate(divide="ignore", invalid="ignore"):
        chord = np.where(run > 0, (curves.value(touch) - curves.value(lower)) / run, np.inf)
    return Tangent(curves, lower, upper, touch, chord)


def hull(points: list[list[tuple[float, float]]]) -> Hull:
    """The roof of each unit's points (spend, height), which come in the order of spends."""
    roofs = [list(_roof(each)) for each in points]
    width = max(2, max(map(len, roofs), default=2))
    padded = np.array([each + [each[-1]] * (width - len(each)) for each in roofs], dtype=np.float64)
    padded = padded.reshape(len(roofs), width, 2)
    return Hull(padded[:, :, 0], padded[:, :, 1])


def _touch(curves: Roofed, lower: Floats, bends: Floats, upper: Floats) -> Floats:
    """By bisection: beyond the inflection the rise above the tangent back at the lower end grows with the spend."""
    base = curves.value(lower)
    left, right = bends.copy(), upper.copy()
    for _ in range(_BISECTIONS):
        middle = left + (right - left) / 2
        if bool(np.all((middle == left) | (middle == right))):
            break
        is_before = curves.value(middle) - base < curves.slope(middle) * (middle - lower)
        left, right = np.where(is_before, middle, left), np.where(is_before, right, middle)
    return right


def _roof(points: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The upper hull of points in the order of their spends (Andrew's chain); of one spend the highest counts."""
    kept: list[tuple[float, float]] = []
    for x, y in points:
        if kept and kept[-1][0] == x:
            if y <= kept[-1][1]:
                continue
            kept.pop()
        while len(kept) > 1 and _turns_up(kept[-2], kept[-1], (x, y)):
            kept.pop()
        kept.append((x, y))
    yield from kept


def _turns_up(first: tuple[float, float], middle: tuple[float, float], last: tuple[float, float]) -> bool:
    """Whether the middle point lies on or below the line from the first to the last."""
    left = (middle[1] - first[1]) * (last[0] - first[0])
    return left <= (last[1] - first[1]) * (middle[0] - first[0])
