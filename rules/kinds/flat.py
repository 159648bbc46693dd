"""A flat amount for each row: EUR 250 for each deal, EUR 1,000 for each partner."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from rules.kinds.base import Columns, PayoutKind, Reason, Terms, Words
from rules.quantities.exact import Exact
from rules.quantities.written import MoneyField


class Flat(PayoutKind):
    """Pays the same amount for every row: `amount: EUR 250`. It is never rounded, so it must be whole minor units."""

    short: ClassVar[str | None] = "amount"

    amount: MoneyField

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        return terms.whole_faults(self.amount)

    def in_words(self, terms: Terms) -> Words:
        return Words(f"{terms.amount(terms.minor(self.amount))} for each row")

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        return Exact.constant(terms.minor(self.amount), rows)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        value = self.amount.amount * Fraction(10) ** terms.currency.decimals
        return Reason(value, f"{terms.money(value)} flat")
