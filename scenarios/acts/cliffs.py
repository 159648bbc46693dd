"""Cliffs: where a payout rule jumps with one more unit of what it measures, and how many partners stand just below.

In: a program, with changes or without, and the facts of a period. Out: each jump at its exact place, as the rule itself
gives it (the curve that `partage curve` draws), along what the rule measures and along what its multipliers go up by.
Who is near is read off the sheet of the period: a partner who stands up to 5 % below the edge at its end. What is added
up stands where it has come to by then; each row of a rule that adds nothing up stands for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.acts.curve import drawn
from engine.acts.sheet_of import sheet_of
from engine.facts.gather import Gathered
from engine.plan import compile_plan
from engine.reports.curve import measured
from engine.values import Accumulate, Due, Plan, Sheet
from engine.values.curve import Cliff
from engine.values.positions import position_of
from rules.calendar import Period
from rules.expressions.tree import Column, Expression, as_written, columns
from rules.load import Loaded
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Refused
from rules.quantities.exact import Exact
from scenarios.outcomes.values import Cliffs, Jump

NEAR = Fraction(1, 20)  # of the edge
_NO_CURVE = frozenset({"S142"})  # a contest, or a rule that pays the same whatever is measured


def cliffs_of(loaded: Loaded, facts: Gathered, period: Period, program: Path) -> Cliffs:
    """The jumps of every payout rule of a program, in the order of the program and by their edges; and what is not
    followed."""
    meaning = loaded.understood()
    plan, found, left = compile_plan(meaning), list[Jump](), list[tuple[str, str]]()
    sheet: Sheet | None = None
    for payout in meaning.payouts:
        for over in (None, *_bands(payout)):
            try:
                curve, terms, measure = drawn(loaded, payout.name, over)
            except Refused as refusal:
                if not {each.code for each in refusal.problems} <= _NO_CURVE:
                    raise
                if over is not None or payout.kind.rounds_together == "frame":
                    left.append((payout.name, refusal.problems[0].message))
                continue
            if over is not None and measure in {each.measure for each in found if each.rule == payout.name}:
                continue
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
        left += [(payout.name, why) for why in _unfollowed(payout)]
    left += [
        (pool.name, f"who shares in it is decided by {' and '.join(_worked_out(pool.among))}")
        for pool in meaning.pools
        if _worked_out(pool.among)
    ]
    return Cliffs(tuple(found), tuple(left))


def _bands(payout: PayoutMeaning) -> Iterator[str]:
    """What the multipliers of a rule go up by in bands."""
    trees = [each.inputs["by"][0] for each in payout.multipliers if "by" in each.inputs]
    yield from dict.fromkeys(str(tree) for tree in trees if isinstance(tree, Column))


def _unfollowed(payout: PayoutMeaning) -> Iterator[str]:
    """Where a rule may jump along something that no curve of it runs along."""
    for each in payout.multipliers:
        tree = each.inputs.get("by", (None,))[0]
        if tree is not None and not isinstance(tree, Column):
            yield f"its multiplier {each.name} goes by {as_written(tree)}"
        switches = _worked_out(each.inputs["where"][0]) if "where" in each.inputs else ()
        if switches:
            yield f"whether its multiplier {each.name} holds is decided by {' and '.join(switches)}"
    if names := _worked_out(payout.rows.where):
        yield f"whether it pays is decided by {' and '.join(names)}"


def _worked_out(tree: Expression | None) -> tuple[str, ...]:
    """What a condition reads that is worked out of many rows: scores, tiers, KPIs and other rules."""
    return () if tree is None else tuple(dict.fromkeys(str(each) for each in columns(tree) if each.table is None))


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
    """Where each partner stands at the end of the period, with the position of the partner: by what was added up until
    then, or by each row or figure of the period."""
    due = plan.step(f"{rule}.due")
    assert isinstance(due, Due), "a rule has lines that are due"
    adding = next((each for each in plan.steps if isinstance(each, Accumulate) and each.name == f"{rule}.before"), None)
    name = due.inputs.get(measure, measure)
    if adding is not None and (measure == "before" or name in {values for _, values, _, _ in adding.over}):
        return _ends(adding, sheet)
    if name not in sheet.columns:
        return None
    frame = sheet.frames[sheet.frame_of[name]]
    rows = np.arange(len(frame)) if frame.earlier is None else np.flatnonzero(~frame.earlier)
    return zip(frame.partners[rows].tolist(), sheet.columns[name].take(rows).fractions(), strict=True)


def _ends(step: Accumulate, sheet: Sheet) -> Iterator[tuple[int, Fraction]]:
    """What was added up by the end of the period, of each partner, each contract of one, or the whole program."""
    partners = np.concatenate([sheet.frames[frame].partners for frame, *_ in step.over]).tolist()
    values = Exact.joined([sheet.columns[column].or_else(0) for _, column, _, _ in step.over]).fractions()
    stretches = [np.concatenate([sheet.columns[name].numerator for name in step.contracts])] if step.contracts else []
    stood = sheet.columns.get(position_of(step))
    before = [] if stood is None else stood.fractions()
    last = int(stretches[0].max(initial=0)) if stretches and step.apart else None
    sums: dict[tuple[int, int], Fraction] = {}
    members: dict[tuple[int, int], set[int]] = {}
    for row, (partner, value) in enumerate(zip(partners, values, strict=True)):
        of = 0 if step.per == "program" else int(partner), int(stretches[0][row]) if stretches else 0
        if last is not None and of[1] != last:
            continue
        start = before[partner] if before else None
        sums[of] = sums.get(of, start or Fraction(0)) + (value or 0)
        members.setdefault(of, set()).add(int(partner))
    return iter([(partner, sums[of]) for of, who in members.items() for partner in sorted(who)])
