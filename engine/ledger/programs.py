"""Programs under control: which version of a program is in force for a period, and who let it be.

A version is submitted with its impact on history, approved by another person, and activated from a day on. Periods that
begin on that day or later are calculated with it; what was locked keeps the version that it was locked with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.ledger.books import Books
from engine.ledger.refusals import conflict, reasoned
from engine.ledger.requests import APPROVED, decidable
from engine.values.draft import Draft
from engine.values.event import Command

KIND = "program"


def submit_program(books: Books, command: Command, content: Mapping[str, Any]) -> Draft:
    """Ask for a version to be approved; `content` names program, file, program_sha256, effective, reason and impact."""
    same = [
        each
        for each in books.requests.values()
        if each.kind == KIND
        and each.status != "rejected"
        and all(each.content[name] == content[name] for name in ("program", "program_sha256", "effective"))
    ]
    if same:
        message = f"this version of {content['program']} was submitted from {content['effective']} on before"
        raise conflict("B112", message, f"it is request {same[-1].number}, {same[-1].status}")
    return Draft("program.submitted", "", {**content, "reason": reasoned(content["reason"])})


def approve_program(books: Books, command: Command, number: int) -> Draft:
    """Approve a version, as another person than the one who submitted it."""
    found = decidable(books.requests, number, KIND, command, is_approval=True)
    return Draft("program.approved", "", {"request": number, "program_sha256": found.content["program_sha256"]})


def reject_program(books: Books, command: Command, number: int, reason: str) -> Draft:
    """Turn a version down, with a reason."""
    decidable(books.requests, number, KIND, command, is_approval=False)
    return Draft("program.rejected", "", {"request": number, "reason": reasoned(reason)})


def activate_program(books: Books, command: Command, number: int) -> Draft:
    """Put an approved version into force from its day on; what is locked by then keeps its own version."""
    found = books.requests.get(number)
    if found is None or found.kind != KIND:
        raise conflict("B110", f"there is no request {number} for a program", "`partage program list` lists them")
    content = found.content
    if any(each.activated and number == books.activated_by.get(each.activated) for each in books.versions(content)):
        raise conflict("B112", f"request {number} was activated before", "it is in force from its day on")
    if found.status != APPROVED:
        message = f"request {number} is {found.status}, and only an approved version comes into force"
        raise conflict("B113", message, f"another person approves it: partage program approve {number}")
    locked = [
        each
        for each in books.cycles.values()
        if each.is_locked and content["program"] in each.programs and str(each.start) >= content["effective"]
    ]
    if locked:
        last = max(locked, key=lambda each: each.start)
        message = f"cycle {last.name} is locked, and this version of {content['program']} would be in force for it"
        raise conflict("B114", message, f"let it be effective after {last.period}: what is locked never changes")
    return Draft("program.activated", "", {"request": number, **_named(content)})


def _named(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content[name] for name in ("program", "file", "program_sha256", "effective")}
