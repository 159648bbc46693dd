"""An advance: money paid or spent before it was earned, and recouped from what is earned."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from rules.balances.base import BalanceKind, Movement, MovementReason, Row, State, above_zero, nothing, rounded
from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Terms, Wanted, Words, percent
from rules.names import Name
from rules.quantities.exact import Exact
from rules.quantities.rounding import round_fraction
from rules.quantities.written import FlagField, RateField
from rules.sharing.base import fault


class Advance(BalanceKind):
    """Recoups what was advanced from what is earned: `advance: {of: advances_paid, recouped_from: [royalty]}`.

    `of` is what is advanced in the period, such as a KPI. With `is_paid`, the run pays it; an expense that was spent
    for the partner is recouped without. No more is recouped than the part `recoup` of what the components earned, nor
    than is due.
    """

    moves: ClassVar[tuple[str, ...]] = ("advanced", "recouped")

    of: ExpressionField
    recouped_from: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    recoup: RateField = Fraction(1)
    is_paid: FlagField = False

    @model_validator(mode="after")
    def _part(self) -> Advance:
        if not 0 < self.recoup <= 1:
            raise fault("P261", f"recoups {percent(self.recoup)}", "recover more than nothing and at most all")
        return self

    @property
    def components(self) -> tuple[str, ...]:
        return self.recouped_from

    def inputs(self) -> Mapping[str, Wanted]:
        return {"of": Wanted(self.of, frozenset({Type.MONEY}), ("of",))}

    def in_words(self, terms: Terms) -> Words:
        whose = "what was earned" if not self.recouped_from else " and ".join(self.recouped_from)
        part = "" if self.recoup == 1 else f"{percent(self.recoup)} of "
        how = "paid" if self.is_paid else "noted"
        return Words(f"{self.of.text} is {how} as an advance, and recouped from {part}{whose}")

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        advanced = rounded(above_zero(state.inputs["of"]), terms)
        can = rounded(above_zero(state.base) * Exact.constant(self.recoup, len(state.base)), terms)
        can = can.least(above_zero(state.due))
        back = can.least(above_zero(state.opening + advanced))
        paid = advanced if self.is_paid else nothing(len(advanced))
        return Movement("advanced", advanced, paid), Movement("recouped", -back, -back)

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        wanted = max(row.inputs["of"], Fraction(0))
        advanced = Fraction(round_fraction(wanted, terms.rounding, terms.step_minor))
        exact = max(row.base, Fraction(0)) * self.recoup
        can = Fraction(round_fraction(exact, terms.rounding, terms.step_minor))
        can = min(can, max(row.due, Fraction(0)))
        back = min(can, max(row.opening + advanced, Fraction(0)))
        told = f"{self.of.text} is {terms.money(advanced)}"
        owed = terms.money(row.opening + advanced)
        why = f"{owed} is to recoup, and {terms.money(can)} of what was earned can be taken"
        paid = advanced if self.is_paid else Fraction(0)
        return MovementReason("advanced", advanced, paid, told), MovementReason("recouped", -back, -back, why)
