"""An amount for each unit, or for every so many, with or without a guaranteed minimum: a fee per live match."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from rules.expressions.tree import Type
from rules.kinds.agreed import LAPSED_WORDS, AgreedKind
from rules.kinds.base import TERM, Columns, Kind, Reason, Terms, Words, number
from rules.quantities.exact import Exact
from rules.quantities.written import Money, MoneyField, NumberField


class Guaranteed(Kind):
    """What is paid in any case, and how many units it covers: units beyond those are paid one by one."""

    amount: MoneyField
    covers: NumberField


class PerUnit(AgreedKind):
    """Pays an amount for each unit of the rule's base, or for every full so many of them.

    The amount of a unit may be finer than the minor unit (`per_unit: EUR 0.0035`) and is never rounded itself. With
    `guaranteed`, its amount is paid whatever the units, and each unit beyond those that it covers pays on top.

    With `every`, only what is full is paid: `per_unit: {amount: 500, every: 10_000}` pays 1,000 for a base of 29,999,
    which may be money, and takes 1,000 back for one of -29,999. Each row is paid on its own, of credited rows each
    partner's share: what is left of one is not carried to the next. To pay for full ones of a total, let the base be a
    KPI of `for_each: partners`.

    With `term`, an amount that was agreed with the row's partner under that name (table `terms`, in the currency's
    major units) stands in the place of `amount`; what is full and what is guaranteed stays.
    """

    short: ClassVar[str | None] = "amount"
    measures: ClassVar[frozenset[Type]] = frozenset({Type.COUNT, Type.NUMBER, Type.MONEY})

    amount: MoneyField
    every: MoneyField | None = Field(default=None, description="units, or money, for which the amount is paid once")
    guaranteed: Guaranteed | None = None

    @property
    def takes(self) -> frozenset[Type]:
        """Units; or, where it pays for every so many, money too."""
        return self.measures if self.every is not None else self.measures - {Type.MONEY}

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        faults = terms.currency_faults(self.amount)
        if self.every is not None:
            faults += self._faults_of_every(self.every, terms)
        if self.guaranteed is not None:
            faults += terms.whole_faults(self.guaranteed.amount)
            if self.guaranteed.covers < 0:
                faults.append(("P131", "a guarantee cannot cover less than 0 units", "write 0 or more units"))
        return faults

    def _faults_of_every(self, every: Money, terms: Terms) -> list[tuple[str, str, str]]:
        found = terms.currency_faults(every)
        if every.currency is not None and terms.types.get("base", Type.MONEY) is not Type.MONEY:
            message = f"an amount in {every.currency} beside a base that is a {terms.types['base'].value}"
            found.append(("P188", message, "write the number alone, or measure money"))
        if every.amount <= 0:
            found.append(("P242", f"nothing is full at {number(every.amount)}", "write a number above zero"))
        if self.guaranteed is not None:
            message = "a guarantee covers units one by one, and only full ones are paid"
            found.append(("P242", message, "leave every out, or guaranteed"))
        return found

    @property
    def agrees_on(self) -> Literal["per_unit"]:
        return "per_unit"

    def in_words(self, terms: Terms) -> Words:
        text = self._own_words(terms).text
        if self.term is not None:
            text += f"; an amount that was agreed with the partner (term {self.term}) stands in the place of "
            text += terms.amount(terms.minor(self.amount)) + (LAPSED_WORDS if self.may_lapse else "")
        return Words(text)

    def _own_words(self, terms: Terms) -> Words:
        if self.every is not None:
            size = terms.measured_words(terms.measured(self.every))
            size = f"{terms.currency.code} {size}" if terms.types["base"] is Type.MONEY else size
            text = f"{terms.amount(terms.minor(self.amount))} for every full {size} of the base of a row"
            return Words(f"{text}; what is left of a row is not carried to another")
        each = f"{terms.amount(terms.minor(self.amount))} for each unit"
        if self.guaranteed is None:
            return Words(each)
        sure, covers = terms.amount(terms.minor(self.guaranteed.amount)), number(self.guaranteed.covers)
        return Words(f"{sure} in any case, which covers the first {covers} units; {each} beyond those")

    def turns(self, terms: Terms) -> Mapping[str, tuple[Fraction, ...]]:
        if self.every is not None:
            return {"base": (terms.measured(self.every), 2 * terms.measured(self.every))}
        return {} if self.guaranteed is None else {"base": (self.guaranteed.covers,)}

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        units, sure = columns["base"], Exact.constant(0, rows)
        if self.every is not None:
            parts = units / Exact.constant(terms.measured(self.every), rows)
            full = abs(parts.numerator) // parts.denominator
            units = Exact(np.where(parts.numerator < 0, -full, full), 1, units.known)
        if self.guaranteed is not None:
            beyond = units - Exact.constant(self.guaranteed.covers, rows)
            none = Exact.constant(0, rows)
            units = beyond.where(beyond.compare(none) > 0, none)
            sure = Exact.constant(terms.minor(self.guaranteed.amount), rows)
        each = Exact.constant(terms.minor(self.amount), rows)
        if self.term is not None:
            agreed = columns[TERM]
            each = (agreed * Exact.constant(terms.minor_per_major, rows)).where(agreed.is_known(), each)
        return units * each + sure

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        units = columns["base"].fraction(row)
        assert units is not None, "a row with an unknown base is never paid"
        scale = 10**terms.currency.decimals
        agreed = None if self.term is None else columns[TERM].fraction(row)
        each = (self.amount.amount if agreed is None else agreed) * scale
        if self.every is not None:
            is_money = terms.types["base"] is Type.MONEY
            size = self.every.amount * (scale if is_money else 1)
            full = int(units / size)  # towards zero, as a return takes back what its row was paid
            shown = [terms.money(value) if is_money else number(value) for value in (units, size, units - full * size)]
            words = f"{number(Fraction(full))} full {shown[1]} in {shown[0]} x {terms.money(each)} ({shown[2]} left)"
            exact = full * each
        elif self.guaranteed is None:
            exact, words = units * each, f"{number(units)} x {terms.money(each)}"
        else:
            sure, covers = self.guaranteed.amount.amount * scale, self.guaranteed.covers
            more = max(units - covers, Fraction(0))
            exact = sure + more * each
            words = f"{terms.money(sure)} guaranteed for the first {number(covers)} of {number(units)}"
            words += f" + {number(more)} more x {terms.money(each)}"
        if self.term is None:
            return Reason(exact, words, ("base",))
        if agreed is None:
            return self.no_term(Reason(exact, words, ("base",)))
        return Reason(exact, f"{words}: agreed {terms.amount(each)} (term {self.term})", ("base", TERM))
