"""Capital over time: dated movements go in; the average balance of each account over some days comes out, exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rules.kinds.base import Terms, number
from rules.quantities.exact import Exact, Integers, group_total
from rules.quantities.groups import Positions
from rules.sharing.accrual import DayCount, Days, counted_days, date_of, day_counts
from rules.sharing.base import Step, Told, refusal


@dataclass(frozen=True, slots=True, eq=False)
class Movements:
    """What came into accounts and went out: `account` (m,), 0 to count - 1; `amount` (m,) minor units, negative where
    it went out; `day` (m,), since 1970-01-01. A movement counts from its day on."""

    count: int
    account: Positions
    amount: Exact
    day: Days

    def until(self, last: int) -> Movements:
        """Those up to a day."""
        rows = self.day <= last
        return self if rows.all() else Movements(self.count, self.account[rows], self.amount.take(rows), self.day[rows])

    def balances(self) -> Exact:
        """What is on each account after all of them, (count,)."""
        return sum_by(self.amount, self.account, self.count)


def average_capital(movements: Movements, first: int, last: int, days: DayCount = "act/365") -> Exact:
    """The balance of each account weighted by time, (count,), over the days from `first` to `last`, both included.

    Movements before `first` count for all days. A last day before the first is refused (K232).

    >>> from rules.sharing.accrual import day
    >>> from datetime import date
    >>> joined = Movements(1, np.array([0]), Exact.of([450_000]), np.array([day(date(2025, 4, 1))]))
    >>> average_capital(joined, day(date(2025, 1, 1)), day(date(2025, 12, 31)), "30/360").fractions()  # 9 months of 12
    [Fraction(337500, 1)]
    """
    if last < first:
        raise refusal("K232", f"the period ends {first - last} days before it begins", "write the first day first")
    known = movements.until(last)
    spans = day_counts(np.maximum(known.day, first), last + 1, days)
    whole = int(day_counts(np.array([first], dtype=np.int64), last + 1, days)[0])
    weighted = known.amount * Exact(spans.astype(np.int64))
    return sum_by(weighted, known.account, known.count) * Exact.constant(Fraction(1, whole), known.count)


def explain_average(
    movements: Movements, account: int, first: int, last: int, terms: Terms, days: DayCount = "act/365"
) -> Told:
    """The average of one account: every movement times the days that it was there, over all days."""
    end = date_of(last + 1)
    whole = counted_days(date_of(first), end, days)
    value, steps = Fraction(0), []
    for at in sorted(np.flatnonzero(movements.account == account).tolist(), key=lambda i: int(movements.day[i])):
        amount, when = movements.amount.fraction(at), int(movements.day[at])
        if when > last or amount is None:
            continue
        held = counted_days(date_of(max(when, first)), end, days)
        part = amount * held / whole
        value += part
        words = f"{terms.money(amount)} for {held} of {whole} days: {number(part / terms.minor_per_major)}"
        steps.append(Step(str(date_of(when)), amount, part, value, words))
    return Told(value, f"average capital {number(value / terms.minor_per_major)} ({days})", tuple(steps))


def sum_by(values: Exact, groups: Positions, count: int) -> Exact:
    """The sum of each group, (count,)."""
    wholes, below = values.scaled()
    sums: Integers = group_total(wholes, groups, count)
    return Exact(sums, below)
