"""By rank: the best of n participants weighs n, the last weighs 1, or as a list says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from rules.consistent import Inconsistent, consistent, weights_below_zero
from rules.expressions.expression import ExpressionField, Written
from rules.kinds.base import Columns, Reason, ShareKind, Terms, Words, number
from rules.kinds.scales.peers import at_rows, standings, weights_of_places
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField


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

    @consistent
    def _weigh(self) -> Iterator[Inconsistent]:
        yield from weights_below_zero("weights", self.weights or ())

    def inputs(self) -> Mapping[str, Written]:
        return {"of": self.of}

    def in_words(self, terms: Terms) -> Words:
        text = f"by rank: the {self.best} {self.of.text} comes first; "
        text += "those who are level " + (
            "share the weights of their places" if self.ties == "share" else "all have the best of their places"
        )
        if self.weights is None:
            return Words(f"{text}; of n participants the first weighs n, the next one less, the last 1")
        rows = tuple((str(place), number(weight)) for place, weight in enumerate(self.weights, 1))
        return Words(f"{text}; places beyond the list weigh nothing", ("place", "weight"), rows)

    def compute(self, columns: Columns, rows: int) -> Exact:
        found = standings(columns["of"], None, self.best)
        start = found.ahead
        end = start + (found.equal if self.ties == "share" else 1)
        if self.weights is None:
            return at_rows(found.rows, rows, Exact(2 * found.count - start - end + 1, 2))  # the mean of n - start, ...
        return at_rows(found.rows, rows, weights_of_places(self.weights, start, end))

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        values = columns["of"]
        mine = values.fraction(row)
        assert mine is not None, "a participant without a rank takes no part"
        known, sides = values.is_known(), values.compare(Exact.constant(mine, len(values)))
        ahead = int(np.count_nonzero(known & (sides == (-1 if self.best == "lowest" else 1))))
        level = int(np.count_nonzero(known & (sides == 0)))
        count = int(np.count_nonzero(known))
        held = [self._weight_of_place(place, count) for place in range(ahead + 1, ahead + level + 1)]
        weight = held[0] if self.ties == "best" else sum(held, Fraction(0)) / level
        words = f"place {ahead + 1} of {count} ({self.best} {self.of.text} first) weighs {number(weight)}"
        if level > 1:
            words += f", level with {level - 1} more"
        return Reason(weight, words, ("of",))

    def _weight_of_place(self, place: int, count: int) -> Fraction:
        if self.weights is None:
            return Fraction(count + 1 - place)
        return self.weights[place - 1] if place <= len(self.weights) else Fraction(0)
