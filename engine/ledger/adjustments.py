"""Adjustments: amounts that no rule pays, or that replace what a rule pays, each with reason, evidence and a second
person.

A manual adjustment adds an amount. An override says what a payee's component shall come to, and is worth the
difference to what was calculated, whatever that is when the cycle is locked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.ledger.books import Books, Hold
from engine.ledger.cycles import Cycle
from engine.ledger.dispute import GRANTED
from engine.ledger.disputes import refuse_grant
from engine.ledger.people import same
from engine.ledger.refusals import conflict, reasoned, refused
from engine.ledger.requests import Request, decidable
from engine.values.draft import Draft
from engine.values.event import Command
from rules.quantities.exact import LIMIT

KIND = "adjustment"


def submit_adjustment(books: Books, command: Command, content: Mapping[str, Any]) -> Draft:
    """Ask for an adjustment in an open cycle. `content`: payee, program, component, currency, reason, evidence, and
    `amount_minor` to add or `to_minor` to come to; `dispute` where it answers one, which no other adjustment pays."""
    cycle = books.cycle(command.cycle)
    if not cycle.is_under_way:
        raise _settled(cycle, "", "adjust in the cycle that is open: what was locked never changes")
    if content["program"] not in cycle.programs:
        hint = f"its programs: {', '.join(cycle.programs)}"
        raise conflict("B126", f"cycle {cycle.name} does not pay {content['program']}", hint)
    amounts = [int(content[name]) for name in ("amount_minor", "to_minor") if name in content]
    assert len(amounts) == 1, "an adjustment adds an amount, or replaces one"
    if abs(amounts[0]) >= LIMIT or ("amount_minor" in content and not amounts[0]):
        raise refused("B140", "the amount is zero or larger than the books can hold", "name another amount")
    if not content["evidence"].strip():
        raise refused("B141", "no evidence is named", "say where it can be looked up: --evidence TEXT")
    if "dispute" in content:
        refuse_grant(books, content["dispute"])
    return Draft("adjustment.submitted", cycle.name, {**content, "reason": reasoned(content["reason"])})


def approve_adjustment(books: Books, command: Command, number: int) -> Draft:
    """Approve an adjustment as another person; from now on it belongs to what its cycle pays."""
    found = decidable(books.requests, number, KIND, command, is_approval=True)
    if "dispute" in found.content:
        _refuse_dispute(books, command, number, found.content["dispute"])
    cycle = books.cycle(found.cycle)
    if not cycle.is_under_way:
        raise _settled(cycle, f" without adjustment {number}", "submit the adjustment again in the open cycle")
    return Draft("adjustment.approved", found.cycle, {"request": number, "maker": found.maker})


def reject_adjustment(books: Books, command: Command, number: int, reason: str) -> Draft:
    """Turn an adjustment down, with a reason."""
    found = decidable(books.requests, number, KIND, command, is_approval=False)
    return Draft("adjustment.rejected", found.cycle, {"request": number, "reason": reasoned(reason)})


def hold(books: Books, command: Command, payee: str, reason: str) -> Draft:
    """Let a payee's payments wait; what is owed stays owed."""
    if payee in books.holds:
        found: Hold = books.holds[payee]
        raise conflict("B142", f"{payee} is on hold by {found.by}: {found.reason}", "release it first")
    return Draft("payee.held", "", {"payee": payee, "reason": reasoned(reason)})


def release(books: Books, command: Command, payee: str, reason: str) -> Draft:
    """Let a payee be paid again, what was held included."""
    if payee not in books.holds:
        on_hold = ", ".join(books.holds) or "nobody"
        raise conflict("B143", f"{payee} is not on hold", f"on hold: {on_hold}")
    return Draft("payee.released", "", {"payee": payee, "reason": reasoned(reason)})


def approved(books: Books, cycle: str) -> tuple[Request, ...]:
    """The adjustments that belong to what a cycle pays."""
    return tuple(books.requests[number] for number in books.cycle(cycle).adjustments)


def _refuse_dispute(books: Books, command: Command, number: int, disputed: int) -> None:
    """Raise Conflict where an adjustment does not pay its dispute, or its approver had a hand in that."""
    dispute = books.disputes[disputed]
    for did, actor in (("opened", dispute.opened_by), ("answered", dispute.answered_by)):
        if same(actor, command.actor):
            message = f"{command.actor} {did} dispute {disputed} and can't approve what it comes to"
            raise conflict("B101", message, "another person approves: four eyes see every change")
    if (dispute.status, dispute.adjustment) != (GRANTED, number):
        message = f"dispute {disputed} is {dispute.status}, and not granted by adjustment {number}"
        hint = f"grant it first: partage dispute answer {disputed}; or partage adjust reject {number}"
        raise conflict("B165", message, hint)


def _settled(cycle: Cycle, without: str, hint: str) -> Exception:
    return conflict("B134" if cycle.is_locked else "B149", f"cycle {cycle.name} is {cycle.status}{without}", hint)
