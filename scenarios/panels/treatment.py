"""Who got money, from which day on, and when how much was paid: what makes partners the treated ones of a panel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Since(StrEnum):
    """From which day on a partner that is funded counts as treated."""

    CAMPAIGN = "campaign"  # the start of the campaign; the approval where it has none
    FUNDED = "funded"  # the approval of the request
    PAID = "paid"  # the first payment


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A partner has money, or what it was for, from `day` on; `kind` is the activity, or the component."""

    partner: str
    day: date
    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True, order=True)
class Payment:
    """What was paid to a partner on `day`, for what began on `begins`."""

    partner: str
    day: date
    kind: str
    amount_minor: int
    begins: date


@dataclass(frozen=True, slots=True)
class Treatment:
    """All grants and payments, sorted; `unknown` counts the rows that lack a day or an amount."""

    grants: tuple[Grant, ...]
    payments: tuple[Payment, ...]
    unknown: int

    def kinds(self) -> tuple[str, ...]:
        """The activities, or the component, in the order of their names."""
        return tuple(sorted({each.kind for each in self.grants}))

    def of(self, kind: str) -> Treatment:
        """What is of one activity alone."""
        return Treatment(
            tuple(each for each in self.grants if each.kind == kind),
            tuple(each for each in self.payments if each.kind == kind),
            self.unknown,
        )


def first_payments(payments: Iterable[Payment]) -> Iterator[Grant]:
    """A grant for each partner and kind that was paid something, from its first payment on."""
    first: dict[tuple[str, str], date] = {}
    total: Counter[tuple[str, str]] = Counter()
    for each in payments:
        key = (each.partner, each.kind)
        total[key] += each.amount_minor
        if each.amount_minor > 0:
            first[key] = min(each.day, first.get(key, each.day))
    yield from (Grant(partner, day, kind, total[partner, kind]) for (partner, kind), day in sorted(first.items()))
