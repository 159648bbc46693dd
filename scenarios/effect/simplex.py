"""The weighted average of columns that comes nearest to a target: weights of at least zero that add up to one.

An exact solution of the least squares problem, by the active set of SciPy's NNLS: no step size, no iteration that stops
early. Both synthetic methods take their weights from here.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from scenarios.effect.panel import Floats


def simplex_weights(columns: Floats, target: Floats, ridge: float = 0.0) -> Floats:
    """Weights w >= 0, sum w = 1, that minimise |columns w - target|^2 + ridge |w|^2.

    `columns` is (rows, n), `target` (rows,), the answer (n,). Since sum w = 1, the first term is |C w|^2 with
    C = columns - target; and NNLS of [C; 1'] u = [0; 1] finds u = w / (1 + |C w|^2), because for a given direction the
    best length leaves |C w|^2 / (1 + |C w|^2), which grows with |C w|^2 (the least distance programming of Lawson &
    Hanson, Solving Least Squares Problems, 1974, chapter 23).
    """
    count = columns.shape[1]
    misses = columns - target[:, None]
    if len(misses) > count:
        misses = np.asarray(np.linalg.qr(misses, mode="r"), dtype=np.float64)
    if ridge > 0:
        misses = np.vstack([misses, np.sqrt(ridge) * np.eye(count)])
    scale = float(np.sqrt((misses * misses).sum(axis=0).max(initial=0.0)))
    if scale == 0.0:
        return np.full(count, 1.0 / count)
    misses = misses / scale
    ones = np.ones((1, count))
    found, _ = nnls(np.vstack([misses, ones]), np.append(np.zeros(len(misses)), 1.0), maxiter=100 * count + 1_000)
    return np.asarray(found / found.sum(), dtype=np.float64)
