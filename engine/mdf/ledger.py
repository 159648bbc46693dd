"""The commitment ledger: dated facts of funds become entries, in one order that no order of rows changes.

In: budgets, requests and claims, and the rules of the program. Out: every entry, and what was refused or cut. An event
moves money by what happened before it and by nothing later, so the ledger as of a day is the ledger of the facts that
are dated up to that day. All amounts are the fund's own money: of a claim, its part of the cost, rounded once.

On one day: what is over is released, then budgets end, then others begin; then requests are approved (the earlier asked
first), claims submitted, decided and paid, each in the order of their ids.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from heapq import heapify, heappop

from engine.mdf.facts import Claim, FundFacts
from engine.mdf.granting import DECIDE, PAY, SUBMIT, Event, Granted, Granting
from engine.mdf.movements import Cause, Ledger, State, ledger_of
from engine.mdf.refusing import claim_fault
from rules.mdf.meaning import MdfMeaning

_HEX = re.compile(r"[0-9a-fA-F]+")  # a digest that tools write in upper case or in lower


def commitment_ledger(facts: FundFacts, rules: MdfMeaning) -> Ledger:
    """The ledger of all funds of a program: each budget's entries add up to it on every day."""
    book = _Book(facts, rules)
    book.events = events = [*book.known_events()]
    heapify(events)
    happens = (book.release, book.end, book.begin, book.approve, book.submit, book.decide, book.pay)
    while events:
        day, what, _, key = heappop(events)
        happens[what](day, key)
    return ledger_of(facts, book.movements, book.refusals.in_order())


@dataclass(slots=True)
class _Held:
    """What a claim holds, by budget; one that is rejected stands no more."""

    submitted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    validated: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    is_rejected: bool = False
    is_cut: bool = False


