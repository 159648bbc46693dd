"""What funds came to: rates, breakage by cause, the age of open claims, and what each euro paid brought.

In: a ledger as of a day, and what came of its campaigns. Out: exact figures by group; None is unknown, and so is every
ratio over zero. Amounts are whole minor units.

A group holds the entries of its requests, and the budgets that are its own. Where its requests draw on a budget that
others draw on too, what was allocated, is free or expired is nobody's part, and unknown for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from engine.mdf.facts import Budget, Outcomes, Request
from engine.mdf.movements import Cause, Ledger, Movement, State, sum_of
from engine.mdf.refusing import budget_fault
from engine.mdf.returns import ByCampaign, Returns, returns_of

GROUPS = ("program", "budget", "partner", "activity", "region", "tier")
AGES = (30, 60, 90)  # days: the last of each bucket; the last bucket is what is older


@dataclass(frozen=True, slots=True)
class Breakage:
    """What cannot be paid any more, by what became of it last; the three add up to what expired."""

    expired: int
    unclaimed: int
    rejected: int

    @property
    def total(self) -> int:
        """All that was allocated, is not open and was not paid."""
        return self.expired + self.unclaimed + self.rejected


@dataclass(frozen=True, slots=True)
class FundMetrics:
    """The figures of a group. `approved` and `claimed` are all that ever was; `reserved`, `submitted` and `validated`
    what is open on the day. `ages` are the open claims by age in days, up to each of `AGES` and above."""

    group: str
    allocated: int | None
    free: int | None
    reserved: int
    submitted: int
    validated: int
    approved: int
    claimed: int
    paid: int
    breakage: Breakage | None
    ages: tuple[int, ...]
    requests: int
    claims: int
    returns: Returns

    @property
    def approval_rate(self) -> Fraction | None:
        """approved / allocated; above one where money that was released was granted again."""
        return ratio(self.approved, self.allocated)

    @property
    def claim_rate(self) -> Fraction | None:
        """claimed / approved"""
        return ratio(self.claimed, self.approved)

    @property
    def payout_rate(self) -> Fraction | None:
        """paid / claimed"""
        return ratio(self.paid, self.claimed)

    @property
    def utilisation(self) -> Fraction | None:
        """paid / allocated"""
        return ratio(self.paid, self.allocated)

    @property
    def breakage_rate(self) -> Fraction | None:
        """what cannot be paid any more / allocated"""
        return None if self.breakage is None else ratio(self.breakage.total, self.allocated)


def ratio(above: int | Fraction | None, below: int | Fraction | None) -> Fraction | None:
    """One over the other, exact; unknown over nothing, and where either is unknown.

    >>> ratio(190_016, 1_000_000), ratio(190_016, 0)
    (Fraction(2969, 15625), None)
    """
    return None if above is None or not below else Fraction(above) / Fraction(below)


def fund_metrics(
    ledger: Ledger, outcomes: Outcomes, stages: Mapping[str, Fraction], as_of: date, by: str
) -> tuple[FundMetrics, ...]:
    """The figures of a ledger as of a day by one of `GROUPS`, in the order of the groups' names."""
    of_budget, of_request = _grouping(by)
    owner = {each.id: of_budget(each) for each in ledger.budgets}
    members: dict[str, list[Movement]] = {group: [] for group in owner.values()}
    drawn: dict[str, set[str]] = {each.id: set() for each in ledger.budgets}
    for each in ledger.movements:
        own = owner[each.budget]
        asked = ledger.requests[each.request] if each.request else None
        group = own if asked is None or by == "budget" else of_request(asked)
        members.setdefault(group, []).append(each)
        drawn[each.budget].add(group)
    unknown = {each.id for each in ledger.budgets if budget_fault(each)}
    shared = {budget for budget, groups in drawn.items() if not groups <= {owner[budget]} or by == "activity"}
    found, brought = [], ByCampaign.of(outcomes)
    for group in sorted(members):
        entries = members[group]
        budgets = {each.budget for each in entries} | {budget for budget, whose in owner.items() if whose == group}
        is_whole = not budgets & (unknown | shared)
        if not is_whole and not any(each.request for each in entries):
            continue  # budgets that others draw on, and nothing else
        found.append(_metrics(group, entries, is_whole, ledger, brought, stages, as_of))
    return tuple(found)


def _grouping(by: str) -> tuple[Callable[[Budget], str], Callable[[Request], str]]:
    if by == "program":
        return (lambda budget: "program"), (lambda request: "program")
    if by == "budget":
        return (lambda budget: budget.id), (lambda request: "")
    if by == "activity":
        return (lambda budget: ""), (lambda request: request.activity or "")
    return (lambda budget: getattr(budget, by) or ""), (lambda request: getattr(request, by) or "")


def _metrics(
    group: str,
    entries: Sequence[Movement],
    is_whole: bool,
    ledger: Ledger,
    brought: ByCampaign,
    stages: Mapping[str, Fraction],
    as_of: date,
) -> FundMetrics:
    held = dict.fromkeys(State, 0)
    for each in entries:
        held[each.source] -= each.minor
        held[each.target] += each.minor
    causes = {cause: sum_of(entries, "expired", cause) for cause in Cause}
    reserved = [each for each in entries if each.kind == "reserved"]
    requests = {each.request for each in reserved}
    campaigns = {ledger.requests[each].campaign for each in requests} - {None}
    first = min((each.day for each in reserved), default=as_of)
    return FundMetrics(
        group=group,
        allocated=-held[State.OUTSIDE] if is_whole else None,
        free=held[State.FREE] if is_whole else None,
        reserved=held[State.RESERVED],
        submitted=held[State.SUBMITTED],
        validated=held[State.VALIDATED],
        approved=sum_of(entries, "reserved"),
        claimed=sum_of(entries, "claimed", Cause.UNCLAIMED),
        paid=held[State.PAID],
        breakage=Breakage(*causes.values()) if is_whole else None,
        ages=_ages(entries, ledger, as_of),
        requests=len(requests),
        claims=len({each.claim for each in entries if each.kind == "claimed"}),
        returns=returns_of(
            brought, {each for each in campaigns if each is not None}, stages, held[State.PAID], first, as_of
        ),
    )


def _ages(entries: Sequence[Movement], ledger: Ledger, as_of: date) -> tuple[int, ...]:
    """What is open of claims, by the days since they were submitted."""
    found = [0] * (len(AGES) + 1)
    for each in entries:
        submitted = ledger.claims[each.claim].submitted_on if each.claim else None
        if submitted is None:
            continue
        bucket = sum((as_of - submitted).days > most for most in AGES)
        is_open = [state in (State.SUBMITTED, State.VALIDATED) for state in (each.target, each.source)]
        found[bucket] += each.minor * (is_open[0] - is_open[1])
    return tuple(found)
