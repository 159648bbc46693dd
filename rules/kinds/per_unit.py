"""An amount for each unit, with or without a guaranteed minimum: a fee per live match, 0.0035 a call."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

from rules.expressions.tree import Type
from rules.kinds.base import Columns, Kind, PayoutKind, Reason, Terms, Words, number
from rules.quantities.exact import Exact
from rules.quantities.written import MoneyField, NumberField


class Guaranteed(Kind):
    """What is paid in any case, and how many units it covers: units beyond those are paid one by one."""

    amount: MoneyField
    covers: NumberField


class PerUnit(PayoutKind):
    """Pays an amount for each unit of the rule's base.

    The amount of a unit may be finer than the minor unit (`per_unit: EUR 0.0035`) and is never rounded itself. With
    `guaranteed`, its amount is paid whatever the units, and each unit beyond those that it covers pays on top.
    """

    short: ClassVar[str | None] = "amount"
    measures: ClassVar[frozenset[Type]] = frozenset({Type.COUNT, Type.NUMBER})

    amount: MoneyField
    guaranteed: Guaranteed | None = None

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        faults = terms.currency_faults(self.amount)
        if self.guaranteed is not None:
            faults += terms.whole_faults(self.guaranteed.amount)
            if self.guaranteed.covers < 0:
                faults.append(("P131", "a guarantee cannot cover less than 0 units", "write 0 or more units"))
        return faults

    def in_words(self, terms: Terms) -> Words:
        each = f"{terms.amount(terms.minor(self.amount))} for each unit"
        if self.guaranteed is None:
            return Words(each)
        sure, covers = terms.amount(terms.minor(self.guaranteed.amount)), number(self.guaranteed.covers)
        return Words(f"{sure} in any case, which covers the first {covers} units; {each} beyond those")

    def turns(self, terms: Terms) -> Mapping[str, tuple[Fraction, ...]]:
        return {} if self.guaranteed is None else {"base": (self.guaranteed.covers,)}

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        units, sure = columns["base"], Exact.constant(0, rows)
        if self.guaranteed is not None:
            beyond = units - Exact.constant(self.guaranteed.covers, rows)
            none = Exact.constant(0, rows)
            units = beyond.where(beyond.compare(none) > 0, none)
            sure = Exact.constant(terms.minor(self.guaranteed.amount), rows)
        return units * Exact.constant(terms.minor(self.amount), rows) + sure

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        units = columns["base"].fraction(row)
        assert units is not None, "a row with an unknown base is never paid"
        scale = 10**terms.currency.decimals
        each = self.amount.amount * scale
        if self.guaranteed is None:
            exact, words = units * each, f"{number(units)} x {terms.money(each)}"
        else:
            sure, covers = self.guaranteed.amount.amount * scale, self.guaranteed.covers
            more = max(units - covers, Fraction(0))
            exact = sure + more * each
            words = f"{terms.money(sure)} guaranteed for the first {number(covers)} of {number(units)}"
            words += f" + {number(more)} more x {terms.money(each)}"
        return Reason(exact, words, ("base",))