class _Book(Granting):
    """The state of all funds: what is granted, and what the claims on it hold."""

    def __init__(self, facts: FundFacts, rules: MdfMeaning) -> None:
        super().__init__(facts, rules)
        self._claims = {each.id: each for each in facts.claims}
        self._held: dict[str, _Held] = {}
        self._alike: dict[tuple[object, ...], list[str]] = defaultdict(list)

    def known_events(self) -> Iterator[Event]:
        """Those of budgets and requests, and those of claims."""
        yield from super().known_events()
        for key, claim in self._claims.items():
            if fault := claim_fault(claim):
                self.refusals.unplaced("mdf_claims", key, fault, claim.request or "")
                continue
            assert claim.submitted_on is not None
            yield claim.submitted_on, SUBMIT, date.min, key
            decided = max(claim.decided_on or claim.submitted_on, claim.submitted_on)
            if claim.decided_on is not None and claim.approved_minor is not None:
                yield decided, DECIDE, date.min, key
            if claim.paid_on is not None and claim.paid_minor is None:
                self.refusals.unplaced("mdf_claims", key, "it is not known how much was paid", claim.request or "")
            elif claim.paid_on is not None and claim.paid_minor:
                yield max(claim.paid_on, decided), PAY, date.min, key

    def submit(self, day: date, key: str) -> None:
        """A claim takes its part of the cost from what its request holds, unless a rule refuses it."""
        claim = self._claims[key]
        granted = self.granted.get(claim.request or "")
        if granted is None:
            self.refusals.claim(day, "M124", claim, f"{claim.request} had nothing granted by {day}", self._asked(claim))
            return
        due = None if claim.claimed_minor is None else self.rules.part_minor(granted.rate, claim.claimed_minor)
        code, words = self._why_refused(claim, day, granted)
        if code:
            self.refusals.claim(day, code, claim, words, due)
            return
        for like in self._likeness(claim):
            self._alike[like].append(key)
        self._held[key] = _Held()
        if due is not None:
            self._cut(day, claim, granted, due)
            self._take(day, claim, granted, min(due, granted.left))
        else:
            is_decided = claim.decided_on is not None and claim.approved_minor is not None
            self.refusals.uncosted(day, claim, claim.decided_on if is_decided else None)

    def _asked(self, claim: Claim) -> int | None:
        """The fund's part of what is claimed on a request that holds nothing; unknown where its activity is."""
        request = self._requests.get(claim.request or "")
        activity = None if request is None else self.rules.activity(request.activity)
        if activity is None or claim.claimed_minor is None:
            return None
        return self.rules.part_minor(activity.rate, claim.claimed_minor)

    def _why_refused(self, claim: Claim, day: date, granted: Granted) -> tuple[str, str]:
        if granted.deadline is not None and day > granted.deadline:
            return "M121", f"the last day to claim on {claim.request} was {granted.deadline}"
        if self.rules.needs_proof and claim.proof is None:
            return "M122", "a claim needs the digest of its proof"
        for like in self._likeness(claim):
            standing = [each for each in self._alike[like] if not self._held[each].is_rejected]
            if standing:
                what = "proof" if like[0] == "same_proof" else "request, amount and day"
                return "M120", f"{standing[0]} has the same {what}"
        return "", ""

    def _likeness(self, claim: Claim) -> Iterator[tuple[object, ...]]:
        if "same_proof" in self.rules.duplicates and claim.proof is not None:
            yield "same_proof", claim.proof.lower() if _HEX.fullmatch(claim.proof) else claim.proof
        if "same_amount" in self.rules.duplicates and claim.claimed_minor is not None:
            yield "same_amount", claim.request, claim.claimed_minor, claim.submitted_on

    def _cut(self, day: date, claim: Claim, granted: Granted, more: int, held: int = 0) -> None:
        """Note where a claim comes to more than is left of its request, once."""
        left = granted.left + held
        if more > left and not self._held[claim.id].is_cut:
            self._held[claim.id].is_cut = True
            words = f"{self.money(left)} was left of {claim.request}"
            self.refusals.claim(day, "M123", claim, words, more, left)

    def _take(self, day: date, claim: Claim, granted: Granted, minor: int) -> None:
        for budget, pot in granted.pots.items():
            part = min(minor, pot.total)
            minor -= part
            self._held[claim.id].submitted[budget] += part
            of = State.RESERVED, State.SUBMITTED
            self.enter(day, "claimed", budget, *of, pot.take(part), claim.request or "", claim.id)

    def decide(self, day: date, key: str) -> None:
        """What was validated of a claim is owed; the rest goes back to its request."""
        claim, held = self._claims[key], self._held.get(key)
        if held is None:
            return
        granted, cost = self.granted[claim.request or ""], claim.approved_minor
        assert cost is not None
        if claim.claimed_minor is not None and cost > claim.claimed_minor:
            parts = [self.rules.part_minor(granted.rate, each) for each in (cost, claim.claimed_minor)]
            words = f"{self.money(claim.claimed_minor)} was claimed, and {self.money(cost)} validated"
            self.refusals.claim(day, "M125", claim, words, *parts)
            cost = claim.claimed_minor
        due, there = self.rules.part_minor(granted.rate, cost), sum(held.submitted.values())
        self._cut(day, claim, granted, due, there)
        if due > there:
            self._take(day, claim, granted, min(due - there, granted.left))
        self._validate(day, claim, held, due)
        self._give_back(day, claim, held, granted)
        held.is_rejected = not any(held.validated.values())
        if granted.is_closed:
            self.release(day, claim.request or "")

    def _validate(self, day: date, claim: Claim, held: _Held, minor: int) -> None:
        for budget in [*held.submitted]:
            part = min(minor, held.submitted[budget])
            minor -= part
            held.submitted[budget] -= part
            held.validated[budget] += part
            of = State.SUBMITTED, State.VALIDATED
            self.enter(day, "validated", budget, *of, {Cause.REJECTED: part}, claim.request or "", claim.id)

    def _give_back(self, day: date, claim: Claim, held: _Held, granted: Granted) -> None:
        words = claim.reason or "no reason given"
        for budget, rest in held.submitted.items():
            granted.pots[budget].put(Cause.REJECTED, rest)
            of, rejected = (State.SUBMITTED, State.RESERVED), {Cause.REJECTED: rest}
            self.enter(day, "rejected", budget, *of, rejected, claim.request or "", claim.id, words)
        held.submitted.clear()

    def pay(self, day: date, key: str) -> None:
        """What was validated is paid, no more."""
        claim, held = self._claims[key], self._held.get(key, _Held())
        paid, there = claim.paid_minor or 0, sum(held.validated.values())
        if paid > there:
            words = f"{self.money(there)} was validated, and {self.money(paid)} paid"
            self.refusals.claim(day, "M126", claim, words, paid, there)
        paid = min(paid, there)
        for budget in [*held.validated]:
            part = min(paid, held.validated[budget])
            paid -= part
            held.validated[budget] -= part
            of = State.VALIDATED, State.PAID
            self.enter(day, "paid", budget, *of, {Cause.REJECTED: part}, claim.request or "", claim.id)
