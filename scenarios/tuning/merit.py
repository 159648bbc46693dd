"""Which plan is better: those that hold before those that do not, then the goal, then the fewest changes, then the
fewest steps from what is in force, then the order of the grid. All exact; the only number with a rounding is `energy`,
which guides a search and decides nothing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from scenarios.outcomes.gate import COUNTS, MONEY, Judged
from scenarios.tuning.values import Candidate, Goal, Picks

_LEAST = (*COUNTS, "gini", "impact")  # what is never below zero


class Rank(NamedTuple):
    """How good a plan is, the smaller the better: 0 holds, 1 misses, 2 is unknown; by how much it misses; the goal as a
    number that is to be small; how many parameters it changes, and by how many steps of the grid; where it stands in
    the grid."""

    state: int
    missed: Fraction
    goal: Fraction
    changes: int
    steps: int
    picks: Picks


def rank_of(each: Candidate, goal: Goal, wanted: Fraction, picks: Picks, steps: int) -> Rank:
    """How good a plan is that stands so many steps of the grid from what is in force."""
    changes = len(each.edits)
    if each.missed is None or each.goal is None:
        return Rank(2, Fraction(0), Fraction(0), changes, steps, picks)
    if not each.holds:
        return Rank(1, each.missed, small(each.goal, goal, wanted), changes, steps, picks)
    return Rank(0, Fraction(0), small(each.goal, goal, wanted), changes, steps, picks)


def small(value: Fraction, goal: Goal, wanted: Fraction) -> Fraction:
    """What a goal comes to, as a number that is to be small."""
    if goal.aim == "nearest":
        return abs(value - wanted)
    return value if goal.aim == "minimise" else -value


def missed(held: tuple[Judged, ...], cost_minor: int, partners: int) -> Fraction | None:
    """By how much a plan misses what has to hold, clause by clause and in all: amounts as a part of what the program as
    it is costs, numbers of partners as a part of all."""
    total = Fraction(0)
    for each in held:
        if each.value is None:
            return None
        if not each.holds:
            total += abs(each.value - each.clause.number) / _whole(each, cost_minor, partners)
    return total


def _whole(each: Judged, cost_minor: int, partners: int) -> int:
    if each.clause.is_part:
        return 1
    return max({**dict.fromkeys(MONEY, abs(cost_minor)), **dict.fromkeys(COUNTS, partners)}.get(each.clause.name, 1), 1)


def is_at_limit(each: Candidate, goal: Goal, wanted: Fraction, partners: int, is_part: bool) -> bool:
    """Whether no plan whatever can come closer to the goal: it is met to the cent, or at the end of what there is."""
    if each.goal is None or not each.holds:
        return False
    if goal.aim == "nearest":
        return each.goal == wanted
    if goal.aim == "minimise":
        return each.goal == 0 and all(of.quantity in _LEAST and of.number > 0 for of in goal.weights)
    most = {"gini": 1, "impact": 1, **dict.fromkeys(COUNTS, 1 if is_part else partners)}.get(goal.name)
    return most is not None and each.goal == most


def energy(rank: Rank | None, scale: Fraction) -> float:
    """A rank as a number for a search that knows no other: below 1 what holds, below 3 what misses, above what is no
    plan."""
    if rank is None or rank.state == 2:
        return 4.0
    if rank.state == 1:
        return 1.0 + 2 * _squashed(rank.missed)
    return _squashed(rank.goal / scale)


def _squashed(number: Fraction) -> float:
    """A number of any size between -1 and 1, in the same order."""
    size = float(min(abs(number), Fraction(10**15)))
    return (size if number >= 0 else -size) / (1 + size)
