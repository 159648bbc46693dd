"""Pro rata: each participant weighs what a measure says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rules.expressions.expression import ExpressionField, Written
from rules.kinds.base import Columns, Reason, ShareKind, Terms, Words, number
from rules.quantities.exact import Exact


class By(ShareKind):
    """Shares the pool in proportion to an expression: `shared: {by: standings.points}`. A negative weight is
    refused."""

    short: ClassVar[str | None] = "of"
    is_measure: ClassVar[bool] = True

    of: ExpressionField

    def inputs(self) -> Mapping[str, Written]:
        return {"of": self.of}

    def in_words(self, terms: Terms) -> Words:
        return Words(f"in proportion to {self.of.text}")

    def compute(self, columns: Columns, rows: int) -> Exact:
        return columns["of"]

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        value = columns["of"].fraction(row)
        assert value is not None, "a participant without a weight takes no part"
        return Reason(value, f"{self.of.text} = {number(value)}", ("of",))
