"""The door of HiGHS: a multiple-choice knapsack as a mixed integer program, for few partners.

It answers with what it has: tiers or None, and a bound or None. What the solver writes to the terminal while it runs
goes nowhere, since a command's JSON may be going there.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from scenarios.curves.floats import Floats, Rows

SECONDS_MAX = 10.0
_TOLERANCE = 1e-9


def integer_program(value: Floats, cost_minor: Rows, budget_minor: int, gap: float) -> tuple[Rows | None, float | None]:
    """The tier of each partner, (partners,), and a bound on the value of any choice; None where it found none."""
    rows, columns = np.nonzero(np.isfinite(value))
    worth, count = value[rows, columns], len(rows)
    scale = float(np.abs(worth).max()) or 1.0
    one_each = csr_array((np.ones(count), (rows, np.arange(count))), shape=(len(value), count))
    spent = csr_array(cost_minor[rows, columns][None, :] / max(budget_minor, 1))
    ones = np.ones(len(value))
    limits = LinearConstraint(
        vstack([one_each, spent]), np.append(ones, -np.inf), np.append(ones, 1.0 if budget_minor else 0.0)
    )
    with silence():
        found = milp(
            -worth / scale,
            constraints=limits,
            integrality=np.ones(count),
            bounds=Bounds(0, 1),
            options={"time_limit": SECONDS_MAX, "mip_rel_gap": gap / 2},
        )
    bound = None
    if found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
        bound = (-float(found.mip_dual_bound) + _TOLERANCE * abs(float(found.mip_dual_bound))) * scale
    if found.x is None:
        return None, bound
    picked = np.full(value.shape, -1.0)
    picked[rows, columns] = found.x
    return np.asarray(picked.argmax(axis=1), dtype=np.int64), bound


@contextmanager
def silence() -> Iterator[None]:
    """What is written to the standard output below Python meanwhile is dropped."""
    library = ctypes.CDLL(None)
    sys.stdout.flush()
    library.fflush(None)
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        library.fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
