"""What counts of many draws: their mean, the mean of the worst part, the worst, or the largest regret.

Each of them is the least weighted sum of the draws' responses, over weights that add up to one and are capped: at one
over the number of draws (mean), at one over the worst part of it (Rockafellar and Uryasev 2000, J. Risk 2), or at one
(worst, and regret, which counts from each draw's own best). So any such weights give an upper bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.curves.floats import Floats


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of all draws."""


@dataclass(frozen=True, slots=True)
class Cvar:
    """The mean of the worst part of the draws: 0.1 for the worst tenth (conditional value at risk)."""

    part: float

    def __post_init__(self) -> None:
        assert 0 < self.part <= 1, "a part is above zero and at most one"


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst draw."""


@dataclass(frozen=True, slots=True)
class Regret:
    """The largest shortfall from a draw's own best, with a minus sign: zero would be the best in every draw at once.

    A draw's own best is taken as what is proved that no split exceeds in it.
    """


Risk = Mean | Cvar | Worst | Regret


@dataclass(frozen=True, slots=True, eq=False)
class Weighing:
    """The most that one draw may weigh, and what each draw's response counts from, (draws,)."""

    most: float
    base: Floats

    @property
    def is_mean(self) -> bool:
        """Whether no weights are left to choose."""
        return self.most * len(self.base) <= 1 + 1e-12

    def value(self, response: Floats) -> float:
        """What the responses of the draws are worth, (draws,) in.

        >>> Weighing(1 / (0.5 * 4), np.zeros(4)).value(np.array([4.0, 1.0, 2.0, 3.0]))
        1.5
        """
        return float(self.weights(response) @ (response - self.base))

    def weights(self, response: Floats) -> Floats:
        """The weights that make least of the responses: as much as may be on the worst draws."""
        order = np.argsort(response - self.base, kind="stable")
        found = np.zeros(len(response))
        found[order] = np.clip(1 - self.most * np.arange(len(order)), 0, self.most)
        return np.asarray(found / found.sum())

    def allowed(self, weights: Floats) -> Floats:
        """The weights nearest to what a solver says (up to its rounding) that are capped and add up to one."""
        found = np.clip(weights, 0, self.most)
        if found.sum() > 1:
            return np.asarray(found / found.sum())
        room = self.most - found
        return np.asarray(found + room * ((1 - found.sum()) / max(float(room.sum()), 1e-300)))


def weighing(risk: Risk, draws: int, own_best: Floats | None = None) -> Weighing:
    """How a risk weighs a number of draws; a regret needs each draw's own best."""
    zero = np.zeros(draws)
    match risk:
        case Mean():
            return Weighing(1 / draws, zero)
        case Cvar(part):
            return Weighing(min(1.0, max(1 / (part * draws), 1 / draws)), zero)
        case Worst():
            return Weighing(1.0, zero)
        case Regret():
            assert own_best is not None
            return Weighing(1.0, own_best)
