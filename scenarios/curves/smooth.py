"""Families of response curves with a formula: the response to a spend, its slope, and the spend at which a slope is
left.

In: parameters, one of each per unit, (units,). A spend is (units,) or (..., units), never below zero; a response counts
from what comes without any spend. Every formula is worked out in logarithms where it could overflow, so that spends
from zero to the largest float give no NaN. `spend_at_slope` is the largest spend whose slope is at least the one asked
for, on the concave side: zero where no slope is that steep, infinite where all are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

import numpy as np
from scipy.special import expit

from scenarios.curves.envelope import Tangent, chorded, tangent
from scenarios.curves.floats import Floats, Rows, floats

_NEWTON_STEPS_MAX = 100
_SMALLEST = np.finfo(np.float64).tiny


class Smooth(Protocol):
    """Curves that are concave from a spend on: everywhere, or beyond their inflection."""

    def __len__(self) -> int: ...

    def take(self, rows: Rows) -> Self:
        """The curves of some units."""
        ...

    def value(self, spend: Floats) -> Floats:
        """The response to a spend."""
        ...

    def slope(self, spend: Floats) -> Floats:
        """The marginal response: the derivative at a spend."""
        ...

    def spend_at_slope(self, slope: Floats) -> Floats:
        """The largest spend at which the slope is at least this."""
        ...

    def inflection(self) -> Floats:
        """The spend from which the curve is concave; zero where it is so from the start."""
        ...

    def steepest(self) -> Floats:
        """The largest slope; infinite where it grows without bound near zero."""
        ...

    def envelope(self, lower: Floats, upper: Floats) -> Tangent:
        """The least concave roof over the curve between two spends."""
        ...


class _Formula:
    """What all families with a formula share: their length, rows of them, and their roof."""

    def __post_init__(self) -> None:
        values = [floats(getattr(self, each.name)) for each in fields(self)]  # type: ignore[arg-type]
        assert len({value.shape for value in values}) == 1 and values[0].ndim == 1, "one of each parameter per unit"
        for each, value in zip(fields(self), values, strict=True):  # type: ignore[arg-type]
            low = value >= 0 if each.name == "a" else value > 0
            assert bool(np.all(low & np.isfinite(value))), f"{each.name} is a positive number"
            object.__setattr__(self, each.name, value)

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    def parameters(self) -> Mapping[str, Floats]:
        """The parameters by name, each (units,)."""
        return {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]

    def take(self, rows: Rows) -> Any:
        """The curves of some units."""
        return type(self)(**{name: value[rows] for name, value in self.parameters().items()})

    def inflection(self) -> Floats:
        """The spend from which the curve is concave."""
        return np.zeros(len(self))

    def envelope(self: Any, lower: Floats, upper: Floats) -> Tangent:
        """The least concave roof over the curve between two spends."""
        return tangent(self, lower, upper)


@dataclass(frozen=True, slots=True, eq=False)
class Hill(_Formula):
    """a x^alpha / (k^alpha + x^alpha): half of `a` at the spend `k`; S-shaped for alpha above 1, else concave.

    Source: A. V. Hill (1910), J. Physiol. 40.
    """

    a: Floats
    k: Floats
    alpha: Floats

    def value(self, spend: Floats) -> Floats:
        """The response to a spend."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.a * expit(self.alpha * (np.log(spend) - np.log(self.k))))

    def slope(self, spend: Floats) -> Floats:
        """The marginal response at a spend; at zero infinite for alpha below 1, and zero above."""
        z = np.log(np.clip(spend, _SMALLEST, np.finfo(np.float64).max)) - np.log(self.k)
        with np.errstate(over="ignore"):
            found = np.exp(self._log_slope(z))
        at_zero = np.where(self.alpha < 1, np.inf, np.where(self.alpha > 1, 0.0, self.a / self.k))
        return np.where(self.a == 0, 0.0, np.where(spend == 0, at_zero, np.where(np.isinf(spend), 0.0, found)))

    def inflection(self) -> Floats:
        """k ((alpha - 1) / (alpha + 1))^(1 / alpha) for alpha above 1."""
        above = np.maximum(self.alpha - 1, 0)
        return np.asarray(self.k * (above / (self.alpha + 1)) ** (1 / self.alpha))

    def steepest(self) -> Floats:
        """The slope at the inflection, or at zero."""
        return self.slope(self.inflection())

    def spend_at_slope(self, slope: Floats) -> Floats:
        """The root of the slope on the concave side, by Newton's method on the logarithm of the slope: it is concave,
        so that from the right every step stays right of the root."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = self.k * np.exp(self._root(slope))
        found = np.where(slope > self.steepest(), 0.0, np.maximum(found, self.inflection()))
        return np.where((slope <= 0) & (self.a >= 0), np.inf, np.where(self.a == 0, 0.0, found))

    def envelope(self, lower: Floats, upper: Floats) -> Tangent:
        """The least concave roof; a line from zero touches an S-shaped curve at k (alpha - 1)^(1 / alpha)."""
        if bool(np.any(lower > 0)):
            return tangent(self, lower, upper)
        touch = self.k * np.maximum(self.alpha - 1, 0) ** (1 / self.alpha)
        return chorded(self, lower, upper, np.minimum(touch, upper))

    def _log_slope(self, z: Floats) -> Floats:
        """The logarithm of the slope at the spend k e^z."""
        with np.errstate(divide="ignore"):
            scale = np.log(self.a) + np.log(self.alpha) - np.log(self.k)
        return np.asarray(scale + (self.alpha - 1) * z - 2 * np.logaddexp(0, self.alpha * z))

    def _root(self, slope: Floats) -> Floats:
        """z with that slope: from the asymptote on the right, which lies beyond the root."""
        wanted = np.log(slope)
        scale = np.log(self.a) + np.log(self.alpha) - np.log(self.k)
        z = (scale - wanted) / (self.alpha + 1)
        for _ in range(_NEWTON_STEPS_MAX):
            u = self.alpha * z
            bend = (self.alpha - 1) - 2 * self.alpha * expit(u)
            step = (scale + (self.alpha - 1) * z - 2 * np.logaddexp(0, u) - wanted) / np.minimum(bend, -1e-9)
            z = z - np.where(np.isfinite(step), step, 0.0)
            # The error left is about the square of the last step; a bound near the rounding would hardly ever be met.
            if not bool(np.any(np.abs(step) > 1e-9 * (1 + np.abs(z)))):
                break
        return z


@dataclass(frozen=True, slots=True, eq=False)
class MichaelisMenten(_Formula):
    """a x / (k + x), the curve of Hill with alpha 1: half of `a` at the spend `k`, concave.

    Source: L. Michaelis and M. L. Menten (1913), Biochem. Z. 49.

    >>> curve = MichaelisMenten(floats([100]), floats([50]))
    >>> curve.value(floats([50])), curve.slope(floats([0])), curve.spend_at_slope(floats([0.5]))
    (array([50.]), array([2.]), array([50.]))
    """

    a: Floats
    k: Floats

    def value(self, spend: Floats) -> Floats:
        """The response to a spend."""
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(self.a / (1 + self.k / spend))

    def slope(self, spend: Floats) -> Floats:
        """The marginal response at a spend."""
        with np.errstate(over="ignore"):
            return np.asarray(self.a / self.k / (1 + spend / self.k) ** 2)

    def steepest(self) -> Floats:
        """The slope at zero."""
        return self.a / self.k

    def spend_at_slope(self, slope: Floats) -> Floats:
        """sqrt(a k / slope) - k."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = np.sqrt(self.a) * np.sqrt(self.k) / np.sqrt(slope) - self.k
        return np.where(slope <= 0, np.inf, np.maximum(np.where(np.isnan(found), 0.0, found), 0))


