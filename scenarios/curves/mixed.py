"""Curves of several families, one for each unit: asked like curves of one family, and worked out family by family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.curves.envelope import Envelope
from scenarios.curves.floats import Floats, Rows
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import Exponential, Hill, LinearCap, Log, MichaelisMenten, Power

Family = Hill | MichaelisMenten | Exponential | Log | Power | LinearCap | Points | Steps


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """Curves by family: each part with the places of its units, which together are 0 to n - 1, each once.

    >>> mixed = Mixed([(np.array([1]), Log(np.array([1.0]), np.array([1.0]))),
    ...                (np.array([0]), LinearCap(np.array([2.0]), np.array([5.0])))])
    >>> mixed.value(np.array([3.0, 0.0]))
    array([6., 0.])
    """

    parts: Sequence[tuple[Rows, Family]]

    def __post_init__(self) -> None:
        places = np.concatenate([rows for rows, _ in self.parts]) if self.parts else np.zeros(0, dtype=np.int64)
        assert np.array_equal(np.sort(places), np.arange(len(places))), "each unit has one curve"
        assert all(len(rows) == len(family) for rows, family in self.parts), "each part says where its units stand"

    def __len__(self) -> int:
        return sum(len(rows) for rows, _ in self.parts)

    def value(self, spend: Floats) -> Floats:
        """The response to a spend, (units,) or (..., units)."""
        return _joined(self.parts, lambda family, at: family.value(at), spend)

    def slope(self, spend: Floats) -> Floats:
        """The marginal response at a spend."""
        return _joined(self.parts, lambda family, at: family.slope(at), spend)

    def envelope(self, lower: Floats, upper: Floats) -> MixedEnvelope:
        """The least concave roof over each curve between two spends."""
        parts = [(rows, family.envelope(lower[rows], upper[rows])) for rows, family in self.parts]
        return MixedEnvelope(parts, lower, upper)


@dataclass(frozen=True, slots=True, eq=False)
class MixedEnvelope:
    """The roofs of `Mixed` curves, with the same units."""

    parts: Sequence[tuple[Rows, Envelope]]
    lower: Floats
    upper: Floats

    def value(self, spend: Floats) -> Floats:
        """The height of the roof."""
        return _joined(self.parts, lambda roof, at: roof.value(at), spend)

    def spend_at_slope(self, slope: Floats) -> Floats:
        """The largest of the spends that make `value(x) - slope x` greatest."""
        return _joined(self.parts, lambda roof, at: roof.spend_at_slope(at), slope)

    def least_at_slope(self, slope: Floats) -> Floats:
        """The least of them."""
        return _joined(self.parts, lambda roof, at: roof.least_at_slope(at), slope)


def _joined(parts: Sequence[tuple[Rows, Any]], ask: Callable[[Any, Floats], Floats], given: Floats) -> Floats:
    found = np.empty(np.shape(given))
    for rows, part in parts:
        found[..., rows] = ask(part, np.asarray(given)[..., rows])
    return found
