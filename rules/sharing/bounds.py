"""What a program says about floors and caps of a share: how much, and who pays for them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from rules.expressions.expression import ExpressionField, Written
from rules.kinds.base import Columns, Kind, RowFault, Terms, Words, number, percent
from rules.quantities.exact import Exact, Flags
from rules.quantities.rounding import Rounding, multiply_divide
from rules.quantities.written import FlagField, MoneyField, NumberField, RateField
from rules.sharing.base import fault


class Bound(Kind):
    """One limit of every member's share: an amount, a share of the pool, or a multiple of an expression.

    `EUR 5_000`, `{share: 10%}`, or `{of: partners.salary, times: 1/2}`. A member for whom the expression is unknown has
    no such limit.
    """

    short: ClassVar[str | None] = "amount"

    amount: MoneyField | None = None
    share: RateField | None = Field(default=None, description="of the pool")
    of: ExpressionField | None = Field(default=None, description="what `times` multiplies, such as a salary")
    times: NumberField = Fraction(1)

    @model_validator(mode="after")
    def _one(self) -> Bound:
        written = (self.amount.amount if self.amount is not None else None, self.share, self.times)
        if any(each is not None and each < 0 for each in written):
            raise fault("K204", "a limit below nothing", "use nothing less than zero")
        if sum(each is not None for each in (self.amount, self.share, self.of)) != 1:
            message = "a limit is one of an amount, a share of the pool and a multiple"
            raise fault("K203", message, "write `EUR 5_000`, `{share: 10%}` or `{of: partners.salary, times: 1/2}`")
        return self

    def column(self, rows: int, size: Fraction, terms: Terms, of: Exact | None = None) -> Exact:
        """The limit of every member in minor units, (rows,); `of` is the expression's column, where there is one."""
        if self.amount is not None:
            return Exact.constant(terms.minor(self.amount), rows)
        if self.share is not None:
            return Exact.constant(size * self.share, rows)
        assert of is not None, "a multiple has its column"
        return of * Exact.constant(self.times, rows)

    def words(self, terms: Terms) -> str:
        """The limit in words."""
        if self.amount is not None:
            return terms.amount(terms.minor(self.amount))
        if self.share is not None:
            return f"{percent(self.share)} of the pool"
        assert self.of is not None
        return f"{number(self.times)} x {self.of.text}"


class Bounds(Kind):
    """The floor and the cap of every member's share, and who pays for them.

    `floors_from: others` takes what lifts somebody to the floor from the members that are above theirs, in proportion
    to their weights; `house` adds it to the pool. Where all floors together are more than the pool, `if_short: scale`
    pays the same part of each (and no more than that has to be within the caps), `house` lets the house add what is
    missing, and `refuse` shares nothing. What a cap keeps back is shared again in proportion among those who are below
    theirs (`excess: redistribute`), or it goes to the `house`, or is `carry`-ed to the next period; then the others get
    what they would have got without caps.

    In a pool `by_days`, the floor and the cap of a member are for its days: 275 of 365 of them for whoever came on 1
    April; with `prorate: false` they hold whole for whoever was there for a day. Of no day there is no floor.
    """

    at_least: Bound | None = None
    at_most: Bound | None = None
    floors_from: Literal["others", "house"] = "others"
    if_short: Literal["scale", "refuse", "house"] = "refuse"
    excess: Literal["redistribute", "house", "carry"] = "redistribute"
    prorate: FlagField = Field(default=True, description="in a pool by_days: the limits are for a member's days")

    def inputs(self) -> Mapping[str, Written]:
        """The expressions of the limits, by input name."""
        limits = {"at_least": self.at_least, "at_most": self.at_most}
        return {name: limit.of for name, limit in limits.items() if limit is not None and limit.of is not None}

    def columns(self, columns: Columns, rows: int, size: Fraction, terms: Terms) -> tuple[Exact | None, Exact | None]:
        """The floors and the caps in minor units, (rows,) each; None where there are none."""
        found = []
        for name, limit in (("at_least", self.at_least), ("at_most", self.at_most)):
            found.append(None if limit is None else limit.column(rows, size, terms, columns.get(name)))
        return found[0], found[1]

    def in_steps(
        self, columns: Columns, rows: int, size: Fraction, terms: Terms, held: Exact | None = None
    ) -> tuple[Exact | None, Exact | None]:
        """The floors, rounded up, and the caps, rounded down, to whole steps, (rows,) each: so no share is rounded past
        one. `columns` are those of the limits' expressions, by `bounds.NAME`; `held` (rows,), where the pool goes by
        days, the part of the period's days on which each was a partner.

        >>> from rules.quantities.currency import currency
        >>> by_days = Bounds.model_validate({"at_least": "300"}), Exact.of([1, Fraction(275, 365), 0])
        >>> found, _ = by_days[0].in_steps({}, 3, Fraction(100_000), Terms(currency("EUR")), by_days[1])
        >>> [int(each) for each in found.fractions()]
        [30000, 22603, 0]
        """
        floors, caps = self.columns(
            {key.removeprefix("bounds."): each for key, each in columns.items()}, rows, size, terms
        )
        if held is not None:
            nobody = Exact.constant(0, rows)
            whole = Exact.constant(1, rows).where(held.compare(nobody) > 0, nobody)
            floors = None if floors is None else floors * (held if self.prorate else whole)
            caps = caps * held if self.prorate and caps is not None else caps
        return _stepped(floors, Rounding.UP, terms), _stepped(caps, Rounding.DOWN, terms)

    def in_words(self, terms: Terms) -> Words:
        parts = []
        if self.at_least is not None:
            payer = "the house" if self.floors_from == "house" else "the others in proportion"
            parts.append(f"at least {self.at_least.words(terms)} (lifted by {payer}; {_SHORT[self.if_short]})")
        if self.at_most is not None:
            parts.append(f"at most {self.at_most.words(terms)} ({_EXCESS[self.excess]})")
        return Words("; ".join(parts) or "without floor and cap")


