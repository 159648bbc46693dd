"""The commitment ledger under random sequences of events: it always adds up, whatever the order of the rows, it knows
nothing of tomorrow, and a day-by-day model that shares no code with it comes to the same."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import TypeVar

from fund_model import Model
from fund_stories import AT, EUR
from hypothesis import given, strategies as st

from engine.mdf.facts import Budget, Claim, FundFacts, Outcomes, Request
from engine.mdf.ledger import commitment_ledger
from engine.mdf.metrics import fund_metrics
from engine.mdf.movements import Ledger, Refusal
from rules.kinds.base import Terms
from rules.mdf.meaning import ActivityMeaning, MdfMeaning
from rules.quantities.rounding import Rounding

NOTHING = Outcomes(None, None)
FIRST, DAYS = date(2026, 1, 1), 24
WEBINAR, FAIR = (Fraction(1), None), (Fraction(1, 3), 70)
day = st.integers(0, DAYS - 1).map(lambda number: FIRST + timedelta(number))
minor = st.integers(0, 120)


def later(start: date, most: int = 8) -> st.SearchStrategy[date]:
    return st.integers(0, most).map(lambda number: start + timedelta(number))


@st.composite
def budgets(draw: st.DrawFn, key: str) -> Budget:
    first = draw(day)
    last = draw(st.one_of(st.none(), later(first, 15)))
    return Budget(key, draw(st.sampled_from([None, "acme"])), None, None, draw(st.integers(0, 200)), first, last)


@st.composite
def requests(draw: st.DrawFn, key: str) -> Request:
    decided = draw(st.one_of(st.none(), day))
    approved = None if decided is None else draw(st.one_of(st.none(), minor))
    who, of = draw(st.sampled_from(["acme", "bolt"])), draw(st.sampled_from(["A", "B", None]))
    activity, by = draw(st.sampled_from(["webinar", "fair", "cruise"])), draw(st.one_of(st.none(), day))
    return Request(key, 1, who, None, None, of, None, activity, draw(day), None, decided, approved, by)


@st.composite
def claims(draw: st.DrawFn, key: str) -> Claim:
    of, submitted = draw(st.sampled_from(["Q0", "Q1", "Q2", "Q3"])), draw(day)
    decided, paid = draw(st.one_of(st.none(), later(submitted))), draw(st.one_of(st.none(), later(submitted, 12)))
    amounts = draw(st.one_of(st.none(), minor)), draw(st.one_of(st.none(), minor)), draw(minor)
    proof = draw(st.sampled_from([None, "p", "q"]))
    approved = None if decided is None else amounts[1]
    spent = None if paid is None else amounts[2]
    return Claim(key, 1, of, submitted, decided, paid, amounts[0], approved, spent, proof, None)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[FundFacts, MdfMeaning]:
    found = FundFacts(
        tuple(draw(budgets(key)) for key in "AB"),
        tuple(draw(requests(f"Q{at}")) for at in range(4)),
        tuple(draw(claims(f"C{at}")) for at in range(draw(st.integers(0, 7)))),
    )
    activities = {"webinar": ActivityMeaning(*WEBINAR, AT), "fair": ActivityMeaning(*FAIR, AT)}
    within, needs = draw(st.sampled_from([None, 5])), draw(st.booleans())
    alike = frozenset(draw(st.sets(st.sampled_from(["same_proof", "same_amount"]))))
    return found, MdfMeaning(activities, within, needs, alike, None, {}, Terms(EUR, Rounding.DOWN), AT)


World = tuple[FundFacts, MdfMeaning]
Row = TypeVar("Row")


@given(worlds(), day, st.randoms(use_true_random=False))
def test_the_ledger_adds_up_whatever_happens(world: World, end: date, random: Random) -> None:
    """Whatever the order of the rows, it comes to what the model says on a day, and knows nothing of the next one."""
    facts, rules = world
    whole = commitment_ledger(facts, rules)
    assert commitment_ledger(_mixed(facts, random), rules) == whole
    found = whole.as_of(end)
    assert {key: astuple(each) for key, each in found.balances().items()} == Model(facts, rules).on(end)
    then = commitment_ledger(_known(facts, end), rules).as_of(end)
    assert then.movements == found.movements
    assert [_told(each) for each in then.refusals] == [_told(each) for each in found.refusals]
    _check_metrics(found, end)


def _mixed(facts: FundFacts, random: Random) -> FundFacts:
    def mixed(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return tuple(random.sample(rows, len(rows)))

    return FundFacts(mixed(facts.budgets), mixed(facts.requests), mixed(facts.claims))


def _told(refusal: Refusal) -> tuple[object, ...]:
    return refusal.day, refusal.code, refusal.key, refusal.asked_minor, refusal.granted_minor


def _known(facts: FundFacts, end: date) -> FundFacts:
    """What was known at the end of a day."""

    def is_known(on: date | None) -> bool:
        return on is not None and on <= end

    return FundFacts(
        tuple(each for each in facts.budgets if is_known(each.first)),
        tuple(
            each if is_known(each.decided_on) else replace(each, decided_on=None, approved_minor=None)
            for each in facts.requests
        ),
        tuple(_known_of(each, end) for each in facts.claims if is_known(each.submitted_on)),
    )


def _known_of(claim: Claim, end: date) -> Claim:
    if claim.paid_on is not None and max(claim.paid_on, claim.decided_on or claim.paid_on) > end:
        claim = replace(claim, paid_on=None, paid_minor=None)
    if claim.decided_on is not None and claim.decided_on > end:
        claim = replace(claim, decided_on=None, approved_minor=None)
    return claim


def _check_metrics(found: Ledger, end: date) -> None:
    """What was allocated is paid, open or lost by a cause; and the parts of a whole add up to it."""
    for by in ("program", "budget"):
        for each in fund_metrics(found, NOTHING, {}, end, by):
            assert each.allocated is not None and each.free is not None and each.breakage is not None
            still_open = each.free + each.reserved + each.submitted + each.validated
            assert each.breakage.total == each.allocated - each.paid - still_open
            assert each.paid <= each.claimed <= each.approved
            assert sum(each.ages) == each.submitted + each.validated
    whole = fund_metrics(found, NOTHING, {}, end, "program")
    for by in ("partner", "activity"):
        parts = fund_metrics(found, NOTHING, {}, end, by)
        for name in ("approved", "claimed", "paid", "reserved", "submitted", "validated", "requests", "claims"):
            assert sum(getattr(each, name) for each in parts) == sum(getattr(each, name) for each in whole)
