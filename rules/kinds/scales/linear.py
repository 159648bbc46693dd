"""Linear: points in proportion to the way from a threshold to a benchmark, in either direction."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pydantic import Field

from rules.expressions.tree import Type
from rules.kinds.base import Columns, Reason, Terms, number
from rules.kinds.scales.base import Better, Faults, PointsRange, ScaleKind, View, flat, only_where
from rules.kinds.scales.reference import Reference
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField


class Linear(ScaleKind):
    """Gives points in proportion to the way from one value to another: `linear: {from: 10%, to: 40%}`.

    At `from` and on its far side the points are `points.from` (0), at `to` and beyond it `points.to` (100), between
    them in proportion; a value that falls short of `from` earns `missed` where that is written. `from` may be the
    higher of the two, where lower is better. Where a row looks up the same value for both there is no way between
    them: a value as good as that has all of `points.to`.
    """

    from_: Reference = Field(alias="from")
    to: Reference
    points: PointsRange = PointsRange()
    missed: NumberField | None = Field(default=None, description="points of a value that falls short of from")

    def references(self) -> Mapping[str, Reference]:
        return {"from": self.from_, "to": self.to}

    def faults(self, terms: Terms, measured: Type = Type.NUMBER) -> Faults:
        found = super().faults(terms, measured)
        start, end = self.from_.literal(terms, measured), self.to.literal(terms, measured)
        if start is not None and start == end:
            found.append(("P213", f"from and to are both {self.to.words}", "write two values, or use gate"))
        return found

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        value, start, end = columns["value"], columns["from"], columns["to"]
        known = value.is_known() & start.is_known() & end.is_known()
        first, last = flat(self.points.from_, rows), flat(self.points.to, rows)
        way = (value - start) / (end - start)
        points = first + way * (last - first)
        points = points.where(way.compare(flat(Fraction(0), rows)) > 0, first)
        points = points.where(way.compare(flat(Fraction(1), rows)) < 0, last)
        short = first if self.missed is None else flat(self.missed, rows)
        points = points.where(way.compare(flat(Fraction(0), rows)) >= 0, short)
        reached = value.compare(end) >= 0 if better == "higher" else value.compare(end) <= 0
        step = last.where(reached, short)
        return only_where(points.where(start.compare(end) != 0, step), known)

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        value, start, end = (columns[key].fraction(row) for key in ("value", "from", "to"))
        if value is None or start is None or end is None:
            return None
        first, last = self.points.from_, self.points.to
        uses = ("value", "from", "to")
        words = f"{view.shown(value)} on the way from {self._end(self.from_, start, view)}"
        words += f" ({number(first)} points) to {self._end(self.to, end, view)} ({number(last)} points)"
        short = first if self.missed is None else self.missed
        if start == end:
            reached = value >= end if view.better == "higher" else value <= end
            return Reason(last if reached else short, words, uses)
        nearer, farther = abs(value - start), abs(value - end)
        if nearer + farther > abs(end - start):  # outside: on the side of the end that is closer
            return Reason(short if nearer < farther else last, words, uses)
        return Reason((first * farther + last * nearer) / (nearer + farther), words, uses)

    def _end(self, reference: Reference, value: Fraction, view: View) -> str:
        return view.shown(value) if reference.source == "literal" else f"{reference.words} {view.shown(value)}"
