"""Why a line of a payout is what it is: what came before its row, what was due, its factors, its bounds and its one
rounding, each worked out again in fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from engine.values import Accumulate, Due, Multiply, Pay, Reasoned, Sheet
from engine.values.positions import position_of, told_until
from rules.kinds.base import number
from rules.problem import Place
from rules.quantities.rounding import round_fraction
from rules.quantities.running import explain_cumulative
from rules.quantities.together import explain_together

_STRETCH = {
    "period": "over the period",
    "fiscal_year": "over the fiscal year",
    "contract": "over the contract",
    "ever": "from the first row on",
}
Walk = Callable[[str, int], Reasoned]  # why a row has its value of an earlier column


def due_reason(step: Due, row: int, sheet: Sheet, walk: Walk) -> Reasoned:
    """What is due for a row by its kind, exact."""
    inputs = {key: sheet.columns[column] for key, column in step.inputs.items()}
    reason = step.kind.explain(inputs, row, step.terms)
    parts = tuple(walk(step.inputs[key], row) for key in reason.uses)
    return Reasoned(f"{step.title}: due", reason.value, "", reason.words, step.place, "", True, parts)


def factor_reason(step: Multiply, row: int, sheet: Sheet, walk: Walk) -> Reasoned:
    """What is due times a factor; a multiplier that does not apply is told as such."""
    inputs = {key: sheet.columns[column] for key, column in step.inputs.items()}
    reason = step.multiplier.explain(inputs, row, step.minor_per_major)
    before = walk(step.due, row)
    assert before.value is not None, "a row that is not due is not multiplied"
    words = f"{before.shown} x {step.title} {reason.words}"
    if reason.value == 1 and not reason.uses:
        words = f"{before.shown}, {step.title} {reason.words}"
    inputs_told = (walk(step.inputs[key], row) for key in reason.uses)
    parts = (before, *(part for part in inputs_told if part.words or part.source or part.parts))  # not a bare number
    return Reasoned(step.title, before.value * reason.value, "", words, step.place, "", True, parts)


def before_reason(step: Accumulate, name: str, row: int, sheet: Sheet) -> Reasoned:
    """What the rows before a row add up to: counted over the rows themselves, in their order."""
    mine = next(at for at, column in enumerate(step.columns) if column == name)
    place = _place(step, mine, row, sheet)
    partner = sheet.frames[step.over[mine][0]].partners[row]
    count, value = 0, Fraction(0)
    for at, (name_of, column, _, _) in enumerate(step.over):
        frame, values = sheet.frames[name_of], sheet.columns[column]
        same = np.ones(len(frame), dtype=bool) if step.per == "program" else frame.partners == partner
        if step.contracts:
            contract = sheet.columns[step.contracts[mine]].fraction(row)
            same &= sheet.columns[step.contracts[at]].numerator == contract
        rows = [other for other in np.flatnonzero(same).tolist() if _place(step, at, other, sheet) < place]
        value += sum((values.fraction(other) or Fraction(0) for other in rows), Fraction(0))
        count += len(rows)
    told = f"{count} rows before" if count != 1 else "1 row before"
    stretch = _STRETCH[step.stretch]
    stood = position_of(step)
    if (until := told_until(stood, sheet.columns)) is not None:
        value += sheet.columns[stood].fraction(int(partner)) or Fraction(0)
        stretch += f", with what the table of balances tells of it up to {until} ({stood})"
    if step.apart and sheet.columns[step.over[mine][3][0]].fraction(row):  # a return that comes once that is over
        stretch += " in which its row counted"
    return Reasoned(step.title, value, "", f"{told} it, {stretch}", Place())


def _place(step: Accumulate, at: int, row: int, sheet: Sheet) -> tuple[tuple[bool, Fraction], ...]:
    """What a row is put in order by: the columns of the order, blanks last; then its frame, and its key."""
    found = [sheet.columns[name].fraction(row) for name in step.over[at][3]]
    ordered = [(value is None, value or Fraction(0)) for value in found]
    return (*ordered, (False, Fraction(at)), (False, Fraction(row)))


def pay_reason(step: Pay, row: int, sheet: Sheet, walk: Walk, title: str) -> Reasoned:
    """A line: what is due, within the rule's bounds, rounded once."""
    found = walk(step.due, row)
    assert found.value is not None, "a row that is not due is no line"
    exact, words, parts = found.value, found.words, found.parts
    for bound, side, told in ((step.at_least_minor, -1, "at least"), (step.at_most_minor, 1, "at most")):
        if bound is not None and (exact - bound) * side > 0:
            words += f" = {step.terms.money(exact)}, {told} {step.terms.money(bound)}"
            exact = bound
    value, tail = _rounded(step, row, exact, sheet)
    if tail:
        words += f" = {number(exact / step.terms.minor_per_major)}{tail}"
    return Reasoned(title, Fraction(value), "", words, step.place, "", True, parts)


def _rounded(step: Pay, row: int, exact: Fraction, sheet: Sheet) -> tuple[int, str]:
    """The line in whole minor units, and how it came to them in words."""
    terms, frame = step.terms, sheet.frames[step.frame]
    mode, size = terms.rounding, terms.step_minor
    if step.is_cumulative:
        rows = np.flatnonzero(frame.partners == frame.partners[row]).tolist()
        dues = [_bounded(step, sheet.columns[step.due].fraction(each)) for each in rows]
        running = explain_cumulative(dues, rows, rows.index(row), mode, size, terms.money)
        return running.amount, f" ({running.words})"
    if step.together is not None:
        rows = [each for each in range(len(frame)) if _is_together(step, each, row, sheet)]
        dues = [_bounded(step, sheet.columns[step.due].fraction(each)) for each in rows]
        if len(rows) > 1:
            reason = explain_together(dues, rows, rows.index(row), mode, size, terms.money)
            return reason.amount, "" if reason.amount == exact else f" ({reason.words})"
    value = round_fraction(exact, mode, size)
    return value, "" if value == exact else f", rounded {terms.rounding_words}"


def _bounded(step: Pay, due: Fraction | None) -> Fraction | None:
    if due is None:
        return None
    least = due if step.at_least_minor is None else max(due, step.at_least_minor)
    return least if step.at_most_minor is None else min(least, step.at_most_minor)


def _is_together(step: Pay, row: int, other: int, sheet: Sheet) -> bool:
    """Whether two lines are rounded as one sum: those of one source row, or those that the kind ties together."""
    frame = sheet.frames[step.frame]
    if step.together == "row":
        return bool(frame.records[row] == frame.records[other])
    inputs = {key: sheet.columns[name] for key, name in step.inputs.items()}
    groups = step.kind.together(inputs, len(frame), step.terms)
    return bool(groups[row] == groups[other])
