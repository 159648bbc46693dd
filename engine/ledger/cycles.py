"""The payout cycle: opened, calculated, submitted, approved by another person, locked, paid, closed.

A cycle pays one or several programs for a period. What is approved is a digest over all that would be paid: its runs,
the true-ups of earlier periods and the approved adjustments; any change of these makes another digest and voids what
was approved before. Nothing reopens a locked cycle: what was wrong is a difference in the open one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from engine.digest import canonical, sha256
from engine.values.event import Event

OPEN, AWAITING, READY, LOCKED, CLOSED, DROPPED = "open", "submitted", "approved", "locked", "closed", "dropped"


@dataclass(frozen=True, slots=True)
class Calculation:
    """What was last calculated of one program in a cycle.

    `run_id` is the run of the cycle's own period, "" where the cycle only trues earlier periods up; `batches` are the
    digests of the true-ups, each of one earlier period; `total_minor` adds all of it. `tables` are the digests of the
    kept tables that were imported, by name.
    """

    event: int
    actor: str
    program_sha256: str
    run_id: str
    currency: str
    total_minor: int
    batches: tuple[str, ...] = ()
    tables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval of a digest."""

    actor: str
    event: int
    digest: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a cycle: `number` counts within it; the list of who got what is a blob."""

    number: int
    event: int
    list_sha256: str
    payees: int
    totals_minor: Mapping[str, int]
    paid_on: date


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle as its events leave it.

    `makers` are all who had a hand in what is to be paid, and which (calculate, adjust, submit, write). `policy` is
    what the programs ask of an approval, as it stood when the cycle was submitted. `has_run` is false for a cycle that
    only trues up.
    """

    name: str
    period: str
    start: date
    end: date
    programs: tuple[str, ...]
    has_run: bool
    opened: int
    status: str = OPEN
    calculations: Mapping[str, Calculation] = field(default_factory=lambda: MappingProxyType({}))
    adjustments: tuple[int, ...] = ()
    makers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    submitted_by: str = ""
    digest: str = ""
    policy: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    approvals: tuple[Approval, ...] = ()
    is_voided: bool = False
    locked: int = 0
    payments: tuple[Payment, ...] = ()

    @property
    def is_locked(self) -> bool:
        """Whether what it pays stands for ever."""
        return self.status in (LOCKED, CLOSED)

    @property
    def is_under_way(self) -> bool:
        """Whether what it pays can still change."""
        return self.status in (OPEN, AWAITING, READY)

    @property
    def content_sha256(self) -> str:
        """The digest of all that would be paid: what an approval is bound to."""
        content = {
            "t": "partage/cycle/1",
            "cycle": self.name,
            "period": {"name": self.period, "start": str(self.start), "end": str(self.end)},
            "programs": {
                program: {"sha256": each.program_sha256, "run": each.run_id, "batches": sorted(each.batches)}
                for program, each in self.calculations.items()
            },
            "adjustments": sorted(self.adjustments),
        }
        return sha256(canonical(content))

    def changed(self, actor: str, part: str) -> Cycle:
        """The cycle after somebody changed what it pays: whatever was submitted or approved is void."""
        voids = self.status in (AWAITING, READY)
        found = replace(self, status=OPEN, approvals=(), is_voided=voids or self.is_voided)
        return found.with_makers({actor: part})

    def with_makers(self, parts: Mapping[str, str]) -> Cycle:
        """The cycle after people had a hand in it."""
        found = dict(self.makers)
        for actor, part in parts.items():
            found[actor] = tuple(sorted({*found.get(actor, ()), part}))
        return replace(self, makers=MappingProxyType(found))


def opened(event: Event) -> Cycle:
    """The cycle that an event opens."""
    said = event.payload
    period = said["period"]
    start, end = (date.fromisoformat(period[name]) for name in ("start", "end"))
    programs = tuple(said["programs"])
    return Cycle(event.cycle, period["name"], start, end, programs, said["has_run"], event.number)


def after(cycle: Cycle, event: Event) -> Cycle:
    """The cycle after one of its events."""
    said = event.payload
    match event.type:
        case "cycle.calculated":
            each = Calculation(
                event.number,
                event.actor,
                said["program_sha256"],
                said["run_id"],
                said["currency"],
                int(said["total_minor"]),
                tuple(batch["sha256"] for batch in said["batches"]),
                MappingProxyType(said["tables"]),
            )
            calculations = MappingProxyType({**cycle.calculations, said["program"]: each})
            found = replace(cycle, calculations=calculations)
            is_same = found.content_sha256 == cycle.content_sha256
            return found if is_same else found.changed(event.actor, "calculate")
        case "adjustment.approved":
            numbers = (*cycle.adjustments, said["request"])
            return replace(cycle, adjustments=numbers).changed(said["maker"], "adjust")
        case "cycle.submitted":
            found = replace(cycle, status=AWAITING, submitted_by=event.actor, digest=said["digest"])
            found = replace(found, policy=said["policy"], approvals=(), is_voided=False)
            return found.with_makers(dict.fromkeys(said["authors"], "write")).with_makers({event.actor: "submit"})
        case "cycle.approved":
            approvals = (*cycle.approvals, Approval(event.actor, event.number, said["digest"]))
            is_enough = len(approvals) >= said["needs"]
            return replace(cycle, approvals=approvals, status=READY if is_enough else AWAITING)
        case "cycle.rejected":
            return replace(cycle, status=OPEN, approvals=(), digest="")
        case "cycle.locked":
            return replace(cycle, status=LOCKED, locked=event.number)
        case "cycle.paid":
            totals = {currency: int(amount) for currency, amount in said["totals_minor"].items()}
            paid_on = date.fromisoformat(said["paid_on"])
            payment = Payment(said["payment"], event.number, said["list_sha256"], said["payees"], totals, paid_on)
            return replace(cycle, payments=(*cycle.payments, payment))
        case "cycle.closed":
            return replace(cycle, status=CLOSED)
        case "cycle.dropped":
            return replace(cycle, status=DROPPED)
    return cycle
