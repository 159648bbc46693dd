"""What a payout rule pays as one measure runs: points, and the cliffs where it jumps."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Point:
    """What is paid at one value of the measure: exact within the bounds of a line, and rounded; in minor units."""

    measure: Fraction
    due_minor: Fraction
    line_minor: int


@dataclass(frozen=True, slots=True)
class Cliff:
    """A value of the measure at which what is due jumps: from `left_minor`, what it comes to just below, to
    `right_minor` just above; exactly there it is `at_minor`."""

    measure: Fraction
    left_minor: Fraction
    at_minor: Fraction
    right_minor: Fraction


@dataclass(frozen=True, slots=True)
class Curve:
    """A rule's payout against a measure, from the lowest to the highest value drawn.

    `is_money` tells that the measure is in minor units; `fixed` are the other inputs, in words; `edges` where the rule
    turns, cliffs included.
    """

    rule: str
    title: str
    measure: str
    is_money: bool
    is_percent: bool
    points: tuple[Point, ...]
    edges: tuple[Fraction, ...]
    cliffs: tuple[Cliff, ...]
    fixed: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    program_sha256: str
