"""Improvement: the change over a baseline, given to another scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np

from rules.expressions.expression import Written
from rules.expressions.tree import Type
from rules.kinds.base import Columns, Reason, Terms, percent
from rules.kinds.scales.base import Better, Faults, ScaleKind, View, columns_below
from rules.kinds.scales.plain import PlainScale
from rules.kinds.scales.reference import Reference
from rules.quantities.exact import Exact

_INNER = "scale."


class Improvement(ScaleKind):
    """Gives points for the change over a baseline: `improvement: {over: {expression: last_year}, measured: growth,
    scale: {linear: {from: 0%, to: 20%}}}`.

    The change counts in the KPI's good direction: where lower is better, 10 after 12 is an improvement of 2.
    `difference` measures it in the KPI's unit, `growth` as a share of the size of the baseline (unknown over a baseline
    of zero). `scale` gives the points for it; to it, more is better. Without a baseline the points are unknown.
    """

    over: Reference
    measured: Literal["difference", "growth"]
    scale: PlainScale

    def references(self) -> Mapping[str, Reference]:
        return {"over": self.over} | {_INNER + key: each for key, each in self.scale.scale.references().items()}

    def inputs(self) -> Mapping[str, Written]:
        return {_INNER + key: each for key, each in self.scale.scale.inputs().items()}

    def among_peers(self) -> bool:
        return self.scale.scale.among_peers()

    def unit_of(self, key: str, measured: Type) -> Type:
        return Type.NUMBER if key.startswith(_INNER) and self.measured == "growth" else measured

    def faults(self, terms: Terms, measured: Type = Type.NUMBER) -> Faults:
        inner = self.scale.scale.faults(terms, self.unit_of(_INNER, measured))
        return self.over.faults(terms, measured) + inner + self.points_faults()

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        value, baseline = columns["value"], columns["over"]
        change = value - baseline if better == "higher" else baseline - value
        if self.measured == "growth":
            size = baseline.where(baseline.compare(Exact.constant(0, rows)) >= 0, -baseline)
            change = change / size
        return self.scale.scale.compute(columns_below(columns, _INNER, change), rows, "higher")

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        scale = self.scale.scale
        if not scale.among_peers():  # one row is all that the scale looks at
            columns, row = {key: column.take(np.array([row])) for key, column in columns.items()}, 0
        change = [self._change(columns, each, view.better) for each in range(len(columns["value"]))]
        mine, value, baseline = change[row], columns["value"].fraction(row), columns["over"].fraction(row)
        if mine is None or value is None or baseline is None:
            return None
        inner = {key[len(_INNER) :]: column for key, column in columns.items() if key.startswith(_INNER)}
        inner["value"] = Exact.of(change)
        is_growth = self.measured == "growth"
        unit = self.unit_of(_INNER, view.measured)
        reason = scale.explain(inner, row, view.terms, "higher", unit, view.is_percent or is_growth)
        if reason is None:
            return None
        shown = percent(mine) if is_growth else view.shown(mine)
        words = f"{view.shown(value)} over {view.shown(baseline)} improves by {shown}: {reason.words}"
        others = (_INNER + key for key in reason.uses if key != "value")
        return replace(reason, words=words, uses=("value", "over", *others))

    def _change(self, columns: Columns, row: int, better: Better) -> Fraction | None:
        value, baseline = columns["value"].fraction(row), columns["over"].fraction(row)
        if value is None or baseline is None or (self.measured == "growth" and baseline == 0):
            return None
        change = (value - baseline) / (abs(baseline) if self.measured == "growth" else 1)
        return change if better == "higher" else -change
