"""What an earlier period has to be worked out for: the rules that look back at it, and all that these rest on.

In: a plan. Out: the same plan with no other steps, so that looking back over a year does not score and pay everything
twelve times.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from engine.values import (
    EARNED,
    Award,
    Deduct,
    Gather,
    KeepBalance,
    Kpi,
    Limit,
    OpenAccounts,
    Plan,
    Quota,
    ReadRows,
    Reverse,
    Score,
    Size,
    Solve,
    Step,
    Sum,
    TopUp,
    Whole,
)
from engine.values.positions import OpenPositions
from rules.expressions.tree import Expression, columns
from rules.meaning import KpiMeaning


def looking_back(plan: Plan, also: Collection[str] = ()) -> Plan:
    """The plan of the periods before: the payouts whose limits or returns rest on what was paid, and what they name;
    `also` are those that other versions of the program look back at."""
    wanted = looked_at(plan) | set(also)
    scored = {step.name.split(".")[0] for step in plan.steps if isinstance(step, Kpi | Quota)}
    kept: list[Step] = []
    for step in reversed(plan.steps):  # what a step names comes before it
        if _is_wanted(step, wanted):
            kept.append(step)
            wanted |= scored if isinstance(step, Score) else set(_named(step))
    return replace(plan, steps=tuple(reversed(kept)))


def looked_at(plan: Plan) -> set[str]:
    """The rules that look back at what they, or others beside them, came to before."""
    return {step.name.split(".")[0] for step in plan.steps if _looks_back(step)}


def _looks_back(step: Step) -> bool:
    if isinstance(step, Limit) and step.emptied:
        return True
    if isinstance(step, Limit | TopUp):
        return step.limit.spec.over != "period" or step.limit.spec.excess == "banked"
    if isinstance(step, Award):
        return step.keeps_history
    if isinstance(step, Score):
        return step.looks_back
    if isinstance(step, Size):
        return step.carries
    return isinstance(step, Deduct | Reverse | OpenAccounts | OpenPositions | KeepBalance)


def _is_wanted(step: Step, wanted: set[str]) -> bool:
    """Whether a step writes a column that is wanted, or belongs to a payout that is; a score has many names."""
    return step.name in wanted or step.name.split(".")[0] in wanted


def _named(step: Step) -> Iterator[str]:
    """The values of partners, the crediting rules and the other rules that a step reads by name."""
    if isinstance(step, ReadRows):
        trees = [tree for tree, _ in step.measures.values()]
        yield from _names([*trees, *([step.where] if step.where is not None else [])])
        if step.credit is not None:
            yield step.credit
    elif isinstance(step, Kpi) and step.kpi.formula is not None:
        yield from _names([step.kpi.formula])
    elif isinstance(step, Award):
        yield from _names(list(step.texts.values()))
    elif isinstance(step, KeepBalance):
        yield from (EARNED, *step.balance.of)
    elif isinstance(step, Sum):
        yield from step.parts
    elif isinstance(step, Size | Solve):
        yield from (column.split(".")[0] for column in step.inputs.values())
    elif isinstance(step, Whole):
        yield step.of.name
        if isinstance(step.of, KpiMeaning) and step.of.formula is not None:
            yield from _names([step.of.formula])
    elif isinstance(step, Gather):  # lines that a limit over several payouts has cut
        yield from (lines.split(".")[0] for lines, _ in step.lines)
    elif isinstance(step, Limit) and step.is_joint:
        yield from (before.split(".")[0] for _, before, _, _ in step.tracks)


def _names(trees: list[Expression]) -> Iterator[str]:
    for tree in trees:
        yield from (str(column).split(".")[0] for column in columns(tree) if column.table is None)
