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
    """From when on who is treated, what was approved, and what was paid, each sorted. `unsure` are the days from which
    on somebody may be treated, since an amount is not known; `unpaid` are payments that lack the amount; `unknown`
    counts the rows that lack a day or an amount."""

    grants: tuple[Grant, ...]
    payments: tuple[Payment, ...]
    approved: tuple[Grant, ...]
    unsure: tuple[Grant, ...] = ()
    unpaid: tuple[Grant, ...] = ()
    unknown: int = 0

    def kinds(self) -> tuple[str, ...]:
        """The activities, or the component, in the order of their names."""
        return tuple(sorted({each.kind for each in self.grants}))

    def of(self, kind: str) -> Treatment:
        """What is of one activity alone."""
        return Treatment(
            tuple(each for each in self.grants if each.kind == kind),
            tuple(each for each in self.payments if each.kind == kind),
            tuple(each for each in self.approved if each.kind == kind),
            self.unsure,
            tuple(each for each in self.unpaid if each.kind == kind),
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
