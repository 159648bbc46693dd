"""A dispute as its events leave it: a line that a payee says is wrong, what it would come to, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.values.event import Event

OPEN, GRANTED, DECLINED, CLOSED = "open", "granted", "declined", "closed"
KIND = "adjustment"  # of the request that pays a granted dispute


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as its events leave it; `content` is what was claimed and what it would come to."""

    number: int
    opened_by: str
    content: Mapping[str, Any]
    status: str = OPEN
    answered_by: str = ""
    answer: str = ""
    adjustment: int = 0


def dispute_of(event: Event) -> Dispute:
    """The dispute that an event opens."""
    return Dispute(event.number, event.actor, event.payload)


def dispute_after(dispute: Dispute, event: Event) -> Dispute:
    """The dispute after one of its events."""
    said = event.payload
    if event.type == "dispute.answered":
        found = replace(dispute, status=said["decision"], answered_by=event.actor, answer=said["answer"])
        return replace(found, adjustment=said.get("adjustment", 0))
    return replace(dispute, status=CLOSED)
