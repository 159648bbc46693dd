"""The families that can be fitted: what each one's shape depends on, within which bounds, and where a search starts.

A shape is a curve of height 1 over spends from 0 to 1 (the largest spend seen). Its parameters are searched as
logarithms: they are positive, and a spend twice as large is as far as one half as large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scenarios.curves.floats import Floats
from scenarios.curves.smooth import Exponential, Hill, LinearCap, Log, MichaelisMenten, Power

Smooth = Hill | MichaelisMenten | Exponential | Log | Power | LinearCap

HALF = (-3.0, 3.0)  # k as a power of ten of the largest spend
_HALF_STARTS = tuple(10.0**power for power in (-1.5, -1.0, -0.6, -0.3, 0.0, 0.4, 1.0))


@dataclass(frozen=True, slots=True)
class Shape:
    """A family as it is searched: `names` of what its shape depends on, with the `bounds` and `starts` of each.

    `curves` makes curves of heights a and shapes, each (draws,); `reach` says how many of the parameters are spends.
    """

    names: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]
    starts: tuple[tuple[float, ...], ...]
    curves: Callable[..., Smooth]

    def scaled(self, height: Floats, shape: Floats, spend_max: float, outcome: float) -> Smooth:
        """The curves in the units of the data: (draws,) heights and (names, draws) shapes of the search."""
        values = dict(zip(self.names, shape, strict=True))
        if "k" in values:
            values["k"] = values["k"] * spend_max
        if self.curves is Power:
            return Power(height * outcome / spend_max ** values["b"], values["b"])
        return self.curves(height * outcome, **values)


_K = (10.0 ** HALF[0], 10.0 ** HALF[1])
_STEEP_STARTS = (0.6, 1.0, 1.6, 2.5, 4.0)


SHAPES: Mapping[str, Shape] = {
    "michaelis_menten": Shape(("k",), (_K,), (_HALF_STARTS,), MichaelisMenten),
    "exponential": Shape(("k",), (_K,), (_HALF_STARTS,), Exponential),
    "log": Shape(("k",), (_K,), (_HALF_STARTS,), Log),
    "power": Shape(("b",), ((0.02, 1.0),), ((0.1, 0.3, 0.5, 0.7, 0.9),), Power),
    "hill": Shape(("k", "alpha"), (_K, (0.25, 10.0)), (_HALF_STARTS, _STEEP_STARTS), Hill),
    "s_shaped": Shape(("k", "alpha"), (_K, (1.0, 10.0)), (_HALF_STARTS, (1.2, 1.6, 2.5, 4.0, 6.0)), Hill),
}
AUTO = ("michaelis_menten", "exponential", "log", "power", "hill")
