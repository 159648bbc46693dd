"""Alike cells of a unit over periods, evened out: they differ no more than they must.

In: an answer over cells (unit, period), all cells of a unit with the same curve and bounds. Out: the same with each
unit's total spread evenly over all its periods, or over those in which it gets something, wherever that loses nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.core.roofs import Flags
from scenarios.optimise.core.solve import held_of

_ROUNDING = 1e-14  # of a unit's response: what a sum over periods may lose by its order alone


def evened(problem: Problem, answer: Answer, periods: int) -> Answer:
    """The answer with alike cells evened out.

    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import LinearCap
    >>> from scenarios.optimise.core.problem import Budget
    >>> from scenarios.optimise.core.solve import solve
    >>> lines = Mixed([(np.arange(2), LinearCap(floats([2, 2]), floats([100, 100])))])
    >>> asked = Problem(("a / 1", "a / 2"), lines, [0, 0], [10_000] * 2, Budget.equal(15_001))
    >>> evened(asked, solve(asked), 2).spend_minor.tolist()
    [7501, 7500]
    """
    per = problem.minor_per_spend
    minor: Rows = answer.spend_minor.reshape(-1, periods)
    spend: Floats = answer.spend.reshape(-1, periods)
    for is_on in (minor > 0, np.ones_like(minor, dtype=bool)):
        even_minor, even = _even_minor(minor, is_on), _even(spend, is_on)
        minor = np.where(_is_better(problem, minor / per, even_minor / per), even_minor, minor)
        spend = np.where(_is_better(problem, spend, even), even, spend)
    value = _worth(problem, spend.ravel()).sum()
    worth = _worth(problem, minor.ravel() / per).sum()
    return replace(
        answer,
        spend=spend.ravel(),
        spend_minor=minor.ravel(),
        value=float(value),
        value_minor=float(worth),
        bound=max(answer.bound, float(value)),
        marginal=problem.curves.slope(spend.ravel()),
        held=held_of(problem, minor.ravel()),
    )


def _even(spend: Floats, is_on: Flags) -> Floats:
    """Each unit's total, the same in all periods that are on."""
    return np.where(is_on, (spend * is_on).sum(axis=1, keepdims=True) / np.maximum(is_on.sum(axis=1), 1)[:, None], 0.0)


def _even_minor(minor: Rows, is_on: Flags) -> Rows:
    """Each unit's total in whole numbers: what is left over goes to the first periods, one each."""
    count = np.maximum(is_on.sum(axis=1), 1)[:, None]
    total = (minor * is_on).sum(axis=1, keepdims=True)
    place = np.cumsum(is_on, axis=1) - 1
    return np.where(is_on, total // count + (place < total % count), 0)


def _is_better(problem: Problem, given: Floats, even: Floats) -> Flags:
    """Of which units the even spends are allowed and bring no less, (units, 1)."""
    minimum = problem.minimums.reshape(given.shape) / problem.minor_per_spend
    is_allowed = ((even == 0) | (even >= minimum)).all(axis=1, keepdims=True)
    before, after = (_worth(problem, each.ravel()).reshape(given.shape).sum(axis=1, keepdims=True)
                     for each in (given, even))  # fmt: skip
    return np.asarray(is_allowed & (after >= before - _ROUNDING * np.abs(before)))


def _worth(problem: Problem, spend: Floats) -> Floats:
    """What each cell is worth."""
    return np.asarray(problem.curves.value(spend) - problem.hurdle * spend)
