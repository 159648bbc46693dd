"""Requests: what one person asks for and another approves: a version of a program, an adjustment, an opening.

A request is named by the number of the event that submitted it. Whoever made it can't approve it: that is four eyes,
and there is no way around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.ledger.people import same
from engine.ledger.refusals import conflict
from engine.values.event import Command, Event

SUBMITTED, APPROVED, REJECTED = "submitted", "approved", "rejected"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `kind` is `program`, `adjustment` or `opening`, `content` what was asked for, `maker` who asked;
    `decided` is the number of the event that decided it."""

    number: int
    kind: str
    cycle: str
    maker: str
    content: Mapping[str, Any]
    status: str = SUBMITTED
    decided_by: str = ""
    decided: int = 0
    reason: str = ""

    def after(self, event: Event, status: str) -> Request:
        """The request after somebody approved or rejected it."""
        reason = str(event.payload.get("reason", ""))
        return replace(self, status=status, decided_by=event.actor, decided=event.number, reason=reason)


def request_of(event: Event) -> Request:
    """The request that an event `KIND.submitted` makes."""
    return Request(event.number, event.type.removesuffix(".submitted"), event.cycle, event.actor, event.payload)


def decidable(requests: Mapping[int, Request], number: int, kind: str, command: Command, is_approval: bool) -> Request:
    """The request of that number, if the command's actor may decide it now; raises Conflict."""
    found = requests.get(number)
    if found is None or found.kind != kind:
        known = ", ".join(str(each.number) for each in requests.values() if each.kind == kind) or "there are none"
        hint = f"requests of this kind: {known}; `partage log` lists all"
        raise conflict("B110", f"there is no request {number} for {_article(kind)}", hint)
    if found.status != SUBMITTED:
        message = f"request {number} was {found.status} by {found.decided_by}"
        raise conflict("B111", message, "a decision stands: submit a new request to change it")
    if is_approval and same(found.maker, command.actor):
        message = f"{command.actor} submitted request {number} and can't approve it"
        raise conflict("B101", message, "another person approves: four eyes see every change")
    return found


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