def _stepped(limits: Exact | None, mode: Rounding, terms: Terms) -> Exact | None:
    if limits is None:
        return None
    return Exact(multiply_divide(limits.numerator, 1, limits.denominator, mode, terms.step_minor), 1, limits.known)


_SHORT = {
    "scale": "if the floors are more than the pool, the same part of each",
    "refuse": "if the floors are more than the pool, nothing is shared",
    "house": "if the floors are more than the pool, the house adds what is missing",
}
_EXCESS = {
    "redistribute": "what it keeps back is shared again among the others",
    "house": "what it keeps back goes to the house",
    "carry": "what it keeps back is carried to the next period",
}


def bound_faults(
    weights: Exact, size: Fraction, floors: Exact | None, caps: Exact | None, rule: Bounds, terms: Terms
) -> list[RowFault]:
    """The members that can't be bounded so: a weight, floor or cap below nothing, a floor above the cap.

    Of floors that are more than the pool of `size` minor units, what `if_short: scale` pays is held against the cap.
    """
    faults = []
    for row in np.flatnonzero(np.asarray(weights.numerator < 0, dtype=bool)).tolist():
        message = f"the weight is {number(weights.fraction(row) or Fraction(0))}"
        faults.append(RowFault(row, "K108", message, "use nothing less than zero"))
    for name, column in (("floor", floors), ("cap", caps)):
        if column is not None:
            for row in np.flatnonzero(np.asarray(column.numerator < 0, dtype=bool)).tolist():
                message = f"the {name} is {terms.amount(column.fraction(row) or 0)}"
                faults.append(RowFault(row, "K204", message, "use nothing less than zero"))
    if floors is not None and caps is not None:
        known: Flags = floors.is_known() & caps.is_known()
        paid = floors * Exact.constant(_part_paid(weights, size, floors, rule), len(floors))
        for row in np.flatnonzero(known & (paid.compare(caps) > 0)).tolist():
            low, high = floors.fraction(row), caps.fraction(row)
            assert low is not None and high is not None
            message = f"the floor of {terms.amount(low)} is above the cap of {terms.amount(high)}"
            faults.append(RowFault(row, "K205", message, "raise the cap, or lower the floor"))
    return sorted(faults)


def _part_paid(weights: Exact, size: Fraction, floors: Exact, rule: Bounds) -> Fraction:
    """The part of every floor that is paid where they are more than the pool, and scaled; else 1."""
    if rule.floors_from != "others" or rule.if_short != "scale":
        return Fraction(1)
    lowest = floors.where(weights.is_known() & floors.is_known(), Exact.constant(0, len(floors))).sum()
    return size / lowest if lowest > size >= 0 else Fraction(1)
