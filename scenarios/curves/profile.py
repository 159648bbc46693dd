"""The least squares of a curve with everything solved that is linear, so that only its shape is left to be searched.

In: observations, weights in many draws, a shape. Out: for shapes (parameters, draws) the residuals and the height of
the curve. The outcome is a level of each unit, where asked a level of each period common to all units, and the curve;
the levels and the height are the least-squares solution for each shape tried (variable projection: Golub and Pereyra
1973, SIAM J. Numer. Anal. 10). Heights are never below zero. Spends are counted in the largest one, outcomes in
`unit`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.observed import Observed
from scenarios.curves.shapes import Shape

_NOTHING = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """What takes the levels of units (and of periods) out of values: weights (rows, draws), and a basis of periods."""

    starts: Rows
    unit: Rows
    weight: Floats
    basis: Floats | None  # (draws, rows, periods - 1), orthonormal, of the periods' levels without those of the units

    @property
    def rank(self) -> int:
        """How many levels there are."""
        return len(self.starts) + (0 if self.basis is None else self.basis.shape[2])

    def without(self, values: Floats) -> Floats:
        """Values (rows, draws) without levels, each times the root of its weight."""
        total = np.maximum(np.add.reduceat(self.weight, self.starts, axis=0), _NOTHING)
        mean = np.add.reduceat(self.weight * values, self.starts, axis=0) / total
        found = np.sqrt(self.weight) * (values - mean[self.unit])
        if self.basis is not None:
            by_draw = found.T[:, :, None]
            found = (by_draw - self.basis @ (self.basis.transpose(0, 2, 1) @ by_draw))[:, :, 0].T
        return np.asarray(found)


def levels(seen: Observed, weight: Floats, by_period: bool) -> Levels:
    """What takes the levels of each unit, and `by_period` those of each period, out of values."""
    plain = Levels(seen.starts(), seen.unit, weight, None)
    periods = seen.periods_seen()
    if not by_period or len(periods) < 2:
        return plain
    dummies = (seen.period[:, None] == periods[1:]).astype(np.float64)
    columns = np.stack([plain.without(np.repeat(each[:, None], weight.shape[1], 1)) for each in dummies.T], axis=2)
    left, sizes, _ = np.linalg.svd(columns.transpose(1, 0, 2), full_matrices=False)
    is_there = sizes > 1e-10 * np.maximum(sizes[:, :1], _NOTHING)
    return Levels(plain.starts, seen.unit, weight, np.asarray(left * is_there[:, None, :]))


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A family on observations in draws of weights: asked for the residuals of shapes.

    With `is_carry_searched` the last of the parameters is the part of the spend that is carried over, else it is
    `carry_over` for all.
    """

    seen: Observed
    shape: Shape | None  # None: a straight line
    levels: Levels
    outcome: Floats  # (rows, draws) without levels, in `unit`
    unit: float
    carry_over: float = 0.0
    is_carry_searched: bool = False

    def bounds(self) -> tuple[Floats, Floats]:
        """The least and the largest of each searched parameter, logarithms but for what is carried over."""
        pairs = [] if self.shape is None else [(np.log(low), np.log(high)) for low, high in self.shape.bounds]
        pairs += [(0.0, 0.95)] if self.is_carry_searched else []
        return np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])

    def starts(self) -> Floats:
        """The grid of points at which a search may start, (parameters, points)."""
        axes = [] if self.shape is None else [np.log(each) for each in self.shape.starts]
        axes += [np.array([0.05, 0.3, 0.55, 0.8])] if self.is_carry_searched else []
        grids = [grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")]
        return np.array(grids) if axes else np.zeros((0, 1))

    def split(self, searched: Floats) -> tuple[Floats, Floats]:
        """The shape's own parameters (names, draws) and what is carried over, (draws,)."""
        if self.is_carry_searched:
            return np.exp(searched[:-1]), searched[-1]
        return np.exp(searched), np.full(searched.shape[1], self.carry_over)

    def heights(self, searched: Floats) -> Floats:
        """The best height of the curve for each draw, not below zero, in `unit`, (draws,)."""
        return self._solved(searched)[0]

    def residuals(self, searched: Floats) -> Floats:
        """What the best curve of each shape leaves, (rows, draws), weighted."""
        height, curve = self._solved(searched)
        return np.asarray(self.outcome - height * curve)

    def squares(self, searched: Floats) -> Floats:
        """The sum of the squared residuals, (draws,)."""
        return np.asarray((self.residuals(searched) ** 2).sum(axis=0))

    def _solved(self, searched: Floats) -> tuple[Floats, Floats]:
        parameters, carry = self.split(searched)
        spend = self.seen.carried(carry) / self.seen.spend_max
        if self.shape is not None:
            ones = np.ones(searched.shape[1])
            spend = self.shape.curves(ones, **dict(zip(self.shape.names, parameters, strict=True))).value(spend)
        curve = self.levels.without(spend)
        size = (curve**2).sum(axis=0)
        height = (curve * self.outcome).sum(axis=0) / np.maximum(size, _NOTHING)
        return np.maximum(height, 0.0), curve


def profile(
    seen: Observed,
    shape: Shape | None,
    weight: Floats,
    by_period: bool,
    carry_over: float | None,
) -> Profile:
    """A family on observations whose own weights are multiplied by `weight` (rows, draws); without a `carry_over`, what
    is carried over is searched."""
    taken = levels(seen, seen.weight[:, None] * weight, by_period)
    plain = levels(seen, seen.weight[:, None], by_period).without(seen.outcome[:, None])
    unit = float(np.sqrt((plain**2).mean())) or 1.0
    outcome = taken.without(np.repeat(seen.outcome[:, None], weight.shape[1], axis=1)) / unit
    is_searched = carry_over is None
    return Profile(seen, shape, taken, outcome, unit, carry_over or 0.0, is_searched)
