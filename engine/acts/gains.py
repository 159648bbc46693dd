"""Gains: the amounts in other currencies of the rows that a run paid, at the rates of their days and at its end."""

from __future__ import annotations

from collections.abc import Sequence

from engine.acts.reopen import Reopened
from engine.readings import readings
from engine.values import ReadRows
from rules.exchange import Gain
from rules.expressions.tree import Type, columns


def gains_of(run: Reopened) -> Sequence[Gain]:
    """By column and currency: the amounts of money that payouts were worked out of, of rows that have a line."""
    steps = {step.name: step for step in run.plan.steps if isinstance(step, ReadRows)}
    paid: dict[tuple[str, str], list[int]] = {}
    for reading in readings(run.plan, run.sheet.period, run.facts.window):
        if not reading.is_paid:
            continue
        name = run.sheet.frame_of[reading.lines]
        records = run.sheet.frames[name].records[run.sheet.columns[reading.lines].is_known()].tolist()
        read = steps[name].measures.values() if name in steps else ()
        money = {column.name for tree, type_ in read if type_ == Type.MONEY for column in columns(tree)
                 if column.table == reading.table and run.facts.is_money(column)}  # fmt: skip
        for column in money:
            paid.setdefault((reading.table, column), []).extend(records)
    return run.facts.gains(paid)
