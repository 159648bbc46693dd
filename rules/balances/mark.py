"""A high-water mark: the highest value that was ever reached, above which alone something is earned."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

from rules.balances.base import BalanceKind, Movement, MovementReason, Row, State, above_zero, nothing, rounded
from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Terms, Wanted, Words
from rules.quantities.rounding import round_fraction


class Mark(BalanceKind):
    """Keeps the highest value that was ever reached: `mark: {of: net_value}`. Nothing is paid by it.

    A rule earns above it by naming its opening: `base: greatest(net_value - NAME.opening, 0)`.
    """

    short: ClassVar[str | None] = "of"
    moves: ClassVar[tuple[str, ...]] = ("raised",)

    of: ExpressionField

    def inputs(self) -> Mapping[str, Wanted]:
        return {"of": Wanted(self.of, frozenset({Type.MONEY}), ("of",))}

    def in_words(self, terms: Terms) -> Words:
        return Words(f"the highest value that {self.of.text} ever had is kept as the mark of the next period")

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        raised = above_zero(rounded(state.inputs["of"], terms) - state.opening)
        return (Movement("raised", raised, nothing(len(raised))),)

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        value = Fraction(round_fraction(row.inputs["of"], terms.rounding, terms.step_minor))
        raised = max(value - row.opening, Fraction(0))
        told = f"{self.of.text} is {terms.money(value)}, and the mark was {terms.money(row.opening)}"
        return (MovementReason("raised", raised, Fraction(0), told),)
