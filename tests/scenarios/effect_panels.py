"""Panels for the tests of effects: partners whose level, season and noise are drawn, and an effect that is known; and
the plain regression that estimators are compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenarios.effect.panel import Panel


def drawn(
    seed: int | Sequence[int],
    treated: int,
    controls: int,
    times: int = 20,
    starts: Sequence[int] = (12,),
    effect: float = 0.0,
    growing: float = 0.0,
    carried: float = 0.5,
) -> Panel:
    """A panel with noise that is carried from period to period, and `effect` (times 1 + `growing` x periods since).

    The treated are drawn into the starts in turn, so a cohort differs from the others by chance alone.
    """
    random = np.random.default_rng(seed)
    units = treated + controls
    noise = random.normal(size=(units, times))
    for time in range(1, times):
        noise[:, time] = carried * noise[:, time - 1] + np.sqrt(1 - carried**2) * noise[:, time]
    start = np.full(units, -1, dtype=np.int64)
    start[:treated] = random.permutation(np.resize(starts, treated))
    outcome = 100 + 2 * random.normal(size=(units, 1)) + random.normal(size=times) + noise
    names = tuple(f"P-{unit:04d}" for unit in range(units))
    panel = Panel(names, tuple(f"t{time:02d}" for time in range(times)), outcome, start)
    return panel.with_outcome(outcome + truth(panel, effect, growing))


def truth(panel: Panel, effect: float, growing: float = 0.0) -> np.ndarray:
    """(units, times) the effect of each treated unit and period, 0 elsewhere."""
    since = np.arange(len(panel.times)) - panel.start[:, None]
    return np.where(panel.treated[:, None] & (since >= 0), effect * (1 + growing * since), 0.0)


def table(rows: Sequence[Sequence[float]], start: Sequence[int]) -> Panel:
    """A panel as a table shows it: one row for each unit, A, B, C, ..."""
    units = tuple(chr(ord("A") + row) for row in range(len(rows)))
    times = tuple(str(time + 1) for time in range(len(rows[0])))
    return Panel(units, times, np.array(rows, dtype=np.float64), np.array(start, dtype=np.int64))


def with_dummies(panel: Panel, weights: np.ndarray | None = None, columns: slice = slice(None)) -> float:
    """The coefficient of treatment in a regression on a dummy for each unit and each time."""
    outcome = panel.outcome[:, columns]
    units, times = outcome.shape
    switched = panel.treated[:, None] & (np.arange(len(panel.times)) >= panel.start[:, None])
    unit, time = np.divmod(np.arange(units * times), times)
    design = np.column_stack(
        [switched[:, columns].ravel(), unit[:, None] == np.arange(units), time[:, None] == np.arange(1, times)]
    ).astype(float)
    root = np.sqrt(np.repeat(np.ones(units) if weights is None else weights, times))
    return float(np.linalg.lstsq(design * root[:, None], outcome.ravel() * root, rcond=None)[0][0])
