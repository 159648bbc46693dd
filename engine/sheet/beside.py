"""What else of a plan is refused beside a step that was: rows that other rules read, and weights of other pools.

In: the steps that are left, and the book as it stands. Out: the problems of those that rest on what is written already;
nothing is guessed of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.sheet.book import Book
from engine.values import ReadRows, Step, Weigh
from rules.crediting.meaning import CREDIT
from rules.expressions.tree import Expression, columns
from rules.problem import Problem, Refused


def refused_beside(left: Sequence[Step], book: Book, work: Callable[[Step, Book], None]) -> Iterator[Problem]:
    """The problems of the steps that can be worked out though one before them was refused."""
    for step in left:
        if _can(step, book):
            try:
                work(step, book)
            except Refused as refusal:
                yield from refusal.problems


def _can(step: Step, book: Book) -> bool:
    """Whether all that a step rests on is written."""
    if isinstance(step, Weigh):
        return step.frame in book.frames and {*step.inputs.values(), *(step.days or ())} <= book.columns.keys()
    if not isinstance(step, ReadRows) or step.back is not None or step.fallen or step.since != "period":
        return False
    trees = [tree for tree, _ in step.measures.values()] + ([] if step.where is None else [step.where])
    return (step.credit is None or step.credit in book.credits) and _names(trees) <= book.columns.keys()


def _names(trees: Sequence[Expression]) -> set[str]:
    return {str(column) for tree in trees for column in columns(tree) if column.table in (None, CREDIT)} - {CREDIT}
