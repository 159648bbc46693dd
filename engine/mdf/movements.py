"""The entries of the commitment ledger: money that moves from one state to the next, and what was refused or cut.

The states of a budget's money add up to it on every day: budget = reserved + claimed + paid + expired + free, where
claimed is what was submitted and what was validated and not yet paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.mdf.facts import Budget, Claim, FundFacts, Request


class State(StrEnum):
    """Where a budget's money is; it comes from outside all of them."""

    OUTSIDE = "outside"
    FREE = "free"
    RESERVED = "reserved"
    SUBMITTED = "submitted"
    VALIDATED = "validated"
    PAID = "paid"
    EXPIRED = "expired"


class Cause(StrEnum):
    """What became last of money that was not paid: never asked for, granted and not claimed, claimed and rejected."""

    EXPIRED = "expired"
    UNCLAIMED = "unclaimed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry: on a day, an amount above zero of one budget goes from a state to another.

    `kind` is allocated, reserved, claimed, validated, rejected, released, paid or expired; `cause` is what became last
    of the money before it moved.
    """

    day: date
    kind: str
    budget: str
    minor: int
    source: State
    target: State
    cause: Cause
    request: str = ""
    claim: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the ledger refused or cut, by which rule: `asked` is what it would have been, `granted` what it was. What is
    only not known yet stands `until` a day."""

    day: date | None
    code: str
    table: str
    key: str
    words: str
    rule: str
    asked_minor: int | None
    granted_minor: int
    request: str = ""
    claim: str = ""
    until: date | None = None

    def stands(self, day: date) -> bool:
        """Whether it is told at the end of a day."""
        return (self.day is None or self.day <= day) and (self.until is None or day < self.until)

    @property
    def cut_minor(self) -> int | None:
        """How much less was granted than was asked; None where it is not known what was asked."""
        return None if self.asked_minor is None else self.asked_minor - self.granted_minor


@dataclass(frozen=True, slots=True)
class Balance:
    """What one budget comes to on a day, in minor units."""

    budget: int
    reserved: int
    submitted: int
    validated: int
    paid: int
    expired: int
    free: int

    @property
    def claimed(self) -> int:
        """What was claimed and is neither paid nor rejected."""
        return self.submitted + self.validated

    def __post_init__(self) -> None:
        parts = (self.reserved, self.submitted, self.validated, self.paid, self.expired, self.free)
        assert self.budget == sum(parts), "a budget is what became of it"
        assert min(parts) >= 0, "nothing is drawn on what is not there"


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries in their order, what was refused or cut, and the facts behind them, accrued budgets included."""

    budgets: tuple[Budget, ...]
    requests: Mapping[str, Request]
    claims: Mapping[str, Claim]
    movements: tuple[Movement, ...]
    refusals: tuple[Refusal, ...]

    def as_of(self, day: date) -> Ledger:
        """The ledger as it stands at the end of a day."""
        return Ledger(
            tuple(each for each in self.budgets if each.first is None or each.first <= day),
            self.requests,
            self.claims,
            tuple(each for each in self.movements if each.day <= day),
            tuple(each for each in self.refusals if each.stands(day)),
        )

    def balances(self) -> Mapping[str, Balance]:
        """What each budget comes to, by its id."""
        entries: dict[str, list[Movement]] = {each.id: [] for each in self.budgets}
        for movement in self.movements:
            entries[movement.budget].append(movement)
        return {budget: balance(entries[budget]) for budget in sorted(entries)}


def balance(movements: Iterable[Movement]) -> Balance:
    """What entries come to."""
    held = dict.fromkeys(State, 0)
    for each in movements:
        held[each.source] -= each.minor
        held[each.target] += each.minor
    return Balance(
        budget=-held[State.OUTSIDE],
        reserved=held[State.RESERVED],
        submitted=held[State.SUBMITTED],
        validated=held[State.VALIDATED],
        paid=held[State.PAID],
        expired=held[State.EXPIRED],
        free=held[State.FREE],
    )


def sum_of(movements: Sequence[Movement], kind: str, cause: Cause | None = None) -> int:
    """What the entries of a kind add up to, of a cause alone where it is named."""
    return sum(each.minor for each in movements if each.kind == kind and cause in (None, each.cause))


def ledger_of(facts: FundFacts, movements: Iterable[Movement], refusals: Iterable[Refusal]) -> Ledger:
    """A ledger over the facts that it was worked out of."""
    return Ledger(
        tuple(sorted(facts.budgets, key=lambda each: each.id)),
        {each.id: each for each in sorted(facts.requests, key=lambda each: each.id)},
        {each.id: each for each in sorted(facts.claims, key=lambda each: each.id)},
        tuple(movements),
        tuple(refusals),
    )
