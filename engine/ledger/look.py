"""A cycle as it stands, and a payment of it, with all that people want to see of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.ledger.cycles import Cycle, Payment
from engine.ledger.payments import Paid
from engine.ledger.requests import Request
from engine.values.event import Event
from engine.values.posting import Posted
from rules.problem import Problem


@dataclass(frozen=True, slots=True)
class CycleLook:
    """A cycle as it stands: what it would pay or pays, by currency, who is still to be paid, and its events.

    `runs` are the numbers of its runs by program, `before` those of the last locked period's, 0 where there is none;
    `held` says whose payments wait, and why; `warnings` are rows that may be paid twice.
    """

    cycle: Cycle
    totals_minor: Mapping[str, int]
    unpaid_minor: Mapping[tuple[str, str], int]
    postings: tuple[Posted, ...]
    adjustments: tuple[Request, ...]
    events: tuple[Event, ...]
    runs: Mapping[str, int]
    held: Mapping[str, str]
    before: Mapping[str, int]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class KeptPayment:
    """A payment that was made in a cycle, and who got what by its kept list: the same however often it is read."""

    cycle: str
    payment: Payment
    paid: tuple[Paid, ...]
