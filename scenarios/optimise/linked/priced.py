"""Many units under a few rows that cross: Lagrange over the rows' prices, each unit's roof answering by itself.

In: roofs, rows over spends, and a tolerance. Out: the best split found and a bound that no split exceeds. What all
units together bring at most at a price is convex in the prices; it is minimised by linear programs over the planes
known so far within a box that grows and shrinks (boxstep: Marsten, Hogan and Blankenship 1975). The mean of the planes'
splits at the end keeps the rows; units that it leaves between two spends are put to either side in turn, so that what
is too much of one is made good by the next, and the prices are worked out again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.pieces import Points, Steps
from scenarios.optimise.core.program import silence
from scenarios.optimise.core.roofs import Roofs
from scenarios.optimise.linked.sides import Limits

PRICED_UNITS_MIN, PRICED_ROWS_MAX = 200, 60
_STEPS_MAX, _UNIT_STEPS_MAX = 200, 3_000_000
_EPS = float(np.finfo(np.float64).eps)
_SLACK = 1e-9  # of a row's size: what the linear programs may miss


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """A split (None: none was found that keeps the rows), its value, the bound, the rows' prices, and the steps."""

    spend: Floats | None
    value: float
    bound: float
    prices: Floats
    steps: int


def priced(roofs: Roofs, limits: Limits, hurdle: float, gap: float) -> Priced:
    """The best split found on the true curves, and its bound."""
    first = _Dual(roofs, limits, hurdle, gap)
    mean = first.solve()
    best: Floats | None = None
    value, steps = -np.inf, first.steps
    if mean is not None:
        settled = roofs.settled(_to_sides(roofs, mean))
        second = _Dual(settled, limits, hurdle, gap)
        found = second.solve(first.center)
        steps += second.steps
        if found is not None:
            given = _on_knots(settled, found)
            if first.keeps(given):
                best, value = given, float((roofs.curves.value(given) - hurdle * given).sum())
    return Priced(best, value, max(first.best, value), first.row_prices(), steps)


