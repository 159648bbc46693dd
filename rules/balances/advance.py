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
    than is due. An amount below zero is given back, with `is_paid` to the run, which takes it off what is paid; more
    than was open is carried below zero, which the run tells, and later advances make up for it first.
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
    def may_be_below_zero(self) -> bool:
        return True

    @property
    def tells_overdrawn(self) -> bool:
        return True

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
        advanced = rounded(state.inputs["of"], terms)
        paid = advanced if self.is_paid else nothing(len(advanced))
        can = rounded(above_zero(state.base) * Exact.constant(self.recoup, len(state.base)), terms)
        can = can.least(above_zero(state.due + paid.least(nothing(len(paid)))))
        back = can.least(above_zero(state.opening + advanced))
        return Movement("advanced", advanced, paid), Movement("recouped", -back, -back)

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        advanced = Fraction(round_fraction(row.inputs["of"], terms.rounding, terms.step_minor))
        paid = advanced if self.is_paid else Fraction(0)
        exact = max(row.base, Fraction(0)) * self.recoup
        can = Fraction(round_fraction(exact, terms.rounding, terms.step_minor))
        can = min(can, max(row.due + min(paid, Fraction(0)), Fraction(0)))
        back = min(can, max(row.opening + advanced, Fraction(0)))
        told = f"{self.of.text} is {terms.money(advanced)}{', given back' if advanced < 0 else ''}"
        owed = row.opening + advanced
        why = f"{terms.money(owed)} is to recoup, and {terms.money(can)} of what was earned can be taken"
        if owed < 0:
            why = f"{terms.money(-owed)} more was given back than was open, and later advances make up for it"
        return MovementReason("advanced", advanced, paid, told), MovementReason("recouped", -back, -back, why)