@dataclass(frozen=True, slots=True, eq=False)
class Exponential(_Formula):
    """a (1 - e^(-x / k)): each further spend closes the same part of what is left of `a`."""

    a: Floats
    k: Floats

    def value(self, spend: Floats) -> Floats:
        """The response to a spend."""
        with np.errstate(over="ignore"):
            return np.asarray(-self.a * np.expm1(-spend / self.k))

    def slope(self, spend: Floats) -> Floats:
        """The marginal response at a spend."""
        with np.errstate(over="ignore"):
            return self.a / self.k * np.exp(-spend / self.k)

    def steepest(self) -> Floats:
        """The slope at zero."""
        return self.a / self.k

    def spend_at_slope(self, slope: Floats) -> Floats:
        """k ln(a / (k slope))."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.k * (np.log(self.a) - np.log(self.k) - np.log(slope))
        return np.where(slope <= 0, np.inf, np.where(slope > self.steepest(), 0.0, np.maximum(found, 0)))


@dataclass(frozen=True, slots=True, eq=False)
class Log(_Formula):
    """a ln(1 + x / k): it flattens and never ends."""

    a: Floats
    k: Floats

    def value(self, spend: Floats) -> Floats:
        """The response to a spend."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.a * np.logaddexp(0, np.log(spend) - np.log(self.k)))

    def slope(self, spend: Floats) -> Floats:
        """The marginal response at a spend."""
        return self.a / (self.k + spend)

    def steepest(self) -> Floats:
        """The slope at zero."""
        return self.a / self.k

    def spend_at_slope(self, slope: Floats) -> Floats:
        """a / slope - k."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = self.a / slope - self.k
        return np.where(slope <= 0, np.inf, np.where(slope > self.steepest(), 0.0, np.maximum(found, 0)))


@dataclass(frozen=True, slots=True, eq=False)
class Power(_Formula):
    """a x^b with b up to 1: a change of the spend by 1 % changes the response by b %."""

    a: Floats
    b: Floats

    def __post_init__(self) -> None:
        super(Power, self).__post_init__()
        assert bool(np.all(self.b <= 1)), "b is at most 1"

    def value(self, spend: Floats) -> Floats:
        """The response to a spend."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.where(self.a == 0, 0.0, self.a * spend**self.b)

    def slope(self, spend: Floats) -> Floats:
        """The marginal response at a spend; infinite at zero for b below 1."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return np.where(self.a == 0, 0.0, self.a * self.b * spend ** (self.b - 1))

    def steepest(self) -> Floats:
        """The slope at zero."""
        return self.slope(np.zeros(len(self)))

    def spend_at_slope(self, slope: Floats) -> Floats:
        """(a b / slope)^(1 / (1 - b)); of a straight line all or nothing."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            logs = np.log(self.a) + np.log(self.b) - np.log(slope)
            found = np.exp(logs / (1 - self.b))
        line = np.where(slope <= self.a, np.inf, 0.0)
        return np.where(slope <= 0, np.inf, np.where(self.a == 0, 0.0, np.where(self.b == 1, line, found)))


@dataclass(frozen=True, slots=True, eq=False)
class LinearCap(_Formula):
    """a min(x, cap): the same for each further spend up to a cap, and nothing beyond it.

    >>> line = LinearCap(floats([3]), floats([40]))
    >>> line.value(floats([50])), line.slope(floats([40])), line.spend_at_slope(floats([3]))
    (array([120.]), array([0.]), array([40.]))
    """

    a: Floats
    cap: Floats

    def value(self, spend: Floats) -> Floats:
        """The response to a spend."""
        return self.a * np.minimum(spend, self.cap)

    def slope(self, spend: Floats) -> Floats:
        """What the next unit of spend brings."""
        return np.where(spend < self.cap, self.a, 0.0)

    def steepest(self) -> Floats:
        """The slope up to the cap."""
        return self.a

    def spend_at_slope(self, slope: Floats) -> Floats:
        """The cap, where the slope is at most that of the line."""
        return np.where(slope <= 0, np.inf, np.where(slope <= self.a, self.cap, 0.0))