class _Dual:
    """Prices of caps and of floors, all zero or more, (prices,), and the planes known so far."""

    def __init__(self, roofs: Roofs, limits: Limits, hurdle: float, gap: float) -> None:
        self.roofs, self.hurdle, self.gap = roofs, hurdle, gap
        caps, floors = (np.flatnonzero(np.isfinite(each)) for each in (limits.most, limits.least))
        self.caps, self.floors, self.rows = caps, floors, len(limits.names)
        number = np.concatenate([limits.spend[caps].toarray(), -limits.spend[floors].toarray()])
        self.number: Floats = number
        self.sparse = csr_array(number)
        self.limit: Floats = np.concatenate([limits.most[caps], -limits.least[floors]])
        self.size = np.maximum(np.abs(number) @ roofs.upper, 1e-300)
        self.center, self.best = np.zeros(len(self.limit)), np.inf
        self.spends: list[Floats] = []
        self.heights: list[float] = []
        self.slopes: list[Floats] = []
        self.steps = 0

    def ask(self, price: Floats) -> float:
        """What all units make at most at a price: two planes, of the largest and of the least best spends."""
        self.steps += 1
        own = self.hurdle + self.sparse.T @ price
        found = -np.inf
        for spend in self.roofs.at_price(own):
            height, asked = self.roofs.value(spend), own * spend
            rounding = 8 * _EPS * float((np.abs(height) + np.abs(asked)).sum() + (price * np.abs(self.limit)).sum())
            top = float((height - asked).sum() + price @ self.limit) + rounding
            self.spends.append(spend)
            self.slopes.append(self.limit - self.sparse @ spend)
            self.heights.append(top - float(price @ self.slopes[-1]))
            found = max(found, top)
        return found

    def solve(self, start: Floats | None = None) -> Floats | None:
        """The mean of the planes' splits at the best prices; None where it keeps not all rows."""
        center = self.center if start is None else start.copy()
        value = self.ask(center)
        gain = abs(value) / max(float(self.roofs.upper.sum()), 1e-300)
        box = max(gain, 1e-12) * np.max(self.size) / self.size
        most_box = box
        most = min(_STEPS_MAX, max(20, _UNIT_STEPS_MAX // len(self.roofs.lower)))
        mean: Floats | None = None
        for _ in range(most):
            step = self.step(center, box)
            if step is None:
                break
            price, low, mean = step
            is_free = bool(((np.abs(price - center) < box * (1 - 1e-9)) | (price <= 0)).all())
            if value - low <= 0.1 * self.gap * abs(value) and is_free:
                break
            again = self.ask(price)
            if again < value - 0.05 * (value - low):
                box = box if is_free else box * 3
                center, value = price, again
            else:
                box = box if is_free and again < value else box / 2
            if value - low <= 0.01 * self.gap * abs(value):
                box = box * 4
        self.center, self.best = center, value
        if mean is None or not self.keeps(mean):  # where the box held the last prices, the mean misses rows
            last = self.step(center, 1e6 * np.maximum(box, most_box))
            mean = None if last is None else last[2]
        return mean if mean is not None and self.keeps(mean) else None

    def step(self, center: Floats, box: Floats) -> tuple[Floats, float, Floats] | None:
        """The lowest point of the planes within the box, its height, and the mean of the splits of its planes."""
        unit = max(abs(self.heights[0]), 1e-300)
        scale = unit / self.size
        slopes = np.array(self.slopes) * scale / unit
        count = len(center)
        low, high = np.maximum(center - box, 0.0) / scale, (center + box) / scale
        with silence():
            found = linprog(
                np.append(np.zeros(count), 1.0),
                A_ub=np.concatenate([slopes, -np.ones((len(slopes), 1))], axis=1),
                b_ub=-np.array(self.heights) / unit,
                bounds=[*zip(low.tolist(), high.tolist(), strict=True), (None, None)],
                method="highs",
                options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
            )
        if found.x is None or found.status != 0:
            return None
        part = np.clip(-np.asarray(found.ineqlin.marginals), 0, None)
        used = np.flatnonzero(part > 1e-12)
        mean = sum((float(part[each]) * self.spends[each] for each in used.tolist()), np.zeros(len(self.roofs.lower)))
        return np.asarray(found.x[:count] * scale), float(found.fun) * unit, np.asarray(mean / part[used].sum())

    def keeps(self, spend: Floats) -> bool:
        """Whether a split keeps the rows, up to the linear programs' rounding."""
        return bool((self.sparse @ spend <= self.limit + 1e-6 * _SLACK + _SLACK * self.size).all())

    def row_prices(self) -> Floats:
        """The prices of rows: above zero of a cap, below of a floor."""
        found = np.zeros(self.rows)
        np.add.at(found, self.caps, self.center[: len(self.caps)])
        np.add.at(found, self.floors, -self.center[len(self.caps) :])
        return found


def _to_sides(roofs: Roofs, mean: Floats) -> Floats:
    """Units between two spends put to either in turn, so that their parts add up."""
    found = mean.copy()
    below, above = roofs.least(), mean.copy()
    for part in roofs.parts:
        touch = getattr(part.roof, "touch", None)
        if touch is not None:
            above[part.rows] = touch
    above = np.where(roofs.gated, np.maximum(above, roofs.sill), above)
    between = np.flatnonzero((mean > below) & (mean < above))
    left = 0.0
    for unit in between.tolist():
        left += float((mean[unit] - below[unit]) / (above[unit] - below[unit]))
        is_up = left >= 0.5
        left -= 1.0 if is_up else 0.0
        found[unit] = above[unit] if is_up else below[unit]
    return found


def _on_knots(roofs: Roofs, spend: Floats) -> Floats:
    """A unit whose curve misses its roof, on a stretch between two steps, goes down to the lower one."""
    found = spend.copy()
    heights, tops = roofs.value(spend), roofs.curves.value(spend)
    missed: Rows = np.flatnonzero(heights - tops > 1e-9 * np.abs(heights))
    for rows, family in roofs.curves.parts:
        if not isinstance(family, Points | Steps):
            continue
        for place in np.flatnonzero(np.isin(rows, missed)).tolist():
            unit, knots = int(rows[place]), family.spends[place]
            under = knots[knots <= spend[unit]]
            found[unit] = max(float(under.max(initial=0.0)), float(roofs.lower[unit]))
    return found
