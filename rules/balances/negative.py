"""A negative balance: what is due below zero, carried until later periods make up for it, or written off."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, Literal

from rules.balances.base import BalanceKind, Movement, MovementReason, Row, State, above_zero, nothing
from rules.kinds.base import Terms, Words


class Negative(BalanceKind):
    """Says what becomes of a payout below zero: `negative: carry` or `negative: write_off`.

    What is carried is owed by the partner, nothing is paid, and what is due above zero later is set against it first.
    What is written off is lost to the house. Without such a balance a payout below zero stands, and is netted by hand.
    """

    short: ClassVar[str | None] = "what"
    also: ClassVar[tuple[dict[str, object], ...]] = ({"type": "string", "enum": ["carry", "write_off"]},)

    what: Literal["carry", "write_off"]

    def names(self) -> tuple[str, ...]:
        return ("carried", "applied") if self.what == "carry" else ("written_off",)

    def in_words(self, terms: Terms) -> Words:
        if self.what == "write_off":
            return Words("a payout below zero is written off: nothing is paid, and nothing is owed")
        return Words("a payout below zero is carried: nothing is paid, and later payouts are set against it first")

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        short = above_zero(-state.due)
        if self.what == "write_off":
            return (Movement("written_off", nothing(len(short)), short),)
        applied = above_zero(state.due).least(above_zero(state.opening))
        return Movement("carried", short, short), Movement("applied", -applied, -applied)

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        short = max(-row.due, Fraction(0))
        told = f"{terms.money(row.due)} is due"
        if self.what == "write_off":
            return (MovementReason("written_off", Fraction(0), short, told),)
        applied = min(max(row.due, Fraction(0)), max(row.opening, Fraction(0)))
        why = f"{terms.money(row.opening)} is owed, and {terms.money(row.due)} is due"
        return MovementReason("carried", short, short, told), MovementReason("applied", -applied, -applied, why)
