"""What became of a program's cases: as expected, or what differs and why."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from engine.values.reasoned import Reasoned
from rules.cases.meaning import CaseMeaning
from rules.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that came out differently: what was expected, what came out (None: unknown, or no such line), and why.

    `row` is the key of a line's row, "" for what a partner has in all; `expected` is None for a line that nothing
    expects. Money is in minor units.
    """

    name: str
    partner: str
    row: str
    is_money: bool
    expected: Fraction | None
    actual: Fraction | None
    place: Place
    reason: Reasoned | None


@dataclass(frozen=True, slots=True)
class Tried:
    """A case that was worked out: what differs, and the problems that stopped it, expected or not."""

    case: CaseMeaning
    differences: tuple[Difference, ...]
    problems: tuple[Problem, ...]
    is_as_expected: bool
