"""Curves added up: several draws of each unit's curve, or several goals with weights, and the peak of their sum at a
price of money.

In: responses, one of each draw, each of curves of any family; weights and a price for each unit. Out: a spend at which
the weighted sum less the price is greatest, and a number that it proves not to exceed anywhere in the unit's domain. A
sum of S-curves has no roof in closed form, so the domain is cut into intervals: on each, a concave curve lies below its
tangents at both ends, a convex one below its chord, and one that bends from convex to concave below the line of its
steepest slope. The sum of these lines is a roof; intervals that may still hold more are halved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import LinearCap
from scenarios.optimise.core.roofs import Flags

_HALVINGS_MAX = 60
_NO_KNOTS: Floats = np.zeros(0)
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """Goals with weights: the sum of weight times the response of each set of curves."""

    parts: tuple[tuple[float, Mixed], ...]

    def __len__(self) -> int:
        return len(self.parts[0][1])


Response = Mixed | Blend


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Every curve of every draw, (members, units): `draw` and `factor` of each member, (members,).

    `stacks` hold one family each and where a member's curve of a unit stands in it (-1: it is of another family).
    """

    draws: int
    draw: Rows
    factor: Floats
    stacks: tuple[tuple[Family, Rows], ...]
    bend: Floats  # the spend from which a curve is concave
    steepest: Floats
    is_chord: Flags  # a curve of straight pieces or steps, which lies below its chord between two of its knots
    knots: tuple[Floats, ...]

    def value(self, units: Rows, spend: Floats) -> Floats:
        """The response of each member, (members, places), of units at spends, (places,)."""
        return self._asked(lambda family, at: family.value(at), units, spend)

    def slope(self, units: Rows, spend: Floats) -> Floats:
        """The marginal response of each member."""
        return self._asked(lambda family, at: family.slope(at), units, spend)

    def by_draw(self, values: Floats) -> Floats:
        """Values of members added up to draws, (draws, ...)."""
        found = np.zeros((self.draws, *values.shape[1:]))
        np.add.at(found, self.draw, values * self.factor.reshape(-1, *[1] * (values.ndim - 1)))
        return found

    def responses(self, spend: Floats) -> Floats:
        """The response of each draw and unit, (draws, units)."""
        return self.by_draw(self.value(np.arange(len(spend)), spend))

    def slopes(self, spend: Floats) -> Floats:
        """The marginal response of each draw and unit, (draws, units)."""
        return self.by_draw(self.slope(np.arange(len(spend)), spend))

    def weights(self, draw: Floats, extra: Floats) -> Floats:
        """The weight of each member's curve of each unit, (members, units): of its draw, and `extra` for the mean."""
        return (draw[self.draw][:, None] + extra / self.draws) * self.factor[:, None]

    def ordered(self, order: Rows) -> Members:
        """The same, of units in another order."""
        stacks = tuple((family, index[:, order]) for family, index in self.stacks)
        knots = tuple(self.knots[place] for place in order.tolist())
        bend, steepest = self.bend[:, order], self.steepest[:, order]
        return Members(self.draws, self.draw, self.factor, stacks, bend, steepest, self.is_chord[:, order], knots)

    def of_draw(self, draw: int) -> Members:
        """The members of one draw alone."""
        rows = np.flatnonzero(self.draw == draw)
        stacks = tuple((family, index[rows]) for family, index in self.stacks)
        stacks = tuple((family, index) for family, index in stacks if bool((index >= 0).any()))
        bend, steepest, is_chord = self.bend[rows], self.steepest[rows], self.is_chord[rows]
        places = np.zeros(len(rows), dtype=np.int64)
        return Members(1, places, self.factor[rows], stacks, bend, steepest, is_chord, self.knots)

    def _asked(self, ask: Callable[[Any, Floats], Floats], units: Rows, spend: Floats) -> Floats:
        found = np.empty((len(self.draw), len(units)))
        for family, index in self.stacks:
            place = index[:, units]
            row, column = np.nonzero(place >= 0)
            if len(row):
                found[row, column] = ask(family.take(place[row, column]), spend[column])
        return found


