"""Carry-over: how much of what was spent in one period still works in the next.

In: spend by unit and period. Out: adstock a_t = x_t + theta a_(t-1), with its multiplier and half-life; and theta as
the outcome shows it, or why it can't be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log

import numpy as np
from scipy.optimize import minimize_scalar

from scenarios.effect.answer import NotMeasurable
from scenarios.effect.inference import t_reach
from scenarios.effect.panel import Floats, Panel

THETA_MAX = 0.99
GRID = 34  # thetas that are tried before the best of them is refined


def adstock(spend: Floats, theta: float, carried_in: Floats | float = 0.0) -> Floats:
    """a_t = x_t + theta a_(t-1) along the last axis; `carried_in` is the stock before the first time.

    >>> adstock(np.array([100.0, 0, 0]), 0.5)
    array([100.,  50.,  25.])
    """
    assert 0 <= theta < 1, "what is carried over is at least nothing and less than all"
    stock = np.array(spend, dtype=np.float64)
    stock[..., 0] += theta * np.asarray(carried_in)
    for time in range(1, stock.shape[-1]):
        stock[..., time] += theta * stock[..., time - 1]
    return stock


def long_run_multiplier(theta: float) -> float:
    """What a unit of spend brings in all, over what it brings at once: 1 / (1 - theta)."""
    return 1 / (1 - theta)


def half_life_periods(theta: float) -> float:
    """After how many periods half is left: ln 0.5 / ln theta; 0 where nothing is carried over."""
    return log(0.5) / log(theta) if theta > 0 else 0.0


@dataclass(frozen=True, slots=True)
class CarryOver:
    """What the outcome shows of carry-over."""

    theta: float
    interval: tuple[float, float]  # 95 %, cut to 0..1
    per_spend: float  # outcome for each unit of adstock
    std_error: float  # of per_spend
    explained: float  # the share of what is left of the outcome within units and times


def carry_over(panel: Panel) -> CarryOver | NotMeasurable:
    """theta and b of y_it = a_i + g_t + b adstock(x_i, theta)_t by least squares, with errors clustered by unit.

    Nothing is known to be carried in. Where b is not clearly other than zero, theta could be anything, and so there is
    no answer.
    """
    panel = panel.in_order().complete()
    if panel.spend is None or len(panel.units) < 2 or len(panel.times) < 3:
        return NotMeasurable("M208", "no spend is known, or too few units and periods")
    spend, outcome = panel.spend, within(panel.outcome)
    if not np.isfinite(spend).all():
        return NotMeasurable("M206", "spend is unknown at some time")
    scale = float(np.abs(spend).max(initial=0.0))
    if not np.abs(within(spend)).max(initial=0.0) > 1e-9 * scale:
        return NotMeasurable("M208", "spend does not differ between units and periods, so nothing tells its effect")
    theta = _best(spend, outcome)
    stock = within(adstock(spend, theta))
    size = float((stock * stock).sum())
    slope = float((stock * outcome).sum()) / size
    left = outcome - slope * stock
    errors = _errors(np.stack([stock, slope * within(_by_theta(spend, theta))]), left)
    reach = t_reach(len(panel.units) - 1)
    if not abs(slope) > reach * errors[0]:
        return NotMeasurable("M208", "spend shows no clear effect, so nothing tells how long one lasts")
    interval = (max(theta - reach * errors[1], 0.0), min(theta + reach * errors[1], 1.0))
    return CarryOver(theta, interval, slope, errors[0], 1 - float((left * left).sum() / (outcome * outcome).sum()))


def within(values: Floats) -> Floats:
    """Values (units, times) less the means of their unit and of their time, plus the mean of all."""
    by_unit, by_time = values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    return np.asarray(values - by_unit - by_time + values.mean(), dtype=np.float64)


def _best(spend: Floats, outcome: Floats) -> float:
    """The theta that leaves the least: the best of a grid, refined between its neighbours."""

    def left(theta: float) -> float:
        stock = within(adstock(spend, theta))
        size = float((stock * stock).sum())
        return -(float((stock * outcome).sum()) ** 2) / size if size else 0.0

    grid = np.linspace(0, THETA_MAX, GRID)
    at = int(np.argmin([left(float(theta)) for theta in grid]))
    low, high = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, GRID - 1)])
    refined = minimize_scalar(left, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return min((float(refined.x), float(grid[at])), key=left)


def _by_theta(spend: Floats, theta: float) -> Floats:
    """The derivative of adstock by theta: a'_t = a_(t-1) + theta a'_(t-1)."""
    stock = adstock(spend, theta)
    shifted = np.concatenate([np.zeros_like(stock[..., :1]), stock[..., :-1]], axis=-1)
    return adstock(shifted, theta)


def _errors(gradients: Floats, left: Floats) -> tuple[float, float]:
    """Errors of slope and theta: the sandwich of nonlinear least squares, clustered by unit, times G / (G - 1)."""
    flat = gradients.reshape(2, -1)
    inner = flat @ flat.T
    if np.linalg.matrix_rank(inner, hermitian=True) < 2:
        return inf, inf
    scores = (gradients * left).sum(axis=2)
    bread = np.linalg.inv(inner)
    clusters = left.shape[0]
    covariance = bread @ (scores @ scores.T) @ bread * clusters / (clusters - 1)
    return float(np.sqrt(covariance[0, 0])), float(np.sqrt(covariance[1, 1]))
