"""The array of floats that curves work with: the last axis is the unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def floats(values: object) -> Floats:
    """Values as an array of float64 that nobody writes to."""
    found = np.array(values, dtype=np.float64)
    found.setflags(write=False)
    return found
