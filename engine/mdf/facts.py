"""What the ledger of funds is worked out of: budgets, requests and claims, and what came of their campaigns.

Amounts are whole minor units of the program's currency, None where the cell is blank: unknown is never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Budget:
    """What there is to spend, from `first` to `last` (None: without end), of a partner, or of all of a region or tier.

    An accrued one is told by `month`, of whose rows it is a part.
    """

    id: str
    partner: str | None
    region: str | None
    tier: str | None
    amount_minor: int | None
    first: date | None
    last: date | None
    month: date | None = None

    def is_open(self, day: date) -> bool:
        """Whether it can be drawn on on a day."""
        return self.first is not None and self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for the fund's money; `region` and `tier` are those of its partner on the day of the decision."""

    id: str
    record: int
    partner: str | None
    region: str | None
    tier: str | None
    budget: str | None
    campaign: str | None
    activity: str | None
    requested_on: date | None
    requested_minor: int | None
    decided_on: date | None
    approved_minor: int | None
    claim_by: date | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim on a request: `claimed` and `approved` are what an activity cost, `paid` is the fund's money."""

    id: str
    record: int
    request: str | None
    submitted_on: date | None
    decided_on: date | None
    paid_on: date | None
    claimed_minor: int | None
    approved_minor: int | None
    paid_minor: int | None
    proof: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class FundFacts:
    """The facts of all funds of a program."""

    budgets: tuple[Budget, ...]
    requests: tuple[Request, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead of a campaign, and on which days it got how far."""

    id: str
    campaign: str
    created_on: date | None
    qualified_on: date | None
    opportunity_on: date | None
    converted_on: date | None


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal that a campaign, or a lead of it, led to."""

    id: str
    campaign: str
    status: str | None
    stage: str | None
    opened_on: date | None
    closed_on: date | None
    amount_minor: int | None
    margin_minor: int | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of campaigns; None where the program has no such table, and nothing is known."""

    leads: tuple[Lead, ...] | None
    deals: tuple[Deal, ...] | None
