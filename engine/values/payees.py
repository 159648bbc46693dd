"""Who gets what in a cycle: each payee's account, which adds up row by row, and the statement of one payee."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from engine.values.lines import Line
from engine.values.true_up import DeltaLine


@dataclass(frozen=True, slots=True)
class Figures:
    """What a cycle makes a payee owed, in minor units: its runs, its true-ups, its adjustments."""

    earned_minor: int = 0
    trued_up_minor: int = 0
    adjusted_minor: int = 0

    @property
    def total_minor(self) -> int:
        """All three together."""
        return self.earned_minor + self.trued_up_minor + self.adjusted_minor


@dataclass(frozen=True, slots=True)
class PayeeRow:
    """One payee in one currency, in minor units: opening + earned + trued up + adjusted - paid + returned = owed after.

    `opening_minor` is what was owed before, by earlier cycles and by go-live; `paid_minor` and `returned_minor` are of
    this cycle. `to_pay_minor` is paid now (once locked, of a cycle that is not); `held_minor` would be, and waits for
    the reason `on_hold`. `before` is what the last locked period of the same programs made owed.
    """

    payee: str
    currency: str
    opening_minor: int
    now: Figures
    paid_minor: int
    returned_minor: int
    to_pay_minor: int
    held_minor: int
    on_hold: str
    before: Figures

    @property
    def owed_after_minor(self) -> int:
        """What is owed after the cycle and its payments; below zero where the payee owes it."""
        return self.opening_minor + self.now.total_minor - self.paid_minor + self.returned_minor

    @property
    def difference_minor(self) -> int:
        """What this cycle makes owed more than the last locked period."""
        return self.now.total_minor - self.before.total_minor

    @property
    def amounts(self) -> tuple[int, ...]:
        """Its columns: opening, earned, trued up, adjusted, paid, returned, owed after, to pay, on hold, what the last
        period made owed, and the difference to it."""
        return (
            self.opening_minor,
            self.now.earned_minor,
            self.now.trued_up_minor,
            self.now.adjusted_minor,
            self.paid_minor,
            self.returned_minor,
            self.owed_after_minor,
            self.to_pay_minor,
            self.held_minor,
            self.before.total_minor,
            self.difference_minor,
        )


@dataclass(frozen=True, slots=True)
class CycleSaid:
    """Which cycle is told: its period with its first and last day, and `compared`, the cycles of the last locked period
    beside it (none where there is no such period)."""

    name: str
    period: str
    first: str
    last: str
    status: str
    compared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Payees:
    """The account of each payee of a cycle, by payee and currency; `waiting` counts the adjustments that nobody decided
    on yet, which are no part of it."""

    cycle: CycleSaid
    rows: tuple[PayeeRow, ...]
    waiting: int

    @property
    def totals(self) -> tuple[PayeeRow, ...]:
        """The sum of all rows in each currency; the payee is blank."""
        return totals_of(self.rows)


@dataclass(frozen=True, slots=True)
class Earned:
    """What a run pays one partner for one component, and its lines; their sum is `amount_minor`."""

    program: str
    run: int
    currency: str
    partner: str
    component: str
    lines: tuple[Line, ...]

    @property
    def amount_minor(self) -> int:
        """The sum of the lines."""
        return sum(each.amount_minor for each in self.lines)

    @property
    def command(self) -> str:
        """The command that explains it."""
        return f"partage explain {self.run} {shlex.quote(self.partner)} {shlex.quote(self.component)}"


@dataclass(frozen=True, slots=True)
class TruedUpPart:
    """What late data changes for a payee of one locked period of a program, line by line with its reason."""

    program: str
    period: str
    currency: str
    lines: tuple[DeltaLine, ...]

    @property
    def amount_minor(self) -> int:
        """The sum of the lines."""
        return sum(each.amount_minor for each in self.lines)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An adjustment by hand, and what it comes to; only one that `is_counted` is part of what is owed: it is approved,
    and no later one for the same component replaced it."""

    request: int
    program: str
    partner: str
    component: str
    currency: str
    amount_minor: int
    status: str
    is_counted: bool
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class OwedBefore:
    """What is left of one earlier cycle, or was owed to begin with by a program (`cycle` is blank then)."""

    cycle: str
    program: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A payment of the cycle to the payee (below zero), or what came back of it, with what the bank said."""

    payment: int
    kind: str
    day: str
    currency: str
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """All that one payee's account in a cycle consists of, and nothing of anybody else; a row for each currency."""

    cycle: CycleSaid
    payee: str
    rows: tuple[PayeeRow, ...]
    before: tuple[OwedBefore, ...]
    earned: tuple[Earned, ...]
    trued_up: tuple[TruedUpPart, ...]
    adjusted: tuple[Adjusted, ...]
    settled: tuple[Settled, ...]

    def sum_minor(self, currency: str) -> int:
        """What all its parts come to in one currency: what is owed after."""
        counted = tuple(each for each in self.adjusted if each.is_counted)
        parts = (self.before, self.earned, self.trued_up, self.settled, counted)
        return sum(each.amount_minor for some in parts for each in some if each.currency == currency)


def totals_of(rows: Iterable[PayeeRow]) -> tuple[PayeeRow, ...]:
    """The sum of rows in each currency."""
    by_currency: dict[str, list[PayeeRow]] = {}
    for row in rows:
        by_currency.setdefault(row.currency, []).append(row)
    return tuple(_total(code, some) for code, some in sorted(by_currency.items()))


def _total(code: str, rows: list[PayeeRow]) -> PayeeRow:
    found = PayeeRow(
        payee="",
        currency=code,
        opening_minor=sum(row.opening_minor for row in rows),
        now=_sum(row.now for row in rows),
        paid_minor=sum(row.paid_minor for row in rows),
        returned_minor=sum(row.returned_minor for row in rows),
        to_pay_minor=sum(row.to_pay_minor for row in rows),
        held_minor=sum(row.held_minor for row in rows),
        on_hold="",
        before=_sum(row.before for row in rows),
    )
    columns = zip(*(row.amounts for row in rows), strict=True)
    assert found.amounts == tuple(map(sum, columns)), "each column adds up, and the totals do across"
    return found


def _sum(every: Iterable[Figures]) -> Figures:
    earned, trued_up, adjusted = 0, 0, 0
    for each in every:
        earned += each.earned_minor
        trued_up += each.trued_up_minor
        adjusted += each.adjusted_minor
    return Figures(earned, trued_up, adjusted)
