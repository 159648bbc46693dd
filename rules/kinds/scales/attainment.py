"""Attainment: what was reached as a share of the target or quota, in points."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from rules.expressions.tree import Type
from rules.kinds.base import Columns, Reason, Terms, number, percent
from rules.kinds.scales.base import Better, Faults, ScaleKind, View, flat, only_where
from rules.kinds.scales.reference import Reference
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField, RateField


class Attainment(ScaleKind):
    """Gives points in proportion to the target that was reached: `attainment: {of: target, threshold: 50%, cap: 120%}`.

    Attainment is actual / target where higher is better and target / actual where lower is. Below `threshold` nothing
    is earned; an attainment below `floor` counts as the floor, one above `cap` as the cap. `points` are those of 100
    %. A target that is not above zero has no attainment: the points are unknown. Where lower is better, an actual of
    zero or less has reached the cap, and without a cap its points are unknown.
    """

    of: Reference
    threshold: RateField | None = None
    floor: RateField | None = None
    cap: RateField | None = None
    points: NumberField = Fraction(100)

    def references(self) -> Mapping[str, Reference]:
        return {"of": self.of}

    def faults(self, terms: Terms, measured: Type = Type.NUMBER) -> Faults:
        found = super().faults(terms, measured)
        literal = self.of.literal(terms, measured)
        if literal is not None and literal <= 0:
            found.append(("P214", f"nothing can be attained of {self.of.words}", "write a target above 0, or use gate"))
        named = [(key, value) for key in ("threshold", "floor") if (value := getattr(self, key)) is not None]
        for key, value in named:
            if self.cap is not None and value > self.cap:
                message = f"the {key} of {percent(value)} is above the cap of {percent(self.cap)}"
                found.append(("P211", message, "exchange them"))
        return found

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        actual, target = columns["value"], columns["of"]
        none = flat(Fraction(0), rows)
        if better == "higher":
            share = only_where(actual / target, target.compare(none) > 0)
        else:
            share = only_where(target / actual, (target.compare(none) > 0) & (actual.compare(none) > 0))
            if self.cap is not None:
                beyond = actual.is_known() & (actual.compare(none) <= 0) & (target.compare(none) > 0)
                share = flat(self.cap, rows).where(beyond, share)
        known = share.is_known()
        earned = share.compare(flat(self.threshold, rows)) >= 0 if self.threshold is not None else np.ones(rows, bool)
        if self.floor is not None:
            share = share.where(share.compare(flat(self.floor, rows)) > 0, flat(self.floor, rows))
        if self.cap is not None:
            share = share.where(share.compare(flat(self.cap, rows)) < 0, flat(self.cap, rows))
        return only_where((share * flat(self.points, rows)).where(earned, none), known)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        actual, target = columns["value"].fraction(row), columns["of"].fraction(row)
        if actual is None or target is None or target <= 0:
            return None
        words = f"{view.shown(actual)} of {self.of.words} {view.shown(target)}"
        if view.better == "lower":
            words = f"{self.of.words} {view.shown(target)} to {view.shown(actual)}"
            if actual <= 0 and self.cap is None:
                return None
        if actual <= 0 and view.better == "lower":
            assert self.cap is not None, "without a cap the points are unknown"
            share = self.cap
        else:
            share = actual / target if view.better == "higher" else target / actual
            words += f" = {percent(share)}"
        if self.threshold is not None and share < self.threshold:
            return Reason(Fraction(0), f"{words}, below the threshold of {percent(self.threshold)}", ("value", "of"))
        if self.floor is not None and share < self.floor:
            share, words = self.floor, f"{words}, counted as the floor of {percent(self.floor)}"
        if self.cap is not None and share >= self.cap:
            share, words = self.cap, f"{words}, counted at the cap of {percent(self.cap)}"
        return Reason(share * self.points, f"{words} x {number(self.points)} points", ("value", "of"))
