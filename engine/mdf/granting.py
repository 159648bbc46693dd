"""Budgets and the requests that draw on them: the half of the commitment ledger before anything is claimed.

In: budgets and requests, and what happens to them day by day. Out: entries, and what each request holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from heapq import heappush

from engine.mdf.facts import Budget, FundFacts, Request
from engine.mdf.movements import Cause, Movement, State
from engine.mdf.pots import Pot
from engine.mdf.refusing import Refusals, budget_fault, why_not_budget
from rules.mdf.meaning import MdfMeaning

RELEASE, END, BEGIN, APPROVE, SUBMIT, DECIDE, PAY = range(7)
Event = tuple[date, int, date, str]  # the day, what happens, since when it waits, and the id of what it happens to
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Granted:
    """What a request still holds, by budget in the order in which they are drawn on."""

    rate: Fraction
    pots: dict[str, Pot]
    deadline: date | None
    is_closed: bool = False

    @property
    def left(self) -> int:
        """All that it holds."""
        return sum(pot.total for pot in self.pots.values())


class Granting:
    """The state of budgets and requests while their events happen, and the entries so far."""

    def __init__(self, facts: FundFacts, rules: MdfMeaning) -> None:
        self.rules, self.refusals = rules, Refusals(rules)
        self.events: list[Event] = []
        self.movements: list[Movement] = []
        self.granted: dict[str, Granted] = {}
        self._budgets = {each.id: each for each in facts.budgets}
        self._requests = {each.id: each for each in facts.requests}
        self._accrued: dict[str, list[Budget]] = {}
        for each in facts.budgets:
            if each.month is not None:
                self._accrued.setdefault(each.partner or "", []).append(each)
        self._free: dict[str, Pot] = {}
        self._ended: set[str] = set()

    def known_events(self) -> Iterator[Event]:
        """What the facts say happened; rows that move nothing for want of a day or an amount are noted."""
        for key, budget in self._budgets.items():
            if fault := budget_fault(budget):
                self.refusals.unplaced("mdf_budgets", key, fault)
                continue
            assert budget.first is not None
            yield budget.first, BEGIN, date.min, key
            if budget.last is not None:
                yield budget.last + _DAY, END, date.min, key
        for key, request in self._requests.items():
            if request.approved_minor is not None and request.decided_on is not None:
                if request.approved_minor < 0:
                    self.refusals.unplaced("mdf", key, "what was approved is below zero")
                    continue
                yield request.decided_on, APPROVE, request.requested_on or date.min, key

    def begin(self, day: date, key: str) -> None:
        """A budget is there from now on."""
        amount = self._budgets[key].amount_minor
        assert amount is not None
        if amount < 0:
            self.refusals.negative(day, self._budgets[key], amount)
            amount = 0
        self._free[key] = Pot()
        self._free[key].put(Cause.EXPIRED, amount)
        self.enter(day, "allocated", key, State.OUTSIDE, State.FREE, {Cause.EXPIRED: amount})

    def end(self, day: date, key: str) -> None:
        """What is free of a budget expires."""
        self._ended.add(key)
        self._expire(day, key)

    def _expire(self, day: date, key: str, request: str = "") -> None:
        pot = self._free[key]
        self.enter(day, "expired", key, State.FREE, State.EXPIRED, pot.take(pot.total), request)

    def approve(self, day: date, key: str) -> None:
        """A request holds what was approved, cut to what its activity may hold and to what is free."""
        request = self._requests[key]
        asked, activity = request.approved_minor, self.rules.activity(request.activity)
        if not asked:
            return
        if activity is None:
            words = f"{request.activity or 'a blank activity'} is not among the activities that are funded"
            self.refusals.request(day, "M110", request, words, asked)
            return
        budgets, why = self._drawn_on(request, day)
        if not budgets:
            self.refusals.request(day, "M113", request, why, asked)
            return
        granted = asked
        if activity.most_minor is not None and granted > activity.most_minor:
            granted = activity.most_minor
            words = f"a request for {request.activity} is granted {self.money(granted)} at most"
            self.refusals.request(day, "M112", request, words, asked, granted)
        free = sum(self._free[each].total for each in budgets)
        if free < granted:
            words = f"{self.money(free)} was free in {', '.join(budgets)}"
            self.refusals.request(day, "M111", request, words, granted, free)
            granted = free
        if granted:
            self._reserve(day, request, activity.rate, budgets, granted)

    def _drawn_on(self, request: Request, day: date) -> tuple[list[str], str]:
        """The budgets that a request draws on, in their order; none, and why."""
        if request.budget is None:
            mine = self._accrued.get(request.partner or "", [])
            opened = [each for each in mine if each.is_open(day) and each.id in self._free]
            if opened:
                return [each.id for each in sorted(opened, key=lambda each: (each.last or date.max, each.id))], ""
            told = f", and nothing that accrued to {request.partner} is open on {day}" if mine else ""
            return [], f"it names no budget{told}"
        budget = self._budgets.get(request.budget)
        if budget is None or budget_fault(budget):
            return [], f"of its budget {request.budget} it is not known what there is to spend"
        why = why_not_budget(budget, request, day)
        return ([], why) if why else ([budget.id], "")

    def _reserve(self, day: date, request: Request, rate: Fraction, budgets: list[str], minor: int) -> None:
        pots: dict[str, Pot] = {}
        for budget in budgets:
            part = min(minor, self._free[budget].total)
            if part:
                minor -= part
                taken = self._free[budget].take(part)
                pots[budget] = Pot()
                pots[budget].put(Cause.UNCLAIMED, part)
                self.enter(day, "reserved", budget, State.FREE, State.RESERVED, taken, request.id)
        lasts = [self._budgets[each].last for each in pots]
        last = None if None in lasts else max(each for each in lasts if each is not None)
        deadline = self.rules.deadline(request.claim_by, day, last)
        self.granted[request.id] = Granted(rate, pots, deadline)
        if deadline is not None:
            heappush(self.events, (max(deadline + _DAY, day), RELEASE, date.min, request.id))

    def release(self, day: date, key: str) -> None:
        """What a request still holds goes back to its budgets."""
        granted = self.granted[key]
        granted.is_closed = True
        for budget, pot in granted.pots.items():
            taken = pot.take(pot.total)
            for cause, minor in taken.items():
                self._free[budget].put(cause, minor)
            self.enter(day, "released", budget, State.RESERVED, State.FREE, taken, key)
            if budget in self._ended:
                self._expire(day, budget, key)

    def enter(
        self,
        day: date,
        kind: str,
        budget: str,
        source: State,
        target: State,
        parts: Mapping[Cause, int],
        request: str = "",
        claim: str = "",
        words: str = "",
    ) -> None:
        """Move money of a budget, by what became of it last."""
        if parts and kind not in ("claimed", "expired"):  # of other entries nobody asks what became of it before
            parts = {next(iter(parts)): sum(parts.values())}
        for cause, minor in parts.items():
            if minor:
                of = day, kind, budget, minor, source, target, cause, request, claim, words
                self.movements.append(Movement(*of))

    def money(self, minor: int) -> str:
        """An amount in words."""
        return self.rules.terms.amount(minor)
