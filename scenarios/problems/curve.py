"""One response curve as it is asked: a family with its numbers or its knots, and the draws that tell how sure it is.

In: the curve of each unit. Out: `Mixed` curves of all of them, times a factor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scenarios.curves.floats import floats
from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.saved import FAMILIES, PARAMETERS

KNOTS = ("points", "steps")
Knots = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve of spends in major units: `parameters` in the order of its family, or the `knots` of points and steps.

    Of a fitted curve, `draws` are those of its bootstrap, `seen` the spends between which it was seen,
    `carry_over` the part of a spend that works on a period later, and `outcome` what it brings and in which unit.
    """

    family: str
    parameters: tuple[float, ...] = ()
    knots: Knots = ()
    draws: tuple[Curve, ...] = ()
    seen: tuple[float, float] | None = None
    carry_over: float = 0.0
    outcome: tuple[str, str] = ("", "")

    def steady(self) -> Curve:
        """The curve of the same spend in every period: a spend of 1 works like 1 / (1 - carry-over)."""
        if not self.carry_over and not any(each.carry_over for each in self.draws):
            return self
        kept = 1 - self.carry_over
        named = dict(zip(PARAMETERS[self.family], self.parameters, strict=True))
        match self.family:
            case "power":
                named["a"] /= kept ** named["b"]
            case "linear_cap":
                named["a"] /= kept
                named["cap"] *= kept
            case _:
                named["k"] *= kept
        seen = None if self.seen is None else (self.seen[0] * kept, self.seen[1] * kept)
        draws = tuple(each.steady() for each in self.draws)
        return replace(self, parameters=tuple(named.values()), seen=seen, draws=draws, carry_over=0.0)


def mixed_of(curves: Sequence[Curve], factor: float = 1.0) -> Mixed:
    """The curves of all units, times a factor.

    >>> mixed = mixed_of([Curve("linear_cap", (2.0, 5.0)), Curve("steps", knots=((1, 7),))], 10)
    >>> mixed.value(np.array([3.0, 1.0]))
    array([60., 70.])
    """
    places: dict[str, list[int]] = {}
    for place, curve in enumerate(curves):
        places.setdefault(_class_of(curve.family), []).append(place)
    parts: list[tuple[np.ndarray, Family]] = []
    for family, rows in places.items():
        parts.append((np.array(rows, dtype=np.int64), _made(family, [curves[row] for row in rows], factor)))
    return Mixed(parts)


def _class_of(family: str) -> str:
    return "hill" if family == "s_shaped" else family


def _made(family: str, curves: Sequence[Curve], factor: float) -> Family:
    if family in KNOTS:
        of: Callable[[Sequence[Sequence[tuple[float, float]]]], Family] = Points.of if family == "points" else Steps.of
        return of([[(spend, height * factor) for spend, height in curve.knots] for curve in curves])
    columns = zip(*(curve.parameters for curve in curves), strict=True)
    named = dict(zip(PARAMETERS[family], map(floats, map(list, columns)), strict=True))
    return FAMILIES[family](**{**named, "a": named["a"] * factor})
