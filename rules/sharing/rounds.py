"""Equal parts in rounds, as a person does it on paper: the twin of `rules.sharing.level` for rules of claims.

In each round what is left is cut into as many equal parts as there are members with something to claim; who needs less
takes only that, and the rest is cut again. Each round that leaves something settles somebody, so the rounds end.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rules.quantities.exact import Integers


@dataclass(frozen=True, slots=True)
class Round:
    """One round for one member: the equal part, how many it was cut for, what the member could still take, and took."""

    part: Fraction
    members: int
    open: Fraction
    taken: Fraction
    settled: int


def equal_rounds(limits: Integers, row: int, size: Fraction) -> list[Round]:
    """The rounds in which the member of `row` takes part; limits (n,) are whole numbers, size in their unit.

    >>> [(each.part, each.taken) for each in equal_rounds(np.array([50, 100, 150]), 1, Fraction(180))]
    [(Fraction(60, 1), Fraction(60, 1)), (Fraction(5, 1), Fraction(5, 1))]
    """
    own = Fraction(int(limits[row]))
    still = limits[np.asarray(limits > 0, dtype=bool)].astype(object)
    level, rounds = Fraction(0), []
    while size > 0 and len(still) and own > level:
        part = size / len(still)
        level_next = level + part
        is_settled = np.asarray(still <= level_next.numerator // level_next.denominator, dtype=bool)
        rounds.append(Round(part, len(still), own - level, min(own - level, part), int(is_settled.sum())))
        size = level_next * int(is_settled.sum()) - sum(still[is_settled].tolist())
        still, level = still[~is_settled], level_next
    return rounds
