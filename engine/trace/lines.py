"""What a row that became a line is paid, and how in words: by its kind, by its factors, and what limits left of it."""

from __future__ import annotations

from fractions import Fraction

from engine.values import Due, Limit, Multiply, Plan, Reading, Reverse, Sheet
from rules.payouts.words import rate_words


def is_line(sheet: Sheet, reading: Reading, row: int) -> bool:
    """Whether a row of a reading's frame became a line."""
    return sheet.columns[reading.lines].fraction(row) is not None


def paid_minor(plan: Plan, sheet: Sheet, reading: Reading, row: int) -> int:
    """What a line pays in the end."""
    value = sheet.columns[reading.last].fraction(row)
    assert value is not None and value.denominator == 1, "a line is whole minor units"
    return value.numerator


def paid_words(plan: Plan, sheet: Sheet, reading: Reading, row: int) -> str:
    """How a line came to what it pays."""
    frame = sheet.frame_of[reading.lines]
    step = plan.step(reading.lines)
    if isinstance(step, Reverse):
        return "takes back what its row was paid"
    words = f"a row of {reading.name}"
    due = plan.step(f"{reading.lines.removesuffix('.lines')}.due")
    if isinstance(due, Due):
        inputs = {key: sheet.columns[name] for key, name in due.inputs.items()}
        words += f": {due.kind.explain(inputs, row, due.terms).words}"
    for each in plan.steps:
        if isinstance(each, Multiply) and each.frame == frame:
            inputs = {key: sheet.columns[name] for key, name in each.inputs.items()}
            words += f", {each.title} {each.multiplier.explain(inputs, row, each.minor_per_major).words}"
    for each in plan.steps:
        track = next((track for track in each.tracks if track[0] == frame), None) if isinstance(each, Limit) else None
        if isinstance(each, Limit) and track is not None:
            before, left = (sheet.columns[name].fraction(row) or Fraction(0) for name in track[1:3])
            if before != left:
                money, whose = plan.terms.money, "the program" if each.limit.spec.per == "program" else "the partner"
                most = money(each.limit.amount_minor) if each.limit.of is None else rate_words(each.limit)
                words += f"; the limit of {most} for {whose} leaves {money(left)}"
                words += f" of {money(before)}"
    return words
