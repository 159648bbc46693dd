"""A minimum payment: what is less is carried forward until it is worth a payment."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from pydantic import model_validator

from rules.balances.base import BalanceKind, Movement, MovementReason, Row, State, from_balance, nothing, to_balance
from rules.kinds.base import Terms, Words
from rules.quantities.exact import Exact
from rules.quantities.written import FlagField, MoneyField
from rules.sharing.base import fault


class Minimum(BalanceKind):
    """Pays nothing below an amount, and carries it forward: `minimum: EUR 50`.

    What is due and what was carried are paid together as soon as they come to the amount, or with `at_year_end` in the
    last period of the fiscal year. A partner that can't be paid any more is paid all. What is below zero in all is not
    carried.
    """

    short: ClassVar[str | None] = "amount"
    moves: ClassVar[tuple[str, ...]] = ("carried", "released")

    amount: MoneyField
    at_year_end: FlagField = False

    @model_validator(mode="after")
    def _above_zero(self) -> Minimum:
        if self.amount.amount <= 0:
            raise fault("P261", "a minimum of nothing", "write an amount above zero, or leave the balance out")
        return self

    def in_words(self, terms: Terms) -> Words:
        late = "; all is paid when a fiscal year ends" if self.at_year_end else ""
        return Words(
            f"less than {terms.amount(terms.minor(self.amount))} is carried to the next period, not paid{late}"
        )

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        rows = len(state.due)
        whole = state.due + state.opening
        is_small = (whole.compare(Exact.constant(terms.minor(self.amount), rows)) < 0) & (
            whole.compare(nothing(rows)) >= 0
        )
        if self.at_year_end and state.closes_year:
            is_small[:] = False
        is_small &= state.can
        carried = state.due.where(is_small, nothing(rows))
        released = nothing(rows).where(is_small, state.opening)
        return to_balance("carried", carried), from_balance("released", released)

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        whole, least = row.due + row.opening, terms.minor(self.amount)
        told = f"{terms.money(row.due)} due and {terms.money(row.opening)} carried before come to {terms.money(whole)}"
        is_small = 0 <= whole < least and row.can and not (self.at_year_end and row.closes_year)
        carried, released = (row.due, Fraction(0)) if is_small else (Fraction(0), row.opening)
        told += f", {'less' if is_small else 'no less'} than {terms.money(least)}" if whole >= 0 else ", below zero"
        if self.at_year_end and row.closes_year:
            told += "; the fiscal year ends"
        return MovementReason("carried", carried, -carried, told), MovementReason("released", -released, released, told)
