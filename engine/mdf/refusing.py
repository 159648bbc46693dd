"""Why the ledger refuses or cuts something: the rule, where it was written, and what it would have been."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from engine.mdf.facts import Budget, Claim, Request
from engine.mdf.movements import Refusal
from rules.mdf.meaning import MdfMeaning

_RULES = {"M120": "duplicates", "M121": "claim_within", "M122": "proof"}


@dataclass(slots=True)
class Refusals:
    """What was refused or cut so far."""

    rules: MdfMeaning
    found: list[Refusal] = field(default_factory=list)

    def in_order(self) -> list[Refusal]:
        """All of them, by day, then by what they are of."""
        return sorted(self.found, key=lambda each: (each.day or date.min, each.table, each.key, each.code))

    def request(self, day: date, code: str, of: Request, words: str, asked: int | None, granted: int = 0) -> None:
        """Note what a request does not get, by the rule of its activity where there is one."""
        activity = self.rules.activities.get(of.activity or "")
        rule = str(activity.place if activity is not None else self.rules.written_at("activities"))
        self.found.append(Refusal(day, code, "mdf", of.id, words, rule, asked, granted, request=of.id))

    def claim(self, day: date, code: str, of: Claim, words: str, asked: int | None, granted: int = 0) -> None:
        """Note what a claim does not get."""
        rule, request = str(self.rules.written_at(_RULES.get(code, ""))), of.request or ""
        self.found.append(Refusal(day, code, "mdf_claims", of.id, words, rule, asked, granted, request, of.id))

    def uncosted(self, day: date, of: Claim, until: date | None) -> None:
        """Note a claim that holds nothing `until` it is decided, since it is not known what it claims."""
        words, rule = "it is not known what it claims", str(self.rules.place)
        self.found.append(
            Refusal(day, "M130", "mdf_claims", of.id, words, rule, None, 0, of.request or "", of.id, until)
        )

    def negative(self, day: date, of: Budget, minor: int) -> None:
        """Note a month that took back more than it sold, of which nothing accrues."""
        words = f"the part of its month is {self.rules.terms.amount(minor)}, and nothing accrues"
        self.found.append(Refusal(day, "M130", "mdf_budgets", of.id, words, str(self.rules.place), None, 0))

    def unplaced(
        self, table: Literal["mdf", "mdf_claims", "mdf_budgets"], key: str, words: str, request: str = ""
    ) -> None:
        """Note a row that moves nothing, or does not in part, since it is not known how much or when; of a claim, its
        `request` as well."""
        of = (key, "") if table == "mdf" else (request, key) if table == "mdf_claims" else ("", "")
        self.found.append(Refusal(None, "M130", table, key, words, str(self.rules.place), None, 0, *of))


def why_not_budget(budget: Budget, request: Request, day: date) -> str:
    """Why a request cannot draw on a budget on a day, in words; nothing where it can."""
    if not budget.is_open(day):
        until = "without end" if budget.last is None else f"to {budget.last}"
        return f"{budget.id} is open from {budget.first} {until}, and it was approved on {day}"
    if budget.partner is not None:
        return "" if budget.partner == request.partner else f"{budget.id} is the budget of {budget.partner}"
    for name, wanted, has in (("region", budget.region, request.region), ("tier", budget.tier, request.tier)):
        if wanted is not None and wanted != has:
            told = f"not known for {request.partner}" if has is None else f"{has} for {request.partner}"
            return f"{budget.id} is for {name} {wanted}, which is {told}"
    return ""


def budget_fault(budget: Budget) -> str:
    """Why a budget has no place in the ledger; nothing where it has one."""
    if budget.amount_minor is None:
        return "its amount is not known" if budget.month is None else "an amount of its month is not known"
    if budget.amount_minor < 0 and budget.month is None:
        return "its amount is below zero"
    return "it is not known from which day on it is there" if budget.first is None else ""


def claim_fault(claim: Claim) -> str:
    """Why a claim has no place in the ledger; nothing where it has one."""
    if claim.request is None:
        return "it names no request"
    if claim.submitted_on is None:
        return "it is not known when it was submitted"
    amounts = (claim.claimed_minor, claim.approved_minor, claim.paid_minor)
    return "an amount of it is below zero" if any(each is not None and each < 0 for each in amounts) else ""
