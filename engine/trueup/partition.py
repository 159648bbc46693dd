"""Whether a plan looks at each partner alone: then a few of them can be worked out again without the others.

In: a plan. Out: whether no step crosses partners, and what ties partners together all the same.
"""

from __future__ import annotations

from engine.values import (
    Accumulate,
    Award,
    Credit,
    Due,
    Limit,
    Pay,
    Plan,
    Score,
    Share,
    Size,
    Solve,
    Step,
    Weigh,
    Whole,
)
from rules.scorecards.scored import Measuring

_CROSSING = (Whole, Solve, Size, Weigh, Award, Share)


def is_local(plan: Plan) -> bool:
    """Whether what a partner gets rests on that partner's rows alone, and on the shares of the rows that it has a part
    in: no pool, no rank, no peers, no contest, and no limit or total of the whole program."""
    return not any(map(_crosses, plan.steps))


def has_credits(plan: Plan) -> bool:
    """Whether rows are shared among partners."""
    return any(isinstance(step, Credit) for step in plan.steps)


def rolls_up(plan: Plan) -> bool:
    """Whether who stands above a partner is paid on its rows."""
    return any(isinstance(step, Credit) and step.credit.spec.roll_up is not None for step in plan.steps)


def rounds_rows(plan: Plan) -> bool:
    """Whether the lines of one row are rounded together, so that each rests on those of the row's other partners."""
    return any(isinstance(step, Pay) and step.together == "row" for step in plan.steps)


def _crosses(step: Step) -> bool:
    if isinstance(step, Accumulate):
        return step.per == "program"
    if isinstance(step, Limit):
        return step.limit.spec.per == "program"
    if isinstance(step, Due):
        return step.kind.rounds_together == "frame"
    if isinstance(step, Pay):
        return step.together == "frame"
    if isinstance(step, Score):
        return step.scorecard.card.rank is not None or _has_peers(step)
    return isinstance(step, _CROSSING)


def _has_peers(step: Score) -> bool:
    """Whether a scale, or what it is held against, looks at other partners: with or without a group."""
    card = step.scorecard
    of = (each for each in (*card.entries.values(), *card.extras().values()) if isinstance(each, Measuring))
    return any(
        each.scale.among_peers() or any(against.percentile is not None for against in each.against.values())
        for each in of
    )
