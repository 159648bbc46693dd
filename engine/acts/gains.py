"""Gains: the amounts in other currencies that a run paid by or shared by, at the rates of their days and at its end.

In: a run worked out again. Out: sums by column and currency. What counts are the rows that payouts paid, those of the
KPIs that payouts and pools rest on, what members of pools claim or weigh, and the movements of capital accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.acts.reopen import Reopened
from engine.facts.exchanged import FatesOfRates
from engine.readings import readings
from engine.values import PROGRAM, Award, Kpi, Reading, ReadRows, Share, Size, Solve, Whole
from rules.exchange import Gain
from rules.expressions.tree import Expression, Type, columns
from rules.meaning import KpiMeaning


def gains_of(run: Reopened) -> Sequence[Gain]:
    """By column and currency, each row once; nothing where no row was converted."""
    read = readings(run.plan, run.sheet.period, run.facts.window)
    fates = run.facts.fates(read, run.sheet)
    if not isinstance(fates, FatesOfRates):
        return []
    found: dict[tuple[str, str], set[int]] = {}
    for reading, tree in _amounts(run, read):
        for column in columns(tree):
            if column.table is not None and fates.is_converted(column):
                records = fates.records(reading, column.table)
                found.setdefault((column.table, column.name), set()).update(np.unique(records).tolist())
    return run.facts.gains({name: sorted(records) for name, records in found.items()})


def _amounts(run: Reopened, read: Sequence[Reading]) -> Iterator[tuple[Reading, Expression]]:
    """Each reading that something is paid or shared by, with each of the amounts that it reads for that."""
    steps = {step.name: step for step in run.plan.steps if isinstance(step, ReadRows)}
    shared = {step.frame for step in run.plan.steps if isinstance(step, Share)}
    beside = {step.reads for step in run.plan.steps if isinstance(step, Award) and step.reads is not None}
    kpis = _kpis(run)
    measures = {each.name: each for kpi in kpis.values() for each in kpi.measures}
    for reading in read:
        if reading.is_paid or reading.name in beside:
            name = run.sheet.frame_of[reading.lines] if reading.is_paid else reading.name
            for tree, type_ in steps[name].measures.values() if name in steps else ():
                theirs = {column.table for column in columns(tree)}
                if type_ == Type.MONEY and (name in shared or theirs == {reading.table}):
                    yield reading, tree
        elif reading.name in measures:
            measure = measures[reading.name]
            if measure.type == Type.MONEY and measure.value is not None:
                yield reading, measure.value


def _kpis(run: Reopened) -> dict[str, KpiMeaning]:
    """The KPIs that amounts of payouts and pools rest on, with those of their formulas."""
    known: dict[str, KpiMeaning] = {}
    wanted: list[str] = []
    for step in run.plan.steps:
        if isinstance(step, Kpi):
            known[step.kpi.name] = step.kpi
        elif isinstance(step, Whole) and isinstance(step.of, KpiMeaning):
            known[step.of.name] = step.of
        elif isinstance(step, Size | Solve):
            wanted += [name.removeprefix(f"{PROGRAM}.") for name in step.inputs.values()]
        elif isinstance(step, ReadRows):
            trees = [tree for tree, type_ in step.measures.values() if type_ == Type.MONEY]
            wanted += [column.name for tree in trees for column in columns(tree) if column.table is None]
    found: dict[str, KpiMeaning] = {}
    while wanted:
        name = wanted.pop()
        if name in known and name not in found:
            found[name] = kpi = known[name]
            formula = () if kpi.formula is None else columns(kpi.formula)
            wanted += [column.name for column in formula if column.table is None]
    return found
