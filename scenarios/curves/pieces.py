"""Families of response curves without a formula: straight pieces between points (a table of what was agreed or
measured), and steps.

Knots are (units, knots) with rising spends; a unit with fewer knots repeats its last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.curves.envelope import Hull, hull
from scenarios.curves.floats import Floats, Rows, floats


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Straight lines between points, also known as a table; level before the first point and after the last.

    >>> table = Points.of([[(0, 0), (100, 300), (200, 400)]])
    >>> table.value(floats([150])), table.slope(floats([150])), table.value(floats([900]))
    (array([350.]), array([1.]), array([400.]))
    """

    spends: Floats
    heights: Floats

    def __post_init__(self) -> None:
        _check(self.spends, self.heights)

    @classmethod
    def of(cls, tables: Sequence[Sequence[tuple[float, float]]]) -> Points:
        """Of each unit its points (spend, response), in the order of spends."""
        return cls(*_padded(tables))

    def __len__(self) -> int:
        return len(self.spends)

    def take(self, rows: Rows) -> Points:
        """The curves of some units."""
        return Points(self.spends[rows], self.heights[rows])

    def value(self, spend: Floats) -> Floats:
        """The response to a spend, (units,) or (..., units)."""
        start, end, low, high = self._piece(spend)
        run = end - start
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(run > 0, (np.clip(spend, start, end) - start) / run, np.where(spend >= end, 1.0, 0.0))
        return low + part * (high - low)

    def slope(self, spend: Floats) -> Floats:
        """What the next unit of spend brings."""
        start, end, low, high = self._piece(spend)
        run = end - start
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((run > 0) & (spend >= start) & (spend < end), (high - low) / run, 0.0)

    def envelope(self, lower: Floats, upper: Floats) -> Hull:
        """The least concave roof over the curve between two spends."""
        ends = self.value(lower), self.value(upper)
        return hull(
            [
                [(lo, float(at_lo)), *_between(xs, ys, lo, up), (up, float(at_up))]
                for xs, ys, lo, up, at_lo, at_up in zip(self.spends, self.heights, lower, upper, *ends, strict=True)
            ]
        )

    def _piece(self, spend: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """The ends of the piece in which each spend lies, and their heights."""
        place = np.clip(_reached(self.spends, spend) - 1, 0, self.spends.shape[1] - 2)
        units = np.broadcast_to(np.arange(len(self)), place.shape)
        found = self.spends[units, place], self.spends[units, place + 1]
        return *found, self.heights[units, place], self.heights[units, place + 1]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Tiers: the height of the last step that a spend has reached, and zero before the first. Heights never fall.

    >>> tiers = Steps.of([[(1_000, 50), (5_000, 400)]])
    >>> [float(tiers.value(floats([spend]))[0]) for spend in (999, 1_000, 5_000)]
    [0.0, 50.0, 400.0]
    """

    spends: Floats
    heights: Floats

    def __post_init__(self) -> None:
        _check(self.spends, self.heights)
        assert bool((self.heights[:, 0] >= 0).all() and (np.diff(self.heights) >= 0).all()), "steps rise from zero on"

    @classmethod
    def of(cls, tiers: Sequence[Sequence[tuple[float, float]]]) -> Steps:
        """Of each unit its steps (spend from which, response), in the order of spends."""
        return cls(*_padded(tiers))

    def __len__(self) -> int:
        return len(self.spends)

    def take(self, rows: Rows) -> Steps:
        """The curves of some units."""
        return Steps(self.spends[rows], self.heights[rows])

    def value(self, spend: Floats) -> Floats:
        """The response to a spend, (units,) or (..., units)."""
        place = _reached(self.spends, spend)
        units = np.broadcast_to(np.arange(len(self)), place.shape)
        return np.where(place > 0, self.heights[units, np.maximum(place - 1, 0)], 0.0)

    def slope(self, spend: Floats) -> Floats:
        """Zero: between two steps nothing changes."""
        return np.zeros(np.shape(spend))

    def envelope(self, lower: Floats, upper: Floats) -> Hull:
        """The least concave roof over the steps between two spends."""
        ends = self.value(lower), self.value(upper)
        return hull(
            [
                [(lo, float(at_lo)), *_between(xs, ys, lo, up), (up, float(at_up))]
                for xs, ys, lo, up, at_lo, at_up in zip(self.spends, self.heights, lower, upper, *ends, strict=True)
            ]
        )


def _check(spends: Floats, heights: Floats) -> None:
    assert spends.shape == heights.shape and spends.ndim == 2 and spends.shape[1] >= 2, "(units, knots), two or more"
    assert bool(np.isfinite(spends).all() and np.isfinite(heights).all()), "knots are numbers"
    run, rise = np.diff(spends), np.diff(heights)
    assert bool((spends >= 0).all() and ((run > 0) | ((run == 0) & (rise == 0))).all()), "spends rise from zero on"


def _padded(tables: Sequence[Sequence[tuple[float, float]]]) -> tuple[Floats, Floats]:
    assert all(tables), "each unit has at least one knot"
    width = max(2, max(map(len, tables), default=2))
    rows = [[*each, *[each[-1]] * (width - len(each))] for each in tables]
    filled = np.array(rows, dtype=np.float64).reshape(len(rows), width, 2)
    return floats(filled[:, :, 0]), floats(filled[:, :, 1])


def _reached(spends: Floats, spend: Floats) -> Rows:
    """How many knots each spend has reached."""
    return np.asarray((np.asarray(spend)[..., None] >= spends).sum(axis=-1), dtype=np.int64)


def _between(spends: Floats, heights: Floats, lower: float, upper: float) -> list[tuple[float, float]]:
    is_inside = (spends > lower) & (spends < upper)
    return list(zip(spends[is_inside].tolist(), heights[is_inside].tolist(), strict=True))
