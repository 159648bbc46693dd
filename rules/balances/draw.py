"""A draw: no less than an amount is paid in each period, and what that adds is recovered from what comes later."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

from pydantic import Field, model_validator

from rules.balances.base import (
    BalanceKind,
    Movement,
    MovementReason,
    Row,
    State,
    above_zero,
    from_balance,
    nothing,
    rounded,
)
from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Terms, Wanted, Words, percent
from rules.quantities.exact import Exact
from rules.quantities.rounding import round_fraction
from rules.quantities.written import FlagField, MoneyField, RateField
from rules.sharing.base import fault


class Draw(BalanceKind):
    """Pays no less than an amount in each period: `draw: EUR 2_000`, or `draw: {of: partners.draw, recoup: 50%}`.

    A partner that can't be paid any more draws nothing. A recoverable draw is owed by the partner, and recovered from
    what is due above the amount in later periods (all of it, or the part `recoup`); a draw that is not recoverable is a
    guarantee, and comes off the balance at once. The balance is what is owed.
    """

    short: ClassVar[str | None] = "amount"
    moves: ClassVar[tuple[str, ...]] = ("drawn", "recouped")
    guaranteed: ClassVar[tuple[str, ...]] = ("drawn", "not_recoverable")

    amount: MoneyField | None = None
    of: ExpressionField | None = Field(default=None, description="the amount of each partner")
    recoverable: FlagField = True
    recoup: RateField = Fraction(1)

    @model_validator(mode="after")
    def _one(self) -> Draw:
        if (self.amount is None) == (self.of is None):
            raise fault("P260", "a draw is an amount or an expression", "write `draw: EUR 2_000`, or `of:`")
        if self.amount is not None and self.amount.amount <= 0:
            raise fault("P261", "a draw of nothing", "write an amount above zero, or leave the balance out")
        if not 0 < self.recoup <= 1:
            raise fault("P261", f"recoups {percent(self.recoup)}", "recover more than nothing and at most all")
        if not self.recoverable and "recoup" in self.model_fields_set:
            message = "a part that is recovered of a draw that is not recoverable"
            raise fault("P260", message, "leave recoup out, or write recoverable: true")
        return self

    def names(self) -> tuple[str, ...]:
        return self.moves if self.recoverable else self.guaranteed

    def inputs(self) -> Mapping[str, Wanted]:
        return {} if self.of is None else {"amount": Wanted(self.of, frozenset({Type.MONEY}), ("of",))}

    def in_words(self, terms: Terms) -> Words:
        least = terms.amount(terms.minor(self.amount)) if self.amount is not None else self.of.text if self.of else ""
        if not self.recoverable:
            return Words(f"no less than {least} is paid in each period, and what that adds is not recovered")
        part = "what" if self.recoup == 1 else f"{percent(self.recoup)} of what"
        return Words(
            f"no less than {least} is paid in each period; what that adds is recovered from {part} is due above it"
        )

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        least = state.inputs.get("amount") or Exact.constant(self._amount(terms), len(state.due))
        least = rounded(above_zero(least), terms).where(state.can, nothing(len(state.due)))
        drawn = above_zero(least - state.due).where(state.can, nothing(len(state.due)))
        if not self.recoverable:
            return Movement("drawn", drawn, drawn), Movement("not_recoverable", -drawn, nothing(len(drawn)))
        above = rounded(above_zero(state.due - least) * Exact.constant(self.recoup, len(drawn)), terms)
        return Movement("drawn", drawn, drawn), Movement(*_recouped(above.least(above_zero(state.opening))))

    def _amount(self, terms: Terms) -> Fraction:
        return Fraction(0) if self.amount is None else terms.minor(self.amount)

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        wanted = max(row.inputs.get("amount", self._amount(terms)), Fraction(0))
        least = Fraction(round_fraction(wanted if row.can else Fraction(0), terms.rounding, terms.step_minor))
        drawn = max(least - row.due, Fraction(0)) if row.can else Fraction(0)
        told = f"{terms.money(row.due)} is due, no less than {terms.money(least)} is paid"
        if not self.recoverable:
            why = "a guarantee: it is not recovered"
            lost = MovementReason("not_recoverable", -drawn, Fraction(0), why)
            return MovementReason("drawn", drawn, drawn, told), lost
        exact = max(row.due - least, Fraction(0)) * self.recoup
        above = Fraction(round_fraction(exact, terms.rounding, terms.step_minor))
        back = min(above, max(row.opening, Fraction(0)))
        why = f"{terms.money(row.opening)} is owed, and {terms.money(above)} above the draw can be taken"
        return MovementReason("drawn", drawn, drawn, told), MovementReason("recouped", -back, -back, why)


def _recouped(amount: Exact) -> tuple[str, Exact, Exact]:
    movement = from_balance("recouped", amount)
    return movement.name, movement.change, movement.change
