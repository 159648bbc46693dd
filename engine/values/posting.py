"""Postings: what an event changes in what is owed to payees, in columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

KINDS = ("opening", "earned", "adjusted", "paid", "returned")


class Posting(NamedTuple):
    """One change of what a payee is owed: `paid` is below zero, what is owed more is above.

    `period` is the one that it was earned for ("" of an opening), `effective` the day (ISO) that it counts from.
    """

    payee: str
    program: str
    period: str
    kind: str
    effective: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A posting in the books: the number of the event that made it, and the cycle that it belongs to."""

    event: int
    cycle: str
    posting: Posting


class Owed(NamedTuple):
    """The sum of all postings of one kind to a payee by a program, in minor units of a currency."""

    payee: str
    program: str
    currency: str
    kind: str
    amount_minor: int


Postings = Sequence[Posting]


def postings_digest(postings: Iterable[Posting]) -> str:
    """The digest of an event's postings in their order, each as a canonical JSON line: what the event binds."""
    state = hashlib.sha256()
    for each in postings:
        row = [*each[:-1], str(each.amount_minor)]
        state.update(json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=repr).encode() + b"\n")
    return state.hexdigest()
