"""A negative balance: what is due below zero, set against other components, carried until later periods make up for it,
or written off."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from rules.balances.base import BalanceKind, Movement, MovementReason, Row, State, above_zero, nothing
from rules.kinds.base import Terms, Words
from rules.names import Name
from rules.sharing.base import fault


class Negative(BalanceKind):
    """Says what becomes of a payout below zero: `negative: carry`, `negative: net` or `negative: write_off`.

    What is carried is owed by the partner, nothing is paid, and what is due above zero later is set against it first.
    `net` tells by movements what components below zero come to, and what other components of the same run make up for;
    the rest is carried. Those of `{what: net, of: [commission, bonus]}` make up for each other alone: what others earn
    is paid. What is written off is lost to the house. Without such a balance a payout below zero stands, and is netted
    by hand.
    """

    short: ClassVar[str | None] = "what"
    also: ClassVar[tuple[dict[str, object], ...]] = ({"type": "string", "enum": ["carry", "net", "write_off"]},)
    moved: ClassVar[dict[str, tuple[str, ...]]] = {
        "carry": ("carried", "applied"),
        "net": ("fell_short", "netted", "applied"),
        "write_off": ("fell_short", "written_off"),
    }

    what: Literal["carry", "net", "write_off"]
    of: Annotated[tuple[Name, ...], Field(strict=False, description="with net, what is set against each other")] = ()

    @model_validator(mode="after")
    def _nets(self) -> Negative:
        if self.of and self.what != "net":
            message = f"components to net, and what is below zero is {self.in_a_word}"
            raise fault("P260", message, "write `what: net`, or leave `of` out")
        return self

    @property
    def in_a_word(self) -> str:
        """What becomes of what is below zero, as people say it."""
        return {"carry": "carried", "net": "netted", "write_off": "written off"}[self.what]

    @property
    def components(self) -> tuple[str, ...]:
        return self.of

    @property
    def takes(self) -> Literal["all", "net", "part"]:
        return "net"

    def names(self) -> tuple[str, ...]:
        return self.moved[self.what]

    def in_words(self, terms: Terms) -> Words:
        if self.what == "write_off":
            return Words("a payout below zero is written off: nothing is paid, and nothing is owed")
        rest = "nothing is paid, and later payouts are set against it first"
        if self.what == "carry":
            return Words(f"a payout below zero is carried: {rest}")
        whose = "other components of the run" if not self.of else f"the others of {', '.join(self.of)}"
        return Words(f"a component below zero is set against {whose}; what is left is carried: {rest}")

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        due = state.due if not self.of else state.base
        left = above_zero(-due)
        if self.what == "write_off":
            return Movement("fell_short", left, nothing(len(left))), Movement("written_off", -left, left)
        can = above_zero(state.due).least(above_zero(due))
        applied = can.least(above_zero(state.opening))
        paid_back = Movement("applied", -applied, -applied)
        if self.what == "carry":
            return Movement("carried", left, left), paid_back
        below = state.below_zero if state.below_zero is not None else left
        short = left + above_zero(below - left)
        netted = short - left
        return Movement("fell_short", short, short), Movement("netted", -netted, -netted), paid_back

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        zero = Fraction(0)
        due = row.base if self.of else row.due
        left = max(-due, zero)
        told = f"{terms.money(due)} is due"
        if self.what == "write_off":
            gone = MovementReason("written_off", -left, left, "the house bears it, and nothing is owed")
            return MovementReason("fell_short", left, zero, told), gone
        applied = min(max(row.due, zero), max(due, zero), max(row.opening, zero))
        why = f"{terms.money(row.opening)} is owed, and {terms.money(row.due)} is due"
        paid_back = MovementReason("applied", -applied, -applied, why)
        if self.what == "carry":
            return MovementReason("carried", left, left, told), paid_back
        short = max(row.below_zero, left)
        told = f"components below zero come to {terms.money(-row.below_zero)}"
        if short != row.below_zero:
            told += f", and with the balances before {terms.money(due)} is due"
        netted = short - left
        with_others = f"what others earned makes up for {terms.money(netted)}, and {terms.money(left)} is carried"
        fell = MovementReason("fell_short", short, short, told)
        return fell, MovementReason("netted", -netted, -netted, with_others), paid_back
