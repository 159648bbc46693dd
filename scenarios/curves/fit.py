"""Fit one family to observations: the shape by SciPy's bounded least squares from several starts, the rest solved.

In: observations and a family. Out: the curve, and how well it fits. The starts are the best points of a fixed grid, so
the same observations give the same curve. Goodness: R2 and root mean square of what units' (and periods') levels leave,
and AICc = n ln(SSE / n) + 2 p + 2 p (p + 1) / (n - p - 1) with every level, the height, the shape and the variance in p
(Hurvich and Tsai 1989, Biometrika 76).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from scenarios.curves.floats import Floats
from scenarios.curves.observed import Observed
from scenarios.curves.profile import Profile, profile
from scenarios.curves.shapes import SHAPES, Smooth
from scenarios.curves.smooth import LinearCap

LINE, FLAT = "line", "flat"
_STARTS = 6
_SMALLEST_PART = 1e-24  # of the outcome's squares: below it, what is left is the rounding of floats
_STEP = 1e-5
_NEAR = 1e-6  # of a logarithm
_DESCENTS_MAX = 40


@dataclass(frozen=True, slots=True)
class Goodness:
    """How well a curve fits `observations`, of which `parameters` were estimated; `rmse` is in the outcome's unit."""

    observations: int
    parameters: int
    r2: float
    rmse: float
    aicc: float


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted family: one curve in the units of the data, what is carried over, and the point of the search."""

    family: str
    curve: Smooth
    carry_over: float
    goodness: Goodness
    searched: Floats


def fit(seen: Observed, family: str, carry_over: float | None = 0.0, by_period: bool = False) -> Fit:
    """The best curve of a family (or the straight line) for observations."""
    shape = None if family == LINE else SHAPES[family]
    problem = profile(seen, shape, np.ones((len(seen), 1)), by_period, carry_over)
    grid = problem.starts()
    squares = np.array([problem.squares(each[:, None])[0] for each in grid.T])
    descended = _descend(problem, grid[:, np.argsort(squares, kind="stable")[:_STARTS]])
    best = _polished(problem, descended[:, int(np.argmin(problem.squares(descended)))])
    left = float(problem.squares(best[:, None])[0])
    estimated = problem.levels.rank + len(best) + 2
    curve, carry = curves_at(problem, best[:, None])
    return Fit(family, curve, float(carry[0]), _goodness(problem, left, estimated), best)


def flat(seen: Observed, by_period: bool = False) -> Goodness:
    """How well no curve at all fits: the levels alone."""
    problem = profile(seen, None, np.ones((len(seen), 1)), by_period, 0.0)
    return _goodness(problem, float((problem.outcome**2).sum()), problem.levels.rank + 1)


def refit(
    seen: Observed, found: Fit, weight: Floats, by_period: bool, is_carry_searched: bool
) -> tuple[Smooth, Floats]:
    """The same family for each draw of weights (rows, draws), from the curve that was found: curves (draws,) and what
    is carried over, (draws,). A damped Gauss-Newton descent of all draws at once."""
    shape = None if found.family == LINE else SHAPES[found.family]
    problem = profile(seen, shape, weight, by_period, None if is_carry_searched else found.carry_over)
    return curves_at(problem, _descend(problem, np.repeat(found.searched[:, None], weight.shape[1], axis=1)))


def curves_at(problem: Profile, searched: Floats) -> tuple[Smooth, Floats]:
    """The curves at points of a search, in the units of the data, and what is carried over."""
    parameters, carry = problem.split(searched)
    height, spend_max = problem.heights(searched), problem.seen.spend_max
    if problem.shape is None:
        end = problem.seen.carried(carry).max(axis=0)
        return LinearCap(height * problem.unit / spend_max, end), carry
    return problem.shape.scaled(height, parameters, spend_max, problem.unit), carry


def _polished(problem: Profile, start: Floats) -> Floats:
    if not len(start):
        return start
    low, high = problem.bounds()
    found = least_squares(
        lambda searched: problem.residuals(searched[:, None])[:, 0],
        np.clip(start, low + 1e-6, high - 1e-6),
        jac="3-point",
        bounds=(low, high),
        xtol=1e-13,
        ftol=1e-13,
        gtol=1e-13,
        max_nfev=200,
    )
    return np.asarray(found.x)


def _goodness(problem: Profile, left: float, estimated: int) -> Goodness:
    total = float((problem.outcome**2).sum())
    rows = len(problem.seen)
    mean = max(left, total * _SMALLEST_PART, np.finfo(np.float64).tiny) / rows
    spare = rows - estimated - 1
    aicc = rows * np.log(mean) + 2 * estimated + (2 * estimated * (estimated + 1) / spare if spare > 0 else np.inf)
    r2 = 1 - left / total if total > 0 else 0.0
    return Goodness(rows, estimated, r2, float(np.sqrt(left / rows)) * problem.unit, float(aicc))


def _descend(problem: Profile, start: Floats) -> Floats:
    """Levenberg and Marquardt's descent, each draw with its own damping, within the bounds."""
    size, draws = start.shape
    if not size:
        return start
    low, high = (each[:, None] for each in problem.bounds())
    at, damping = start, np.full(draws, 1e-3)
    left = problem.squares(at)
    for _ in range(_DESCENTS_MAX):
        slopes = np.stack([_derivative(problem, at, each, low, high) for each in range(size)])
        square = np.einsum("ird,jrd->dij", slopes, slopes)
        pull = np.einsum("ird,rd->di", slopes, problem.residuals(at))
        diagonal = np.einsum("dii->di", square) * (1 + damping[:, None]) + 1e-12
        damped = square + np.eye(size) * (diagonal - np.einsum("dii->di", square))[:, :, None]
        step = np.linalg.solve(damped, pull[:, :, None])[:, :, 0].T
        tried = np.clip(at - step, low, high)
        squares = problem.squares(tried)
        is_better = squares < left
        is_near = np.abs(tried - at).max(axis=0) < _NEAR
        at, left = np.where(is_better, tried, at), np.where(is_better, squares, left)
        damping = np.clip(np.where(is_better, damping / 10, damping * 10), 1e-9, 1e9)
        if bool(is_near.all()):
            break
    return at


def _derivative(problem: Profile, at: Floats, place: int, low: Floats, high: Floats) -> Floats:
    """The derivative of the residuals by one parameter, by central differences within the bounds."""
    ahead, behind = at.copy(), at.copy()
    ahead[place] = np.minimum(ahead[place] + _STEP, high[place])
    behind[place] = np.maximum(behind[place] - _STEP, low[place])
    return np.asarray((problem.residuals(ahead) - problem.residuals(behind)) / (ahead[place] - behind[place]))
