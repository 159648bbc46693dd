"""Units that are alike in everything: of their splits it is enough to look at those that give the earlier one more.

In: curves, domains, and each unit's group. Out: which units are twins, and roofs narrowed with them. Without this, a
search that rules out one of twenty equal partners would rule out each of the others, one by one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.pieces import Points, Steps
from scenarios.optimise.core.roofs import Roofs

UNITS_MAX = 1_000


def twins_of(roofs: Roofs, own: Rows) -> Rows:
    """A number for each unit, (units,), the same for twins; each unit its own where there are too many to compare."""
    count = len(own)
    if count > UNITS_MAX:
        return np.arange(count)
    found = np.zeros(count, dtype=np.int64)
    domain = np.stack([roofs.lower, roofs.upper, roofs.gated, own], axis=1).astype(np.float64)
    for rows, family in roofs.curves.parts:
        if not len(rows):
            continue
        if isinstance(family, Points | Steps):
            table: Floats = np.concatenate([family.spends, family.heights], axis=1)
        else:
            values: Mapping[str, Floats] = family.parameters()
            table = np.stack(list(values.values()), axis=1)
        alike = np.concatenate([table, domain[rows]], axis=1)
        _, place = np.unique(alike, axis=0, return_inverse=True)
        found[rows] = int(rows.min()) + count * (np.asarray(place).reshape(-1) + 1)
    return found


def narrowed(roofs: Roofs, twins: Rows, unit: int, lower: float, upper: float) -> Roofs | None:
    """The roofs with one unit between these ends, its later twins no higher and its earlier ones no lower; None where
    that leaves one of them nothing."""
    was_low, was_high = float(roofs.least()[unit]), float(roofs.upper[unit])
    found = roofs.with_unit(unit, lower, upper)
    for other in np.flatnonzero(twins == twins[unit]).tolist():
        low, high = float(roofs.lower[other]), float(roofs.upper[other])
        if other > unit and upper < was_high and upper < high:
            if roofs.gated[other] and upper >= low:
                continue  # nothing or at least its minimum is still its choice, which the new end leaves open
            high = upper
            low = 0.0 if roofs.gated[other] else low
            high = 0.0 if roofs.gated[other] else high
        elif other < unit and lower > was_low and (roofs.gated[other] or lower > low):
            low = max(low, lower)
        else:
            continue
        if low > high:
            return None
        found = found.with_unit(other, low, high)
    return found
