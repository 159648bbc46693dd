"""Funds in small: a budget, its requests and claims, written as people tell them; what tests of the ledger share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from engine.mdf.facts import Budget, Claim, FundFacts, Request
from engine.mdf.ledger import commitment_ledger
from engine.mdf.movements import Ledger
from rules.kinds.base import Terms
from rules.mdf.meaning import ActivityMeaning, MdfMeaning
from rules.problem import Place
from rules.quantities.currency import currency
from rules.quantities.rounding import Rounding

AT = Place("program.yaml", 7, 1)
EUR = currency("EUR")
Euros = int | str  # "12.34": exact


def on(text: str) -> date:
    """A day of 2026, as month-day."""
    return date.fromisoformat(f"2026-{text}")


def rules(
    activities: Mapping[str, tuple[Fraction, int | None]] | None = None,
    claim_days: int | None = None,
    needs_proof: bool = False,
    duplicates: tuple[str, ...] = ("same_proof", "same_amount"),
    rounding: Rounding = Rounding.DOWN,
) -> MdfMeaning:
    """Rules of funds: activities with their rate and the most of a request."""
    meant = {name: ActivityMeaning(*each, AT) for name, each in (activities or {}).items()}
    terms = Terms(EUR, rounding)
    return MdfMeaning(meant, claim_days, needs_proof, frozenset(duplicates), None, {}, terms, AT)


def budget(
    key: str = "B", amount: int | None = 1000, first: str = "01-01", last: str | None = "06-30", **of: Any
) -> Budget:
    """A budget of euros, of whoever asks unless it says otherwise."""
    whose = {"partner": None, "region": None, "tier": None, **of}
    minor = None if amount is None else amount * 100
    return Budget(key, amount_minor=minor, first=on(first), last=None if last is None else on(last), **whose)


def request(key: str, approved: Euros | None, decided: str | None = "01-10", **of: Any) -> Request:
    """A request for a webinar of acme on budget B, asked the day before it is decided."""
    told: dict[str, Any] = {"partner": "acme", "region": None, "tier": None, "budget": "B", "campaign": None}
    told |= {"activity": "webinar", "requested_on": None, "requested_minor": None, "claim_by": None, **of}
    decided_on = None if decided is None else on(decided)
    return Request(key, 1, decided_on=decided_on, approved_minor=_minor(approved), **told)


def claim(
    key: str,
    of: str | None,
    submitted: str | None,
    claimed: Euros | None,
    decided: tuple[str, Euros] | None = None,
    paid: tuple[str, Euros | None] | None = None,
    proof: str | None = None,
) -> Claim:
    """A claim on a request: what was claimed, validated and paid, in euros, and on which day."""
    return Claim(
        key,
        1,
        of,
        None if submitted is None else on(submitted),
        None if decided is None else on(decided[0]),
        None if paid is None else on(paid[0]),
        _minor(claimed),
        _minor(None if decided is None else decided[1]),
        _minor(None if paid is None else paid[1]),
        proof,
        None,
    )


def _minor(euros: Euros | None) -> int | None:
    return None if euros is None else int(Fraction(euros) * 100)


def ledger(rows: Sequence[object], by: MdfMeaning | None = None) -> Ledger:
    """The ledger of some rows, in whatever order they come."""
    return commitment_ledger(facts(rows), by or rules())


def facts(rows: Sequence[object]) -> FundFacts:
    """Rows by what they are."""
    return FundFacts(
        tuple(each for each in rows if isinstance(each, Budget)),
        tuple(each for each in rows if isinstance(each, Request)),
        tuple(each for each in rows if isinstance(each, Claim)),
    )


def told(found: Ledger) -> list[tuple[str, str, str, int]]:
    """The entries in short: day, entry, whose, cents."""
    return [
        (f"{each.day:%m-%d}", each.kind, each.claim or each.request or each.budget, each.minor)
        for each in found.movements
    ]


def refused(found: Ledger) -> list[tuple[str, str, int | None, int]]:
    """What was refused or cut in short: code, row, cents asked, cents granted."""
    return [(each.code, each.key, each.asked_minor, each.granted_minor) for each in found.refusals]
