"""A KPI from what it measures: numerator over denominator, or a formula; unknown where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from rules.expressions.evaluate import evaluate
from rules.expressions.tree import Column, Expression, Type
from rules.expressions.vector import Truth, number
from rules.meaning import KpiMeaning
from rules.quantities.exact import Exact


def ratio(kpi: KpiMeaning, numerator: Exact, denominator: Exact) -> Exact:
    """The KPI by row, (n,): `times` x numerator / denominator, exact.

    Where the denominator is zero it is unknown, or zero if the KPI says so; where it is less than `at_least`, unknown.
    """
    rows = len(numerator)
    value = numerator * Exact.constant(kpi.times, rows) / denominator
    if kpi.when_zero == "zero":
        nothing = numerator.is_known() & denominator.is_known() & (denominator.numerator == 0)
        value = value.where(~nothing, Exact.constant(0, rows))
    if kpi.at_least:
        enough = denominator.compare(Exact.constant(kpi.at_least, rows)) >= 0
        value = value.where(enough, Exact(np.zeros(rows, dtype=np.int64), 1, np.zeros(rows, dtype=bool)))
    return value


def formula(kpi: KpiMeaning, named: Mapping[str, Exact], period_days: int, rows: int) -> Exact:
    """The KPI by row, (n,), from KPIs that were worked out before it."""
    assert kpi.formula is not None

    def leaf(tree: Expression) -> Exact | Truth:
        if isinstance(tree, Column) and tree.table is None:
            return named[tree.name]
        value = evaluate(tree, {Column("period", "days"): period_days}.__getitem__)  # the same for everyone
        if isinstance(value, bool):
            return Truth(np.full(rows, value), np.ones(rows, dtype=bool))
        assert isinstance(value, int), "a formula counts days"
        return Exact.constant(value, rows)

    value = number(kpi.formula, leaf, lambda column: Type.NUMBER, rows)
    return value * Exact.constant(kpi.times, rows) if kpi.times != Fraction(1) else value
