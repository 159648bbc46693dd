"""Whole minor units of many units under rows that cross: rounded down, then one more each while rows ask or allow it.

In: a split in floats that keeps the rows, up to rounding. Out: one in whole minor units, which is to be checked.
"""

from __future__ import annotations

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.linked.sides import Limits

_PASSES_MAX = 8


def rounded_down(problem: Problem, limits: Limits, spend: Floats) -> Rows:
    """Each unit at the whole minor unit below, but that those come first which rows, floors among them, miss most."""
    per = problem.minor_per_spend
    wanted = spend * per
    is_off = (problem.minimums > 0) & (wanted < problem.minimums / 2)
    least = np.where(is_off, 0, np.maximum(problem.lower_minor, problem.minimums))
    most = np.where(is_off, 0, np.maximum(problem.upper_minor, least))
    given = np.clip(np.floor(wanted + 1e-6), least, most).astype(np.int64)
    matrix = limits.spend.tocsc()
    ends, rows, numbers = matrix.indptr, matrix.indices, matrix.data
    total = limits.spend @ given
    low, high = limits.least * per, limits.most * per
    order = np.argsort(-(wanted - given), kind="stable").tolist()
    for _ in range(_PASSES_MAX):
        changed = False
        for unit in order:
            at, number = rows[ends[unit] : ends[unit + 1]], numbers[ends[unit] : ends[unit + 1]]
            over = bool((total[at] > high[at] + 1e-9 * np.abs(high[at])).any())
            if over and given[unit] > least[unit] and _helps(total[at], -number, low[at], high[at]):
                given[unit] -= 1
                total[at] -= number
                changed = True
            elif not over and given[unit] < most[unit] and bool((total[at] + number <= high[at]).all()):
                if given[unit] > wanted[unit] and not bool((total[at] < low[at]).any()):
                    continue
                given[unit] += 1
                total[at] += number
                changed = True
        is_kept = bool(((total <= high + 1e-6) & (total >= low - 1e-6)).all())
        if is_kept or not changed:
            break
    return given


def _helps(total: Floats, number: Floats, low: Floats, high: Floats) -> bool:
    """Whether a move lowers what rows are missed by."""
    before = np.maximum(total - high, 0).sum() + np.maximum(low - total, 0).sum()
    after = np.maximum(total + number - high, 0).sum() + np.maximum(low - total - number, 0).sum()
    return bool(after < before)
