"""Why a return that empties tiers takes back what it does: off which lines that is, and what they were rounded to."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from engine.explain.undone import group_of, line_values, stacks
from engine.values import Deduct, Reasoned, Sheet
from rules.kinds.base import number
from rules.quantities.taken import fallen

Walk = Callable[[str, int], Reasoned]
LINES_SHOWN = 3


def deduct_reason(step: Deduct, row: int, sheet: Sheet, walk: Walk, title: str) -> Reasoned:
    """The line of a return: its exact due, as the lines that fall by it were rounded."""
    found, terms = walk(step.due, row), step.terms
    assert found.value is not None, "a return that is not due is no line"
    falls = (step.emptied.rows, *step.emptied.returns)
    mine = next(at for at, fall in enumerate(falls) if fall.frame == step.frame)
    (stack,) = stacks(falls, {group_of(falls[mine], row, sheet)}, sheet)
    dues = [sheet.columns[step.dues[at]].fraction(each) or Fraction(0) for at, each in stack]
    top = fallen(dues, [at > 0 for at, _ in stack], terms.rounding, terms.step_minor)[stack.index((mine, row))]
    paid = {part.row: line_values(step.emptied, falls[0], stack[part.row][1], sheet)[0] for part in top.parts}
    value = top.taken(paid, terms.rounding, terms.step_minor)
    words = found.words
    if value != found.value:
        rows = sheet.frames[falls[0].frame]
        told = [
            f"{terms.money(part.of(paid[part.row]))} of {terms.money(paid[part.row])} of "
            f"{rows.table} {rows.keys[stack[part.row][1]]}"
            for part in top.parts
        ]
        more = [f"of {len(told) - LINES_SHOWN} more lines"] if len(told) > LINES_SHOWN else []
        listed = ", ".join([*told[:LINES_SHOWN], *more]) or "no line"
        words += f" = {number(found.value / terms.minor_per_major)}, taken off lines as they were paid: {listed}"
    return Reasoned(title, Fraction(value), "", words, step.place, "", True, found.parts)
