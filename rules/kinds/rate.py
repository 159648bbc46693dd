"""A rate of a base: 5 % of a deal's annual value."""

from __future__ import annotations

from typing import ClassVar

from rules.expressions.tree import Type
from rules.kinds.base import Columns, PayoutKind, Reason, Terms, number, percent
from rules.quantities.exact import Exact, Integers
from rules.quantities.rounding import multiply_divide, round_fraction
from rules.quantities.written import RateField


class Rate(PayoutKind):
    """Pays a rate of the rule's base, rounded once for each row: `base: deals.annual_value`, `rate: 7.5%`."""

    short: ClassVar[str | None] = "rate"
    measures: ClassVar[frozenset[Type]] = frozenset({Type.MONEY})

    rate: RateField

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Integers:
        due = columns["base"] * Exact.constant(self.rate, rows)
        return multiply_divide(due.numerator, 1, due.denominator, terms.rounding, terms.step_minor)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        base = columns["base"].fraction(row)
        assert base is not None, "a row with an unknown base is never paid"
        exact = base * self.rate
        value = round_fraction(exact, terms.rounding, terms.step_minor)
        words = f"{percent(self.rate)} of {terms.money(base)}"
        if exact != value:
            words += f" = {number(exact / 10**terms.currency.decimals)}, rounded {terms.rounding_words}"
        return Reason(exact.__class__(value), words, ("base",), exact)
