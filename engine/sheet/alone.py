"""A payout rule alone: what it pays for rows that are made up, by its kind, multipliers, bounds and rounding.

In: a plan, the name of a rule, made-up rows. Out: what is due, and the rounded lines. Each row is a partner of its own;
limits, which rest on other rows, are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.sheet.lines import bounded
from engine.sheet.made import MadeUp, columns_of, factor_of
from engine.values import Due, Pay, Plan
from rules.kinds.base import Reason, number
from rules.problem import Problem, Refused
from rules.quantities.exact import Exact
from rules.quantities.rounding import multiply_divide
from rules.quantities.together import round_together


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """What a rule pays for made-up rows, (rows,): exact within the bounds of a line, and rounded; in minor units.

    `factors` is what each multiplier makes of them, by its name.
    """

    step: Due
    inputs: Mapping[str, Exact]
    factors: Mapping[str, Exact]
    due: Exact
    lines: Exact

    def reason(self, row: int) -> Reason:
        """Why a row is due what it is, before multipliers, bounds and rounding."""
        return self.step.kind.explain(self.inputs, row, self.step.terms)

    def told(self, row: int) -> str:
        """The same in words, and what multipliers and bounds then make of it."""
        reason, terms, due = self.reason(row), self.step.terms, self.due.fraction(row)
        factors = {name: column.fraction(row) for name, column in self.factors.items()}
        times = [
            f", times {number(each)} ({name.replace('_', ' ')})"
            for name, each in factors.items()
            if each not in (None, 1)
        ]
        value = math.prod((each for each in factors.values() if each is not None), start=reason.value)
        bound = (
            "" if due is None or due == value else f", no {'less' if due > value else 'more'} than {terms.money(due)}"
        )
        return reason.words + "".join(times) + bound


def pay_alone(plan: Plan, name: str, made: Sequence[MadeUp]) -> Alone:
    """What the payout rule `name` pays for each of the made-up rows; raises Refused for rows that can't be paid."""
    inputs, rows = columns_of([each.row() for each in made]), len(made)
    due, pay = plan.step(f"{name}.due"), plan.step(f"{name}.lines")
    assert isinstance(due, Due) and isinstance(pay, Pay), "a rule has lines that are due"
    if faults := due.kind.faulty(inputs, rows, due.terms):
        problems = (Problem(each.code, f"{due.title}: {each.message}", due.place, each.hint) for each in faults)
        raise Refused(*dict.fromkeys(problems))  # the same of many rows is said once
    factors = {each.name: factor_of(made, each) for each in made[0].payout.multipliers}
    before = due.kind.compute(inputs, rows, due.terms)
    for factor in factors.values():
        before *= factor
    found = bounded(before, pay)
    mode, step = pay.terms.rounding, pay.terms.step_minor
    if pay.together == "frame":
        groups = due.kind.together(inputs, rows, due.terms)
        whole = int(groups.max(initial=-1)) + 1
        amounts = round_together(found, groups, whole, np.arange(rows, dtype=np.int64), mode, step)
    else:
        amounts = multiply_divide(found.or_else(0).numerator, 1, found.or_else(0).denominator, mode, step)
    return Alone(due, inputs, factors, found, Exact(amounts, 1, found.known))
