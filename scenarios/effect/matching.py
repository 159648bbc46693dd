"""Matched controls: for each treated unit the controls whose path before the start is nearest.

Nearest neighbours with replacement; each period is divided by its spread over all units, so that no period outweighs
the others. Of controls that are equally near the first by name is taken.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from scenarios.effect.panel import Floats, Whole

ROWS_AT_ONCE = 512
DONORS_MAX = 100


def matched_weights(treated_before: Floats, controls_before: Floats, neighbours: int) -> Floats:
    """How often each control is a neighbour, as shares that add up to one.

    The paths before the start are (units, periods), the controls sorted by name; the answer is (controls,).
    """
    both = np.vstack([treated_before, controls_before])
    spread = both.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    taken = np.zeros(len(controls_before))
    count = min(neighbours, len(controls_before))
    for first in range(0, len(treated_before), ROWS_AT_ONCE):
        block = treated_before[first : first + ROWS_AT_ONCE]
        distances = cdist(block / spread, controls_before / spread, "sqeuclidean")
        for _ in range(count):
            chosen = distances.argmin(axis=1)  # the first of equals
            np.add.at(taken, chosen, 1.0)
            distances[np.arange(len(block)), chosen] = np.inf
    return np.asarray(taken / taken.sum(), dtype=np.float64)


def nearest(path: Floats, donors: Floats, by_shape: bool = False) -> Whole:
    """Which donors are used, in their order: the hundred whose path (donors, periods) is nearest to a path.

    By level, or `by_shape` alone: each path less its own mean.
    """
    if by_shape:
        path, donors = path - path.mean(), donors - donors.mean(axis=1, keepdims=True)
    distances = ((donors - path) ** 2).sum(axis=1)
    return np.sort(np.argsort(distances, kind="stable")[:DONORS_MAX])