def members_of(responses: Sequence[Response]) -> Members:
    """The members of draws of responses."""
    parts = [each.parts if isinstance(each, Blend) else ((1.0, each),) for each in responses]
    flat = [(draw, factor, mixed) for draw, part in enumerate(parts) for factor, mixed in part]
    count = len(flat[0][2])
    stacked: dict[type[Any], list[tuple[int, Rows, Any]]] = {}
    for member, (_, _, mixed) in enumerate(flat):
        assert len(mixed) == count, "each response has a curve of each unit"
        for rows, family in mixed.parts:
            stacked.setdefault(type(family), []).append((member, rows, family))
    shape = (len(flat), count)
    bend, steepest, is_chord = np.zeros(shape), np.full(shape, np.inf), np.zeros(shape, dtype=bool)
    knots: list[list[float]] = [[] for _ in range(count)]
    stacks = []
    for kind, found in stacked.items():
        index = np.full(shape, -1, dtype=np.int64)
        start = 0
        for member, rows, family in found:
            index[member, rows] = start + np.arange(len(rows))
            start += len(rows)
            _describe(family, member, rows, bend, steepest, is_chord, knots)
        stacks.append((_joined(kind, [family for _, _, family in found]), index))
    return Members(
        len(parts),
        np.array([draw for draw, _, _ in flat]),
        np.array([factor for _, factor, _ in flat], dtype=np.float64),
        tuple(stacks),
        bend,
        steepest,
        is_chord,
        tuple(np.unique(np.array(each, dtype=np.float64)) if each else _NO_KNOTS for each in knots),
    )


def _describe(
    family: Any, member: int, rows: Rows, bend: Floats, steepest: Floats, is_chord: Flags, knots: list[list[float]]
) -> None:
    """Where the curves of one part bend, and their knots."""
    if isinstance(family, Points | Steps | LinearCap):
        is_chord[member, rows] = True
        spends = family.cap[:, None] if isinstance(family, LinearCap) else family.spends
        for row, each in zip(rows.tolist(), spends.tolist(), strict=True):
            knots[row] += each
        return
    bend[member, rows], steepest[member, rows] = family.inflection(), family.steepest()


def _joined(kind: type[Any], families: Sequence[Any]) -> Any:
    """The curves of several parts of one family as one."""
    if issubclass(kind, Points | Steps):
        width = max(family.spends.shape[1] for family in families)
        return kind(*(np.concatenate([_wide(getattr(each, name), width) for each in families])
                      for name in ("spends", "heights")))  # fmt: skip
    names = families[0].parameters()
    return kind(**{name: np.concatenate([family.parameters()[name] for family in families]) for name in names})


