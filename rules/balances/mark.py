"""A high-water mark: the highest value that was ever reached, above which alone something is earned."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from rules.balances.base import BalanceKind, Movement, MovementReason, Row, State, above_zero, nothing, rounded
from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Terms, Wanted, Words
from rules.quantities.rounding import round_fraction
from rules.quantities.written import FlagField


class Mark(BalanceKind):
    """Keeps the highest value that was ever reached: `mark: {of: net_value}`. Nothing is paid by it.

    A rule earns above it by naming its opening: `base: greatest(net_value - NAME.opening, 0)`. With `at_year_end`, only
    the period that ends the fiscal year raises it.
    """

    short: ClassVar[str | None] = "of"
    moves: ClassVar[tuple[str, ...]] = ("raised",)

    of: ExpressionField
    at_year_end: FlagField = Field(default=False, description="only the last period of the fiscal year raises it")

    @property
    def may_be_below_zero(self) -> bool:
        return True

    def inputs(self) -> Mapping[str, Wanted]:
        return {"of": Wanted(self.of, frozenset({Type.MONEY}), ("of",))}

    def in_words(self, terms: Terms) -> Words:
        when = " at the end of a fiscal year" if self.at_year_end else ""
        return Words(f"the highest value that {self.of.text} ever had{when} is kept as the mark of the next period")

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        raised = above_zero(rounded(state.inputs["of"], terms) - state.opening)
        if self.at_year_end and not state.closes_year:
            raised = nothing(len(raised))
        return (Movement("raised", raised, nothing(len(raised))),)

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        value = Fraction(round_fraction(row.inputs["of"], terms.rounding, terms.step_minor))
        raised = max(value - row.opening, Fraction(0))
        told = f"{self.of.text} is {terms.money(value)}, and the mark was {terms.money(row.opening)}"
        if self.at_year_end and not row.closes_year:
            raised, told = Fraction(0), f"{told}; the mark is raised at the end of the fiscal year"
        return (MovementReason("raised", raised, Fraction(0), told),)
