"""Units over periods with carry-over, by whichever way serves them: by whole schedules, by stocks, or by both.

In: a problem over cells (unit, period) and the program over their stocks. Out: the best split found, and a bound.
Concave curves are best solved by stocks (`descent`), whose limits are exact. S-shaped ones and those who get nothing or
at least a minimum are solved by schedules (`timed`); where what a period may spend binds, stocks bound it as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scenarios.curves.floats import Floats
from scenarios.optimise.core.answer import relative_gap
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.linked.blend import Members
from scenarios.optimise.linked.carry import Carry
from scenarios.optimise.linked.columns import Program
from scenarios.optimise.linked.descent import Descended, descend
from scenarios.optimise.linked.sides import Side, limits_of
from scenarios.optimise.periods.moves import Timing
from scenarios.optimise.periods.schedules import Schedules, chains_of
from scenarios.optimise.periods.timed import Timed, timed


def flown(
    problem: Problem, members: Members, sides: Sequence[Side], carry: Carry, program: Program, gap: float
) -> Descended:
    """The best split over periods, whose stocks are the `spend` of what is found."""
    is_choice = bool((problem.minimums > 0).any())
    if _is_concave(members, program) and not is_choice:
        return descend(program, None, gap)
    found = _by_schedules(problem, members, sides, carry, program, gap)
    if found is None or found[0].spend is None:
        by_stocks = descend(program, None, gap)
        return replace(by_stocks, spend=None, is_proved_empty=by_stocks.missed is not None) if is_choice else by_stocks
    schedules, is_free = found
    if is_free or is_choice or relative_gap(schedules.value, schedules.bound) <= gap:
        return schedules
    by_stocks = descend(program, None, gap)
    best = schedules if schedules.value >= by_stocks.value else by_stocks
    return replace(best, bound=max(best.value, min(schedules.bound, by_stocks.bound)))


def _is_concave(members: Members, program: Program) -> bool:
    """Whether all curves are concave wherever stocks may be."""
    is_bent = members.is_chord | (members.bend > program.domain.lower)
    return not bool((is_bent & (program.domain.upper > program.domain.lower)).any())


def _by_schedules(
    problem: Problem, members: Members, sides: Sequence[Side], carry: Carry, program: Program, gap: float
) -> tuple[Descended, bool] | None:
    """What schedules find, and whether no spend of a period is held back by its cap; None where they do not apply."""
    per, most = problem.minor_per_spend, problem.budget.most_minor / problem.minor_per_spend
    never = problem.minimums > np.minimum(problem.upper_minor, problem.budget.most_minor)
    gated = (problem.minimums > 0) & ~never
    lower = np.where(gated, problem.minimums, problem.lower_minor) / per
    upper: Floats = np.minimum(np.where(never, 0, problem.upper_minor) / per, most)
    chains = chains_of(carry, lower, upper, gated)
    if chains is None or bool((members.factor < 0).any()):
        return None
    schedules = Schedules(chains, members, most)
    limits = limits_of(problem, sides)
    timing = Timing(
        schedules, members, limits, problem.hurdle, program.spend_size, program.response_size
    )  # fmt: skip
    return _described(timed(timing, gap), timing, carry), schedules.is_free


def _described(found: Timed, timing: Timing, carry: Carry) -> Descended:
    draws = timing.members.draws
    stock = None if found.spend is None else carry.stock(found.spend)
    return Descended(stock, found.value, found.bound, np.full(draws, 1 / draws), found.prices, timing.limits, None,
                     False, found.nodes, found.rounds, "schedules")  # fmt: skip
