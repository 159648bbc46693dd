"""The least concave roofs over all units' curves, and what a price of money makes of each unit.

In: curves and domains in units of spend. A unit that gets all or nothing has a roof from nothing to its domain as well.
At a price, a unit's best spend is where `value(x) - price x` is greatest; the roof is met there, so that the sum of
those maxima bounds the true curves, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from scenarios.curves.envelope import Hull, Tangent
from scenarios.curves.floats import Floats, Rows
from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import LinearCap, Power

Flags = NDArray[np.bool_]
Values = TypeVar("Values", bound=NDArray[Any])
_GATE_STEPS_MAX = 100


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The roofs of some units of one family, by their places.

    From a smooth roof no slope is asked that the curve has not beyond its chord: `steepest` is the largest it has
    there, and a steeper price ends at `touch`. (Newton's method would look for such a slope in vain.)
    """

    rows: Rows
    family: Family
    roof: Tangent | Hull
    steepest: Floats

    @classmethod
    def of(cls, rows: Rows, family: Family, roof: Tangent | Hull) -> Part:
        """A part with the steepest slope beyond each chord."""
        if isinstance(roof, Hull):
            return cls(rows, family, roof, np.full(len(rows), np.inf))
        found = np.where(roof.touch >= roof.curves.inflection(), roof.curves.slope(roof.touch), np.inf)
        return cls(rows, family, roof, np.where(roof.lower < roof.upper, np.minimum(found, roof.chord), 0.0))

    def at_price(self, price: Floats) -> tuple[Floats, Floats]:
        """The largest and the least of the best spends at the prices of these units."""
        roof = self.roof
        if isinstance(roof, Hull):
            return roof.spend_at_slope(price), roof.least_at_slope(price)
        beyond = roof.spend_at_slope(np.minimum(price, self.steepest))
        beyond = np.where(price > self.steepest, roof.touch, beyond)
        most = np.where(price <= roof.chord, beyond, roof.lower)
        # Where the price is the slope at `touch`, a straight stretch may follow (a curve of height zero at no price).
        least = np.where(price >= self.steepest, np.minimum(roof.touch, most), most)
        return most, np.where(price == roof.chord, roof.lower, least)


@dataclass(frozen=True, slots=True, eq=False)
class Roofs:
    """The roofs of all units between `lower` and `upper`; where `gated`, nothing is allowed as well, and a chord of
    slope `gate` leads from there to the spend `sill` on the roof."""

    curves: Mixed
    parts: tuple[Part, ...]
    lower: Floats
    upper: Floats
    gated: Flags
    gate: Floats
    sill: Floats

    def least(self) -> Floats:
        """The least spend of each unit."""
        return np.where(self.gated, 0.0, self.lower)

    def at_price(self, price: Floats) -> tuple[Floats, Floats]:
        """The largest and the least of the best spends of each unit at its price, each (units,)."""
        most = np.empty(len(price))
        least = np.empty(len(price))
        for part in self.parts:
            most[part.rows], least[part.rows] = part.at_price(price[part.rows])
        if self.gated.any():
            most = np.where(self.gated, np.where(price <= self.gate, np.maximum(most, self.sill), 0.0), most)
            least = np.where(self.gated, np.where(price < self.gate, np.maximum(least, self.sill), 0.0), least)
        return most, least

    def value(self, spend: Floats) -> Floats:
        """The height of each unit's roof."""
        found = np.empty(len(spend))
        for part in self.parts:
            found[part.rows] = part.roof.value(spend[part.rows])
        if self.gated.any():
            below = self.gated & (spend < self.sill)
            found = np.where(below, self.curves.value(np.zeros(len(spend))) + self.gate * spend, found)
        return found

    def breaks(self) -> tuple[Rows, Floats]:
        """The prices at which a unit's best spend leaps: the units, and the prices."""
        rows, prices = [], []
        for part in self.parts:
            if isinstance(part.roof, Tangent):
                found = np.where(part.roof.touch > part.roof.lower, part.roof.chord, -np.inf)[:, None]
            else:
                found = part.roof.slopes()
            if self.gated.any():
                found = np.minimum(found, np.where(self.gated, self.gate, np.inf)[part.rows, None])
            unit, _ = np.nonzero(np.isfinite(found))
            rows.append(part.rows[unit])
            prices.append(found[np.isfinite(found)])
        rows.append(np.flatnonzero(self.gated))
        prices.append(self.gate[self.gated])
        return np.concatenate(rows), np.concatenate(prices)

    def leaps(self, left: Floats, right: Floats) -> Flags:
        """Which units leap between two of their best spends, the first the larger one."""
        found = np.zeros(len(left), dtype=bool)
        for part in self.parts:
            above, below = left[part.rows], right[part.rows]
            if isinstance(part.roof, Tangent):
                roof = part.roof
                found[part.rows] = (roof.touch > roof.lower) & (below < roof.touch) & (above >= roof.touch)
            else:
                found[part.rows] = above > below
        return np.asarray(found | (self.gated & (left > 0) & (right == 0)))

    def with_unit(self, unit: int, lower: float, upper: float) -> Roofs:
        """The same roofs, but that one unit is between these ends, and has no gate."""
        return replace(
            self,
            parts=tuple(_patched(part, unit, lower, upper) for part in self.parts),
            lower=_put(self.lower, unit, lower),
            upper=_put(self.upper, unit, upper),
            gated=np.asarray(_put(self.gated, unit, False)),
        )

    def settled(self, spend: Floats) -> Roofs:
        """The same roofs, but that each smooth unit stays on the side of its leap on which this spend puts it: below
        its chord at its least spend, beyond it on the concave part."""
        parts = []
        off = self.gated & (spend < self.sill)
        lower = np.where(off, 0.0, self.lower)
        upper = np.where(off, 0.0, self.upper)
        for part in self.parts:
            rows, roof = part.rows, part.roof
            if isinstance(roof, Tangent):
                below = (roof.touch > roof.lower) & (spend[rows] < roof.touch)
                low = np.where(off[rows], 0.0, np.where(below, roof.lower, roof.touch))
                high = np.where(off[rows], 0.0, np.where(below, roof.lower, roof.upper))
                lower[rows], upper[rows] = low, high
                roof = Tangent(roof.curves, low, high, low, np.full(len(low), np.inf))
            elif off[rows].any():
                for row in rows[off[rows]].tolist():
                    roof = _patched(replace(part, roof=roof), row, 0.0, 0.0).roof
            parts.append(Part.of(rows, part.family, roof))
        return replace(self, parts=tuple(parts), lower=lower, upper=upper, gated=np.zeros_like(self.gated))


