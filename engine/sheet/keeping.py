"""What an evaluation holds on to: rows that several rules read, and columns that are on the way to lines.

In: the steps of a plan. Out: what later steps ask of the same rows, so that they are read once; and which columns a run
can let go of, once their component is summed up. Neither changes a column that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from engine.values import Accumulate, Due, Multiply, Plan, ReadRows, Step, TopUp
from rules.expressions.tree import Expression

Keep = Literal["all", "lines"]


def asked_later(
    steps: Sequence[Step], days_of: Callable[[ReadRows], tuple[date, date]]
) -> Mapping[str, tuple[Expression, ...]]:
    """By the name of a step that reads rows, the expressions that the steps after it ask of the same rows; a step after
    which nobody reads them is not there."""
    found: dict[str, tuple[Expression, ...]] = {}
    asked: dict[object, tuple[Expression, ...]] = {}
    for step in reversed([step for step in steps if isinstance(step, ReadRows)]):
        rows = step.table, step.dated, days_of(step), step.owner, step.credit
        if rows in asked:
            found[step.name] = asked[rows]
        asked[rows] = (*_trees(step), *asked.get(rows, ()))
    return found


def _trees(step: ReadRows) -> Iterator[Expression]:
    yield from (tree for tree, _ in step.measures.values())
    yield from (tree for tree in (step.where, step.dated) if tree is not None)


def on_the_way(plan: Plan) -> frozenset[str]:
    """The columns of rows that only their own component names: what it reads, adds up, is due and multiplies; not those
    that later periods look back at."""
    names: list[str] = []
    kept = {back.day for step in plan.steps if isinstance(step, TopUp) for back in step.returns}
    for step in plan.steps:
        if isinstance(step, ReadRows):
            names += [*step.measures, *step.agreed]
        elif isinstance(step, Accumulate):
            names += step.columns
        elif isinstance(step, Due | Multiply):
            names.append(step.name)
    return frozenset(names) - kept
