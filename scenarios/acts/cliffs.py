"""Cliffs: where a payout rule jumps with one more unit of what it measures, and how many partners stand just below.

In: a program, with changes or without, and the facts of a period. Out: each jump at its exact place, as the rule itself
gives it (the curve that `partage curve` draws). Who is near is read off the sheet of the period: a partner with at
least one row, or a figure of its own, up to 5 % below the edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from engine.acts.curve import drawn
from engine.acts.sheet_of import sheet_of
from engine.facts.gather import Gathered
from engine.plan import compile_plan
from engine.reports.curve import measured
from engine.values import Due, Plan, Sheet
from engine.values.curve import Cliff
from rules.calendar import Period
from rules.load import Loaded
from rules.problem import Refused
from scenarios.outcomes.values import Jump

NEAR = Fraction(1, 20)  # of the edge
_NO_CURVE = frozenset({"S142"})  # a contest, or a rule that pays the same whatever is measured


def jumps_of(loaded: Loaded, facts: Gathered, period: Period, program: Path) -> tuple[Jump, ...]:
    """The jumps of every payout rule of a program, in the order of the program and by their edges."""
    plan, found = compile_plan(loaded.understood()), list[Jump]()
    sheet: Sheet | None = None
    for payout in loaded.understood().payouts:
        try:
            curve, terms, measure = drawn(loaded, payout.name)
        except Refused as refusal:
            if {each.code for each in refusal.problems} <= _NO_CURVE:
                continue
            raise
        for cliff in curve.cliffs:
            sheet = sheet_of(plan, facts, period, program) if sheet is None else sheet
            found.append(
                Jump(
                    rule=payout.name,
                    measure=curve.measure,
                    at=cliff.measure,
                    shown=measured(curve, cliff.measure, terms),
                    jump_minor=cliff.right_minor - cliff.left_minor,
                    fixed=tuple(f"{name} {text}" for name, text in curve.fixed),
                    near=_near(plan, sheet, payout.name, measure, cliff),
                )
            )
    return tuple(found)


def _near(plan: Plan, sheet: Sheet, rule: str, measure: str, cliff: Cliff) -> int | None:
    """How many partners stand within 5 % below an edge; None where what is measured stands on no sheet."""
    edge, is_beyond = cliff.measure, cliff.at_minor != cliff.left_minor
    found: set[int] = set()
    values = _values(plan, sheet, rule, measure)
    if values is None:
        return None
    for partner, value in values:
        is_below = value is not None and (value < edge or (value == edge and not is_beyond))
        if is_below and value is not None and edge - value <= abs(edge) * NEAR:
            found.add(partner)
    return len(found)


def _values(plan: Plan, sheet: Sheet, rule: str, measure: str) -> Iterator[tuple[int, Fraction | None]] | None:
    """What a rule measures, for each of its rows or partners, with the position of the partner; what was added up
    before counts towards an edge."""
    due = plan.step(f"{rule}.due")
    assert isinstance(due, Due), "a rule has lines that are due"
    name = due.inputs.get(measure, measure)
    if name not in sheet.columns:
        return None
    frame = sheet.frames[sheet.frame_of[name]]
    values = sheet.columns[name].fractions()
    before = due.inputs.get("before")
    if measure == "base" and before is not None and before in sheet.columns:
        sums = zip(values, sheet.columns[before].fractions(), strict=True)
        values = [None if one is None or other is None else one + other for one, other in sums]
    return zip(frame.partners.tolist(), values, strict=True)
