"""By rank: the best of n participants weighs n, the last weighs 1, or as a list says."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import groupby
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from rules.exact import Exact
from rules.expression import ExpressionField, Written
from rules.kinds.base import Columns, Reason, ShareKind, Terms, number
from rules.written import NumberField


class ByRank(ShareKind):
    """Shares the pool by rank: of n participants the best weighs n, the next n - 1, the last 1.

    `best` says whether the lowest or the highest value ranks first. Participants with equal values share the places
    that they hold (`ties: share`: each weighs the mean of those places' weights) or all hold the best of them (`ties:
    best`). `weights` replaces n, n - 1, ... by a list, first place first; places beyond it weigh 0.
    """

    of: ExpressionField
    best: Literal["lowest", "highest"]
    ties: Literal["share", "best"] = "share"
    weights: Annotated[tuple[NumberField, ...], Field(strict=False)] | None = None

    def inputs(self) -> Mapping[str, Written]:
        return {"of": self.of}

    def compute(self, columns: Columns, rows: int) -> Exact:
        values = columns["of"]
        known = np.flatnonzero(values.is_known())
        sortable, _ = values.take(known).scaled()
        if self.best == "highest":
            sortable = -sortable
        order = np.argsort(sortable, kind="stable")
        places = self._weights(len(known))
        result: list[Fraction | None] = [None] * rows
        start = 0
        for _, tied in groupby(order.tolist(), key=lambda position: int(sortable[position])):
            members = list(tied)
            held = places[start : start + len(members)]
            weight = held[0] if self.ties == "best" else sum(held, Fraction(0)) / len(held)
            for position in members:
                result[int(known[position])] = weight
            start += len(members)
        return Exact.of(result)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        values = columns["of"]
        assert values.fraction(row) is not None, "a participant without a rank takes no part"
        others, _ = values.scaled()
        mine, known = others[row], values.is_known()
        ahead = int(np.count_nonzero(known & (others < mine if self.best == "lowest" else others > mine)))
        level = int(np.count_nonzero(known & (others == mine)))
        count = int(np.count_nonzero(known))
        held = [self._weight_of_place(place, count) for place in range(ahead + 1, ahead + level + 1)]
        weight = held[0] if self.ties == "best" else sum(held, Fraction(0)) / level
        words = f"place {ahead + 1} of {count} ({self.best} {self.of.text} first) weighs {number(weight)}"
        if level > 1:
            words += f", level with {level - 1} more"
        return Reason(weight, words, ("of",))

    def _weights(self, count: int) -> list[Fraction]:
        if self.weights is None:
            return [Fraction(weight) for weight in range(count, 0, -1)]
        return [*self.weights, *[Fraction(0)] * max(count - len(self.weights), 0)]

    def _weight_of_place(self, place: int, count: int) -> Fraction:
        if self.weights is None:
            return Fraction(count + 1 - place)
        return self.weights[place - 1] if place <= len(self.weights) else Fraction(0)