def roofs_of(curves: Mixed, lower: Floats, upper: Floats, minimum: Floats) -> Roofs:
    """The roofs of curves between two spends; a minimum above zero where a unit may also get nothing."""
    gated = (minimum > 0) & (lower == 0) & (upper > 0)
    low = np.where(gated, minimum, lower)
    parts = tuple(part for rows, family in curves.parts for part in _parts(rows, family, low, upper))
    flat = np.zeros(len(low))
    found = Roofs(curves, parts, low, upper, np.zeros(len(low), dtype=bool), flat, flat)
    return _gated(found, gated) if bool(gated.any()) else found


def knots_of(curves: Mixed, unit: int) -> tuple[Family, Floats | None]:
    """A unit's family, and its knots where the curve is one of pieces."""
    for rows, family in curves.parts:
        place = np.flatnonzero(rows == unit)
        if len(place):
            return family, family.spends[place[0]] if isinstance(family, Points | Steps) else None
    raise AssertionError("each unit has a curve")


def _parts(rows: Rows, family: Family, lower: Floats, upper: Floats) -> list[Part]:
    """A family's roofs; straight lines among them as hulls, which know both ends of a stretch of one slope."""
    if isinstance(family, LinearCap):
        return [Part.of(rows, family, _lines(family, lower[rows], upper[rows], family.cap))]
    if isinstance(family, Power) and bool((family.b == 1).any()):
        line, bent = np.flatnonzero(family.b == 1), np.flatnonzero(family.b < 1)
        straight = family.take(line)
        found = [Part.of(rows[line], straight, _lines(straight, lower[rows[line]], upper[rows[line]], np.inf))]
        return found + (_parts(rows[bent], family.take(bent), lower, upper) if len(bent) else [])
    if not isinstance(family, Points | Steps) and not bool((family.inflection() > lower[rows]).any()):
        low, high = lower[rows], upper[rows]
        return [Part.of(rows, family, Tangent(family, low, high, low, np.full(len(rows), np.inf)))]
    return [Part.of(rows, family, family.envelope(lower[rows], upper[rows]))]


def _lines(family: LinearCap | Power, lower: Floats, upper: Floats, cap: Floats | float) -> Hull:
    bend = np.where((cap > lower) & (cap < upper), cap, upper)
    spends = np.stack([lower, bend, upper], axis=1)
    return Hull(spends, np.stack([family.value(each) for each in (lower, bend, upper)], axis=1))


def _gated(roofs: Roofs, gated: Flags) -> Roofs:
    """The steepest chord from nothing to each gated unit's roof, by Dinkelbach's method: each slope is that to the best
    spend at the last one, and they rise to the steepest."""
    base = roofs.curves.value(np.zeros(len(gated)))
    sill = roofs.lower
    with np.errstate(divide="ignore", invalid="ignore"):
        gate = np.where(gated, (roofs.curves.value(sill) - base) / sill, 0.0)
        for _ in range(_GATE_STEPS_MAX):
            better = roofs.at_price(gate)[0]
            steeper = np.where(gated, (roofs.curves.value(better) - base) / better, 0.0)
            rises = gated & (steeper > gate)
            if not bool(rises.any()):
                break
            sill, gate = np.where(rises, better, sill), np.where(rises, steeper, gate)
    return replace(roofs, gated=gated, gate=gate, sill=np.where(gated, sill, 0.0))


def _put(values: Values, unit: int, value: float) -> Values:
    found = values.copy()
    found[unit] = value
    return found


def _patched(part: Part, unit: int, lower: float, upper: float) -> Part:
    """A part with another domain of one unit."""
    place = np.flatnonzero(part.rows == unit)
    if not len(place):
        return part
    at, ends = int(place[0]), (np.array([lower]), np.array([upper]))
    (one,) = (each.roof for each in _parts(np.array([0]), part.family.take(place), *ends))
    if isinstance(part.roof, Tangent):
        assert isinstance(one, Tangent)
        low, high, touch, chord = (
            _put(whole, at, float(new[0])) for whole, new in zip(_ends(part.roof), _ends(one), strict=True)
        )
        return Part.of(part.rows, part.family, Tangent(part.roof.curves, low, high, touch, chord))
    assert isinstance(one, Hull)
    width = max(part.roof.spends.shape[1], one.spends.shape[1])
    spends, heights = _widened(part.roof.spends, width), _widened(part.roof.heights, width)
    spends[at], heights[at] = _widened(one.spends, width)[0], _widened(one.heights, width)[0]
    return replace(part, roof=Hull(spends, heights))


def _ends(roof: Tangent) -> tuple[Floats, Floats, Floats, Floats]:
    return roof.lower, roof.upper, roof.touch, roof.chord


def _widened(values: Floats, width: int) -> Floats:
    return np.concatenate([values, np.repeat(values[:, -1:], width - values.shape[1], axis=1)], axis=1)
