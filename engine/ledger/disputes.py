"""Disputes: a payee says that a line is wrong; what it would be is worked out before anybody decides.

A dispute names a line of a run and the claim, and carries the outcome that the claim would have. It is answered by
another person than the one who opened it; where the answer grants it, the adjustment that pays it is linked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.ledger.books import Books
from engine.ledger.cycles import DROPPED
from engine.ledger.dispute import CLOSED, GRANTED, KIND, OPEN, Dispute
from engine.ledger.people import same
from engine.ledger.refusals import conflict, reasoned
from engine.ledger.requests import APPROVED, SUBMITTED, Request
from engine.values.draft import Draft
from engine.values.event import Command

_CLAIMED = ("run_id", "payee", "table", "key", "claim", "is_added")  # what makes two claims the same


def open_dispute(books: Books, command: Command, content: Mapping[str, Any]) -> Draft:
    """Open a dispute on a line; `content` names run, payee, table, key, claim, reason and outcome."""
    _refuse_unlocked(books, content)
    for each in books.disputes.values():
        if any(each.content[name] != content[name] for name in _CLAIMED):
            continue
        if each.status != CLOSED:
            raise conflict("B150", f"the same claim is dispute {each.number}", "answer or close that one")
        if paid := adjustment_of(books, each.number):
            message = f"the same claim was dispute {each.number}, which adjustment {paid} pays"
            raise conflict("B150", message, "what was granted is paid once")
    return Draft("dispute.opened", "", {**content, "reason": reasoned(content["reason"])})


def answer_dispute(
    books: Books, command: Command, number: int, decision: str, answer: str, adjustment: int = 0
) -> Draft:
    """Grant or decline a dispute; one that is granted names the adjustment that pays it, unless it comes to nothing."""
    found = _open(books, number)
    if same(found.opened_by, command.actor):
        message = f"{command.actor} opened dispute {number} and can't answer it"
        raise conflict("B101", message, "another person answers")
    waiting = adjustment_of(books, number)
    if waiting and decision != GRANTED:
        message = f"dispute {number} is being granted: {books.requests[waiting].maker} submitted adjustment {waiting}"
        raise conflict("B157", message, f"reject that one first: partage adjust reject {waiting}")
    if decision == GRANTED:
        _refuse_unlocked(books, found.content)
        if adjustment != waiting or (int(found.content["outcome"]["difference_minor"]) and not waiting):
            what = f"adjustment {adjustment}" if adjustment else "no adjustment"
            message = f"dispute {number} is paid by {what}, which does not wait for its second person"
            raise conflict("B165", message, "answer it again, under another key")
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
    paying = books.requests.get(adjustment_of(books, number))
    if paying is not None and paying.status == SUBMITTED:
        message = f"adjustment {paying.number}, by {paying.maker}, waits to pay dispute {number}"
        hint = (
            f"have it decided first: partage adjust approve {paying.number}, or partage adjust reject {paying.number}"
        )
        raise conflict("B157", message, hint)
    return Draft("dispute.closed", "", {"dispute": number})


def refuse_grant(books: Books, number: int) -> None:
    """Raise Conflict where an adjustment must not pay a dispute: it is not open, another one pays it or waits to, or
    what it is about was never locked."""
    found = _open(books, number)
    _refuse_unlocked(books, found.content)
    if paying := adjustment_of(books, number):
        message = f"dispute {number} is being granted: {books.requests[paying].maker} submitted adjustment {paying}"
        hint = f"answer it again to grant it by that one, or reject that one: partage adjust reject {paying}"
        raise conflict("B157", message, hint)


def adjustment_of(books: Books, number: int) -> int:
    """The adjustment that pays a dispute, or waits for its second person; 0 where there is none.

    One that was rejected pays nothing, nor does one that still waited when its cycle was locked, or one of a cycle
    that was dropped.
    """
    found = (each for each in books.requests.values() if (each.kind, each.content.get("dispute")) == (KIND, number))
    return next((each.number for each in found if _pays(books, each)), 0)


def _pays(books: Books, request: Request) -> bool:
    cycle = books.cycle(request.cycle)
    is_approved = request.status == APPROVED
    return (is_approved and cycle.status != DROPPED) or (request.status == SUBMITTED and cycle.is_under_way)


def _open(books: Books, number: int) -> Dispute:
    """The dispute of that number, which nobody answered or closed."""
    found = _dispute(books, number)
    if found.status != OPEN:
        by = f" by {found.answered_by}" if found.answered_by else ""
        message = f"dispute {number} was {found.status}{by}"
        raise conflict("B151", message, "an answer stands: open a new dispute to say more")
    return found


def _refuse_unlocked(books: Books, content: Mapping[str, Any]) -> None:
    """Raise Conflict where the run that a claim is about belongs to no locked cycle: nobody is owed what it pays."""
    program, run = content["program"], content["run_id"]
    if all(each.calculations[program].run_id != run for each in books.locked(program)):
        message = f"run {content['run']} is of no locked cycle, so nobody is owed what it pays"
        hint = "correct the source and calculate again, or dispute the run of a locked cycle: partage cycle status NAME"
        raise conflict("B166", message, hint)


def _dispute(books: Books, number: int) -> Dispute:
    if number in books.disputes:
        return books.disputes[number]
    known = ", ".join(str(each) for each in books.disputes) or "there are none"
    raise conflict("B110", f"there is no dispute {number}", f"disputes: {known}")
