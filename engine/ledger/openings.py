"""Go-live: what balances and positions stood at before the first cycle, loaded as an entry that a second person
approves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.ledger.books import Books
from engine.ledger.cycles import AWAITING, READY
from engine.ledger.refusals import conflict, reasoned
from engine.ledger.requests import APPROVED, REJECTED, Request, decidable
from engine.values.draft import Draft
from engine.values.event import Command
from engine.values.posting import Posting

KIND = "opening"


def submit_opening(books: Books, command: Command, content: Mapping[str, Any]) -> Draft:
    """Ask for an opening; `content`: program, period (the first one), rows_sha256 (the file as it is kept), rows,
    totals_minor and reason."""
    program = content["program"]
    if books.locked(program):
        message = f"{program} has a locked cycle, so it opens with what that one closed with"
        raise conflict("B160", message, "correct a balance by an adjustment")
    same = [
        each
        for each in books.requests.values()
        if each.kind == KIND and each.content["program"] == program and each.status != REJECTED
    ]
    if same:
        message = f"{program} has an opening already: request {same[0].number}, {same[0].status}"
        raise conflict("B161", message, "reject that one first, where it is not approved")
    return Draft("opening.submitted", "", {**content, "reason": reasoned(content["reason"])})


def approve_opening(books: Books, command: Command, number: int, postings: list[Posting]) -> Draft:
    """Approve an opening as another person: the first cycle opens with it. What was owed at go-live is posted."""
    found = decidable(books.requests, number, KIND, command, is_approval=True)
    if books.locked(found.content["program"]):
        message = f"{found.content['program']} has a locked cycle by now"
        raise conflict("B160", message, "correct a balance by an adjustment")
    for each in books.cycles.values():
        if found.content["program"] in each.programs and each.status in (AWAITING, READY):
            message = f"cycle {each.name} is {each.status}, and was calculated without this opening"
            raise conflict("B164", message, f"partage cycle reject {each.name} first, and calculate it again after")
        if found.content["program"] in each.programs and each.is_under_way and each.period != found.content["period"]:
            message = f"cycle {each.name} pays {each.period}, and this opening is for {found.content['period']}"
            raise conflict("B164", message, "submit an opening for the period that is opened first")
    payload = {"request": number, "rows_sha256": found.content["rows_sha256"]}
    return Draft("opening.approved", "", payload, postings=postings)


def reject_opening(books: Books, command: Command, number: int, reason: str) -> Draft:
    """Turn an opening down, with a reason."""
    decidable(books.requests, number, KIND, command, is_approval=False)
    return Draft("opening.rejected", "", {"request": number, "reason": reasoned(reason)})


def opening_of(books: Books, program: str) -> Request | None:
    """The approved opening of a program; None where there is none."""
    found = [
        each
        for each in books.requests.values()
        if each.kind == KIND and each.content["program"] == program and each.status == APPROVED
    ]
    return found[0] if found else None
