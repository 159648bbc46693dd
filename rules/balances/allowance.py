"""An allowance, such as accrued market development funds: what accrues can be used until it expires."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from rules.balances.base import BalanceKind, Movement, MovementReason, Row, State, above_zero, nothing, rounded
from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Terms, Wanted, Words
from rules.quantities.rounding import round_fraction
from rules.quantities.written import CountField
from rules.sharing.base import fault


class Allowance(BalanceKind):
    """Keeps what a partner may use: `allowance: {accrued: accrual, used: claims_paid, expires_after: 4}`.

    The oldest is used first. What was not used at the end of the period that comes `expires_after` periods after the
    one in which it accrued expires then. Nothing is paid by it. Who used more than it has is overdrawn: that is carried
    below zero, and later accruals make up for it first, or with `over: refuse` the run is refused; it is never silent.
    An accrual below zero is taken back, from the oldest first; a use below zero comes back, as old as the oldest, so
    that it expires at once where all that has not expired is there already.
    """

    moves: ClassVar[tuple[str, ...]] = ("accrued", "used", "expired")

    accrued: ExpressionField
    used: ExpressionField
    expires_after: CountField | None = Field(default=None, description="periods; never, unless said")
    over: Literal["carry", "refuse"] = Field(default="carry", description="what becomes of more than there is")

    @model_validator(mode="after")
    def _lasts(self) -> Allowance:
        if self.expires_after is not None and self.expires_after < 1:
            raise fault("P260", "an allowance that expires at once", "write 1 or more periods")
        return self

    @property
    def looks_back(self) -> int:
        return int(self.expires_after or 0)

    @property
    def may_be_below_zero(self) -> bool:
        return not self.refuses_overdrawn

    @property
    def tells_overdrawn(self) -> bool:
        return True

    @property
    def refuses_overdrawn(self) -> bool:
        return self.over == "refuse"

    def inputs(self) -> Mapping[str, Wanted]:
        money = frozenset({Type.MONEY})
        return {"accrued": Wanted(self.accrued, money, ("accrued",)), "used": Wanted(self.used, money, ("used",))}

    def in_words(self, terms: Terms) -> Words:
        periods = "1 period" if self.expires_after == 1 else f"{self.expires_after} periods"
        when = "" if self.expires_after is None else f"; what is not used expires after {periods}"
        over = "later accruals make up for it" if self.over == "carry" else "the run is refused"
        when += f"; where more is used than there is, {over}"
        return Words(f"{self.accrued.text} accrues, and {self.used.text} is used of it{when}")

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        none = nothing(len(state.due))
        accrued, used = (rounded(state.inputs[key], terms) for key in ("accrued", "used"))
        expired = none
        if self.expires_after is not None:
            fresh = above_zero(accrued) + above_zero(state.due_later)
            for back in range(1, int(self.expires_after)):
                fresh = fresh + above_zero(state.earlier("accrued", back))
            expired = above_zero(state.opening + accrued - used - fresh)
        return Movement("accrued", accrued, none), Movement("used", -used, none), Movement("expired", -expired, none)

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        none = Fraction(0)
        read = (row.inputs[key] for key in ("accrued", "used"))
        accrued, used = (Fraction(round_fraction(each, terms.rounding, terms.step_minor)) for each in read)
        expired, why = none, "nothing expires"
        if self.expires_after is not None:
            recent = [row.back("accrued", back) for back in range(1, int(self.expires_after))]
            fresh = sum((each for each in (accrued, *recent, row.due_later) if each > 0), none)
            left = row.opening + accrued - used
            expired = max(left - fresh, none)
            kept = terms.money(min(fresh, max(left, none)))
            why = f"{terms.money(left)} is left, and {kept} of it does not expire yet"
        back, again = (", taken back" if accrued < 0 else ""), (", which comes back" if used < 0 else "")
        return (
            MovementReason("accrued", accrued, none, f"{self.accrued.text} is {terms.money(accrued)}{back}"),
            MovementReason("used", -used, none, f"{self.used.text} is {terms.money(used)}{again}"),
            MovementReason("expired", -expired, none, why),
        )
