"""An explanation: a tree of values in words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from rules.problem import Place

NOWHERE = Place()


NOT_SCORED = "not scored"  # shown for the share of a member that has none, since it was not scored


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A node of an explanation: a value in words, where its rule or its source row stands, and what it rests on.

    `value` is exact, in minor units where `is_money`; `shown` is the value as people read it.
    """

    title: str
    value: Fraction | None
    shown: str
    words: str = ""
    place: Place = NOWHERE
    source: str = ""
    is_money: bool = False
    parts: tuple[Reasoned, ...] = ()
