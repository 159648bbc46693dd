"""Facts that remember what they were asked: what evaluations of several programs ask of them is read once.

In: the facts of a period. Out: the same answers. What is asked without anything that a program worked out is answered
from memory; rows are read with all that was asked of the same rows before, so that a rule whose partners have other
values now, or another condition, finds its cells there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.sheet.alike import alike
from engine.values import Credits, Facts, Measured, Rows
from rules.expressions.tree import Column, Expression, Type, columns
from rules.expressions.vector import Truth
from rules.meaning import MeasureMeaning
from rules.quantities.exact import Exact

MEASURES_MAX = 8  # of one name
TREES_MAX = 64  # asked of the same rows: of more, what was asked before is forgotten
_T = TypeVar("_T")
_Measures: TypeAlias = dict[str, list[tuple[MeasureMeaning, Measured]]]
_Measure: TypeAlias = Callable[[Iterable[MeasureMeaning]], Mapping[str, Measured]]
_Asked: TypeAlias = tuple[Any, ...]


class Remembered:
    """The facts of one period, asked by evaluations of several programs."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._answers: dict[_Asked, Any] = {}
        self._held: dict[_Asked, tuple[tuple[Exact | None, ...], Truth]] = {}
        self._own: _Measures = {}
        self._whole: _Measures = {}
        self._trees: dict[_Asked, dict[Expression, None]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._facts, name)

    def rows(
        self,
        table: str,
        where: Expression | None,
        dated: Column | None,
        days: tuple[date, date],
        measures: Mapping[str, tuple[Expression, Type]],
        named: Mapping[str, Exact],
        owner: Column | None = None,
        credits: Credits | None = None,
        later: Sequence[Expression] | None = None,
        among: tuple[str, str | None] | None = None,
    ) -> Rows:
        """The rows of `Facts.rows`; those that no credit shares are read for all who ask for them."""
        if credits is None and later is None:
            trees = self._trees.setdefault((table, dated, days, owner, among), {})
            if len(trees) > TREES_MAX:
                trees.clear()
            trees |= dict.fromkeys(tree for tree, _ in measures.values())
            trees |= {} if where is None else {where: None}
            later = [*trees]
        return self._facts.rows(table, where, dated, days, measures, named, owner, credits, later, among)

    def truth(self, condition: Expression, named: Mapping[str, Exact]) -> Truth:
        """For which partners a condition holds: asked anew where they have other values than the last time."""
        own = tuple(named.get(each.name) for each in columns(condition) if each.table is None)
        values, found = self._held.get((condition,), ((), None))
        if found is None or len(values) != len(own) or any(a is not b for a, b in zip(values, own, strict=True)):
            found = self._facts.truth(condition, named)
            self._held[condition,] = own, found
        return found

    def codes(self, column: Expression) -> Exact:
        """A column as partners see it, equal values as equal whole numbers."""
        return self._asked(("codes", column), lambda: self._facts.codes(column))

    def texts(self, column: Expression) -> Sequence[object]:
        """A column as partners see it, as it is."""
        return self._asked(("texts", column), lambda: tuple(self._facts.texts(column)))

    def reference(self, table: str, ids: Sequence[str], scale: int, period: str | None = None) -> Exact:
        """What a KPI is held against."""
        asked = "reference", table, tuple(ids), scale, period
        return self._asked(asked, lambda: self._facts.reference(table, ids, scale, period))

    def opening_tiers(self, names: Sequence[str]) -> Exact:
        """The tier that each partner holds at the start."""
        return self._asked(("opening_tiers", *names), lambda: self._facts.opening_tiers(names))

    def earlier_tiers(self, scorecard: str) -> tuple[Sequence[str | None], NDArray[np.int64]]:
        """The tier of each partner in the period before by the table of scores, and the record of its row."""
        return self._asked(("earlier_tiers", scorecard), lambda: self._facts.earlier_tiers(scorecard))

    def earlier_points(self, scorecard: str, names: Mapping[str, Sequence[str]]) -> Mapping[str, Exact]:
        """The points of the period before, by path."""
        asked = "earlier_points", scorecard, *((path, tuple(each)) for path, each in names.items())
        return self._asked(asked, lambda: self._facts.earlier_points(scorecard, names))

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return self._asked(("count", table), lambda: self._facts.count(table))

    def measure(self, measures: Iterable[MeasureMeaning]) -> Mapping[str, Measured]:
        """Measures by partner, by their names."""
        return self._measured(self._own, measures, self._facts.measure)

    def measure_whole(self, measures: Iterable[MeasureMeaning]) -> Mapping[str, Measured]:
        """Measures once for the whole program, by their names."""
        return self._measured(self._whole, measures, self._facts.measure_whole)

    def _measured(
        self, held: _Measures, measures: Iterable[MeasureMeaning], measure: _Measure
    ) -> Mapping[str, Measured]:
        """Measures by name; those that say the same as one that was asked for before are not read again."""
        found, missing = dict[str, Measured](), []
        for each in measures:
            before = held.get(each.name, [])
            at = next((at for at, (known, _) in enumerate(before) if known is each or alike(known, each)), None)
            if at is None:
                missing.append(each)
            else:
                found[each.name] = before[at][1]
                before[at] = each, before[at][1]  # the next one has most parts of this one
        if missing:
            new = measure(missing)
            for each in missing:
                found[each.name] = new[each.name]
                held[each.name] = [(each, new[each.name]), *held.get(each.name, ())][:MEASURES_MAX]
        return found

    def _asked(self, asked: _Asked, answer: Callable[[], _T]) -> _T:
        if asked not in self._answers:
            self._answers[asked] = answer()
        found: _T = self._answers[asked]
        return found
