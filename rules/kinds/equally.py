"""Equal parts: each participant of the pool weighs the same."""

from __future__ import annotations

from fractions import Fraction

from rules.kinds.base import Columns, Reason, ShareKind, Terms, Words
from rules.quantities.exact import Exact


class Equally(ShareKind):
    """Gives every participant the same part of the pool: `shared: equally`."""

    def in_words(self, terms: Terms) -> Words:
        return Words("in equal parts")

    def compute(self, columns: Columns, rows: int) -> Exact:
        return Exact.constant(1, rows)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        return Reason(Fraction(1), "one equal part")
