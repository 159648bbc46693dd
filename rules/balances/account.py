"""An account, such as a partner's capital: movements from the facts, and what is credited to it instead of paid."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rules.balances.base import BalanceKind, Movement, MovementReason, Row, State, nothing, rounded, to_balance
from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Terms, Wanted, Words
from rules.names import Name
from rules.quantities.rounding import round_fraction


class Account(BalanceKind):
    """Keeps an account of each partner: `account: {movements: {contributions: paid_in, drawings: -drawn},
    credited: [interest]}`.

    Each movement is an amount of the period; below zero it goes out. What the components `credited` earned goes onto
    the account, and is not paid: all of it, so that no other balance names them.
    """

    moves: ClassVar[tuple[str, ...]] = ("credited",)

    movements: Mapping[Name, ExpressionField] = {}
    credited: Annotated[tuple[Name, ...], Field(strict=False)] = ()

    def names(self) -> tuple[str, ...]:
        return (*self.movements, *(self.moves if self.credited else ()))

    @property
    def components(self) -> tuple[str, ...]:
        return self.credited

    @property
    def takes(self) -> Literal["all", "net", "part"]:
        return "all"

    @property
    def may_be_below_zero(self) -> bool:
        return True

    def inputs(self) -> Mapping[str, Wanted]:
        money = frozenset({Type.MONEY})
        return {name: Wanted(each, money, ("movements", name)) for name, each in self.movements.items()}

    def in_words(self, terms: Terms) -> Words:
        rows = tuple((name.replace("_", " "), each.text) for name, each in self.movements.items())
        credited = f"; {self._credited()} credited to it, and not paid" if self.credited else ""
        return Words(f"an account of each partner{credited}", ("movement", "amount"), rows)

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        none = nothing(len(state.due))
        found = [Movement(name, rounded(state.inputs[name], terms), none) for name in self.movements]
        return (*found, *([to_balance("credited", state.base)] if self.credited else []))

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        found = []
        for name, each in self.movements.items():
            amount = Fraction(round_fraction(row.inputs[name], terms.rounding, terms.step_minor))
            found.append(MovementReason(name, amount, Fraction(0), f"{each.text} is {terms.money(amount)}"))
        if self.credited:
            told = f"{self._credited()} credited to the account"
            found.append(MovementReason("credited", row.base, -row.base, told))
        return tuple(found)

    def _credited(self) -> str:
        """What is credited: `interest and share are`."""
        *others, last = (each.replace("_", " ") for each in self.credited)
        return f"{', '.join(others)} and {last} are" if others else f"{last} is"
