"""How uncertain a curve is: the same fit on resampled observations, seeded.

Resampling draws weights, so that a unit drawn twice counts twice. With 8 units or more, whole units are drawn (a
cluster bootstrap: what happens to one unit in a month hangs together with its other months); with fewer, circular
blocks of consecutive rows of each unit (Politis and Romano 1992), as long as the cube root of its rows. Each curve
has a stream of random numbers of its own, named by the seed and the curve, so its draws depend on no other curve.
"""

from __future__ import annotations

import hashlib

import numpy as np

from scenarios.curves.fit import Fit, refit
from scenarios.curves.floats import Floats
from scenarios.curves.observed import Observed
from scenarios.curves.shapes import Smooth

CLUSTERS_MIN = 8
_CELLS_MAX = 2_000_000


def resampled(seen: Observed) -> str:
    """What is drawn: `units`, or `periods` where there are too few units."""
    return "units" if len(seen.units) >= CLUSTERS_MIN else "periods"


def weights(seen: Observed, name: str, draws: int, seed: int) -> Floats:
    """How often each row counts in each draw, (rows, draws)."""
    stream = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    random = np.random.default_rng([seed, stream])
    if resampled(seen) == "units":
        count = len(seen.units)
        return np.asarray(random.multinomial(count, np.full(count, 1 / count), size=draws).T[seen.unit], np.float64)
    rows = np.bincount(seen.unit)
    return np.concatenate([_blocks(random, int(each), draws) for each in rows])


def redraw(
    seen: Observed, found: Fit, weight: Floats, by_period: bool, is_carry_searched: bool
) -> tuple[Smooth, Floats]:
    """The family fitted to each draw: its curves (draws,), and what is carried over, (draws,)."""
    at_once = max(1, _CELLS_MAX // (len(seen) * (len(seen.periods) if by_period else 1)))
    parts = [
        refit(seen, found, weight[:, place : place + at_once], by_period, is_carry_searched)
        for place in range(0, weight.shape[1], at_once)
    ]
    names = parts[0][0].parameters()
    joined = {name: np.concatenate([curves.parameters()[name] for curves, _ in parts]) for name in names}
    return type(parts[0][0])(**joined), np.concatenate([carry for _, carry in parts])


def interval(values: Floats, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """The percentiles of draws that leave out as much on either side; draws are the first axis."""
    side = (1 - confidence) / 2
    low, high = np.quantile(values, [side, 1 - side], axis=0)
    return low, high


def _blocks(random: np.random.Generator, rows: int, draws: int) -> Floats:
    """How often each of a unit's rows is drawn, (rows, draws)."""
    length = max(1, round(rows ** (1 / 3)))
    starts = random.integers(0, rows, size=(-(-rows // length), draws))
    places = ((starts[:, None, :] + np.arange(length)[None, :, None]) % rows).reshape(-1, draws)[:rows]
    counts = np.zeros((rows, draws))
    np.add.at(counts, (places, np.arange(draws)[None, :]), 1.0)
    return counts
