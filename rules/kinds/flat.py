"""A flat amount for each row: EUR 250 for each deal, EUR 1,000 for each partner."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from rules.kinds.agreed import AgreedKind
from rules.kinds.base import Columns, Reason, Terms, Words
from rules.quantities.exact import Exact
from rules.quantities.written import MoneyField


class Flat(AgreedKind):
    """Pays the same amount for every row: `amount: EUR 250`. It must be whole minor units.

    With `amount: {amount: EUR 250, term: bonus}`, an amount that was agreed with the row's partner under that name
    (table `terms`, in the currency's major units) stands in its place.
    """

    short: ClassVar[str | None] = "amount"

    amount: MoneyField

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        return terms.whole_faults(self.amount)

    def in_words(self, terms: Terms) -> Words:
        return Words(self.or_agreed(f"{terms.amount(terms.minor(self.amount))} for each row"))

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        return self.outranked(columns, rows, terms, lambda: Exact.constant(terms.minor(self.amount), rows))

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        if (agreed := self.outranking(columns, row, terms)) is not None:
            return agreed
        value = self.amount.amount * Fraction(10) ** terms.currency.decimals
        return self.no_term(Reason(value, f"{terms.money(value)} flat"))
