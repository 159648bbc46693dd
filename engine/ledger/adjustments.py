"""Adjustments: amounts that no rule pays, or that replace what a rule pays, each with reason, evidence and a second
person.

A manual adjustment adds an amount. An override says what a payee's component shall come to, and is worth the
difference to what was calculated, whatever that is when the cycle is locked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.ledger.books import Books, Hold
from engine.ledger.people import same
from engine.ledger.refusals import conflict, reasoned, refused
from engine.ledger.requests import Request, decidable
from engine.values.draft import Draft
from engine.values.event import Command
from rules.quantities.exact import LIMIT

KIND = "adjustment"


def submit_adjustment(books: Books, command: Command, content: Mapping[str, Any]) -> Draft:
    """Ask for an adjustment in an open cycle. `content`: payee, program, component, currency, reason, evidence, and
    `amount_minor` to add or `to_minor` to come to; `dispute` where it answers one."""
    cycle = books.cycle(command.cycle)
    if cycle.is_locked:
        message = f"cycle {cycle.name} is {cycle.status}"
        raise conflict("B134", message, "adjust in the cycle that is open: what was locked never changes")
    if content["program"] not in cycle.programs:
        hint = f"its programs: {', '.join(cycle.programs)}"
        raise conflict("B126", f"cycle {cycle.name} does not pay {content['program']}", hint)
    amounts = [int(content[name]) for name in ("amount_minor", "to_minor") if name in content]
    assert len(amounts) == 1, "an adjustment adds an amount, or replaces one"
    if abs(amounts[0]) >= LIMIT or ("amount_minor" in content and not amounts[0]):
        raise refused("B140", "the amount is zero or larger than the books can hold", "name another amount")
    if not content["evidence"].strip():
        raise refused("B141", "no evidence is named", "say where it can be looked up: --evidence TEXT")
    return Draft("adjustment.submitted", cycle.name, {**content, "reason": reasoned(content["reason"])})


def approve_adjustment(books: Books, command: Command, number: int) -> Draft:
    """Approve an adjustment as another person; from now on it belongs to what its cycle pays."""
    found = decidable(books.requests, number, KIND, command, is_approval=True)
    dispute = books.disputes.get(found.content.get("dispute", 0))
    if dispute is not None and same(dispute.opened_by, command.actor):
        message = f"{command.actor} opened dispute {dispute.number} and can't approve what it comes to"
        raise conflict("B101", message, "another person approves: four eyes see every change")
    cycle = books.cycle(found.cycle)
    if cycle.is_locked:
        message = f"cycle {cycle.name} is {cycle.status} without adjustment {number}"
        raise conflict("B134", message, "submit the adjustment again in the open cycle")
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
