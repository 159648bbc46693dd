"""Where a payout jumps: a base of `case` that pays another rate on the whole amount once an edge is reached.

In: a payout that was understood. Out: a warning for the largest jump of a quarter of the payout or more. A base that is
nothing below its edge is a bonus for reaching it, which is what it says, and is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rules.check.warnings_scores import CLIFF_SHARE
from rules.expressions.tree import (
    Arithmetic,
    Case,
    Column,
    Comparison,
    Expression,
    Literal,
    Negate,
    Type,
    children,
    columns,
)
from rules.kinds.base import number
from rules.meaning import Meaning
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Problem

_HINT = "let the higher rate pay only what lies above the edge, or make the steps smaller"


def payout_cliffs(payout: PayoutMeaning, meaning: Meaning) -> Iterator[Problem]:
    """The cliff of a payout whose base rests on one value alone, with the base just below the edge and at it."""
    if payout.base is None or len(columns(payout.base)) != 1:
        return
    (column,) = columns(payout.base)
    jumps = []
    for edge in _edges(payout.base):
        before, after = _value(payout.base, edge, below=True), _value(payout.base, edge, below=False)
        if before is not None and after is not None and min(before, after) > 0:
            jumps.append((abs(after - before) / max(before, after), edge, before, after))
    share, edge, before, after = max(jumps, default=(Fraction(0),) * 4)
    if share >= CLIFF_SHARE:
        shown = meaning.terms.money if payout.base_type is Type.MONEY else number
        at = meaning.terms.money(edge) if _type(column, meaning) is Type.MONEY else number(edge)
        message = f"cliff: at {at} of {column} the base of {payout.name} jumps from {shown(before)} to {shown(after)}"
        yield Problem("P310", message, payout.place, _HINT, "warning")


def _type(column: Column, meaning: Meaning) -> Type | None:
    if column.table in meaning.tables:
        found = meaning.tables[str(column.table)].column(column.name)
        return None if found is None else found.type
    return next((kpi.type for kpi in meaning.kpis if kpi.name == str(column)), None)


def _edges(tree: Expression) -> Iterator[Fraction]:
    """The numbers with which a case compares."""
    if isinstance(tree, Case):
        for condition, _ in tree.branches:
            match condition:
                case Comparison(_, _, Literal(Fraction() as line)):
                    yield line
    for child in children(tree):
        yield from _edges(child)


def _value(tree: Expression, edge: Fraction, below: bool) -> Fraction | None:
    """What an expression of one column comes to at the edge, or as the column comes up to it; None where it is not
    known."""
    match tree:
        case Literal(Fraction() as value):
            return value
        case Column():
            return edge
        case Negate(operand):
            inner = _value(operand, edge, below)
            return None if inner is None else -inner
        case Arithmetic(op, left, right):
            one, two = _value(left, edge, below), _value(right, edge, below)
            if one is None or two is None or (op == "/" and two == 0):
                return None
            return {"+": one + two, "-": one - two, "*": one * two, "/": one / two if two else one}[op]
        case Case(branches, otherwise):
            for condition, inside in branches:
                holds = _holds(condition, edge, below)
                if holds is not False:
                    return None if holds is None else _value(inside, edge, below)
            return None if otherwise is None else _value(otherwise, edge, below)
    return None


def _holds(condition: Expression, edge: Fraction, below: bool) -> bool | None:
    """Whether a comparison of the column with a number holds at the edge, or just below it; None where it is not
    known."""
    match condition:
        case Comparison(">", Column(), Literal(Fraction() as line)):
            return edge > line
        case Comparison(">=", Column(), Literal(Fraction() as line)):
            return edge > line if below else edge >= line
        case Comparison("<", Column(), Literal(Fraction() as line)):
            return edge <= line if below else edge < line
        case Comparison("<=", Column(), Literal(Fraction() as line)):
            return edge <= line
    return None
