"""A payout rule alone: what it pays for rows that are made up, by its kind, its bounds and its rounding.

In: a plan, the name of a rule, the columns that its kind reads. Out: what is due, and the rounded lines. Each row is a
partner of its own; multipliers and limits, which rest on other rules and rows, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.sheet.lines import bounded
from engine.values import Due, Pay, Plan
from rules.kinds.base import Reason
from rules.problem import Problem, Refused
from rules.quantities.exact import Exact
from rules.quantities.rounding import multiply_divide
from rules.quantities.together import round_together


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """What a rule pays for made-up rows, (rows,): exact within the bounds of a line, and rounded; in minor units."""

    step: Due
    inputs: Mapping[str, Exact]
    due: Exact
    lines: Exact

    def reason(self, row: int) -> Reason:
        """Why a row is due what it is, before bounds and rounding."""
        return self.step.kind.explain(self.inputs, row, self.step.terms)


def pay_alone(plan: Plan, name: str, inputs: Mapping[str, Exact], rows: int) -> Alone:
    """What the payout rule `name` pays for each of `rows` made-up rows; raises Refused for one that can't be paid."""
    due, pay = plan.step(f"{name}.due"), plan.step(f"{name}.lines")
    assert isinstance(due, Due) and isinstance(pay, Pay), "a rule has lines that are due"
    if faults := due.kind.faulty(inputs, rows, due.terms):
        raise Refused(*(Problem(each.code, f"{due.title}: {each.message}", due.place, each.hint) for each in faults))
    found = bounded(due.kind.compute(inputs, rows, due.terms), pay)
    mode, step = pay.terms.rounding, pay.terms.step_minor
    if pay.together == "frame":
        groups = due.kind.together(inputs, rows, due.terms)
        whole = int(groups.max(initial=-1)) + 1
        amounts = round_together(found, groups, whole, np.arange(rows, dtype=np.int64), mode, step)
    else:
        amounts = multiply_divide(found.or_else(0).numerator, 1, found.or_else(0).denominator, mode, step)
    return Alone(due, inputs, found, Exact(amounts, 1, found.known))
