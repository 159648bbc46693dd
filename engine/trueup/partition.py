"""Whether a plan looks at each partner alone: then a few of them can be worked out again without the others.

In: a plan. Out: whether no step crosses partners, and what ties partners together all the same.
"""

from __future__ import annotations

from engine.values import (
    PARTNERS,
    Accumulate,
    Award,
    Credit,
    Due,
    Kpi,
    Limit,
    Pay,
    Plan,
    ReadRows,
    Score,
    Share,
    Size,
    Solve,
    Step,
    Weigh,
    Whole,
)
from rules.expressions.tree import Column, columns
from rules.scorecards.scored import Measuring
from rules.tables import REIMBURSABLE

_CROSSING = (Whole, Solve, Size, Weigh, Award, Share)


def is_local(plan: Plan) -> bool:
    """Whether what a partner gets rests on that partner's rows alone, and on the shares of the rows that it has a part
    in: no pool, no rank, no peers, no contest, and no limit or total of the whole program."""
    return not any(map(_crosses, plan.steps))


def has_credits(plan: Plan) -> bool:
    """Whether rows are shared among partners."""
    return any(isinstance(step, Credit) for step in plan.steps)


def rolls_up(plan: Plan) -> bool:
    """Whether who stands above a partner, or whom else its own row names, has something of its rows."""
    return any(map(_is_above, plan.steps))


def _is_above(step: Step) -> bool:
    if isinstance(step, Credit):
        return step.credit.spec.roll_up is not None
    if isinstance(step, ReadRows):
        return _is_named_by_partners(step.owner)
    return isinstance(step, Kpi) and any(_is_named_by_partners(each.owner) for each in step.kpi.measures)


def _is_named_by_partners(owner: Column | None) -> bool:
    return owner is not None and owner.table == PARTNERS and owner.name != "partner_id"


def rounds_rows(plan: Plan) -> bool:
    """Whether the lines of one row are rounded together, so that each rests on those of the row's other partners."""
    return any(isinstance(step, Pay) and step.together == "row" for step in plan.steps)


def _crosses(step: Step) -> bool:
    if isinstance(step, ReadRows | Kpi) and _reads_funds(step):
        return True
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


def _reads_funds(step: ReadRows | Kpi) -> bool:
    """Whether a rule reads what funds reimburse, which rests on the requests and claims of all who share them."""
    if isinstance(step, ReadRows):
        trees = [step.where, *(tree for tree, _ in step.measures.values())]
    else:
        trees = [tree for each in step.kpi.measures for tree in (each.value, each.rows.where)]
    read = (column for tree in trees if tree is not None for column in columns(tree))
    return any((column.table, column.name) == REIMBURSABLE for column in read)


def _has_peers(step: Score) -> bool:
    """Whether a scale, or what it is held against, looks at other partners: with or without a group."""
    card = step.scorecard
    of = (each for each in (*card.entries.values(), *card.extras().values()) if isinstance(each, Measuring))
    return any(
        each.scale.among_peers() or any(against.percentile is not None for against in each.against.values())
        for each in of
    )
