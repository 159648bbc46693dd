"""Disputes: a payee says that a line is wrong; what it would be is worked out before anybody decides.

A dispute names a line of a run and the claim, and carries the outcome that the claim would have. It is answered by
another person than the one who opened it; where the answer grants it, the adjustment that pays it is linked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.ledger.books import Books
from engine.ledger.dispute import CLOSED, GRANTED, KIND, OPEN, Dispute
from engine.ledger.people import same
from engine.ledger.refusals import conflict, reasoned
from engine.ledger.requests import APPROVED, SUBMITTED, Request
from engine.values.draft import Draft
from engine.values.event import Command

_CLAIMED = ("run_id", "payee", "table", "key", "claim", "is_added")  # what makes two claims the same


def open_dispute(books: Books, command: Command, content: Mapping[str, Any]) -> Draft:
    """Open a dispute on a line; `content` names run, payee, table, key, claim, reason and outcome."""
    same = [
        each.number
        for each in books.disputes.values()
        if each.status != CLOSED and all(each.content[name] == content[name] for name in _CLAIMED)
    ]
    if same:
        raise conflict("B150", f"the same claim is dispute {same[0]}", "answer or close that one")
    return Draft("dispute.opened", "", {**content, "reason": reasoned(content["reason"])})


def answer_dispute(
    books: Books, command: Command, number: int, decision: str, answer: str, adjustment: int = 0
) -> Draft:
    """Grant or decline a dispute, with the adjustment that pays it where it is granted."""
    found = _dispute(books, number)
    if found.status != OPEN:
        message = f"dispute {number} was {found.status} by {found.answered_by}"
        raise conflict("B151", message, "an answer stands: open a new dispute to say more")
    if same(found.opened_by, command.actor):
        message = f"{command.actor} opened dispute {number} and can't answer it"
        raise conflict("B101", message, "another person answers")
    waiting = adjustment_of(books, number)
    if waiting and decision != GRANTED:
        message = f"dispute {number} is being granted: {books.requests[waiting].maker} submitted adjustment {waiting}"
        raise conflict("B157", message, f"reject that one first: partage adjust reject {waiting}")
    linked = {"adjustment": adjustment} if adjustment else {}
    said = {"dispute": number, "decision": decision, "answer": reasoned(answer), **linked}
    return Draft("dispute.answered", "", said)


def close_dispute(books: Books, command: Command, number: int) -> Draft:
    """Close an answered dispute, or withdraw an open one."""
    found = _dispute(books, number)
    if found.status == CLOSED:
        raise conflict("B151", f"dispute {number} is closed", "open a new one to say more")
    if found.status == OPEN and not same(found.opened_by, command.actor):
        message = f"dispute {number} has no answer yet"
        raise conflict("B152", message, f"answer it; {found.opened_by}, who opened it, may withdraw it")
    return Draft("dispute.closed", "", {"dispute": number})


def adjustment_of(books: Books, number: int) -> int:
    """The adjustment that pays a dispute, or waits for its second person; 0 where there is none.

    One that was rejected pays nothing, nor does one that still waited when its cycle was locked.
    """
    found = (each for each in books.requests.values() if (each.kind, each.content.get("dispute")) == (KIND, number))
    return next((each.number for each in found if each.status == APPROVED or _waits(books, each)), 0)


def _waits(books: Books, request: Request) -> bool:
    return request.status == SUBMITTED and not books.cycle(request.cycle).is_locked


def _dispute(books: Books, number: int) -> Dispute:
    if number in books.disputes:
        return books.disputes[number]
    known = ", ".join(str(each) for each in books.disputes) or "there are none"
    raise conflict("B110", f"there is no dispute {number}", f"disputes: {known}")
