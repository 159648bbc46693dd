"""What rows of spends leave of units' domains: each unit's ends follow from the least (and the most) of all others.

In: a domain and rows. Out: a domain within it that holds every split which keeps the rows, or None where none does.
Every end is moved outwards by what floats may have lost, so that nothing allowed is left out.
"""

from __future__ import annotations

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.roofs import Flags
from scenarios.optimise.linked.blend import Domain
from scenarios.optimise.linked.sides import Limits

_PASSES = 3
_EPS = float(np.finfo(np.float64).eps)


def propagated(domain: Domain, limits: Limits) -> Domain | None:
    """The domain that the rows leave; rows with responses say nothing here.

    >>> from scipy.sparse import csr_array
    >>> row = Limits(("cap",), csr_array([[1.0, 1.0]]), csr_array((1, 2)), np.array([-np.inf]), np.array([9.0]))
    >>> found = propagated(Domain(np.array([4.0, 0.0]), np.array([20.0, 20.0]), np.zeros(2, dtype=bool)), row)
    >>> found.upper.round(9).tolist()
    [9.0, 5.0]
    """
    has_response = np.asarray(abs(limits.response).sum(axis=1)).ravel() > 0
    entries = limits.spend.tocoo()
    kept = (entries.data != 0) & ~has_response[entries.coords[0]]
    row, unit, number = entries.coords[0][kept], entries.coords[1][kept], entries.data[kept]
    if not len(row):
        return domain
    lower, upper, gated = domain.lower.copy(), domain.upper.copy(), domain.gated.copy()
    for _ in range(_PASSES):
        low = np.where(gated, 0.0, lower)
        least, most = _ends(limits, row, unit, number, low, upper)
        changed = _taken(lower, upper, gated, least, most)
        if changed is None:
            return None
        if not changed.any():
            break
    return Domain(lower, upper, gated)


def _ends(limits: Limits, row: Rows, unit: Rows, number: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The least and the most of each unit that some row leaves, (units,)."""
    one, other = number * low[unit], number * high[unit]
    small, large = np.minimum(one, other), np.maximum(one, other)
    count = len(limits.names)
    smallest, largest = (np.bincount(row, each, count) for each in (small, large))
    size = np.bincount(row, np.maximum(np.abs(one), np.abs(other)), count)
    entries = np.bincount(row, minlength=count)
    least, most = np.full(len(low), -np.inf), np.full(len(low), np.inf)
    for limit, sums, own, sign in ((limits.most, smallest, small, 1.0), (limits.least, largest, large, -1.0)):
        known = np.isfinite(limit[row])
        loose = (2 * entries + 16) * _EPS * (size + np.where(np.isfinite(limit), np.abs(limit), 0.0))
        rest = sign * (limit[row] - (sums[row] - own)) + loose[row]
        with np.errstate(invalid="ignore", over="ignore"):
            end = rest / (sign * number)
        is_cap = sign * number > 0
        np.minimum.at(most, unit[known & is_cap], end[known & is_cap])
        np.maximum.at(least, unit[known & ~is_cap], end[known & ~is_cap])
    return least, most


def _taken(lower: Floats, upper: Floats, gated: Flags, least: Floats, most: Floats) -> Flags | None:
    """Take the ends, and say of which units they are nearer now; None where one has no spend left."""
    before = lower.copy(), upper.copy(), gated.copy()
    upper[:] = np.minimum(upper, most)
    is_off = gated & (upper < lower)
    is_on = gated & (least > 0)
    if bool((is_off & is_on).any()):
        return None
    if bool((upper[is_off] < 0).any()):
        return None
    lower[is_off] = upper[is_off] = 0.0
    gated[is_off | is_on] = False
    lower[~gated] = np.maximum(lower[~gated], least[~gated])
    if bool((lower > upper).any()):
        return None
    return np.asarray((lower != before[0]) | (upper != before[1]) | (gated != before[2]))
