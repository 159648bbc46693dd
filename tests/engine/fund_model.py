"""The balances of funds, day by day over plain numbers: a model that shares no code with the ledger.

It knows budgets that requests name, of everybody or of one partner, and rounds down.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from engine.mdf.facts import Claim, FundFacts, Request
from rules.mdf.meaning import MdfMeaning

BUDGET, RESERVED, SUBMITTED, VALIDATED, PAID, EXPIRED, FREE = range(7)


class Model:
    """What each budget comes to: its amount, then the parts of it by the numbers above."""

    def __init__(self, facts: FundFacts, rules: MdfMeaning) -> None:
        self.facts, self.rules = facts, rules
        self.state: dict[str, list[int]] = {}
        self.of: dict[str, str] = {}  # the budget of a request
        self.left: dict[str, int] = {}
        self.until: dict[str, date] = {}
        self.closed: set[str] = set()
        self.over: set[str] = set()
        self.submitted: dict[str, int] = {}
        self.validated: dict[str, int] = defaultdict(int)
        self.rejected: set[str] = set()

    def on(self, end: date) -> dict[str, tuple[int, ...]]:
        """The balances at the end of a day."""
        day = min([end, *(each.first for each in self.facts.budgets if each.first is not None)])
        while day <= end:
            for request in [each for each, until in self.until.items() if until < day and each not in self.closed]:
                self.close(request)
            self.budgets(day)
            for ask in sorted(self.facts.requests, key=lambda each: (each.requested_on or date.min, each.id)):
                self.approve(ask, day)
            claims = sorted(self.facts.claims, key=lambda each: each.id)
            for step in (self.submit, self.decide, self.pay):
                for claim in claims:
                    step(claim, claim.request or "", day)
            day += timedelta(1)
        return {key: tuple(each) for key, each in self.state.items()}

    def move(self, request: str, source: int, target: int, amount: int) -> None:
        state = self.state[self.of[request]]
        state[source] -= amount
        state[target] += amount

    def close(self, request: str) -> None:
        self.closed.add(request)
        self.move(request, RESERVED, EXPIRED if self.of[request] in self.over else FREE, self.left[request])
        self.left[request] = 0

    def budgets(self, day: date) -> None:
        for each in self.facts.budgets:
            if each.last is not None and each.last + timedelta(1) == day:
                self.over.add(each.id)
                self.state[each.id][EXPIRED] += self.state[each.id][FREE]
                self.state[each.id][FREE] = 0
            if each.first == day:
                amount = each.amount_minor or 0
                self.state[each.id] = [amount, 0, 0, 0, 0, 0, amount]

    def rate(self, request: str) -> Fraction:
        (activity,) = [each.activity for each in self.facts.requests if each.id == request]
        return self.rules.activities[activity or ""].rate

    def approve(self, ask: Request, day: date) -> None:
        fund = next((each for each in self.facts.budgets if each.id == ask.budget), None)
        rule = self.rules.activities.get(ask.activity or "")
        if ask.decided_on != day or not ask.approved_minor or rule is None or fund is None:
            return
        if fund.first is None or day < fund.first or fund.id in self.over or fund.partner not in (None, ask.partner):
            return
        amount = min(ask.approved_minor, self.state[fund.id][FREE])
        amount = amount if rule.most_minor is None else min(amount, rule.most_minor)
        if amount:
            within = None if self.rules.claim_days is None else day + timedelta(self.rules.claim_days)
            self.of[ask.id], self.left[ask.id] = fund.id, amount
            self.until[ask.id] = ask.claim_by or within or fund.last or date.max
            self.move(ask.id, FREE, RESERVED, amount)
            if self.until[ask.id] < day:
                self.close(ask.id)

    def stands(self, one: Claim, other: Claim) -> bool:
        """Whether an earlier claim stands against a later one."""
        if one.id not in self.submitted or one.id in self.rejected:
            return False
        same = one.proof is not None and one.proof == other.proof and "same_proof" in self.rules.duplicates
        mine, others = ((each.request, each.submitted_on, each.claimed_minor) for each in (one, other))
        alike = mine == others and one.claimed_minor is not None and "same_amount" in self.rules.duplicates
        return same or alike

    def submit(self, claim: Claim, request: str, day: date) -> None:
        if claim.submitted_on != day or request not in self.left or self.until[request] < day:
            return
        if (self.rules.needs_proof and not claim.proof) or any(self.stands(one, claim) for one in self.facts.claims):
            return
        amount = min(floor(self.rate(request) * (claim.claimed_minor or 0)), self.left[request])
        self.submitted[claim.id] = amount
        self.left[request] -= amount
        self.move(request, RESERVED, SUBMITTED, amount)

    def decide(self, claim: Claim, request: str, day: date) -> None:
        if claim.decided_on != day or claim.approved_minor is None or claim.id not in self.submitted:
            return
        costs = [each for each in (claim.approved_minor, claim.claimed_minor) if each is not None]
        there = self.submitted[claim.id] + self.left[request]
        amount = min(floor(self.rate(request) * min(costs)), there)
        self.move(request, SUBMITTED, RESERVED, self.submitted[claim.id])
        self.move(request, RESERVED, VALIDATED, amount)
        self.left[request], self.submitted[claim.id], self.validated[claim.id] = there - amount, 0, amount
        if not amount:
            self.rejected.add(claim.id)
        if request in self.closed:
            self.close(request)

    def pay(self, claim: Claim, request: str, day: date) -> None:
        if claim.paid_on is None or max(claim.paid_on, claim.decided_on or claim.paid_on) != day:
            return
        amount = min(claim.paid_minor or 0, self.validated[claim.id])
        if amount:
            self.validated[claim.id] -= amount
            self.move(request, VALIDATED, PAID, amount)