def _wide(knots: Floats, width: int) -> Floats:
    return np.concatenate([knots, np.repeat(knots[:, -1:], width - knots.shape[1], axis=1)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """What units may spend: between `lower` and `upper`, and where `gated`, nothing as well; each (units,)."""

    lower: Floats
    upper: Floats
    gated: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """At a price: a best spend of each unit, what the weighted sum less the price makes there, and what it makes at
    most anywhere, each (units,)."""

    spend: Floats
    value: Floats
    bound: Floats


@dataclass(slots=True)
class _Cuts:
    """Intervals of units' domains, (intervals,), and the members at their ends, (members, intervals)."""

    unit: Rows
    left: Floats
    right: Floats
    low: Floats
    high: Floats
    low_slope: Floats
    high_slope: Floats


def peaks(members: Members, weight: Floats, price: Floats, domain: Domain, close: float) -> Peaks:
    """The peak of each unit's weighted sum less its price, proved up to `close` (or what halving 60 times leaves)."""
    unit, left, right = _started(members, domain)
    ends = np.stack([left, right])
    values = [members.value(unit, each) for each in ends]
    slopes = [members.slope(unit, each) for each in ends]
    cuts = _Cuts(unit, left, right, values[0], values[1], slopes[0], slopes[1])
    count = len(price)
    spend, best, bound = np.zeros(count), np.full(count, -np.inf), np.full(count, -np.inf)
    _improve(unit, left, (weight[:, unit] * values[0]).sum(axis=0) - price[unit] * left, spend, best)
    _improve(unit, right, (weight[:, unit] * values[1]).sum(axis=0) - price[unit] * right, spend, best)
    for halving in range(_HALVINGS_MAX + 1):
        tops = _tops(members, weight, price, cuts)
        middle = cuts.left + (cuts.right - cuts.left) / 2
        is_open = (tops > best[cuts.unit] + close) & (middle > cuts.left) & (middle < cuts.right)
        if halving == _HALVINGS_MAX:
            is_open[:] = False
        np.maximum.at(bound, cuts.unit[~is_open], tops[~is_open])
        if not bool(is_open.any()):
            break
        at, unit = middle[is_open], cuts.unit[is_open]
        value, slope = members.value(unit, at), members.slope(unit, at)
        _improve(unit, at, (weight[:, unit] * value).sum(axis=0) - price[unit] * at, spend, best)
        cuts = _halved(cuts, is_open, at, value, slope)
    return Peaks(spend, best, np.maximum(bound, best))


def _started(members: Members, domain: Domain) -> tuple[Rows, Floats, Floats]:
    """The first intervals: cut at knots, at the first bend and at the last; and nothing, where it is allowed."""
    units, left, right = [], [], []
    bends = np.stack([members.bend.min(axis=0), members.bend.max(axis=0)], axis=1)
    for unit, (low, high, gated) in enumerate(zip(domain.lower, domain.upper, domain.gated, strict=True)):
        inside = np.concatenate([members.knots[unit], bends[unit]])
        inside = np.unique(np.concatenate([[low, high], inside[(inside > low) & (inside < high)]]))
        if len(inside) == 1:
            inside = np.repeat(inside, 2)
        starts, ends = inside[:-1], inside[1:]
        if gated:
            starts, ends = np.append(starts, 0.0), np.append(ends, 0.0)
        units.append(np.full(len(starts), unit))
        left.append(starts)
        right.append(ends)
    return np.concatenate(units), np.concatenate(left), np.concatenate(right)


def _improve(unit: Rows, at: Floats, value: Floats, spend: Floats, best: Floats) -> None:
    """Take the best of spends of each unit where it is better than what is known; the first of equals."""
    order = np.lexsort((-at, value, unit))
    last = np.append(unit[order][1:] != unit[order][:-1], True)
    top = order[last]
    top = top[value[top] > best[unit[top]]]
    spend[unit[top]], best[unit[top]] = at[top], value[top]


def _tops(members: Members, weight: Floats, price: Floats, cuts: _Cuts) -> Floats:
    """What the sum less the price makes at most on each interval."""
    unit, run = cuts.unit, cuts.right - cuts.left
    w, bend = weight[:, unit], members.bend[:, unit]
    is_concave = ~members.is_chord[:, unit] & (cuts.left >= bend) & (w > 0)
    is_convex = members.is_chord[:, unit] | (cuts.right <= bend)
    flat = np.minimum(cuts.low, cuts.high)
    is_below = (w < 0) & ~(~members.is_chord[:, unit] & (cuts.left >= bend))  # a lower bound of what counts against
    with np.errstate(invalid="ignore", over="ignore"):
        steep = cuts.low + np.where(run > 0, members.steepest[:, unit] * run, 0.0)
        tangent = cuts.low + np.where(run > 0, cuts.low_slope * run, 0.0)
        back = cuts.high - np.where(run > 0, cuts.high_slope * run, 0.0)
    start = w * np.where(is_below, flat, cuts.low)
    chord = w * np.where(is_below, flat, np.where(is_convex | (w <= 0), cuts.high, steep))
    one_left = start.sum(axis=0) - price[unit] * cuts.left
    one_right = (
        _times(w, np.where(is_concave, tangent, 0.0), np.where(is_concave, 0.0, chord)) - price[unit] * cuts.right
    )
    two_left = _times(w, np.where(is_concave, back, 0.0), np.where(is_concave, 0.0, start)) - price[unit] * cuts.left
    two_right = _times(w, np.where(is_concave, cuts.high, 0.0), np.where(is_concave, 0.0, chord))
    two_right -= price[unit] * cuts.right
    with np.errstate(invalid="ignore", divide="ignore"):
        part = (two_left - one_left) / ((two_left - one_left) + (one_right - two_right))
        crossing = np.where(np.isinf(one_right), two_left, one_left + part * (one_right - one_left))
    crossing = np.where(np.isfinite(crossing), crossing, np.maximum(one_left, two_right))
    found = np.where(one_right <= one_left, one_left, np.where(two_right >= two_left, two_right, crossing))
    size = (np.abs(w) * (np.abs(cuts.low) + np.abs(cuts.high))).sum(axis=0) + np.abs(price[unit] * cuts.right)
    return np.asarray(np.maximum(found, np.maximum(one_left, two_right)) + 8 * _EPS * size)


def _times(weight: Floats, height: Floats, line: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(height == 0, 0.0, weight * height).sum(axis=0) + line.sum(axis=0))


def _halved(cuts: _Cuts, rows: Flags, at: Floats, value: Floats, slope: Floats) -> _Cuts:
    """Both halves of intervals."""
    return _Cuts(
        np.concatenate([cuts.unit[rows]] * 2),
        np.concatenate([cuts.left[rows], at]),
        np.concatenate([at, cuts.right[rows]]),
        np.concatenate([cuts.low[:, rows], value], axis=1),
        np.concatenate([value, cuts.high[:, rows]], axis=1),
        np.concatenate([cuts.low_slope[:, rows], slope], axis=1),
        np.concatenate([slope, cuts.high_slope[:, rows]], axis=1),
    )
